"""One lock per key that exists only while somebody holds or awaits it."""

import asyncio
from collections.abc import AsyncIterator, Hashable, Sequence
from contextlib import asynccontextmanager

from app.deadline import Deadline


class KeyLocks:
    """First come, first served within a key; keys do not know of each other."""

    def __init__(self) -> None:
        self._locks: dict[Hashable, tuple[asyncio.Lock, list[str]]] = {}

    def __len__(self) -> int:
        return len(self._locks)

    def users(self, key: Hashable) -> Sequence[str]:
        """What each of those that hold or await the lock of `key` holds it for, in their order of arrival."""
        return self._locks[key][1] if key in self._locks else ()

    @asynccontextmanager
    async def hold(self, key: Hashable, deadline: Deadline, purpose: str = "") -> AsyncIterator[None]:
        """Holds the lock of `key` around its body. Raises DeadlinePassed when it cannot be had in time.

        The place in the queue is taken before anything is awaited, so it is the order of arrival.
        """
        lock, users = self._locks.setdefault(key, (asyncio.Lock(), []))
        users.append(purpose)
        try:
            async with deadline.enforce():
                await lock.acquire()
            try:
                yield
            finally:
                lock.release()
        finally:
            users.remove(purpose)
            if not users:
                del self._locks[key]
