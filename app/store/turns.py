"""Turns: the machine's work on a message, with all that is needed to give its answer again or to walk it again."""

import json
from dataclasses import dataclass
from typing import Any, Protocol

from app.store.engine import Connection
from app.types import Ask, Key, Snapshot


class KeptReply(Protocol):
    """What the store keeps of a reply."""

    @property
    def answer(self) -> str: ...

    @property
    def body(self) -> str:
        """As it goes to the caller."""
        ...


@dataclass(frozen=True, slots=True)
class Stored:
    """A turn that was answered before: the caller's body and what was answered, byte for byte."""

    body_hash: str
    answer: str
    response: str


def add(db: Connection, snapshot: Snapshot, ask: Ask, reply: KeptReply, *, record: str, now: float) -> int:
    """Writes a turn; its id. `snapshot` is the one after it, `record` JSON."""
    key = snapshot.key
    row = db.execute(
        "INSERT INTO turns (session_id, user_id, revision, request_id, body_hash, user_text, answer, response,"
        " record, created_at) VALUES (?,?,?,?,?,?,?,?,?,?) RETURNING id",
        (key.session_id, key.user_id, snapshot.revision, ask.request_id, ask.body_hash, ask.text, reply.answer,
         reply.body, record, now),
    ).fetchone()  # fmt: skip
    return int(row[0])


def answered(db: Connection, key: Key, request_id: str) -> Stored | None:
    """The turn of `request_id`."""
    row = db.execute(
        "SELECT body_hash, answer, response FROM turns WHERE session_id=? AND user_id=? AND request_id=?",
        (key.session_id, key.user_id, request_id),
    ).fetchone()
    return Stored(*row) if row else None


def id_of(db: Connection, key: Key, request_id: str | None) -> int | None:
    """Id of the turn of `request_id`."""
    row = db.execute(
        "SELECT id FROM turns WHERE session_id=? AND user_id=? AND request_id=?",
        (key.session_id, key.user_id, request_id),
    ).fetchone()
    return row[0] if row else None


def newest(db: Connection, key: Key) -> int | None:
    """Id of the newest turn of a conversation."""
    row = db.execute(
        "SELECT id FROM turns WHERE session_id=? AND user_id=? ORDER BY revision DESC LIMIT 1",
        (key.session_id, key.user_id),
    ).fetchone()
    return row[0] if row else None


def newest_of_all(db: Connection, count: int) -> list[int]:
    """Ids of the newest `count` turns, newest first."""
    return [row[0] for row in db.execute("SELECT id FROM turns ORDER BY id DESC LIMIT ?", (count,))]


def record_of(db: Connection, turn: int) -> tuple[Key, int, str, str, str, dict[str, Any]] | None:
    """Conversation, revision, request_id, message, answer and record of a turn; None: there is none."""
    row = db.execute(
        "SELECT session_id, user_id, revision, request_id, user_text, answer, record FROM turns WHERE id=?", (turn,)
    ).fetchone()
    if row is None:
        return None
    session, user, *others, record = row
    return (Key(session, user), *others, json.loads(record))
