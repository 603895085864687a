"""One thread that owns the only writing connection and commits waiting jobs as one group.

With `synchronous=FULL` a commit costs an fsync; a group shares one. A job that fails is undone alone (savepoint), a
commit that fails fails the whole group, and no job is reported done before its commit is on disk.
"""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

from app.errors import StoreUnavailable
from app.store import engine
from app.store.engine import Connection, Database
from app.store.faults import StoreCondition, unavailable

_T = TypeVar("_T")
Job = Callable[[Connection], Any]
_GROUP = 64  # jobs in one commit at most: bounds how long the first of them waits


class Writer:
    """Runs jobs on `db` in the order they were submitted."""

    def __init__(self, db: Database, reconnect: Callable[[], Database], condition: StoreCondition) -> None:
        """`reconnect` opens the database anew after the file or its disk failed; this one is closed by then."""
        self._db = db
        self._reconnect = reconnect
        self._connected = True
        self._condition = condition
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[Connection], _T]) -> _T:
        """The job's result once it is committed.

        A caller that is cancelled takes a job that has not begun with it; one that has begun is waited for, so that
        whoever holds a lock around this call keeps it until the outcome is on disk.
        """
        if self._closed:
            raise StoreUnavailable("the conversation memory is closing; try again shortly")
        self._condition.check("written")
        future: Future[_T] = Future()
        self._jobs.put((job, future))
        waiter = asyncio.wrap_future(future)
        try:
            return await asyncio.shield(waiter)
        except asyncio.CancelledError:
            if not future.cancel():
                await asyncio.wait([waiter])
                if not waiter.cancelled():
                    waiter.exception()  # seen: the caller is gone
            raise

    def close(self) -> None:
        """Finishes what was submitted, then closes the connection. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            self._db.close()

    def _run(self) -> None:
        while (first := self._jobs.get()) is not None:
            group = [first]
            while len(group) < _GROUP:
                try:
                    following = self._jobs.get_nowait()
                except queue.Empty:
                    break
                if following is None:
                    self._jobs.put(None)  # close after this group
                    break
                group.append(following)
            self._commit_group([item for item in group if item[1].set_running_or_notify_cancel()])

    def _commit_group(self, group: list[tuple[Job, Future[Any]]]) -> None:
        if not group:
            return
        if self._condition.damage is not None:  # submitted before it was found
            self._fail(group, unavailable(self._condition.damage, "written"))
            return
        done: list[tuple[Future[Any], Any]] = []
        try:
            if not self._connected:
                self._db, self._connected = self._reconnect(), True
            engine.begin(self._db)
            for job, future in group:
                self._db.execute("SAVEPOINT job")
                try:
                    result = job(self._db)
                except BaseException as error:
                    if self._condition.concerns_all(error) or not self._db.conn.in_transaction:
                        raise  # a full disk, a damaged page: nothing of the group is written
                    self._db.execute("ROLLBACK TO job")
                    future.set_exception(self._condition.public(error, "written"))
                else:
                    done.append((future, result))
                self._db.execute("RELEASE job")
            self._db.execute("COMMIT")
        except BaseException as error:
            self._fail(group, error)
            self._undo()
        else:
            self._condition.last = None
            for future, result in done:
                future.set_result(result)

    def _fail(self, group: list[tuple[Job, Future[Any]]], error: BaseException) -> None:
        for _, future in group:
            if not future.done():
                future.set_exception(self._condition.public(error, "written"))

    def _undo(self) -> None:
        """Leaves no transaction open. A connection that may be of no use any more is closed; the next write opens one.

        One that was opened on a file that can only be read stays so, whatever the file's rights become.
        """
        if not self._connected:
            return
        fault = self._condition.last
        lasting = fault is not None and fault.kind in {"read_only", "io"}
        with suppress(engine.Error):
            if self._db.conn.in_transaction:
                self._db.execute("ROLLBACK")
            if fault is not None and fault.kind == "full":
                # Only a commit does this by itself: a log that has filled the disk would stay for ever.
                engine.give_room(self._db)
        if lasting or self._db.conn.in_transaction:
            self._connected = False
            with suppress(engine.Error):
                self._db.close()
