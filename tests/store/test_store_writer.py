"""The one thread that writes: what shares a commit, what a failure takes with it, and how it goes on."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from app.errors import ConfigError, Hindered, RevisionConflict, StoreUnavailable
from app.store import Store
from app.store.faults import StoreFault
from tests.store.test_store_faults import sqlites

Job = Callable[[Database], Any]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(tmp_path / "conversations.db")
    yield opened
    await opened.close()


def noted(store: Store) -> list[str]:
    """The knowledge versions on the disk: what the jobs below write."""
    with closing(sqlite3.connect(store.path)) as db:
        return [row[0] for row in db.execute("SELECT version FROM knowledge_versions ORDER BY version")]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def notes(version: str) -> Job:
    return lambda db: db.execute("INSERT INTO knowledge_versions VALUES (?, 1, 0)", (version,)).rowcount


def fails(error: Exception, after: str = "") -> Job:
    def job(db: Database) -> None:
        if after:
            notes(after)(db)
        raise error

    return job


async def together(store: Store, *jobs: Job, behind: Job = lambda _: None) -> list[Any]:
    """The outcomes of jobs that all wait when the writer comes to them, once it has done `behind`."""
    go = threading.Event()

    def first(db: Database) -> None:
        go.wait(10)
        behind(db)

    blocker = asyncio.ensure_future(store._writer.run(first))
    await asyncio.sleep(0.05)
    waiting = [asyncio.ensure_future(store._writer.run(job)) for job in jobs]
    await asyncio.sleep(0)
    go.set()
    await asyncio.gather(blocker, return_exceptions=True)
    return await asyncio.gather(*waiting, return_exceptions=True)


def traced(store: Store) -> list[str]:
    """What SQLite is told from now on."""
    said: list[str] = []
    store._writer._db.conn.set_trace_callback(said.append)
    return said


async def test_what_waits_shares_a_commit_sixty_four_at_most(store: Store) -> None:
    said = traced(store)
    await together(store, *(notes(f"{number:03}") for number in range(130)))
    groups = [part.count("RELEASE") for part in " ".join(said).split("BEGIN IMMEDIATE")[1:]]
    assert groups == [1, 64, 64, 2]
    assert len(noted(store)) == 130


async def test_nobody_is_told_of_a_write_before_its_commit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    said = traced(store)

    class Told(Future[Any]):
        def set_result(self, result: Any) -> None:
            said.append("told")
            super().set_result(result)

    monkeypatch.setattr("app.store.writer.Future", Told)
    await together(store, notes("a"), notes("b"))
    order = [each for each in said if each in {"COMMIT", "told"}]
    assert order == ["COMMIT", "told", "COMMIT", "told", "told"]


async def test_a_job_that_fails_is_undone_alone(store: Store) -> None:
    outcomes = await together(
        store, notes("a"), fails(RevisionConflict("moved"), after="half"), fails(KeyError("bug")), notes("b")
    )
    assert [type(each) for each in outcomes] == [int, RevisionConflict, KeyError, int]
    assert noted(store) == ["a", "b"]


@pytest.mark.parametrize("code", [sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY])
async def test_what_is_the_disks_fault_undoes_the_whole_group_and_the_next_write_is_tried(
    store: Store, code: int
) -> None:
    outcomes = await together(store, notes("a"), fails(sqlites(code), after="half"), notes("b"))
    assert [type(each) for each in outcomes] == [StoreUnavailable] * 3
    assert noted(store) == []
    await store._writer.run(notes("c"))
    assert noted(store) == ["c"]
    assert await store.fault() is None


async def test_a_commit_that_fails_fails_all_that_share_it(store: Store) -> None:
    def orphan(db: Database) -> None:
        db.execute("PRAGMA defer_foreign_keys=ON")
        db.execute(
            "INSERT INTO observations (session_id, user_id, revision, turn_id, text, source, created_at)"
            " VALUES ('B', 'u', 1, 4711, 'x', 'human', 0)"
        )

    outcomes = await together(store, notes("a"), orphan, notes("b"))
    assert [type(each) for each in outcomes] == [StoreUnavailable] * 3
    assert noted(store) == []
    await store._writer.run(notes("c"))
    assert noted(store) == ["c"]


@pytest.mark.parametrize(
    ("code", "anew"),
    [
        (sqlite3.SQLITE_IOERR, True),
        (sqlite3.SQLITE_READONLY, True),
        (sqlite3.SQLITE_FULL, False),
        (sqlite3.SQLITE_BUSY, False),
    ],
)
async def test_a_connection_to_a_file_that_failed_is_opened_anew_and_another_is_kept(
    store: Store, code: int, anew: bool
) -> None:
    writing, reading = store._writer._db, store._reader
    with pytest.raises(StoreUnavailable):
        await store._writer.run(fails(sqlites(code)))
    await store._writer.run(notes("a"))
    assert (store._writer._db is not writing) is anew
    assert (store._reader is not reading) is anew, "connections of one process share what they know of a file"
    assert await store._read(lambda db: db.execute("SELECT count(*) FROM knowledge_versions").fetchone()[0]) == 1


@pytest.mark.parametrize(("code", "emptied"), [(sqlite3.SQLITE_FULL, True), (sqlite3.SQLITE_BUSY, False)])
async def test_a_full_disk_has_the_log_emptied(store: Store, code: int, emptied: bool) -> None:
    said = traced(store)
    with pytest.raises(StoreUnavailable):
        await store._writer.run(fails(sqlites(code)))
    await store._writer.run(notes("a"))  # it is told of its failure first
    assert ("PRAGMA wal_checkpoint(PASSIVE)" in said) is emptied


async def test_behind_found_damage_nothing_is_written_that_waited_already(store: Store) -> None:
    def finds(_: Database) -> None:
        store._condition.note(StoreFault.of("damaged", store.path, "found"))

    said = traced(store)
    outcomes = await together(store, notes("a"), notes("b"), behind=finds)
    assert [type(each) for each in outcomes] == [StoreUnavailable] * 2
    assert {each.retry_after for each in outcomes} == {60}
    assert noted(store) == []
    assert " ".join(said).count("BEGIN IMMEDIATE") == 1, "not even begun"
    for doing in (store._writer.run(notes("c")), store._read(lambda _: 1)):
        with pytest.raises(StoreUnavailable, match="damaged"):
            await doing
    fault = await store.fault()
    assert fault is not None
    assert fault.kind == "damaged"


async def test_what_was_submitted_is_written_before_the_store_is_closed(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    waiting = [asyncio.ensure_future(store._writer.run(notes(f"{number:03}"))) for number in range(100)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*waiting)
    assert len(noted(store)) == 100
    assert not store._writer._thread.is_alive()
    assert names(tmp_path) == ["db"], "the log is in the file"


# What /ready asks


async def test_ready_is_found_out_by_a_write_that_reaches_the_disk(store: Store) -> None:
    said = traced(store)
    log = store.path.with_name(f"{store.path.name}-wal")
    before = log.stat().st_size if log.exists() else 0
    assert await store.fault() is None
    assert said.count("COMMIT") == 1
    assert log.stat().st_size > before, "an update that changes nothing would write nothing"
    assert await store.fault() is None
    assert said.count("COMMIT") == 2, "what was true a moment ago is not answered again"


async def test_a_disk_without_room_is_a_fault_though_the_write_went_through(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = StoreFault.of("full", store.path)
    monkeypatch.setattr("app.store.store.out_of_room", lambda _: full)
    assert await store.fault() == full


async def test_a_write_that_does_not_end_is_said_to_be_slow_and_is_asked_for_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.store._CHECK_S", 0.02)
    go = threading.Event()
    with pytest.raises(StoreUnavailable):
        await store._writer.run(fails(sqlites(sqlite3.SQLITE_BUSY)))
    await store._writer.run(notes("a"))  # what was wrong before is over
    said = traced(store)
    blocker = asyncio.ensure_future(store._writer.run(lambda _: go.wait(10)))
    await asyncio.sleep(0.05)
    for _ in range(3):
        fault = await store.fault()
        assert fault is not None
        assert (fault.kind, fault.detail) == ("slow", "a write has not come to its end")
    go.set()
    await blocker
    await asyncio.gather(store._checking, return_exceptions=True)  # type: ignore[arg-type]
    assert await store.fault() is None
    assert " ".join(said).count("PRAGMA user_version") <= 2


def test_ready_is_answered_while_whoever_asks_is_patient() -> None:
    """Monitoring gives up after five seconds, a load balancer sooner."""
    from app.store import store as store_module

    assert 0 < store_module._CHECK_S <= 3


async def test_a_fault_of_the_service_itself_is_not_told_as_one_of_the_memory(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Job) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(store._writer, "run", broken)
    with pytest.raises(ZeroDivisionError):
        await store.fault()


async def test_damage_that_a_look_finds_ends_the_use(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await store.verify() is None
    monkeypatch.setattr("app.store.engine.complaint", lambda *_: "row 7 missing from index")
    fault = await store.verify()
    assert fault is not None
    assert (fault.kind, "row 7 missing" in fault.detail) == ("damaged", True)
    with pytest.raises(StoreUnavailable, match="damaged"):
        await store._writer.run(notes("a"))


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_NOTADB, ConfigError),
        (sqlite3.SQLITE_CORRUPT, ConfigError),
        (sqlite3.SQLITE_ERROR, ConfigError),
        (sqlite3.SQLITE_BUSY, Hindered),
        (sqlite3.SQLITE_FULL, Hindered),
        (sqlite3.SQLITE_READONLY, Hindered),
        (sqlite3.SQLITE_CANTOPEN, Hindered),
    ],
)
def test_a_start_is_tried_again_where_that_may_help(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, kind: type[ConfigError]
) -> None:
    def broken(_: Database) -> int:
        raise sqlites(code)

    monkeypatch.setattr("app.store.store.migrate", broken)
    with pytest.raises(ConfigError, match="cannot be used") as refused:
        Store(tmp_path / "db")
    assert type(refused.value) is kind
