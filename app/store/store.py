"""Store: load a conversation, commit a turn, observe what the customer saw."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

from app.errors import ConfigError, Hindered, StoreUnavailable
from app.store import conversations, engine, messages, observations, turns, versions
from app.store.bringing import Brought, Cursor, bring_over, bring_some
from app.store.engine import Connection, Database
from app.store.faults import StoreCondition, StoreFault, fault_of, out_of_room
from app.store.loading import Loaded, Recorded, load, recorded
from app.store.migrations import migrate
from app.store.retention import Deleted, delete_expired
from app.store.turns import KeptReply
from app.store.writer import Writer
from app.types import Ask, Key, Snapshot, Source

_T = TypeVar("_T")
_STEP = 64  # turns and observations brought over in one commit: others wait for it a few milliseconds
_CHECK_S = 2.0  # shorter than whoever asks /ready is patient


class Store:
    """One database. Every method may be called from one event loop only."""

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
                f"database {str(path)!r} cannot be opened: {error}; make its folder writable, and room on its disk"
            ) from None
        self._condition = StoreCondition(path)
        self._reading = threading.Lock()
        try:
            with closing(self._open_writing()) as db:
                self.schema = migrate(db)
            self._reader = self._open_reading()
            self._writer = Writer(self._open_writing(), self._reconnect, self._condition)
        except engine.Error as error:
            fault = fault_of(error, path)
            kind = ConfigError if fault.kind in {"damaged", "other"} else Hindered
            raise kind(f"database {str(path)!r} cannot be used: {fault.detail}; {fault.fix}") from None
        self._checking: asyncio.Task[None] | None = None
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="store-reader")

    async def load(self, key: Key, request_id: str, history: int) -> Loaded:
        """The conversation of `key` with at most `history` exchanges, and the turn of `request_id` if answered."""
        while (found := await self._read(lambda db: load(db, key, request_id, history))).behind:
            try:
                await self._bring_over(key)
            except StoreUnavailable:
                if found.stored is None:
                    raise
                break  # what was answered before is given again, though nothing can be written now
        return found

    async def commit(self, snapshot: Snapshot, ask: Ask, reply: KeptReply, record: dict[str, Any]) -> None:
        """Writes a turn: `snapshot` is the one after it.

        Raises RevisionConflict when the stored revision is not the one before, StoreUnavailable when nothing could
        be written. `record` is what else is kept of the turn (JSON), the name of its `bot` among it.
        """
        now = time.time()
        bot = str(record.get("bot", ""))
        details = json.dumps(record, ensure_ascii=False)

        def job(db: Connection) -> None:
            conversations.advance(db, snapshot, now, bot=bot, channel=ask.channel)
            turn = turns.add(db, snapshot, ask, reply, record=details, now=now)
            messages.log_turn(db, turn, snapshot.revision, ask, answer=reply.answer, bot=bot, at=now)

        await self._writer.run(job)

    async def observe(
        self, snapshot: Snapshot, text: str, source: Source, request_id: str | None, bot: str = ""
    ) -> bool:
        """Writes what the customer saw; `snapshot` is the one after it. Returns whether it replaced a turn's answer.

        With the `request_id` of a known turn it replaces that turn's answer in the history; saying it again replaces
        it again. Raises as `commit`.
        """
        now = time.time()

        def job(db: Connection) -> bool:
            conversations.advance(db, snapshot, now, bot=bot)
            turn = turns.id_of(db, snapshot.key, request_id)
            at = observations.put(db, snapshot, request_id, turn, text=text, source=source, now=now)
            messages.log_seen(db, snapshot.key, at, text, source=source, turn=turn, bot=bot, at=now)
            return turn is not None

        return await self._writer.run(job)

    async def amend(self, snapshot: Snapshot) -> bool:
        """Writes the state of `snapshot` alone, at its own revision; False if the conversation has moved on."""
        return await self._writer.run(lambda db: conversations.amend(db, snapshot))

    async def recorded(self, turn: int) -> Recorded | None:
        """The turn with this id, with the history that the customer had seen by then; None if there is none."""
        while (found := await self._read(lambda db: recorded(db, turn))) is not None and found.behind:
            await self._bring_over(found.snapshot.key)
        return found

    async def newest_turn(self, key: Key) -> int | None:
        """Id of the newest turn of a conversation."""
        return await self._read(lambda db: turns.newest(db, key))

    async def record_knowledge(self, version: str, sections: int) -> None:
        """Notes that this knowledge version has been in use."""
        await self._writer.run(lambda db: versions.note_version(db, version, sections, time.time()))

    async def bring_some(self, place: Cursor | None) -> Brought:
        """Brings over a step of what a release of schema 1 has written; `place`: where the last step stopped."""
        return await self._writer.run(lambda db: bring_some(db, place, _STEP))

    async def behind(self) -> int:
        """How many conversations have still to be brought over."""
        return await self._read(conversations.count_behind)

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
            self._checking = asyncio.create_task(self._writer.run(engine.write_something))
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
            complaint = await asyncio.to_thread(engine.complaint, self.path, self._busy_timeout_ms, stop)
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

    async def _bring_over(self, key: Key) -> None:
        """Completes the log of one conversation, in as many commits as it needs."""
        place, first = None, True
        while first or place is not None:
            first, at = False, place
            place, _ = await self._writer.run(lambda db: bring_over(db, key, at, _STEP))  # noqa: B023 - run at once

    def _open_writing(self) -> Database:
        return engine.open_writing(self.path, self._busy_timeout_ms)

    def _open_reading(self) -> Database:
        return engine.open_reading(self.path, self._busy_timeout_ms)

    def _reconnect(self) -> Database:
        """For the writer. The reader's is made anew too: connections of one process share what they know of a file."""
        with self._reading:
            self._reader.close()
            try:
                return self._open_writing()
            finally:
                self._reader = self._open_reading()

    async def _read(self, query: Callable[[Connection], _T]) -> _T:
        def job() -> _T:
            with self._reading, engine.one_state(self._reader):
                return query(self._reader)

        self._condition.check("read")
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reads, job)
        except engine.Error as error:
            raise self._condition.public(error, "read") from error
        except RuntimeError as error:  # the pool is shut down
            raise StoreUnavailable("the conversation memory is closing; try again shortly") from error
