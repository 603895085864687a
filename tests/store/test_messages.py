"""The log of messages: the same whoever wrote the conversation, release before or this one, in whatever order."""

import asyncio
import itertools
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import StoreUnavailable
from app.service.jobs import complete_logs
from app.store import Store
from app.store.states import stored_form
from app.store.store import _STEP
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.reply import Reply
from app.types import Ask, DialogueState, Exchange, Key, Media, Source
from tests.store import old_release
from tests.thrift import most

KEY = Key("BOT_1", "77010000001")
BOT = "shop"


@dataclass(frozen=True)
class Op:
    """A write to a conversation. `request` is the number in a request_id; None: an observation of no turn."""

    by: str
    what: str
    request: int | None
    media: Media = "text"
    source: Source = "human"
    waits: bool = False


_WRITERS = st.sampled_from(["old", "new"])
OPS = st.one_of(
    st.builds(
        Op, _WRITERS, st.just("turn"), st.just(None), st.sampled_from(["text", "image", "audio"]), waits=st.booleans()
    ),
    st.builds(
        Op,
        _WRITERS,
        st.just("observe"),
        st.none() | st.integers(0, 6),
        source=st.sampled_from(["machine", "fallback", "human"]),
    ),
)


@contextmanager
def clock(patch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The time that the store writes, in the first element."""
    now = [1_700_000_000.0]
    patch.setattr("app.store.store.time.time", lambda: now[0])
    yield now


def record(state: DialogueState, media: str, history: int) -> dict[str, Any]:
    return {"bot": BOT, "ask": {"media": media}, "before": stored_form(state), "history": history}


class Talk:
    """One conversation in a memory, written to by one release or the other. This one opens it at its first write."""

    def __init__(self, path: Path, now: list[float]) -> None:
        self.path, self.now = path, now
        self.turns = 0
        self.steps = 0
        self.state = DialogueState()
        self.old = old_release.blank(path)
        self.new: Store | None = None

    async def write(self, op: Op, by: str) -> None:
        self.steps += 1
        self.now[0] += 60
        before, text = self.state, f"{op.what} {self.steps}"
        if op.what == "turn":
            self.turns += 1
            self.state = replace(self.state, handed_over=op.waits, turns=self.turns)
        answer, details = f"answer {text}", record(before, op.media, self.turns % 4)
        request = f"r{self.turns}" if op.what == "turn" else None if op.request is None else f"r{op.request}"
        if by == "old":
            state, now = json.dumps(stored_form(self.state)), self.now[0]
            if request and op.what == "turn":
                told = json.dumps(details)
                old_release.commit(self.old, KEY, request, text, answer, record=told, state=state, now=now)
            else:
                old_release.observe(self.old, KEY, request, text, op.source, state=state, now=now)
            return
        store = self.new = self.new or Store(self.path)
        snapshot = (await store.load(KEY, "", 5)).snapshot
        assert snapshot.state == before
        if request and op.what == "turn":
            ask = Ask(KEY, text, request, media=op.media, body_hash="h")
            await store.commit(snapshot.after(self.state), ask, Reply(answer, json.dumps(answer)), details)
        else:
            await store.observe(snapshot.after(self.state), text, op.source, request, BOT)

    async def brought(self) -> dict[str, Any]:
        """What this release makes of it: the history at the end and before every turn, the log, the list's columns."""
        store = self.new or Store(self.path)
        loaded = {count: (await store.load(KEY, "", count)).snapshot.history for count in (1, 3, 99)}
        replayed = {}
        for turn in range(1, self.turns + 1):
            recorded = await store.recorded(turn)
            assert recorded is not None
            replayed[turn] = recorded.snapshot.history
        await store.close()
        with closing(sqlite3.connect(self.path)) as db:
            log = db.execute(
                "SELECT m.revision, m.direction, m.author, m.text, m.media, m.delivery, m.at, t.request_id,"
                " r.revision FROM messages m LEFT JOIN turns t ON t.id = m.turn_id"
                " LEFT JOIN messages r ON r.id = m.replaces ORDER BY m.revision, m.direction, m.text"
            ).fetchall()
            bots = db.execute(
                "SELECT DISTINCT bot FROM messages WHERE turn_id IS NOT NULL AND replaces IS NULL"
            ).fetchall()
            head = db.execute("SELECT mode, waiting_since, last_at, logged, revision FROM conversations").fetchall()
            rows = db.execute("SELECT * FROM turns").fetchall(), db.execute("SELECT * FROM observations").fetchall()
        return {"loaded": loaded, "replayed": replayed, "log": log, "bots": bots, "head": head, "rows": rows}

    def as_before(self) -> tuple[dict[int, tuple[Exchange, ...]], dict[int, tuple[Exchange, ...]]]:
        """The histories that the release of schema 1 gives."""
        with closing(self.old) as db:
            turns = db.execute("SELECT id, revision, record FROM turns ORDER BY id").fetchall()
            return (
                {count: old_release.history(db, KEY, count) for count in (1, 3, 99)},
                {
                    turn: old_release.history(db, KEY, json.loads(details)["history"], before)
                    for turn, before, details in turns
                },
            )


async def told(talk: Talk, ops: list[Op], name: str) -> dict[str, Any]:
    for op in ops:
        await talk.write(op, op.by if name == "mixed" else name)
    found = await talk.brought()
    assert (found["loaded"], found["replayed"]) == talk.as_before()
    return found


@settings(max_examples=most(20), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ops=st.lists(OPS, min_size=1, max_size=14), step=st.integers(1, 4))
def test_a_conversation_reads_the_same_whichever_releases_wrote_it_in_whatever_order(
    tmp_path_factory: pytest.TempPathFactory, ops: list[Op], step: int
) -> None:
    folder = tmp_path_factory.mktemp("talks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.store.store._STEP", step)
        found = {}
        for name in ("old", "new", "mixed"):
            with clock(patch) as now:
                found[name] = asyncio.run(told(Talk(folder / f"{name}.db", now), ops, name))
    assert found["old"] == found["new"] == found["mixed"]


async def old_memory(path: Path, conversations: int, turns: int, bot: str = BOT) -> None:
    """A memory of schema 1."""
    with closing(old_release.blank(path)) as db:
        for number in range(conversations):
            for turn in range(turns):
                old_release.commit(
                    db, Key("BOT_1", f"user-{number}"), f"r{turn}", f"question {turn}", f"answer {turn}",
                    record=json.dumps(record(DialogueState(), "text", 5) | {"bot": bot}), state="{}", now=turn,
                )  # fmt: skip


def rows(path: Path, sql: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql, values).fetchall()


async def test_the_service_brings_over_every_conversation_and_says_what_is_left(
    machine: Machine, tmp_path: Path
) -> None:
    await old_memory(tmp_path / "db", 9, 3)
    store = Store(tmp_path / "db")
    here = replace(machine, store=store)
    assert await store.behind() == 9
    await complete_logs(here)
    assert await store.behind() == 0
    assert b"machine_conversations_unlogged 0.0" in here.telemetry.exposition()
    assert rows(store.path, "SELECT direction, delivery, count(*) FROM messages GROUP BY 1, 2 ORDER BY 1") == [
        ("in", "received", 27),
        ("out", "given", 27),
    ]
    with closing(old_release.connect(store.path)) as db:  # the release before again, after a rollback
        old_release.commit(db, Key("BOT_1", "user-4"), "r9", "und?", "ja", record="{}", state="{}", now=9)
    assert await store.behind() == 1
    await store.close()


async def test_a_very_long_conversation_makes_no_step_long(tmp_path: Path) -> None:
    await old_memory(tmp_path / "db", 1, 5 * _STEP)
    store = Store(tmp_path / "db")
    place, written = None, [0]
    while not (done := await store.bring_some(place)).over:
        place = done.place
        written.append(rows(store.path, "SELECT count(*) FROM messages")[0][0])
    await store.close()
    assert max(after - before for before, after in itertools.pairwise(written)) <= 2 * _STEP
    assert written[-1] == 2 * 5 * _STEP


async def test_what_only_the_log_knows_outlives_a_rollback(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    ask = Ask(KEY, "Салем", "r1", channel="telegram", timestamp_ms=1_700_000_000_123, body_hash="h")
    snapshot = (await store.load(KEY, "", 1)).snapshot.after(DialogueState(turns=1))
    await store.commit(snapshot, ask, Reply("Сәлем!", "{}"), record(DialogueState(), "text", 0))
    await store.observe(snapshot.after(snapshot.state), "Позвоним", "human", None, BOT)
    changed = "UPDATE messages SET channel_message_id='tg-' || id, delivery='failed' WHERE direction='out'"
    await store._writer.run(lambda db: db.execute(changed).rowcount)
    await store.close()
    with closing(old_release.connect(store.path)) as db:
        old_release.observe(db, KEY, "r1", "Здравствуйте!", "human", state="{}", now=5)
        old_release.observe(db, KEY, "r1", "Добрый день!", "fallback", state="{}", now=6)
    store = Store(store.path)
    history = (await store.load(KEY, "", 9)).snapshot.history
    await store.close()
    assert [(each.answer, each.source) for each in history] == [("Добрый день!", "fallback"), ("Позвоним", "human")]
    log = "SELECT direction, channel, channel_message_id, delivery, sent_ms, text FROM messages ORDER BY id"
    assert rows(store.path, log) == [
        ("in", "telegram", None, "received", 1_700_000_000_123, "Салем"),
        ("out", "telegram", "tg-2", "failed", 0, "Сәлем!"),
        ("out", "telegram", "tg-3", "failed", 0, "Позвоним"),
        ("out", "telegram", None, "sent", 0, "Добрый день!"),
    ]


async def test_a_person_whom_the_release_before_forgets_is_gone_from_the_log(tmp_path: Path) -> None:
    store = Store(tmp_path / "db")
    for key in (KEY, Key("BOT_1", "another")):
        snapshot = (await store.load(key, "", 1)).snapshot.after(DialogueState(turns=1))
        await store.commit(snapshot, Ask(key, "Салем", "r1", body_hash="h"), Reply("Сәлем!", "{}"), {"bot": BOT})
        await store.observe(snapshot.after(snapshot.state), "Позвоним", "human", None, BOT)
        await store.observe(snapshot.after(snapshot.state).after(snapshot.state), "Позвонили", "human", "r1", BOT)
    await store.close()
    with closing(old_release.connect(store.path)) as db:
        old_release.forget(db, KEY)
    assert rows(store.path, "SELECT user_id, count(*) FROM messages GROUP BY 1") == [("another", 4)]
    with closing(sqlite3.connect(store.path)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []


async def test_what_was_answered_before_the_update_is_given_again_though_nothing_can_be_written(tmp_path: Path) -> None:
    await old_memory(tmp_path / "db", 1, 2)
    store = Store(tmp_path / "db", busy_timeout_ms=30)
    key = Key("BOT_1", "user-0")
    with closing(old_release.connect(store.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        loaded = await store.load(key, "r1", 5)
        assert loaded.stored is not None
        assert loaded.stored.answer == "answer 1"
        with pytest.raises(StoreUnavailable):
            await store.load(key, "new", 5)
        other.execute("ROLLBACK")
    # What is written upon that does not make the log complete.
    await store.observe(loaded.snapshot.after(DialogueState()), "Позвоним", "human", None, BOT)
    history = (await store.load(key, "new", 5)).snapshot.history
    assert [each.answer for each in history] == ["answer 0", "answer 1", "Позвоним"]
    await store.close()


async def test_who_speaks_is_what_the_column_says_and_not_the_stored_state(bot: Bot, machine: Machine) -> None:
    await process(Ask(KEY, "позовите человека", "r1"), bot, machine)
    (mode, since, at), state = (
        rows(machine.store.path, "SELECT mode, waiting_since, last_at FROM conversations")[0],
        rows(machine.store.path, "SELECT state FROM conversations")[0][0],
    )
    assert (mode, json.loads(state)["handed_over"]) == ("waiting", True), "the release before reads the state"
    assert since == at
    await process(Ask(KEY, "сколько стоит тариф Рост?", "r2"), bot, machine)
    assert rows(machine.store.path, "SELECT mode, waiting_since FROM conversations") == [("waiting", since)]
    await machine.store._writer.run(lambda db: db.execute("UPDATE conversations SET mode='machine'").rowcount)
    snapshot = (await machine.store.load(KEY, "", 1)).snapshot
    assert (snapshot.mode, snapshot.state.handed_over) == ("machine", False)
    await process(Ask(KEY, "сколько стоит тариф Рост?", "r3"), bot, machine)
    mode, since, state = rows(machine.store.path, "SELECT mode, waiting_since, state FROM conversations")[0]
    assert (mode, since, json.loads(state)["handed_over"]) == ("machine", None, False)


@pytest.mark.parametrize(
    ("question", "index"),
    [
        ("SELECT * FROM conversations WHERE mode='waiting' AND mode<>'machine' ORDER BY waiting_since", "waiting"),
        ("SELECT * FROM conversations ORDER BY last_at DESC LIMIT 20", "newest"),
        ("SELECT count(*) FROM conversations WHERE logged < revision", "behind"),
        ("SELECT * FROM messages WHERE delivery='due' ORDER BY at", "due"),
        ("SELECT * FROM messages WHERE session_id='a' AND user_id='b' ORDER BY revision DESC", "of_conversation"),
        ("SELECT * FROM messages WHERE replaces=7", "replacing"),
    ],
)
async def test_what_a_list_asks_is_answered_by_an_index(tmp_path: Path, question: str, index: str) -> None:
    await Store(tmp_path / "db").close()
    plan = rows(tmp_path / "db", f"EXPLAIN QUERY PLAN {question}")
    assert [index in row[3] for row in plan] == [True], plan
    assert "TEMP B-TREE" not in str(plan)
