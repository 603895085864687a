"""One thread that owns the only writing connection and commits waiting jobs as one group.

With `synchronous=FULL` a commit costs an fsync; a group shares one. A job that fails is undone alone (savepoint), a
commit that fails fails the whole group, and no job is reported done before its commit is on disk.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from sqlite_utils import Database

from app.errors import StoreUnavailable

_T = TypeVar("_T")
Job = Callable[[Database], Any]
_GROUP = 64  # jobs in one commit at most: bounds how long the first of them waits


class Writer:
    """Runs jobs on `db` in the order they were submitted."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._jobs: queue.SimpleQueue[tuple[Job, Future[Any]] | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    async def run(self, job: Callable[[Database], _T]) -> _T:
        """The job's result once it is committed.

        A caller that is cancelled takes a job that has not begun with it; one that has begun is waited for, so that
        whoever holds a lock around this call keeps it until the outcome is on disk.
        """
        if self._closed:
            raise StoreUnavailable("the conversation memory is closing; try again shortly")
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
        done: list[tuple[Future[Any], Any]] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            for job, future in group:
                self._db.execute("SAVEPOINT job")
                try:
                    result = job(self._db)
                except BaseException as error:
                    if not self._db.conn.in_transaction:
                        raise  # SQLite has undone everything: disk full, corrupt page
                    self._db.execute("ROLLBACK TO job")
                    future.set_exception(_public(error))
                else:
                    done.append((future, result))
                self._db.execute("RELEASE job")
            self._db.execute("COMMIT")
        except BaseException as error:
            if self._db.conn.in_transaction:
                self._db.execute("ROLLBACK")
            for _, future in group:
                if not future.done():
                    future.set_exception(_public(error))
        else:
            for future, result in done:
                future.set_result(result)


def _public(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.Error):
        unavailable = StoreUnavailable(
            "the conversation memory cannot be written; nothing was changed, try again shortly"
        )
        unavailable.__cause__ = error
        return unavailable
    return error
