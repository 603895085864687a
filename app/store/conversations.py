"""Store: load a conversation, commit a turn, observe what the customer saw."""

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlite_utils import Database

from app.errors import ConfigError, Hindered, RevisionConflict, StoreUnavailable
from app.store.faults import StoreCondition, StoreFault, fault_of, out_of_room
from app.store.migrations import migrate
from app.store.reading import Loaded, Recorded, dump_state, load, recorded
from app.store.retention import Deleted, delete_expired
from app.store.writer import Writer
from app.types import Ask, Key, Snapshot, Source

_T = TypeVar("_T")
_LOG_BYTES = 16 << 20
_CHECK_S = 2.0  # shorter than whoever asks /ready is patient


class Answer(Protocol):
    """What the store keeps of a reply."""

    @property
    def answer(self) -> str: ...

    @property
    def body(self) -> str:
        """As it goes to the caller."""
        ...


class Store:
    """One SQLite file in WAL mode. Every method may be called from one event loop only."""

    def __init__(self, path: Path, *, busy_timeout_ms: int = 5000) -> None:
        """Opens and migrates `path`. Raises ConfigError when it cannot be opened or is of a later release."""
        self.path = path
        self._busy_timeout_ms = busy_timeout_ms
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                # customers' words: for the owner alone; SQLite gives -wal and -shm the same mode
                path.touch(mode=0o600)
        except OSError as error:
            raise ConfigError(
                f"database {str(path)!r} cannot be opened: {error}; is the folder writable and the disk not full?"
            ) from None
        self._condition = StoreCondition(path)
        self._reading = threading.Lock()
        try:
            with closing(self._open_writing()) as db:
                self.schema = migrate(db)
            self._reader = self._open(read_only=True)
            self._writer = Writer(self._open_writing(), self._reconnect, self._condition)
        except sqlite3.Error as error:
            fault = fault_of(error, path)
            kind = ConfigError if fault.kind in {"damaged", "other"} else Hindered
            raise kind(f"database {str(path)!r} cannot be used: {fault.detail}; {fault.fix}") from None
        self._checking: asyncio.Task[int] | None = None
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    async def load(self, key: Key, request_id: str, history: int) -> Loaded:
        """The conversation of `key` with at most `history` exchanges, and the turn of `request_id` if answered."""
        return await self._read(lambda db: load(db, key, request_id, history))

    async def commit(self, snapshot: Snapshot, ask: Ask, reply: Answer, record: dict[str, Any]) -> None:
        """Writes a turn: `snapshot` is the one after it.

        Raises RevisionConflict when the stored revision is not the one before, StoreUnavailable when nothing could
        be written. `record` is what else is kept of the turn (JSON).
        """
        now = time.time()
        state = dump_state(snapshot.state)
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
        state = dump_state(snapshot.state)

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
        state = dump_state(snapshot.state)
        key = snapshot.key

        def job(db: Database) -> bool:
            sql = "UPDATE conversations SET state=? WHERE session_id=? AND user_id=? AND revision=?"
            return db.execute(sql, (state, key.session_id, key.user_id, snapshot.revision)).rowcount == 1

        return await self._writer.run(job)

    async def recorded(self, turn: int) -> Recorded | None:
        """The turn with this id, with the history that the customer had seen by then; None if there is none."""
        return await self._read(lambda db: recorded(db, turn))

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
                    "INSERT OR IGNORE INTO knowledge_versions (version, sections, loaded_at) VALUES (?,?,?)",
                    (version, sections, time.time()),
                ).rowcount
            )
        )

    async def expire(self, before: float, most: int) -> Deleted:
        """Deletes at most `most` conversations that were last touched before `before` (Unix seconds), oldest first."""
        return await self._writer.run(lambda db: delete_expired(db, before, most))

    async def fault(self) -> StoreFault | None:
        """Why a turn could not be kept now, found out by a real write; None while it could.

        A write that waits for a lock or a slow disk is left to its end and said to be one.
        """
        if self._condition.damage is not None:
            return self._condition.damage
        if self._checking is None or self._checking.done():
            # The header's page is written again as it is: an UPDATE that changes nothing would write nothing.
            self._checking = asyncio.create_task(
                self._writer.run(lambda db: db.execute("PRAGMA user_version=0").rowcount)
            )
        done, _ = await asyncio.wait([self._checking], timeout=_CHECK_S)
        if not done:
            return self._condition.last or StoreFault.of("slow", self.path)
        error = self._checking.exception()
        if error is None:
            return out_of_room(self.path)
        if isinstance(error, StoreUnavailable):
            return self._condition.last or StoreFault.of("other", self.path, str(error))
        raise error

    async def verify(self) -> StoreFault | None:
        """Reads the whole file through beside the running service. Damage that is found ends its use."""
        stop = threading.Event()
        try:
            complaint = await asyncio.to_thread(self._quick_check, stop)
        finally:
            stop.set()
        if complaint:
            self._condition.note(StoreFault.of("damaged", self.path, complaint))
        return self._condition.damage

    async def close(self) -> None:
        """Finishes waiting writes and closes. Safe to call twice."""
        await asyncio.to_thread(self._writer.close)
        self._reads.shutdown()
        self._reader.close()

    def _open_writing(self) -> Database:
        db = self._open()
        try:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")
            db.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")  # a log that has grown gives its room back
            db.execute("PRAGMA secure_delete=ON")  # what is deleted or replaced is overwritten, not only forgotten
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _reconnect(self) -> Database:
        """For the writer. The reader's is made anew too: connections of one process share what they know of a file."""
        with self._reading:
            self._reader.close()
            try:
                return self._open_writing()
            finally:
                self._reader = self._open(read_only=True)

    def _quick_check(self, stop: threading.Event) -> str:
        """The first complaint; empty when there is none, or when `stop` came first."""
        try:
            with closing(self._open(read_only=True)) as db:
                db.conn.set_progress_handler(lambda: int(stop.is_set()), 10_000)
                found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
                return "" if found == "ok" else found
        except sqlite3.Error as error:
            return str(error) if fault_of(error, self.path).kind == "damaged" else ""

    def _open(self, read_only: bool = False) -> Database:
        conn = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        conn.execute(f"PRAGMA busy_timeout={self._busy_timeout_ms}")
        conn.execute("PRAGMA foreign_keys=ON")
        if read_only:
            conn.execute("PRAGMA query_only=ON")
        return Database(conn)

    async def _read(self, query: Callable[[Database], _T]) -> _T:
        def job() -> _T:
            with self._reading:
                self._reader.execute("BEGIN")  # one state of the database for all statements
                try:
                    return query(self._reader)
                finally:
                    with suppress(sqlite3.Error):
                        self._reader.execute("COMMIT")

        self._condition.check("read")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reads, job)
        except sqlite3.Error as error:
            raise self._condition.public(error, "read") from error
        except RuntimeError as error:  # the pool is shut down
            raise StoreUnavailable("the conversation memory is closing; try again shortly") from error


def _advance(db: Database, snapshot: Snapshot, state: str, now: float) -> None:
    """Moves the conversation to `snapshot`'s revision, from the one before it and from no other."""
    key = (snapshot.key.session_id, snapshot.key.user_id)
    if snapshot.revision == 1:
        # Columns by name, as everywhere: the next release may have added some, and this one serves after a rollback.
        changed = db.execute(
            "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at, updated_at)"
            " VALUES (?1,?2,?3,1,?4,?5,?5) ON CONFLICT DO NOTHING",  # someone was first
            (*key, snapshot.schema_version, state, now),
        ).rowcount
    else:
        changed = db.execute(
            "UPDATE conversations SET schema_version=?, revision=?, state=?, updated_at=?"
            " WHERE session_id=? AND user_id=? AND revision=?",
            (snapshot.schema_version, snapshot.revision, state, now, *key, snapshot.revision - 1),
        ).rowcount
    if changed != 1:
        raise RevisionConflict("the conversation moved on while it was being answered; send the message again")
