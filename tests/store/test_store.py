"""The memory: what goes in comes out, in order, once, and nothing is half written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter
from sqlite_utils import Database

from app.errors import ConfigError, RevisionConflict, StoreUnavailable
from app.store import Store
from app.store.migrations import MIGRATIONS, migrate
from app.turn.machine import Machine
from app.turn.process import observe
from app.turn.reply import Reply
from app.types import Ask, DialogueState, Key, Observation, Pending, Snapshot
from tests.thrift import most

KEY = Key("BOT_1", "77010000001")
TEXT = st.text(st.characters(blacklist_categories=("Cs",)))
NAME = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=1, max_size=12)
STATES = st.builds(
    DialogueState,
    flow=NAME,
    stage=NAME,
    slots=st.dictionaries(NAME, TEXT, max_size=5),
    pending=st.none() | st.builds(Pending, slot=NAME, ttl=st.integers(0, 5)),
    asked=st.dictionaries(NAME, st.integers(0, 9), max_size=5),
    said=st.lists(NAME, max_size=5).map(tuple),
    switched_from=st.lists(NAME, max_size=2).map(tuple),
    off_topic=st.booleans(),
    paused=st.booleans(),
    wants_person=st.booleans(),
    notice_at=st.none() | st.integers(0, 2**32),
    language=st.sampled_from(["ru", "kk", "en"]),
    closed=st.booleans(),
    handed_over=st.booleans(),
    last_action=st.sampled_from([None, "answer", "ask", "handover", "refuse", "close"]),
    turns=st.integers(0, 10**6),
    seen_at=st.floats(0, 4e9),
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(tmp_path / "conversations.db")
    yield opened
    await opened.close()


def turn(number: int, key: Key = KEY, state: DialogueState | None = None) -> tuple[Snapshot, Ask, Reply]:
    """The commit of a conversation's `number`-th turn."""
    snapshot = replace(Snapshot(key), state=state or DialogueState(turns=number), revision=number)
    ask = Ask(key, f"question {number}", f"request-{number}", body_hash=f"hash-{number}")
    return snapshot, ask, Reply(f"answer {number}", f'{{"answer": "answer {number}"}}')


async def commit(store: Store, number: int, key: Key = KEY, state: DialogueState | None = None) -> None:
    await store.commit(*turn(number, key, state), {"intents": ["price"]})


async def test_an_unknown_customer_has_an_empty_conversation(store: Store) -> None:
    loaded = await store.load(KEY, "r", 10)
    assert loaded.snapshot == Snapshot(KEY)
    assert loaded.stored is None


async def test_a_committed_turn_is_read_back_with_its_state_history_and_stored_answer(store: Store) -> None:
    await commit(store, 1)
    await commit(store, 2, state=DialogueState(slots={"name": "Айгуль"}))
    loaded = await store.load(KEY, "request-1", 10)
    assert loaded.snapshot.revision == 2
    assert loaded.snapshot.state.slots == {"name": "Айгуль"}
    assert [(e.user, e.answer, e.source) for e in loaded.snapshot.history] == [
        ("question 1", "answer 1", "machine"),
        ("question 2", "answer 2", "machine"),
    ]
    assert loaded.stored is not None
    assert (loaded.stored.body_hash, loaded.stored.response) == ("hash-1", '{"answer": "answer 1"}')


async def test_history_is_the_newest_exchanges_oldest_first(store: Store) -> None:
    for number in range(1, 6):
        await commit(store, number)
    loaded = await store.load(KEY, "", 2)
    assert [e.answer for e in loaded.snapshot.history] == ["answer 4", "answer 5"]


async def test_keys_do_not_see_each_other_even_when_their_parts_could_be_joined_alike(store: Store) -> None:
    await commit(store, 1, Key("a", "bc"))
    assert (await store.load(Key("ab", "c"), "request-1", 10)).snapshot.revision == 0
    assert (await store.load(Key("a", "other"), "request-1", 10)).stored is None


@pytest.mark.parametrize("revision", [1, 2, 4])
async def test_a_commit_on_any_other_revision_than_the_next_is_a_conflict_and_writes_nothing(
    store: Store, revision: int
) -> None:
    await commit(store, 1)
    await commit(store, 2)
    snapshot, ask, reply = turn(revision)
    with pytest.raises(RevisionConflict):
        await store.commit(snapshot, replace(ask, request_id="new"), reply, {})
    loaded = await store.load(KEY, "new", 10)
    assert loaded.snapshot.revision == 2
    assert loaded.stored is None


async def test_one_failing_write_of_a_group_leaves_the_others_whole(store: Store) -> None:
    await commit(store, 1)
    keys = [Key("BOT_1", f"user-{n}") for n in range(20)]
    outcomes = await asyncio.gather(*(commit(store, 1, key) for key in keys), commit(store, 7), return_exceptions=True)
    assert [o for o in outcomes if o is not None] == [outcomes[-1]]
    assert isinstance(outcomes[-1], RevisionConflict)
    for key in keys:
        assert (await store.load(key, "", 5)).snapshot.revision == 1


async def test_what_the_customer_saw_replaces_the_answer_of_that_turn(store: Store) -> None:
    await commit(store, 1)
    await commit(store, 2)
    replaced = await store.observe(turn(3)[0], "a human's words", "human", "request-1")
    history = (await store.load(KEY, "request-1", 10)).snapshot.history
    assert replaced
    assert [(e.user, e.answer, e.source) for e in history] == [
        ("question 1", "a human's words", "human"),
        ("question 2", "answer 2", "machine"),
    ]


async def test_what_the_customer_saw_without_a_turn_stands_between_the_turns(store: Store) -> None:
    await commit(store, 1)
    assert not await store.observe(turn(2)[0], "fallback", "fallback", None)
    await commit(store, 3)
    history = (await store.load(KEY, "", 10)).snapshot.history
    assert [(e.user, e.answer) for e in history] == [
        ("question 1", "answer 1"),
        (None, "fallback"),
        ("question 3", "answer 3"),
    ]


async def test_saying_twice_what_the_customer_saw_keeps_the_second(store: Store) -> None:
    await commit(store, 1)
    await store.observe(turn(2)[0], "first", "fallback", "request-1")
    await store.observe(turn(3)[0], "second", "fallback", "request-1")
    history = (await store.load(KEY, "", 10)).snapshot.history
    assert [e.answer for e in history] == ["second"]


@settings(max_examples=most(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(state=STATES, question=TEXT, answer=TEXT, session=TEXT, user=TEXT)
def test_any_conversation_survives_the_round_trip(
    tmp_path_factory: pytest.TempPathFactory, state: DialogueState, question: str, answer: str, session: str, user: str
) -> None:
    async def scenario() -> None:
        store = Store(tmp_path_factory.mktemp("round-trip") / "db")
        try:
            key = Key(session, user)
            reply = Reply(answer, f"{answer} as body")
            await store.commit(Snapshot(key).after(state), Ask(key, question, "r", body_hash="h"), reply, {})
            loaded = await store.load(key, "r", 5)
        finally:
            await store.close()
        assert loaded.snapshot.state == state
        assert [(e.user, e.answer) for e in loaded.snapshot.history] == [(question, answer)]
        assert loaded.stored is not None
        assert loaded.stored.response == reply.body

    asyncio.run(scenario())


async def test_a_snapshot_of_a_later_release_is_read_with_what_this_one_knows(store: Store) -> None:
    await commit(store, 1)
    raw = TypeAdapter(DialogueState).dump_python(DialogueState(slots={"name": "Асель"}), mode="json")
    del raw["handed_over"]
    await store._writer.run(
        lambda db: (
            db.execute(
                "UPDATE conversations SET schema_version = 2, state = json_set(?, '$.mood', 'calm')",
                (TypeAdapter(dict).dump_json(raw).decode(),),
            ).rowcount
        )
    )
    state = (await store.load(KEY, "", 1)).snapshot.state
    assert state == DialogueState(slots={"name": "Асель"})


async def test_a_snapshot_that_cannot_be_read_is_named_and_not_overwritten(store: Store) -> None:
    await commit(store, 1)
    await store._writer.run(lambda db: db.execute('UPDATE conversations SET state = \'{"turns": "x"\'').rowcount)
    with pytest.raises(StoreUnavailable, match="cannot be read"):
        await store.load(KEY, "", 1)


async def test_a_cancelled_commit_that_has_not_begun_leaves_nothing(store: Store) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()
    blocker = asyncio.ensure_future(
        store._writer.run(lambda _: asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10))
    )
    await asyncio.sleep(0.05)
    late = asyncio.ensure_future(commit(store, 1))
    await asyncio.sleep(0.05)
    late.cancel()
    with pytest.raises(asyncio.CancelledError):
        await late
    release.set()
    await blocker
    assert (await store.load(KEY, "request-1", 1)).stored is None


async def test_a_cancelled_commit_that_has_begun_is_waited_for(store: Store) -> None:
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(db: Database) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(10)
        db.execute("INSERT INTO knowledge_versions VALUES ('v', 1, 0)")

    running = asyncio.ensure_future(store._writer.run(slow))
    await asyncio.sleep(0.05)
    running.cancel()
    await asyncio.sleep(0.05)
    assert not running.done()
    release.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    count = await store._read(lambda db: db.execute("SELECT count(*) FROM knowledge_versions").fetchone()[0])
    assert count == 1


async def test_a_lock_held_by_another_process_is_a_clear_error_and_heals(tmp_path: Path) -> None:
    store = Store(tmp_path / "db", busy_timeout_ms=50)
    other = sqlite3.connect(tmp_path / "db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="nothing was changed"):
        await commit(store, 1)
    other.execute("ROLLBACK")
    other.close()
    await commit(store, 1)
    assert (await store.load(KEY, "", 1)).snapshot.revision == 1
    await store.close()


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    await store.close()
    await store.close()
    with pytest.raises(StoreUnavailable, match="closing"):
        await commit(store, 1)
    with pytest.raises(StoreUnavailable, match="closing"):
        await store.load(KEY, "", 1)


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))


async def test_nothing_of_an_expired_conversation_is_left_in_the_file(tmp_path: Path) -> None:
    """Others stay on the same pages: a page that is rewritten as a whole would hide what was only forgotten."""
    store = Store(tmp_path / "conversations.db")
    for number, name in enumerate(("Сауле из Талгара", "Гульнара из Капчагая", "Ербол из Актау")):
        key = Key("BOT_1", f"7701987000{number}")
        snapshot = replace(Snapshot(key), state=DialogueState(turns=1, slots={"name": name}), revision=1)
        await store.commit(
            snapshot, Ask(key, f"Я {name}", "r", body_hash="h"), Reply("Да", '{"answer": "Да"}'), {"t": name}
        )
    age = "UPDATE conversations SET updated_at = 1 WHERE user_id = '77019870001'"
    await store._writer.run(lambda db: db.execute(age).rowcount)
    assert (await store.expire(2, 50)).conversations == 1
    await store.close()
    left = bytes_in(tmp_path)
    assert "Гульнара".encode() not in left
    assert "Сауле".encode() in left
    assert "Ербол".encode() in left


async def test_the_file_is_in_wal_mode_and_every_commit_reaches_the_disk(store: Store) -> None:
    mode, synchronous = await store._writer.run(
        lambda db: (
            db.execute("PRAGMA journal_mode").fetchone()[0],
            db.execute("PRAGMA synchronous").fetchone()[0],
        )
    )
    assert (mode, synchronous) == ("wal", 2)


def test_migrations_run_from_a_blank_file_each_with_its_record(tmp_path: Path) -> None:
    db = Database(sqlite3.connect(tmp_path / "db", isolation_level=None))
    assert migrate(db) == len(MIGRATIONS)
    assert migrate(db) == len(MIGRATIONS)
    names = [row[0] for row in db.execute("SELECT name FROM migrations ORDER BY number")]
    assert names == [migration.__name__ for migration in MIGRATIONS]
    db.close()


def test_two_processes_that_open_an_old_memory_at_once_migrate_it_once(tmp_path: Path) -> None:
    first, second = (Database(sqlite3.connect(tmp_path / "db", isolation_level=None)) for _ in range(2))

    def m001_overtaken(db: Database) -> None:
        """What the other one has done between the look at the schema and the lock."""
        raise AssertionError("it was applied already")

    class Overtaking(tuple[Any, ...]):
        def __getitem__(self, wanted: Any) -> Any:  # asked for once the schema was read
            migrate(second)
            return tuple.__getitem__(self, wanted)

    assert migrate(first, Overtaking((m001_overtaken,))) == 1
    assert [row[0] for row in first.execute("SELECT name FROM migrations")] == [each.__name__ for each in MIGRATIONS]
    first.close()
    second.close()


def test_a_failing_migration_leaves_the_schema_before_it(tmp_path: Path) -> None:
    def m002_broken(db: Database) -> None:
        db.execute("CREATE TABLE half (x)")
        raise ValueError("broken")

    db = Database(sqlite3.connect(tmp_path / "db", isolation_level=None))
    with pytest.raises(ValueError, match="broken"):
        migrate(db, (*MIGRATIONS, m002_broken))
    assert "half" not in db.table_names()
    assert migrate(db) == len(MIGRATIONS)
    db.close()


async def test_a_database_one_schema_ahead_still_serves_and_two_ahead_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "db"
    await Store(path).close()
    ahead = sqlite3.connect(path)
    ahead.execute("INSERT INTO migrations VALUES (?, 'later', 0)", (len(MIGRATIONS) + 1,))
    ahead.commit()
    store = Store(path)
    await commit(store, 1)
    await store.close()
    ahead.execute("INSERT INTO migrations VALUES (?, 'much_later', 0)", (len(MIGRATIONS) + 2,))
    ahead.commit()
    ahead.close()
    with pytest.raises(ConfigError, match=r"schema \d+, this release knows"):
        Store(path)


async def test_what_the_customer_saw_is_noted_though_another_process_wrote_meanwhile(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Store(machine.store.path)
    load, moved = machine.store.load, False

    async def overtaken(key: Key, request_id: str, history: int) -> Any:
        nonlocal moved
        loaded = await load(key, request_id, history)
        if not moved:
            moved = True
            await commit(other, 1)
        return loaded

    monkeypatch.setattr(machine.store, "load", overtaken)
    assert await observe(Observation(KEY, "Перезвоним вам сами", "human", "request-1"), machine.bots.default, machine)
    loaded = await load(KEY, "", 9)
    assert [each.answer for each in loaded.snapshot.history] == ["Перезвоним вам сами"]
    assert loaded.snapshot.revision == 2
    await other.close()


async def test_every_write_of_this_release_fits_tables_to_which_the_next_one_has_added_columns(tmp_path: Path) -> None:
    path = tmp_path / "db"
    await Store(path).close()
    ahead = sqlite3.connect(path)
    for table in ("conversations", "turns", "observations", "knowledge_versions", "migrations"):
        ahead.execute(f"ALTER TABLE {table} ADD COLUMN later TEXT NOT NULL DEFAULT ''")
    ahead.execute("INSERT INTO migrations VALUES (?, 'later', 0, '')", (len(MIGRATIONS) + 1,))
    ahead.commit()
    ahead.close()
    store = Store(path)
    await commit(store, 1)
    await commit(store, 2)
    snapshot = (await store.load(KEY, "", 9)).snapshot
    assert await store.observe(snapshot.after(DialogueState()), "a person's answer", "human", "request-2")
    await store.record_knowledge("v1", 3)
    assert [each.answer for each in (await store.load(KEY, "", 9)).snapshot.history] == [
        "answer 1",
        "a person's answer",
    ]
    await store.close()


def test_a_path_that_cannot_be_a_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ConfigError, match="cannot be opened"):
        Store(tmp_path / "file" / "db")
    (tmp_path / "text").write_text("not a database, but long enough to be taken for one" * 100)
    with pytest.raises(ConfigError, match=r"cannot be (used|opened)"):
        Store(tmp_path / "text")
