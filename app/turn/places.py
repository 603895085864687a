"""Places of turns that do without the model: they cost the processor alone, and still not all at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_PLACES = 4
_WAITING = 256


class Places:
    """First come, first served; `full` once too many wait."""

    def __init__(self, places: int = _PLACES, waiting: int = _WAITING) -> None:
        self._free = asyncio.Semaphore(places)
        self._most = places + waiting
        self._here = 0

    @property
    def full(self) -> bool:
        return self._here >= self._most

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Holds a place around its body."""
        self._here += 1
        try:
            async with self._free:
                yield
        finally:
            self._here -= 1
