"""What one read gives of a conversation: its head, its history, a turn that was answered or recorded before."""

from dataclasses import dataclass, replace
from typing import Any

from app.store import conversations, messages, turns
from app.store.engine import Connection
from app.store.states import of_stored_form
from app.store.turns import Stored
from app.types import Key, Snapshot


@dataclass(frozen=True, slots=True)
class Loaded:
    """What one read gives: the conversation, and the turn with the asked request_id if there is one."""

    snapshot: Snapshot
    stored: Stored | None
    behind: bool = False
    """The history lacks what a release of schema 1 has written: it has to be brought over first."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A turn as it was kept, and the conversation it was answered in."""

    snapshot: Snapshot
    """Before the turn."""
    request_id: str
    text: str
    answer: str
    record: dict[str, Any]
    behind: bool = False
    """As of `Loaded`."""


def load(db: Connection, key: Key, request_id: str, history: int) -> Loaded:
    head = conversations.head(db, key)
    if head is None:
        return Loaded(Snapshot(key), None)
    snapshot = replace(head.snapshot(key), history=messages.history(db, key, history))
    return Loaded(snapshot, turns.answered(db, key, request_id), head.behind)


def recorded(db: Connection, turn: int) -> Recorded | None:
    found = turns.record_of(db, turn)
    if found is None:
        return None
    key, revision, request_id, text, answer, record = found
    past = messages.history(db, key, record["history"], before=revision)
    snapshot = Snapshot(key, of_stored_form(record["before"]), revision - 1, history=past)
    return Recorded(snapshot, request_id, text, answer, record, conversations.is_behind(db, key))
