"""Store: load a conversation, commit a turn, observe what the customer saw."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlite_utils import Database

from app.errors import ConfigError, RevisionConflict, StoreUnavailable
from app.store.migrations import migrate
from app.store.retention import Deleted, delete_expired
from app.store.writer import Writer
from app.types import Ask, DialogueState, Exchange, Key, Reply, Snapshot, Source

_T = TypeVar("_T")
_STATE = TypeAdapter(DialogueState)


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


class Store:
    """One SQLite file in WAL mode. Every method may be called from one event loop only."""

    def __init__(self, path: Path, *, busy_timeout_ms: int = 5000) -> None:
        """Opens and migrates `path`. Raises ConfigError when it cannot be opened or is of a later release."""
        self.path = path
        self._busy_timeout_ms = busy_timeout_ms
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)  # customers' words: for the owner alone; SQLite gives -wal and -shm the same mode
            db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise ConfigError(
                f"database {str(path)!r} cannot be opened: {error}; is the folder writable and the disk not full?"
            ) from None
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA secure_delete=ON")  # what is deleted or replaced is overwritten, not only forgotten
            self.schema = migrate(db)
            self._reader = self._open(read_only=True)
        except sqlite3.Error as error:
            db.close()
            raise ConfigError(f"database {str(path)!r} cannot be used: {error}; see `PRAGMA integrity_check`") from None
        except ConfigError:
            db.close()
            raise
        self._writer = Writer(db)
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    async def load(self, key: Key, request_id: str, history: int) -> Loaded:
        """The conversation of `key` with at most `history` exchanges, and the turn of `request_id` if answered."""
        return await self._read(lambda db: _load(db, key, request_id, history))

    async def commit(self, snapshot: Snapshot, ask: Ask, reply: Reply, record: dict[str, Any]) -> None:
        """Writes a turn: `snapshot` is the one after it.

        Raises RevisionConflict when the stored revision is not the one before, StoreUnavailable when nothing could
        be written. `record` is what else is kept of the turn (JSON).
        """
        now = time.time()
        state = _dump_state(snapshot.state)
        details = json.dumps(record, ensure_ascii=False)

        def job(db: Database) -> None:
            _advance(db, snapshot, state, now)
            key = snapshot.key
            db.execute(
                "INSERT INTO turns (session_id, user_id, revision, request_id, body_hash, user_text, answer, response,"
                " record, created_at) VALUES (?,?,?,?,?,?,?,?,?,?)",
                (key.session_id, key.user_id, snapshot.revision, ask.request_id, ask.body_hash, ask.text, reply.answer,
                 reply.body, details, now),
            )  # fmt: skip

        await self._writer.run(job)

    async def observe(self, snapshot: Snapshot, text: str, source: Source, request_id: str | None) -> bool:
        """Writes what the customer saw; `snapshot` is the one after it. Returns whether it replaced a turn's answer.

        With the `request_id` of a known turn it replaces that turn's answer in the history; saying it again replaces
        it again. Raises as `commit`.
        """
        now = time.time()
        state = _dump_state(snapshot.state)

        def job(db: Database) -> bool:
            _advance(db, snapshot, state, now)
            key = (snapshot.key.session_id, snapshot.key.user_id)
            turn = db.execute(
                "SELECT id FROM turns WHERE session_id=? AND user_id=? AND request_id=?", (*key, request_id)
            ).fetchone()
            db.execute(
                "INSERT INTO observations (session_id, user_id, revision, request_id, turn_id, text, source,"
                " created_at) VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (session_id, user_id, request_id)"
                " DO UPDATE SET text=excluded.text, source=excluded.source, created_at=excluded.created_at,"
                " turn_id=excluded.turn_id",
                (*key, snapshot.revision, request_id, turn[0] if turn else None, text, source, now),
            )
            return turn is not None

        return await self._writer.run(job)

    async def amend(self, snapshot: Snapshot) -> bool:
        """Writes the state of `snapshot` alone, at its own revision; False if the conversation has moved on."""
        state = _dump_state(snapshot.state)
        key = snapshot.key

        def job(db: Database) -> bool:
            sql = "UPDATE conversations SET state=? WHERE session_id=? AND user_id=? AND revision=?"
            return db.execute(sql, (state, key.session_id, key.user_id, snapshot.revision)).rowcount == 1

        return await self._writer.run(job)

    async def recorded(self, turn: int) -> Recorded | None:
        """The turn with this id, with the history that the customer had seen by then; None if there is none."""
        return await self._read(lambda db: _recorded(db, turn))

    async def newest_turn(self, key: Key) -> int | None:
        """Id of the newest turn of a conversation."""

        def query(db: Database) -> int | None:
            row = db.execute(
                "SELECT id FROM turns WHERE session_id=? AND user_id=? ORDER BY revision DESC LIMIT 1",
                (key.session_id, key.user_id),
            ).fetchone()
            return row[0] if row else None

        return await self._read(query)

    async def record_knowledge(self, version: str, sections: int) -> None:
        """Notes that this knowledge version has been in use."""
        await self._writer.run(
            lambda db: (
                db.execute(
                    "INSERT OR IGNORE INTO knowledge_versions VALUES (?,?,?)", (version, sections, time.time())
                ).rowcount
            )
        )

    async def expire(self, before: float, most: int) -> Deleted:
        """Deletes at most `most` conversations that were last touched before `before` (Unix seconds), oldest first."""
        return await self._writer.run(lambda db: delete_expired(db, before, most))

    async def check(self) -> None:
        """Proves that the database can be written, by a write that changes nothing. Raises StoreUnavailable."""
        await self._writer.run(lambda db: db.execute("DELETE FROM migrations WHERE number = -1").rowcount)

    async def close(self) -> None:
        """Finishes waiting writes and closes. Safe to call twice."""
        await asyncio.to_thread(self._writer.close)
        self._reads.shutdown()
        self._reader.close()

    def _open(self, read_only: bool = False) -> Database:
        conn = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        conn.execute(f"PRAGMA busy_timeout={self._busy_timeout_ms}")
        conn.execute("PRAGMA foreign_keys=ON")
        if read_only:
            conn.execute("PRAGMA query_only=ON")
        return Database(conn)

    async def _read(self, query: Callable[[Database], _T]) -> _T:
        def job() -> _T:
            self._reader.execute("BEGIN")  # one state of the database for all statements
            try:
                return query(self._reader)
            finally:
                with suppress(sqlite3.Error):
                    self._reader.execute("COMMIT")

        try:
            return await asyncio.get_running_loop().run_in_executor(self._reads, job)
        except sqlite3.Error as error:
            raise StoreUnavailable("the conversation memory cannot be read; try again shortly") from error
        except RuntimeError as error:  # the pool is shut down
            raise StoreUnavailable("the conversation memory is closing; try again shortly") from error


def _dump_state(state: DialogueState) -> str:
    return _STATE.dump_json(state).decode()


def _advance(db: Database, snapshot: Snapshot, state: str, now: float) -> None:
    """Moves the conversation to `snapshot`'s revision, from the one before it and from no other."""
    key = (snapshot.key.session_id, snapshot.key.user_id)
    if snapshot.revision == 1:
        sql = "INSERT INTO conversations VALUES (?1,?2,?3,1,?4,?5,?5) ON CONFLICT DO NOTHING"  # someone was first
        changed = db.execute(sql, (*key, snapshot.schema_version, state, now)).rowcount
    else:
        changed = db.execute(
            "UPDATE conversations SET schema_version=?, revision=?, state=?, updated_at=?"
            " WHERE session_id=? AND user_id=? AND revision=?",
            (snapshot.schema_version, snapshot.revision, state, now, *key, snapshot.revision - 1),
        ).rowcount
    if changed != 1:
        raise RevisionConflict("the conversation moved on while it was being answered; send the message again")


def _load(db: Database, key: Key, request_id: str, history: int) -> Loaded:
    where = (key.session_id, key.user_id)
    row = db.execute(
        "SELECT schema_version, revision, state FROM conversations WHERE session_id=? AND user_id=?", where
    ).fetchone()
    if row is None:
        return Loaded(Snapshot(key), None)
    try:
        state = _STATE.validate_json(row[2])  # keys of a later schema are ignored, missing ones take their default
    except ValidationError as error:
        raise StoreUnavailable("this conversation's memory cannot be read; a person has to look at it") from error
    stored = db.execute(
        "SELECT body_hash, answer, response FROM turns WHERE session_id=? AND user_id=? AND request_id=?",
        (*where, request_id),
    ).fetchone()
    snapshot = Snapshot(key, state, row[1], row[0], _history(db, where, history))
    return Loaded(snapshot, Stored(*stored) if stored else None)


def _recorded(db: Database, turn: int) -> Recorded | None:
    row = db.execute(
        "SELECT session_id, user_id, revision, request_id, user_text, answer, record FROM turns WHERE id=?", (turn,)
    ).fetchone()
    if row is None:
        return None
    session, user, revision, request_id, text, answer, details = row
    record = json.loads(details)
    history = _history(db, (session, user), record["history"], before=revision)
    state = _STATE.validate_python(record["before"])
    return Recorded(
        Snapshot(Key(session, user), state, revision - 1, history=history), request_id, text, answer, record
    )


def _history(db: Database, where: tuple[str, str], count: int, before: int = 2**62) -> tuple[Exchange, ...]:
    """The newest `count` exchanges before a revision as the customer had seen them by then, oldest first."""
    rows = db.execute(
        """
        SELECT * FROM (
            SELECT t.revision, t.user_text, coalesce(o.text, t.answer), coalesce(o.source, 'machine'), t.created_at
            FROM turns t LEFT JOIN observations o ON o.turn_id = t.id AND o.revision < ?4
            WHERE t.session_id = ?1 AND t.user_id = ?2 AND t.revision < ?4 ORDER BY t.revision DESC LIMIT ?3
        )
        UNION ALL
        SELECT * FROM (
            SELECT revision, NULL, text, source, created_at FROM observations
            WHERE session_id = ?1 AND user_id = ?2 AND turn_id IS NULL AND revision < ?4 ORDER BY revision DESC LIMIT ?3
        )
        ORDER BY 1 DESC LIMIT ?3
        """,
        (*where, count, before),
    ).fetchall()
    return tuple(Exchange(user, answer, source, at) for _, user, answer, source, at in reversed(rows))
