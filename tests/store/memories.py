"""Small memories, made without a service."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from app.store.backup import DATABASE
from app.store.migrations import migrate

GONE, STAYS = "77019876543", "77015550000"


def two_people(place: Path) -> Path:
    """A data folder with a turn of each of two people, and the key of the logs."""
    place.mkdir(mode=0o700)
    with closing(sqlite3.connect(place / DATABASE, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        migrate(Database(db))
        for user in (GONE, STAYS):
            db.execute(
                "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at,"
                " updated_at) VALUES ('BOT_1', ?, 1, 1, '{}', 1, 1)",
                (user,),
            )
            db.execute(
                "INSERT INTO turns (session_id, user_id, revision, request_id, body_hash, user_text, answer, response,"
                " record, created_at) VALUES ('BOT_1', ?, 1, 'r', 'h', 'q', 'a', '{}', '{}', 1)",
                (user,),
            )
    (place / "log.key").write_bytes(bytes(range(32)))
    return place


def nested(place: Path) -> Path:
    """A folder in a folder, as settings and knowledge are."""
    (place / "deep" / "er").mkdir(parents=True)
    for name in ("settings.yaml", "deep/a.yaml", "deep/er/b.yaml"):
        (place / name).write_text(name)
    return place


def users(database: Path) -> set[str]:
    """Whose turns are there."""
    with closing(sqlite3.connect(database)) as db:
        return {row[0] for row in db.execute("SELECT user_id FROM turns")}
