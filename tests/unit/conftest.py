"""Fixtures of this folder."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.unit.rendering import render


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every template of the roles rendered as <role>.<name without .j2>."""
    folder = tmp_path_factory.mktemp("rendered")
    render(folder)
    return folder


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite as it is built by default: what is deleted stays in the pages. Debian's overwrites it unasked."""
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        made = connect(*arguments, **options)
        made.execute("PRAGMA secure_delete=OFF")
        return made

    monkeypatch.setattr(sqlite3, "connect", connected)
