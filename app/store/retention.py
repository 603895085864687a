"""Deleting conversations: whole, with their turns and observations, in the caller's transaction."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from app.errors import ConfigError

TABLES = ("conversations", "turns", "observations")
"""Where a customer's words are. Order: what refers to another comes later."""


class Connection(Protocol):
    """sqlite3's connection, or what wraps it."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


@dataclass(frozen=True, slots=True)
class Deleted:
    """Rows that a deletion took, by table."""

    conversations: int = 0
    turns: int = 0
    observations: int = 0

    def __add__(self, other: "Deleted") -> "Deleted":
        return Deleted(
            self.conversations + other.conversations, self.turns + other.turns, self.observations + other.observations
        )


def plain(db: Connection) -> None:
    """Raises ConfigError for a schema that is not of this program's making where it would run what others wrote.

    A view in a table's place, or a trigger, may compute for ever.
    """
    tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type='table' AND rootpage > 0")}
    odd = [str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger')")]
    if odd := [*odd, *(name for name in TABLES if name not in tables)]:
        raise ConfigError(f"the memory's schema is not this program's: {odd[0]!r}; restore a backup of before")


def delete_conversations(db: Connection, keys: Iterable[tuple[str, str]]) -> Deleted:
    """Deletes the conversations with these (session_id, user_id)."""
    counts = dict.fromkeys(TABLES, 0)
    for key in keys:
        for table in reversed(TABLES):
            sql = f"DELETE FROM {table} WHERE session_id=? AND user_id=?"  # noqa: S608 - names from the constant above
            counts[table] += db.execute(sql, key).rowcount
    return Deleted(**counts)


def delete_expired(db: Connection, before: float, most: int) -> Deleted:
    """Deletes at most `most` conversations that were last touched before `before` (Unix seconds), oldest first."""
    rows = db.execute(
        "SELECT session_id, user_id FROM conversations WHERE updated_at < ? ORDER BY updated_at LIMIT ?", (before, most)
    ).fetchall()
    return delete_conversations(db, [(row[0], row[1]) for row in rows])
