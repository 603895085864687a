"""Fixtures of this folder."""

from pathlib import Path

import pytest

from tests.operations.rendering import render


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every template of the roles rendered as <role>.<name without .j2>."""
    folder = tmp_path_factory.mktemp("rendered")
    render(folder)
    return folder
