"""The proof of an update that changes the memory's schema sees what is missing, double or out of its place."""

import itertools
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.store import Store
from app.store.states import stored_form
from app.types import DialogueState, Key
from loadtests.service import ROOT
from tests.prove.load import Sent
from tests.prove.remembered import BESIDE, COUNTS, HISTORIES, UNLOGGED
from tests.prove.schema import LASTING, expected, written
from tests.store import old_release

KEY = Key("LOAD", "u")
STATE = json.dumps(stored_form(DialogueState(turns=1)))


def said(script: str, memory: Path, *arguments: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-c", script, str(memory), *arguments], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return json.loads(done.stdout)


def former(path: Path, user: str = KEY.user_id) -> Path:
    """Two turns of the release before, of which the second was seen otherwise, and a person's words."""
    key = Key(KEY.session_id, user)
    with closing(old_release.blank(path)) as db:
        for number in (1, 2):
            old_release.commit(db, key, f"r{number}", f"q{number}", f"a{number}", record="{}", state=STATE, now=number)
        old_release.observe(db, key, "r2", "seen", "fallback", state=STATE, now=3)
        old_release.observe(db, key, None, "by hand", "human", state=STATE, now=4)
    return path


async def brought_over(path: Path) -> Path:
    store = Store(path)
    assert (await store.bring_some(None)).over
    await store.close()
    return path


async def test_a_whole_memory_is_found_whole_and_its_histories_are_read_as_a_turn_gets_them(tmp_path: Path) -> None:
    memory = former(tmp_path / "memory.db")
    former(tmp_path / "other.db", "another")
    assert said(BESIDE, memory, str(tmp_path / "other.db")) == 2
    assert said(COUNTS, memory) == {"schema": 1, "turns": 4, "messages": 0, "observations": 4, "behind": 0}
    await brought_over(memory)
    assert said(COUNTS, memory) == {"schema": 2, "turns": 4, "messages": 12, "observations": 4, "behind": 0}
    assert said(UNLOGGED, memory) == 0
    exchanges = [["q1", "a1"], ["q2", "seen"], [None, "by hand"]]
    assert said(HISTORIES, memory, "LOAD") == [["another", exchanges], ["u", exchanges]]
    assert said(HISTORIES, memory, "SPAN") == []


@pytest.mark.parametrize(
    "fault",
    [
        "DELETE FROM messages WHERE text='q1'",
        "UPDATE messages SET text='b' WHERE text='a1'",
        "UPDATE messages SET revision=2 WHERE text='a1'",
        "DELETE FROM messages WHERE text='seen'",
        "DELETE FROM messages WHERE text='by hand'",
        "INSERT INTO messages SELECT id + 100, session_id, user_id, revision, direction, author, bot, channel,"
        " channel_message_id, text, media, delivery, sent_ms, turn_id, replaces, at FROM messages WHERE text='a1'",
    ],
)
async def test_what_is_missing_double_or_out_of_place_is_counted(tmp_path: Path, fault: str) -> None:
    memory = await brought_over(former(tmp_path / "memory.db"))
    with closing(sqlite3.connect(memory)) as db, db:
        db.execute(fault)
    assert said(UNLOGGED, memory) == 1


def test_customers_go_on_writing_between_those_who_come_and_go() -> None:
    users = [user for user, _ in itertools.islice(written(1), 40 * LASTING)]
    lasting = users[: 2 * LASTING : 2]
    assert len(set(lasting)) == LASTING
    assert users[::2] == lasting * 20
    assert not set(lasting) & set(users[1::2])


def test_what_was_answered_is_expected_in_the_order_in_which_it_was_written() -> None:
    sent = [
        Sent("u", "2", 2.0, 2.5, 200, "second", text="b"),
        Sent("u", "1", 1.0, 3.0, 200, "first", text="a"),
        Sent("u", "3", 3.0, 3.5, 503, failure="503", text="c"),
    ]
    assert expected(sent) == {"u": [["a", "first"], ["b", "second"]]}
