"""One lock per key that exists only while somebody holds or awaits it."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager

from app.deadline import Deadline


class KeyLocks:
    """First come, first served within a key; keys do not know of each other."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, int]] = {}

    def __len__(self) -> int:
        return len(self._locks)

    def users(self, key: Hashable) -> int:
        """How many hold or await the lock of `key`."""
        return self._locks[key][1] if key in self._locks else 0

    @asynccontextmanager
    async def hold(self, key: Hashable, deadline: Deadline) -> AsyncIterator[None]:
        """Holds the lock of `key` around its body. Raises DeadlinePassed when it cannot be had in time.

        The place in the queue is taken before anything is awaited, so it is the order of arrival.
        """
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with deadline.enforce():
                await lock.acquire()
            try:
                yield
            finally:
                lock.release()
        finally:
            lock, users = self._locks[key]
            if users == 1:
                del self._locks[key]
            else:
                self._locks[key] = (lock, users - 1)
