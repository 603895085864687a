"""Deadline: the moment after which an answer is of no use."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.errors import DeadlinePassed


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds left; negative once it has passed."""
        return self.at - time.monotonic()

    @asynccontextmanager
    async def enforce(self) -> AsyncIterator[None]:
        """Cancels its body when the deadline passes and raises DeadlinePassed in its place."""
        scope = asyncio.timeout(self.remaining())
        try:
            async with scope:
                yield
        except TimeoutError:
            if not scope.expired():  # a timeout from within, not ours
                raise
            raise DeadlinePassed("the answer would come too late; use the fallback and try again") from None
