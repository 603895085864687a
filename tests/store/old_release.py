"""The release of schema 1 as far as the memory knows it: its statements as they were written, and its history."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from app.store.migrations import m001_initial
from app.types import Exchange, Key

_HISTORY = """
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
"""


def connect(path: Path) -> sqlite3.Connection:
    """As it opened a memory."""
    db = sqlite3.connect(path, isolation_level=None, timeout=10)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA foreign_keys=ON")
    db.execute("PRAGMA synchronous=OFF")  # it waited for the disk; nobody pulls a plug here
    return db


def blank(path: Path) -> sqlite3.Connection:
    """A memory of schema 1."""
    db = connect(path)
    db.execute("CREATE TABLE migrations (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at REAL NOT NULL)")
    m001_initial(db)
    db.execute("INSERT INTO migrations (number, name, applied_at) VALUES (1, 'm001_initial', 0)")
    return db


def revision_of(db: sqlite3.Connection, key: Key) -> int:
    """0: there is no such conversation."""
    row = db.execute(
        "SELECT revision FROM conversations WHERE session_id=? AND user_id=?", (key.session_id, key.user_id)
    ).fetchone()
    return row[0] if row else 0


def commit(
    db: sqlite3.Connection, key: Key, request_id: str, text: str, answer: str, *, record: str, state: str, now: float
) -> None:
    """A turn."""
    db.execute("BEGIN IMMEDIATE")
    revision = _advance(db, key, state, now)
    db.execute(
        "INSERT INTO turns (session_id, user_id, revision, request_id, body_hash, user_text, answer, response,"
        " record, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
        (key.session_id, key.user_id, revision, request_id, "h", text, answer, json.dumps(answer), record, now),
    )
    db.execute("COMMIT")


def observe(
    db: sqlite3.Connection, key: Key, request_id: str | None, text: str, source: str, *, state: str, now: float
) -> None:
    """What the customer saw."""
    db.execute("BEGIN IMMEDIATE")
    revision = _advance(db, key, state, now)
    where = (key.session_id, key.user_id)
    turn = db.execute(
        "SELECT id FROM turns WHERE session_id=? AND user_id=? AND request_id=?", (*where, request_id)
    ).fetchone()
    db.execute(
        "INSERT INTO observations (session_id, user_id, revision, request_id, turn_id, text, source,"
        " created_at) VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (session_id, user_id, request_id)"
        " DO UPDATE SET text=excluded.text, source=excluded.source, created_at=excluded.created_at,"
        " turn_id=excluded.turn_id",
        (*where, revision, request_id, turn[0] if turn else None, text, source, now),
    )
    db.execute("COMMIT")


def forget(db: sqlite3.Connection, key: Key) -> None:
    """Deletes a conversation."""
    db.execute("BEGIN IMMEDIATE")
    for table in ("observations", "turns", "conversations"):
        db.execute(f"DELETE FROM {table} WHERE session_id=? AND user_id=?", (key.session_id, key.user_id))
    db.execute("COMMIT")


def history(db: sqlite3.Connection, key: Key, count: int, before: int = 2**62) -> tuple[Exchange, ...]:
    """What it gave a turn of the conversation before it."""
    rows: list[Any] = db.execute(_HISTORY, (key.session_id, key.user_id, count, before)).fetchall()
    return tuple(
        Exchange(user, answer, source, at, media or "text", revision)
        for revision, user, answer, source, at, media in reversed(rows)
    )


def _advance(db: sqlite3.Connection, key: Key, state: str, now: float) -> int:
    revision = revision_of(db, key) + 1
    where = (key.session_id, key.user_id)
    if revision == 1:
        db.execute(
            "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at, updated_at)"
            " VALUES (?1,?2,?3,1,?4,?5,?5) ON CONFLICT DO NOTHING",
            (*where, 1, state, now),
        )
    else:
        db.execute(
            "UPDATE conversations SET schema_version=?, revision=?, state=?, updated_at=?"
            " WHERE session_id=? AND user_id=? AND revision=?",
            (1, revision, state, now, *where, revision - 1),
        )
    return revision
