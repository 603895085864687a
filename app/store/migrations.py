"""Numbered migrations. Each runs in a transaction of its own together with its record; none is ever edited.

A release works on a database one schema ahead of its own (a rollback needs no data change), so a migration only adds
tables, and columns that have a default.
"""

import time
from collections.abc import Callable

from sqlite_utils import Database

from app.errors import ConfigError

Migration = Callable[[Database], None]


def m001_initial(db: Database) -> None:
    db.execute(
        """
        CREATE TABLE conversations (
            session_id     TEXT NOT NULL,
            user_id        TEXT NOT NULL,
            schema_version INTEGER NOT NULL,
            revision       INTEGER NOT NULL,
            state          TEXT NOT NULL,
            created_at     REAL NOT NULL,
            updated_at     REAL NOT NULL,
            PRIMARY KEY (session_id, user_id)
        )
        """
    )
    db.execute(
        """
        CREATE TABLE turns (
            id         INTEGER PRIMARY KEY,
            session_id TEXT NOT NULL,
            user_id    TEXT NOT NULL,
            revision   INTEGER NOT NULL,
            request_id TEXT NOT NULL,
            body_hash  TEXT NOT NULL,
            user_text  TEXT NOT NULL,
            answer     TEXT NOT NULL,
            response   TEXT NOT NULL,
            record     TEXT NOT NULL,
            created_at REAL NOT NULL,
            UNIQUE (session_id, user_id, revision),
            UNIQUE (session_id, user_id, request_id)
        )
        """
    )
    db.execute(
        """
        CREATE TABLE observations (
            id         INTEGER PRIMARY KEY,
            session_id TEXT NOT NULL,
            user_id    TEXT NOT NULL,
            revision   INTEGER NOT NULL,
            request_id TEXT,
            turn_id    INTEGER UNIQUE REFERENCES turns (id) ON DELETE CASCADE,
            text       TEXT NOT NULL,
            source     TEXT NOT NULL,
            created_at REAL NOT NULL,
            UNIQUE (session_id, user_id, revision),
            UNIQUE (session_id, user_id, request_id)
        )
        """
    )
    db.execute(
        """
        CREATE TABLE knowledge_versions (
            version   TEXT PRIMARY KEY,
            sections  INTEGER NOT NULL,
            loaded_at REAL NOT NULL
        )
        """
    )


MIGRATIONS: tuple[Migration, ...] = (m001_initial,)


def migrate(db: Database, migrations: tuple[Migration, ...] = MIGRATIONS) -> int:
    """Brings `db` to the newest schema and returns its number.

    Raises ConfigError for a database that is more than one schema ahead of this release.
    """
    db.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at REAL NOT NULL)"
    )
    current = int(db.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()[0])
    if current > len(migrations) + 1:
        raise ConfigError(
            f"the database has schema {current}, this release knows {len(migrations)}: "
            "start the release that wrote it, or restore a backup of an older schema"
        )
    for number, migration in enumerate(migrations[current:], current + 1):
        db.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have been waited for that opened the same memory and did it.
            if db.execute("SELECT 1 FROM migrations WHERE number=?", (number,)).fetchone() is None:
                migration(db)
                db.execute(
                    "INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)",
                    (number, migration.__name__, time.time()),
                )
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
    return max(current, len(migrations))
