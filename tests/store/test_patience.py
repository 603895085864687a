"""How long each command that works on a memory waits for the service beside it, and what it says behind that."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigError
from app.store import backup, engine, looking, restore, rights, salvage
from app.store.bringing import _since
from app.store.engine import emptied_log
from app.store.numbers import number_in
from app.store.rights import Person
from app.store.store import Store
from app.types import Key


class Stop(Exception):
    """The connection that was asked for is all that the test wants to see."""


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    store = Store(folder / "conversations.db")
    store._writer.close()
    store._reader.close()
    return folder


def timeouts(monkeypatch: pytest.MonkeyPatch, module: Any, work: Callable[[], object]) -> list[float | None]:
    """The `timeout` of each connection that the work opens; the last one is refused."""
    asked: list[float | None] = []

    @contextmanager
    def connected(database: Path, **named: Any) -> Iterator[sqlite3.Connection]:
        asked.append(named.get("timeout"))
        raise Stop
        yield

    monkeypatch.setattr(module, "connected", connected)
    with pytest.raises(Stop):
        work()
    return asked


def test_a_command_waits_half_a_minute_for_the_service_and_one_that_only_looks_two_seconds(
    memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, person = memory / "conversations.db", Person("77012345678")
    archive = backup.create(memory, tmp_path / "backups", [], "0", datetime.now(UTC)).path
    kept = memory / "damaged-20260131T020000Z"
    kept.mkdir()
    (kept / "conversations.db").write_bytes(database.read_bytes())
    assert timeouts(monkeypatch, rights, lambda: rights.export(database, person)) == [30]
    assert timeouts(monkeypatch, restore, lambda: restore.restore(archive, memory)) == [30]
    monkeypatch.undo()
    real, asked = salvage.connected, []

    @contextmanager
    def connected(path: Path, **named: Any) -> Iterator[sqlite3.Connection]:
        asked.append(named.get("timeout"))
        with real(path, **named) as db:
            yield db

    monkeypatch.setattr(salvage, "connected", connected)
    salvage.salvage(kept, memory)
    assert asked == [None, 30], "nobody writes what was kept; the live one has a service"
    monkeypatch.setattr(engine, "connected", connected)
    asked.clear()
    looking.look(database, 5)
    engine.copied(database, _empty(tmp_path / "copy.db"))
    assert asked == [2, 30]


def _empty(path: Path) -> Path:
    path.touch()
    return path


class Read:
    """A connection whose log somebody reads until so many looks at it."""

    def __init__(self, looks: float) -> None:
        self.looks, self.seen = looks, 0

    def execute(self, sql: str) -> Any:
        assert sql == "PRAGMA wal_checkpoint(TRUNCATE)"
        self.seen += 1
        found = (int(self.seen < self.looks), 0, 0)
        return type("Rows", (), {"fetchone": staticmethod(lambda: found)})


def test_a_log_that_somebody_reads_is_waited_for_half_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(engine.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(engine.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    emptied_log(Read(3))
    assert now[0] == pytest.approx(0.1)
    with pytest.raises(engine.OperationalError, match="reads an old state of it for too long; run the command again"):
        emptied_log(Read(float("inf")))
    assert now[0] == pytest.approx(30.1, abs=0.06)


def test_a_file_is_looked_through_until_its_time_is_over(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "x.db")
    db.executescript("CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)")
    db.executemany("INSERT INTO t VALUES (?)", [(str(number),) for number in range(20_000)])
    assert engine.complaints(db, 60) == ()
    assert engine.complaints(db, 0) is None, "not called damage"
    assert db.execute("SELECT count(*) FROM t").fetchone() == (20_000,), "the connection is free of it"
    db.close()
    stopped = threading.Event()
    stopped.set()
    assert engine.complaint(tmp_path / "x.db", 1000, stopped) == ""


@pytest.mark.parametrize(("turns", "since"), [(1, 1000), (49, 1000), (50, 1000), (51, 1001), (60, 1010)])
def test_since_when_a_person_is_waited_for_is_looked_for_in_the_last_fifty_turns(turns: int, since: int) -> None:
    """A release of schema 1 has asked for one in its first turn here, at 1000, and was asked every second since."""
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE turns (session_id, user_id, revision, created_at, record)")
    for number in range(turns):
        before = f'{{"before": {{"handed_over": {str(bool(number)).lower()}}}}}'
        db.execute("INSERT INTO turns VALUES ('B', 'u', ?, ?, ?)", (number + 1, 1000 + number, before))
    assert _since(db, Key("B", "u"), 5.0) == since
    assert _since(db, Key("B", "other"), 5.0) == 5
    db.close()


@pytest.mark.parametrize("identity", ["123456", "+7 70"])
def test_what_is_no_number_is_said_with_how_many_digits_one_has(identity: str) -> None:
    with pytest.raises(ConfigError, match="is no number of at least 7 digits: other forms are found of numbers only"):
        number_in(identity)
