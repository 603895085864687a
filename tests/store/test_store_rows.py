"""What each write of the memory leaves in every column, and what the connections behind it promise."""

import asyncio
import json
import os
import sqlite3
import stat
import time
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from app.errors import StoreUnavailable
from app.store import Store
from app.store.conversations import dump_state
from app.store.turns import newest_of_all
from app.turn.reply import Reply
from app.types import Ask, DialogueState, Key, Snapshot

KEY, OTHER = Key("BOT_1", "77010000001"), Key("BOT_2", "77010000001")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    opened = Store(tmp_path / "conversations.db")
    yield opened
    await opened.close()


def rows(store: Store, table: str) -> list[dict[str, Any]]:
    """Every column of every row but its number and its time, which must be now."""
    with closing(sqlite3.connect(store.path)) as db:
        db.row_factory = sqlite3.Row
        found = [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY session_id, user_id, revision")]
    for row in found:
        for column in ("created_at", "updated_at", "last_at", "at"):
            if column in row:
                assert abs(row.pop(column) - time.time()) < 60
        row.pop("id", None)
    return found


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def say(store: Store, number: int, key: Key = KEY, record: dict[str, Any] | None = None) -> Snapshot:
    state = DialogueState(flow=f"flow {number}", turns=number)
    snapshot = replace(Snapshot(key), state=state, revision=number, schema_version=7)
    media = (record or {}).get("ask", {}).get("media", "text")
    ask = Ask(key, f"question {number}", f"request-{number}", media=media, timestamp_ms=7, body_hash=f"hash-{number}")
    reply = Reply(f"answer {number}", f"response {number}")
    await store.commit(snapshot, ask, reply, record if record is not None else {"n": number})
    return snapshot


async def test_a_turn_is_kept_in_every_column(store: Store) -> None:
    await say(store, 1)
    last = await say(store, 2)
    await say(store, 1, OTHER)
    person = {"session_id": "BOT_1", "user_id": "77010000001"}
    assert rows(store, "conversations")[0] == {
        **person, "schema_version": 7, "revision": 2, "state": dump_state(last.state), "bot": "", "channel": "whatsapp",
        "mode": "machine", "waiting_since": None, "logged": 2,
    }  # fmt: skip
    assert rows(store, "turns")[:2] == [
        {
            **person,
            "revision": number,
            "request_id": f"request-{number}",
            "body_hash": f"hash-{number}",
            "user_text": f"question {number}",
            "answer": f"answer {number}",
            "response": f"response {number}",
            "record": json.dumps({"n": number}),
        }
        for number in (1, 2)
    ]


async def test_the_newest_turns_of_all_are_those_that_came_last_newest_first(store: Store) -> None:
    for number in range(1, 5):
        await say(store, number)
    await say(store, 1, OTHER)
    with closing(sqlite3.connect(store.path)) as db:
        newest = newest_of_all(db, 3)
        said = [db.execute("SELECT user_text FROM turns WHERE id=?", (turn,)).fetchone()[0] for turn in newest]
    assert said == ["question 1", "question 4", "question 3"]


async def test_what_was_said_is_in_the_log_in_every_column(store: Store) -> None:
    await say(store, 1, record={"bot": "shop"})
    turn = await store.newest_turn(KEY)
    common = {"session_id": "BOT_1", "user_id": "77010000001", "revision": 1, "bot": "shop", "channel": "whatsapp",
              "channel_message_id": None, "media": "text", "turn_id": turn, "replaces": None}  # fmt: skip
    assert rows(store, "messages") == [
        common | {"direction": "in", "author": "customer", "text": "question 1", "delivery": "received", "sent_ms": 7},
        common | {"direction": "out", "author": "machine", "text": "answer 1", "delivery": "given", "sent_ms": 0},
    ]


async def test_what_the_customer_saw_is_kept_in_every_column(store: Store) -> None:
    snapshot = await say(store, 1)
    turn = await store.newest_turn(KEY)
    await store.observe(replace(snapshot, revision=2), "a fallback", "fallback", "request-1")
    await store.observe(replace(snapshot, revision=3), "of no turn", "human", None)
    await store.observe(replace(snapshot, revision=4), "of another", "fallback", "unknown")
    person = {"session_id": "BOT_1", "user_id": "77010000001"}
    assert rows(store, "observations") == [
        {
            **person,
            "revision": 2,
            "request_id": "request-1",
            "turn_id": turn,
            "text": "a fallback",
            "source": "fallback",
        },
        {**person, "revision": 3, "request_id": None, "turn_id": None, "text": "of no turn", "source": "human"},
        {**person, "revision": 4, "request_id": "unknown", "turn_id": None, "text": "of another", "source": "fallback"},
    ]


async def test_what_is_said_again_of_what_was_seen_replaces_all_of_it(store: Store) -> None:
    """Also the turn it belongs to: the first word of it may have come before the turn itself was there."""
    snapshot = (await store.load(KEY, "", 1)).snapshot
    await store.observe(replace(snapshot, revision=1), "early", "fallback", "request-2")
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("UPDATE observations SET created_at = 5")
        db.commit()
    turned = await say(store, 2)
    assert await store.observe(replace(turned, revision=3), "late", "human", "request-2")
    (seen,) = rows(store, "observations")
    assert (seen["text"], seen["source"]) == ("late", "human")
    assert seen["turn_id"] == await store.newest_turn(KEY)
    history = (await store.load(KEY, "", 9)).snapshot.history
    assert [(each.user, each.answer, each.source) for each in history] == [("question 2", "late", "human")]


async def test_an_amended_state_is_written_at_its_own_revision_alone(store: Store) -> None:
    first = await say(store, 1)
    await say(store, 1, OTHER)
    changed = replace(first, state=DialogueState(slots={"name": "Асель"}, turns=1))
    assert await store.amend(changed)
    assert [json.loads(row["state"])["slots"] for row in rows(store, "conversations")] == [{"name": "Асель"}, {}]
    await say(store, 2)
    assert not await store.amend(replace(changed, state=DialogueState(slots={"name": "late"}))), "it has moved on"
    assert not await store.amend(replace(changed, revision=3)), "nor before it"
    assert [row["revision"] for row in rows(store, "conversations")] == [2, 1]
    assert json.loads(rows(store, "conversations")[0]["state"])["slots"] == {}


@pytest.mark.parametrize("touched", ["by a turn", "by what was seen"])
async def test_a_conversation_keeps_when_it_began_and_tells_when_it_was_touched(store: Store, touched: str) -> None:
    snapshot = await say(store, 1)
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("UPDATE conversations SET created_at = 10, updated_at = 20")
        db.commit()
        if touched == "by a turn":
            await say(store, 2)
        else:
            await store.observe(replace(snapshot, revision=2), "x", "human", None)
        began, newest = db.execute("SELECT created_at, updated_at FROM conversations").fetchone()
    assert began == 10
    assert abs(newest - time.time()) < 60, "by this it is deleted one day"


async def test_a_knowledge_version_is_noted_when_it_came_first(store: Store) -> None:
    await store.record_knowledge("v1", 3)
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("UPDATE knowledge_versions SET loaded_at = 5")
        db.commit()
        await store.record_knowledge("v1", 4)
        await store.record_knowledge("v2", 5)
        noted = db.execute("SELECT version, sections, loaded_at FROM knowledge_versions ORDER BY 1").fetchall()
    assert noted[0] == ("v1", 3, 5)
    assert noted[1][:2] == ("v2", 5)
    assert abs(noted[1][2] - time.time()) < 60


async def test_a_turn_is_read_back_with_what_the_customer_had_seen_by_then(store: Store) -> None:
    """For walking it again: what came later must not be in its history."""
    record = {"history": 9, "before": json.loads(dump_state(DialogueState(turns=2)))}
    one = await say(store, 1)
    await store.observe(replace(one, revision=2), "between", "human", None)
    await say(store, 3, record=record)
    number = await store.newest_turn(KEY)
    assert number is not None
    await store.observe(replace(one, revision=4), "replaced later", "human", "request-1")
    await store.observe(replace(one, revision=5), "said later", "human", None)
    found = await store.recorded(number)
    assert found is not None
    assert (found.request_id, found.text, found.answer, found.record) == ("request-3", "question 3", "answer 3", record)
    assert (found.snapshot.key, found.snapshot.revision) == (KEY, 2)
    assert found.snapshot.state == DialogueState(turns=2)
    assert [(each.user, each.answer, each.source, each.revision) for each in found.snapshot.history] == [
        ("question 1", "answer 1", "machine", 1),
        (None, "between", "human", 2),
    ]
    assert await store.recorded(number + 1000) is None


async def test_the_newest_turn_is_that_of_the_conversation(store: Store) -> None:
    assert await store.newest_turn(KEY) is None
    await say(store, 1)
    first = await store.newest_turn(KEY)
    await say(store, 2)
    second = await store.newest_turn(KEY)
    await say(store, 1, OTHER)
    assert first is not None
    assert second == first + 1 == await store.newest_turn(KEY)


@pytest.mark.parametrize(
    ("record", "media"),
    [
        ({"ask": {"media": "image"}}, "image"),
        ({"ask": {"media": "audio"}}, "audio"),
        ({"ask": {}}, "text"),
        ({}, "text"),
    ],
)
async def test_a_history_tells_what_kind_of_message_it_was_and_when(
    store: Store, record: dict[str, Any], media: str
) -> None:
    await say(store, 1, record=record)
    loaded = (await store.load(KEY, "", 1)).snapshot
    (exchange,) = loaded.history
    assert (exchange.media, exchange.revision, loaded.schema_version) == (media, 1, 7)
    assert abs(exchange.at - time.time()) < 60


async def test_a_record_that_is_no_json_costs_the_kind_of_a_message_and_no_more(store: Store) -> None:
    await say(store, 1)
    with closing(sqlite3.connect(store.path)) as db:
        db.execute("UPDATE turns SET record = '{'")
        db.commit()
    (exchange,) = (await store.load(KEY, "", 1)).snapshot.history
    assert (exchange.user, exchange.media) == ("question 1", "text")


# The connections


@pytest.mark.parametrize("umask", [0o000, 0o022])
async def test_a_memory_is_for_its_owner_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        store = Store(tmp_path / "conversations.db")
        await say(store, 1)
        modes = modes_in(tmp_path)
        await store.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}, modes
    assert "conversations.db-wal" in modes


@pytest.mark.usefixtures("forgetful")
async def test_the_writing_connection_keeps_what_is_promised_of_it_and_the_reading_one_cannot_write(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path / "db", busy_timeout_ms=1234)

    def pragmas(db: Database) -> dict[str, Any]:
        names = ("journal_mode", "synchronous", "secure_delete", "journal_size_limit", "foreign_keys", "busy_timeout")
        return {name: db.execute(f"PRAGMA {name}").fetchone()[0] for name in names}

    assert await store._writer.run(pragmas) == {
        "journal_mode": "wal",
        "synchronous": 2,
        "secure_delete": 1,
        "journal_size_limit": 16 << 20,
        "foreign_keys": 1,
        "busy_timeout": 1234,
    }
    with pytest.raises(StoreUnavailable):
        await store._read(lambda db: db.execute("DELETE FROM turns").rowcount)
    assert (await store._read(pragmas))["busy_timeout"] == 1234
    await store.close()


async def test_a_read_sees_one_moment_though_a_turn_is_committed_in_its_middle(store: Store) -> None:
    await say(store, 1)
    loop = asyncio.get_running_loop()

    def twice(db: Database) -> tuple[int, int]:
        first = db.execute("SELECT count(*) FROM turns").fetchone()[0]
        asyncio.run_coroutine_threadsafe(say(store, 2), loop).result(10)
        return first, db.execute("SELECT count(*) FROM turns").fetchone()[0]

    assert await store._read(twice) == (1, 1)
    assert await store._read(lambda db: db.execute("SELECT count(*) FROM turns").fetchone()[0]) == 2
