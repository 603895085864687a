"""Asides: what models are still writing behind answers that have gone out, until it is in the conversation.

The next turn of the conversation takes it first thing, under the key's lock; if none comes, it is written down alone.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from app.types import Aside, Key

_PATIENCE_S = 1.0  # that a next turn spends waiting: rules have heard the most of it already


@dataclass(frozen=True, slots=True)
class _Pending:
    writing: asyncio.Task[Aside]
    said: str
    keep: Callable[[Key], Awaitable[None]]


class Asides:
    """At most one per key."""

    def __init__(self) -> None:
        self._pending: dict[Key, _Pending] = {}
        self._keeping: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._pending)

    def put(self, key: Key, writing: asyncio.Task[Aside], said: str, keep: Callable[[Key], Awaitable[None]]) -> None:
        """Waits for `writing`, then calls `keep(key)` unless a turn has taken it before. `said` is the message."""
        pending = self._pending[key] = _Pending(writing, said, keep)

        async def waiting() -> None:
            await asyncio.wait({writing})
            if self._pending.get(key) is pending:
                await keep(key)

        task = asyncio.create_task(waiting(), name="keep-aside")
        self._keeping.add(task)
        task.add_done_callback(self._keeping.discard)

    async def take(self, key: Key) -> tuple[Aside, str] | None:
        """The aside of the last turn and the message it belongs to, once; None when there is none worth waiting for.

        Call it with the key's lock held.
        """
        pending = self._pending.pop(key, None)
        if pending is None:
            return None
        try:
            done, _ = await asyncio.wait({pending.writing}, timeout=_PATIENCE_S)
        except asyncio.CancelledError:
            self.put(key, pending.writing, pending.said, pending.keep)
            raise
        if not done or pending.writing.cancelled():
            pending.writing.cancel()
            return None
        return pending.writing.result(), pending.said

    async def close(self) -> None:
        """Drops what has not been heard to its end."""
        for pending in self._pending.values():
            pending.writing.cancel()
        self._pending.clear()
        for task in tuple(self._keeping):
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
