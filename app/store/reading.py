"""What one read gives of a conversation, and the queries for it."""

import json
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from app.errors import StoreUnavailable
from app.store.states import of_stored_form, stored_form
from app.types import DialogueState, Exchange, Key, Snapshot


@dataclass(frozen=True, slots=True)
class Stored:
    """A turn that was answered before: the caller's body and what was answered, byte for byte."""

    body_hash: str
    answer: str
    response: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one read gives: the conversation, and the turn with the asked request_id if there is one."""

    snapshot: Snapshot
    stored: Stored | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A turn as it was kept, and the conversation it was answered in."""

    snapshot: Snapshot
    """Before the turn."""
    request_id: str
    text: str
    answer: str
    record: dict[str, Any]


def dump_state(state: DialogueState) -> str:
    """The state as it is stored: JSON."""
    return json.dumps(stored_form(state), ensure_ascii=False, separators=(",", ":"))


def load(db: Database, key: Key, request_id: str, history: int) -> Loaded:
    where = (key.session_id, key.user_id)
    row = db.execute(
        "SELECT schema_version, revision, state FROM conversations WHERE session_id=? AND user_id=?", where
    ).fetchone()
    if row is None:
        return Loaded(Snapshot(key), None)
    try:
        state = of_stored_form(json.loads(row[2]))
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreUnavailable("this conversation's memory cannot be read; a person has to look at it") from error
    stored = db.execute(
        "SELECT body_hash, answer, response FROM turns WHERE session_id=? AND user_id=? AND request_id=?",
        (*where, request_id),
    ).fetchone()
    snapshot = Snapshot(key, state, row[1], row[0], _history(db, where, history))
    return Loaded(snapshot, Stored(*stored) if stored else None)


def recorded(db: Database, turn: int) -> Recorded | None:
    row = db.execute(
        "SELECT session_id, user_id, revision, request_id, user_text, answer, record FROM turns WHERE id=?", (turn,)
    ).fetchone()
    if row is None:
        return None
    session, user, revision, request_id, text, answer, details = row
    record = json.loads(details)
    history = _history(db, (session, user), record["history"], before=revision)
    state = of_stored_form(record["before"])
    return Recorded(
        Snapshot(Key(session, user), state, revision - 1, history=history), request_id, text, answer, record
    )


def _history(db: Database, where: tuple[str, str], count: int, before: int = 2**62) -> tuple[Exchange, ...]:
    """The newest `count` exchanges before a revision as the customer had seen them by then, oldest first."""
    rows = db.execute(
        """
        SELECT * FROM (
            SELECT t.revision, t.user_text, coalesce(o.text, t.answer), coalesce(o.source, 'machine'), t.created_at,
                CASE WHEN json_valid(t.record) THEN coalesce(json_extract(t.record, '$.ask.media'), 'text') END
            FROM turns t LEFT JOIN observations o ON o.turn_id = t.id AND o.revision < ?4
            WHERE t.session_id = ?1 AND t.user_id = ?2 AND t.revision < ?4 ORDER BY t.revision DESC LIMIT ?3
        )
        UNION ALL
        SELECT * FROM (
            SELECT revision, NULL, text, source, created_at, 'text' FROM observations
            WHERE session_id = ?1 AND user_id = ?2 AND turn_id IS NULL AND revision < ?4 ORDER BY revision DESC LIMIT ?3
        )
        ORDER BY 1 DESC LIMIT ?3
        """,
        (*where, count, before),
    ).fetchall()
    return tuple(
        Exchange(user, answer, source, at, media or "text", revision)
        for revision, user, answer, source, at, media in reversed(rows)
    )
