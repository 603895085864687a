"""What a damaged memory still has beyond the restored one: whole conversations in every column, or nothing of them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from app.errors import ConfigError
from app.store import salvage as module
from app.store.backup import DATABASE
from app.store.migrations import migrate
from app.store.retention import TABLES
from app.store.salvage import newest_kept, salvage

PERSON = ("BOT_1", "7701")


SINCE = ("bot", "channel", "mode", "waiting_since", "last_at", "logged")
"""Columns that follow from the turns: the log of messages has tests of its own."""


class Memory:
    """A memory that a test writes row by row: a turn, what was seen, and the head that counts them."""

    def __init__(self, place: Path) -> None:
        place.mkdir(parents=True)
        self.place = place
        with self._open() as db:
            migrate(Database(db))

    def _open(self) -> Any:
        return closing(sqlite3.connect(self.place / DATABASE, isolation_level=None))

    def turn(self, revision: int, request: str = "", person: tuple[str, str] = PERSON) -> "Memory":
        with self._open() as db:
            db.execute(
                "INSERT INTO turns (session_id, user_id, revision, request_id, body_hash, user_text, answer, response,"
                " record, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*person, revision, request or f"r{revision}", f"hash {revision}", f"question {revision}",
                 f"answer {revision}", f"response {revision}", f"record {revision}", 100.5 + revision),
            )  # fmt: skip
        return self

    def seen(self, revision: int, of: str | None, text: str = "seen", person: tuple[str, str] = PERSON) -> "Memory":
        with self._open() as db:
            turn = db.execute(
                "SELECT id FROM turns WHERE session_id=? AND user_id=? AND request_id=?", (*person, of)
            ).fetchone()
            db.execute(
                "INSERT INTO observations (session_id, user_id, revision, request_id, turn_id, text, source, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, 'human', ?)",
                (*person, revision, of, turn and turn[0], f"{text} {revision}", 200.5 + revision),
            )
        return self

    def head(self, revision: int, turns: int, person: tuple[str, str] = PERSON, schema: int = 1) -> "Memory":
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO conversations (session_id, user_id, schema_version, revision, state, created_at,"
                " updated_at) VALUES (?, ?, ?, ?, ?, 5, ?)",
                (*person, schema, revision, json.dumps({"turns": turns, "of": revision}), 300.5 + revision),
            )
        return self

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Every column but the number, and of what was seen the text of its turn."""
        with self._open() as db:
            db.row_factory = sqlite3.Row
            order = "session_id, user_id, revision"
            found = [dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY {order}")]
            texts = {row["id"]: row["user_text"] for row in db.execute("SELECT id, user_text FROM turns")}
        for row in found:
            for column in ("id", *SINCE):
                row.pop(column, None)
            if "turn_id" in row:
                row["turn_id"] = texts.get(row["turn_id"])
        return found

    def all(self) -> dict[str, list[dict[str, Any]]]:
        return {table: self.rows(table) for table in TABLES if table != "messages"}


@pytest.fixture
def live(tmp_path: Path) -> Memory:
    """The restored memory: one turn of one person."""
    return Memory(tmp_path / "data").turn(1).head(1, 1)


@pytest.fixture
def damaged(tmp_path: Path) -> Memory:
    """The one that was kept, in which the same turn is."""
    return Memory(tmp_path / "kept" / "damaged-20260304T120000Z").turn(1).head(1, 1)


def brought(damaged: Memory, live: Memory) -> tuple[int, int, int]:
    """Conversations, turns, and rows that were left."""
    done = salvage(damaged.place, live.place)
    assert (done.source, done.holes) == (damaged.place, 0)
    return done.conversations, done.turns, len(done.rest)


def test_a_conversation_is_brought_over_in_every_column(damaged: Memory, live: Memory) -> None:
    damaged.turn(2).seen(3, "r2").seen(4, None).turn(5).head(5, 3, schema=9)
    damaged.turn(1, person=("BOT_2", "7702")).head(1, 1, person=("BOT_2", "7702"))
    assert brought(damaged, live) == (2, 3, 0)
    assert live.all() == damaged.all()
    with closing(sqlite3.connect(live.place / DATABASE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
    before = live.all()
    assert brought(damaged, live) == (0, 0, 0), "a second run changes nothing"
    assert live.all() == before


def test_what_was_seen_of_an_old_turn_after_the_backup_comes_over_too(damaged: Memory, live: Memory) -> None:
    damaged.seen(2, "r1").turn(3).head(3, 2)
    assert brought(damaged, live) == (1, 1, 0)
    assert live.all() == damaged.all()


def test_what_was_seen_alone_is_enough_to_bring_a_conversation_over(damaged: Memory, live: Memory) -> None:
    damaged.seen(2, None).head(2, 1)
    assert brought(damaged, live) == (1, 0, 0)
    assert live.all() == damaged.all()


def test_what_the_restored_memory_has_is_not_touched(damaged: Memory, live: Memory) -> None:
    live.turn(2).seen(3, "r2", text="later").head(3, 2)
    before = live.all()
    assert brought(damaged, live) == (0, 0, 0)
    assert live.all() == before


def test_a_conversation_that_went_on_since_is_left_and_what_it_lacks_is_told(damaged: Memory, live: Memory) -> None:
    damaged.turn(2).turn(3).head(3, 3)
    live.turn(2, request="since").head(2, 2)
    before = live.all()
    assert brought(damaged, live) == (0, 0, 1)
    assert live.all() == before


@pytest.mark.parametrize("counted", [2, 4])
def test_of_a_conversation_of_which_a_turn_is_missing_nothing_is_brought_over(
    damaged: Memory, live: Memory, counted: int
) -> None:
    damaged.turn(2).seen(3, None).turn(4).head(4, counted)
    before = live.all()
    done = salvage(damaged.place, live.place)
    assert (done.conversations, done.turns) == (0, 0)
    assert [(row["revision"], row.get("user_text", row.get("text"))) for row in done.rest] == [
        (2, "question 2"),
        (4, "question 4"),
        (3, "seen 3"),
    ], "for a person to look at"
    assert live.all() == before


@pytest.mark.parametrize("state", ["{", "[]", "{}", '{"turns": null}', '{"turns": "2"}'])
def test_a_head_that_cannot_be_read_vouches_for_nothing(damaged: Memory, live: Memory, state: str) -> None:
    damaged.turn(2).head(2, 2)
    with closing(sqlite3.connect(damaged.place / DATABASE)) as db:
        db.execute("UPDATE conversations SET state = ?", (state,))
        db.commit()
    assert brought(damaged, live) == (0, 0, 1)


def test_turns_without_their_head_are_told(damaged: Memory, live: Memory) -> None:
    damaged.turn(1, person=("BOT_2", "7702")).seen(2, None, person=("BOT_2", "7702"))
    assert brought(damaged, live) == (0, 0, 2)


def test_one_conversation_that_is_not_whole_keeps_no_other_back(damaged: Memory, live: Memory) -> None:
    damaged.turn(2).head(2, 9)
    for number in range(3):
        other = ("BOT_1", f"880{number}")
        damaged.turn(1, person=other).head(1, 1, person=other)
    assert brought(damaged, live) == (3, 3, 1)


@pytest.mark.parametrize(("holes", "done"), [(False, (1, 1)), (True, (0, 0))])
def test_where_what_was_seen_could_not_all_be_read_no_step_may_be_missing(
    damaged: Memory, live: Memory, holes: bool, done: tuple[int, int]
) -> None:
    """A step without a row is one that was said again later: or one that stood on the damaged page."""
    damaged.turn(2).head(4, 2)
    read = {}
    with closing(sqlite3.connect(damaged.place / DATABASE)) as db:
        db.row_factory = sqlite3.Row
        read = {table: [dict(row) for row in db.execute(f"SELECT * FROM {table}")] for table in TABLES}
    with closing(sqlite3.connect(live.place / DATABASE)) as db:
        db.row_factory = sqlite3.Row
        found = module._merge(db, read, strict=holes)
    assert (found.conversations, found.turns) == done


def lose_the_page(database: Path, text: str) -> str:
    """Overwrites the one page on which `text` stands, as a disk does that gives back something else; what was there."""
    with closing(sqlite3.connect(database)) as db:
        size = db.execute("PRAGMA page_size").fetchone()[0]
    whole = bytearray(database.read_bytes())
    assert whole.count(text.encode()) == 1
    start = whole.index(text.encode()) // size * size
    lost = bytes(whole[start : start + size])
    whole[start : start + size] = b"\xab" * size
    database.write_bytes(whole)
    return lost.decode(errors="replace")


@pytest.mark.parametrize("at", range(12))
@pytest.mark.parametrize(("table", "column"), [("turns", "answer"), ("observations", "text")])
def test_a_step_without_a_row_is_one_said_again_unless_a_page_of_what_was_seen_is_lost(
    damaged: Memory, live: Memory, table: str, column: str, at: int
) -> None:
    people = {("BOT_1", f"880{number:02}"): number % 2 for number in range(12)}
    for person, gap in people.items():
        damaged.turn(1, person=person).seen(2, None, person=person).head(2 + gap, 1, person=person)
    database = damaged.place / DATABASE
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        db.execute(f"UPDATE {table} SET {column} = 'of ' || user_id || '.' || hex(zeroblob(700))")  # two to a page
        db.execute("VACUUM")
    page = lose_the_page(database, f"of 880{at:02}.")
    lost = {person for person in people if f"of {person[1]}." in page}
    assert 0 < len(lost) < 4

    done = salvage(damaged.place, live.place)

    assert done.holes == 1
    expected = {
        person for person, gap in people.items() if person not in lost and not (gap and table == "observations")
    }
    for each in ("conversations", "turns", "observations"):
        found = {(row["session_id"], row["user_id"]) for row in live.rows(each)}
        assert found - {PERSON} == expected, each
    assert {(row["session_id"], row["user_id"]) for row in done.rest} == people.keys() - expected


def test_nothing_is_brought_over_where_one_row_cannot_be_written(
    damaged: Memory, live: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it is one transaction."""
    for number in range(3):
        other = ("BOT_1", f"880{number}")
        damaged.turn(1, person=other).head(1, 1, person=other)
    put, left = module._put, [2]

    def full(*arguments: Any) -> None:
        put(*arguments)
        left[0] -= 1
        if not left[0]:
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(module, "_put", full)
    before = live.all()
    with pytest.raises(ConfigError, match="nothing was brought over"):
        salvage(damaged.place, live.place)
    assert live.all() == before


# Where they are looked for


def test_the_newest_of_those_that_were_kept_is_taken(tmp_path: Path) -> None:
    for name in ("damaged-20260304T120000Z", "damaged-20260305T120000Z"):
        Memory(tmp_path / name)
    (tmp_path / "damaged-20260306T120000Z").mkdir()  # somebody has removed what it held
    assert newest_kept(tmp_path).name == "damaged-20260305T120000Z"


def test_where_none_is_kept_or_none_restored_it_is_said(tmp_path: Path, damaged: Memory) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no damaged memory is kept"):
        newest_kept(tmp_path / "empty")
    with pytest.raises(ConfigError, match="restore a backup first"):
        salvage(damaged.place, tmp_path / "empty")


def test_what_cannot_be_read_at_all_changes_nothing(damaged: Memory, live: Memory) -> None:
    (damaged.place / DATABASE).write_bytes(b"no database" * 500)
    before = live.all()
    with pytest.raises(ConfigError, match="nothing was brought over"):
        salvage(damaged.place, live.place)
    assert live.all() == before
