"""Fixtures of this folder."""

import sqlite3
from typing import Any

import pytest


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite as it is built by default: what is deleted stays in the pages. Debian's overwrites it unasked."""
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        made = connect(*arguments, **options)
        made.execute("PRAGMA secure_delete=OFF")
        return made

    monkeypatch.setattr(sqlite3, "connect", connected)
