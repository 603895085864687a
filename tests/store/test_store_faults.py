"""What an error of SQLite means: for the operator its kind and fix, for the caller a sentence and a time, for metrics a word."""

import errno
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from app.errors import RevisionConflict, StoreUnavailable
from app.store.faults import ROOM, StoreCondition, StoreFault, fault_of, out_of_room, unavailable

PLACE = Path("/var/lib/sales-machine/conversations.db")
# By docs/faults.md: what the operator reads, what the fix names, the caller's Retry-After.
KINDS = {
    "full": ("the disk is full", "df -h /var/lib/sales-machine", 15),
    "read_only": ("it can only be read", "ls -l /var/lib/sales-machine/conversations.db*", 30),
    "locked": ("another process holds its lock", "machine doctor --data /var/lib/sales-machine", 5),
    "damaged": ("it is damaged", "machine restore BACKUPS --data /var/lib/sales-machine; machine salvage", 60),
    "io": ("its disk does not work", "dmesg | grep -i 'i/o error'", 30),
    "slow": ("a write has not come to its end", "machine doctor --data /var/lib/sales-machine", 5),
    "other": ("it cannot be written", "journalctl -u sales-machine", 5),
}
CODES = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_READONLY_DBMOVED: "read_only",
    sqlite3.SQLITE_READONLY_ROLLBACK: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_BUSY_SNAPSHOT: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_LOCKED_SHAREDCACHE: "locked",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_CORRUPT_INDEX: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_IOERR: "io",
    sqlite3.SQLITE_IOERR_FSYNC: "io",
    sqlite3.SQLITE_IOERR_SHORT_READ: "io",
    sqlite3.SQLITE_CANTOPEN: "io",
    sqlite3.SQLITE_CANTOPEN_ISDIR: "io",
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "other",
    sqlite3.SQLITE_ERROR: "other",
    sqlite3.SQLITE_MISUSE: "other",
}


def sqlites(code: int | None, text: str = "what SQLite says") -> sqlite3.Error:
    """An error as the binding raises it; None: one of its own, without a code."""
    error = sqlite3.OperationalError(text)
    if code is not None:
        error.sqlite_errorcode = code
    return error


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that lets the file be touched and has room."""
    monkeypatch.setattr(os, "utime", lambda _: None)
    monkeypatch.setattr(os, "statvfs", lambda _: room(ROOM))


def room(free: int, *, block: int = 1) -> Any:
    """Of a disk on which root alone could use more."""
    return SimpleNamespace(f_bavail=free // block, f_bfree=free // block + 10**9, f_frsize=block, f_bsize=1 << 20)


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_sqlite_is_of_its_kind(code: int, roomy: None) -> None:
    assert fault_of(sqlites(code), PLACE).kind == CODES[code]


def test_an_error_of_the_binding_itself_is_no_fault_of_the_file() -> None:
    assert fault_of(sqlites(None), PLACE).kind == "other"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_words_its_fix_and_its_time(kind: Any) -> None:
    words, fix, retry = KINDS[kind]
    fault = StoreFault.of(kind, PLACE, "what SQLite says")
    assert fault.detail.startswith(words)
    assert fault.detail.endswith("(what SQLite says)")
    assert fix in fault.fix
    assert "{" not in fault.fix
    assert StoreFault.of(kind, PLACE).detail.startswith(words)
    for doing, undone in (("written", "nothing was changed"), ("read", "")):
        told = unavailable(fault, doing)
        assert isinstance(told, StoreUnavailable)
        assert (told.reason, told.retry_after) == (kind, retry)
        assert "SQLite" not in str(told)
        assert "/" not in str(told)
        if kind == "damaged":
            assert str(told) == "the conversation memory is damaged and has to be restored; use the fallback"
        else:
            assert f"cannot be {doing}" in str(told)
            assert ("nothing was changed" in str(told)) is bool(undone)
            assert "try again shortly" in str(told)


@pytest.mark.parametrize(
    ("touched", "free", "kind"),
    [
        (None, ROOM, "io"),
        (None, ROOM - 1, "full"),
        (errno.EROFS, 0, "read_only"),
        (errno.EROFS, ROOM, "read_only"),
        (errno.EIO, ROOM, "io"),
        (errno.EACCES, ROOM - 1, "full"),
        (errno.EIO, None, "io"),
    ],
)
def test_what_the_disk_is_at_fault_for_is_asked_of_the_disk(
    monkeypatch: pytest.MonkeyPatch, touched: int | None, free: int | None, kind: str
) -> None:
    """SQLite says of it only that it failed."""

    def touch(_: Path) -> None:
        if touched is not None:
            raise OSError(touched, os.strerror(touched))

    def asked(_: Path) -> Any:
        if free is None:
            raise OSError(errno.EIO, "no answer")
        return room(free)

    monkeypatch.setattr(os, "utime", touch)
    monkeypatch.setattr(os, "statvfs", asked)
    assert fault_of(sqlites(sqlite3.SQLITE_IOERR_WRITE), PLACE).kind == kind


@pytest.mark.parametrize("block", [1, 4096])
@pytest.mark.parametrize(("free", "full"), [((1 << 20) - 4096, True), (1 << 20, False), ((1 << 20) + 4096, False)])
def test_a_disk_with_less_than_a_mebibyte_for_the_service_is_full(
    monkeypatch: pytest.MonkeyPatch, free: int, full: bool, block: int
) -> None:
    asked: list[Path] = []

    def ask(path: Path) -> Any:
        asked.append(path)
        return room(free, block=block)

    monkeypatch.setattr(os, "statvfs", ask)
    fault = out_of_room(PLACE)
    assert (fault is not None and fault.kind == "full") is full
    assert asked == [PLACE.parent]


# What is remembered


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"slow"}))
def test_only_damage_ends_the_use_of_a_memory(kind: str, roomy: None) -> None:
    code = next(code for code, found in CODES.items() if found == kind)
    condition = StoreCondition(PLACE)
    told = condition.public(sqlites(code), "written")
    assert isinstance(told, StoreUnavailable)
    assert isinstance(told.__cause__, sqlite3.Error)
    assert condition.last is not None
    assert condition.last.kind == kind
    for doing in ("read", "written"):
        if kind == "damaged":
            with pytest.raises(StoreUnavailable, match="damaged") as refused:
                condition.check(doing)
            assert refused.value.retry_after == 60
        else:
            condition.check(doing)
    assert condition.concerns_all(sqlites(code)) is (kind != "other")


def test_damage_is_written_down_once_with_what_to_do(roomy: None) -> None:
    condition = StoreCondition(PLACE)
    with capture_logs() as logged:
        for text in ("first", "second"):
            condition.public(sqlites(sqlite3.SQLITE_CORRUPT, text), "read")
        condition.public(sqlites(sqlite3.SQLITE_FULL), "written")
    assert condition.damage is not None
    assert "first" in condition.damage.detail
    assert logged == [
        {
            "event": "memory damaged",
            "log_level": "error",
            "detail": condition.damage.detail,
            "fix": condition.damage.fix,
        }
    ]
    structlog.reset_defaults()


def test_what_is_no_error_of_sqlite_is_passed_on_as_it_is() -> None:
    condition = StoreCondition(PLACE)
    error = RevisionConflict("moved on")
    assert condition.public(error, "written") is error
    assert (condition.last, condition.damage) == (None, None)
    assert not condition.concerns_all(error)
