"""Deleting conversations: whole, with their turns, observations and messages, in the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from app.errors import ConfigError
from app.store import engine
from app.store.engine import Connection

TABLES = ("conversations", "turns", "observations", "messages")
"""Where a customer's words are. Order: what refers to another comes later."""
_LATER = ("messages",)  # what a memory of schema 1 has not


@dataclass(frozen=True, slots=True)
class Deleted:
    """Rows that a deletion took, by table."""

    conversations: int = 0
    turns: int = 0
    observations: int = 0
    messages: int = 0

    def __add__(self, other: "Deleted") -> "Deleted":
        return Deleted(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def plain(db: Connection) -> None:
    """Raises ConfigError for a schema that is not of this program's making where it would run what others wrote.

    A view in a table's place, or a trigger, may compute for ever.
    """
    found = engine.tables(db)
    odd = [*engine.computed(db), *(name for name in TABLES if name not in found and name not in _LATER)]
    if odd:
        raise ConfigError(f"the memory's schema is not this program's: {odd[0]!r}; restore a backup of before")


def tables_in(db: Connection) -> tuple[str, ...]:
    """Those of TABLES that this memory has: an archive may be of schema 1."""
    found = engine.tables(db)
    return tuple(name for name in TABLES if name in found)


def delete_conversations(db: Connection, keys: Iterable[tuple[str, str]]) -> Deleted:
    """Deletes the conversations with these (session_id, user_id)."""
    tables = tables_in(db)
    counts = dict.fromkeys(tables, 0)
    for key in keys:
        for table in reversed(tables):
            # Counted before: a message takes those that replace it along, which no statement's own count has.
            counting = f"SELECT count(*) FROM {table} WHERE session_id=? AND user_id=?"  # noqa: S608 - names from the constant above
            counts[table] += db.execute(counting, key).fetchone()[0]
            db.execute(f"DELETE FROM {table} WHERE session_id=? AND user_id=?", key)  # noqa: S608 - as above
    return Deleted(**counts)


def delete_expired(db: Connection, before: float, most: int) -> Deleted:
    """Deletes at most `most` conversations that were last touched before `before` (Unix seconds), oldest first."""
    rows = db.execute(
        "SELECT session_id, user_id FROM conversations WHERE updated_at < ? ORDER BY updated_at LIMIT ?", (before, most)
    ).fetchall()
    return delete_conversations(db, [(row[0], row[1]) for row in rows])
