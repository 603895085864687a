"""Numbered migrations. Each runs in a transaction of its own together with its record; none is ever edited.

A release works on a database one schema ahead of its own (a rollback needs no data change), so a migration only adds
tables, and columns that have a default.
"""

import time
from collections.abc import Callable

from app.errors import ConfigError
from app.store.engine import Connection, writing

Migration = Callable[[Connection], None]


def m001_initial(db: Connection) -> None:
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


def m002_messages(db: Connection) -> None:
    """The log of messages, and what a list of conversations is made by.

    What a release of schema 1 has written, and writes after a rollback, is brought over later (app/store/bringing.py):
    here nothing is read, so that a large memory opens at once. A row goes with its conversation and with its turn also
    where that release deletes them, which knows nothing of it.
    """
    db.execute("ALTER TABLE conversations ADD COLUMN bot TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE conversations ADD COLUMN channel TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE conversations ADD COLUMN mode TEXT NOT NULL DEFAULT 'machine'")
    db.execute("ALTER TABLE conversations ADD COLUMN waiting_since REAL")
    db.execute("ALTER TABLE conversations ADD COLUMN last_at REAL NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE conversations ADD COLUMN logged INTEGER NOT NULL DEFAULT 0")
    db.execute(
        """
        CREATE TABLE messages (
            id                 INTEGER PRIMARY KEY,
            session_id         TEXT NOT NULL,
            user_id            TEXT NOT NULL,
            revision           INTEGER NOT NULL,
            direction          TEXT NOT NULL,
            author             TEXT NOT NULL,
            bot                TEXT NOT NULL,
            channel            TEXT NOT NULL,
            channel_message_id TEXT,
            text               TEXT NOT NULL,
            media              TEXT NOT NULL,
            delivery           TEXT NOT NULL,
            sent_ms            BIGINT NOT NULL,
            turn_id            INTEGER REFERENCES turns (id) ON DELETE CASCADE,
            replaces           INTEGER REFERENCES messages (id) ON DELETE CASCADE,
            at                 REAL NOT NULL,
            FOREIGN KEY (session_id, user_id) REFERENCES conversations (session_id, user_id) ON DELETE CASCADE
        )
        """
    )
    db.execute("CREATE INDEX messages_of_conversation ON messages (session_id, user_id, revision)")
    db.execute("CREATE INDEX messages_of_turn ON messages (turn_id)")
    db.execute("CREATE INDEX messages_replacing ON messages (replaces) WHERE replaces IS NOT NULL")
    db.execute("CREATE INDEX messages_due ON messages (at) WHERE delivery = 'due'")
    db.execute(
        "CREATE UNIQUE INDEX messages_of_channel ON messages (bot, channel, channel_message_id)"
        " WHERE channel_message_id IS NOT NULL"
    )
    db.execute("CREATE INDEX conversations_waiting ON conversations (mode, waiting_since) WHERE mode <> 'machine'")
    db.execute("CREATE INDEX conversations_newest ON conversations (last_at)")
    db.execute("CREATE INDEX conversations_behind ON conversations (updated_at) WHERE logged < revision")


MIGRATIONS: tuple[Migration, ...] = (m001_initial, m002_messages)


def schema_of(db: Connection) -> int:
    """Number of the newest migration that has run."""
    return int(db.execute("SELECT coalesce(max(number), 0) FROM migrations").fetchone()[0])


def migrate(db: Connection, migrations: tuple[Migration, ...] = MIGRATIONS) -> int:
    """Brings `db` to the newest schema and returns its number.

    Raises ConfigError for a database that is more than one schema ahead of this release.
    """
    db.execute(
        "CREATE TABLE IF NOT EXISTS migrations"
        " (number INTEGER PRIMARY KEY, name TEXT NOT NULL, applied_at REAL NOT NULL)"
    )
    current = schema_of(db)
    if current > len(migrations) + 1:
        raise ConfigError(
            f"the database has schema {current}, this release knows {len(migrations)}: "
            "start the release that wrote it, or restore a backup of an older schema"
        )
    for number, migration in enumerate(migrations[current:], current + 1):
        with writing(db):
            # Another process may have been waited for that opened the same memory and did it.
            if db.execute("SELECT 1 FROM migrations WHERE number=?", (number,)).fetchone() is None:
                migration(db)
                db.execute(
                    "INSERT INTO migrations (number, name, applied_at) VALUES (?, ?, ?)",
                    (number, migration.__name__, time.time()),
                )
    return max(current, len(migrations))
