"""Of the file with the API keys it is an error that any account may read it; that its group may, is not."""

from pathlib import Path

import pytest

from app.health import checks
from app.health.facts import FileFacts


@pytest.mark.parametrize(
    ("mode", "level"),
    [(0o600, "ok"), (0o640, "ok"), (0o440, "ok"), (0o644, "error"), (0o604, "error"), (0o602, "error")],
)
def test_keys_that_all_may_read_are_an_error(mode: int, level: str) -> None:
    assert checks.check_keys(FileFacts(Path("/etc/sales-machine/api_keys"), mode, 0), "", serving=False).level == level
