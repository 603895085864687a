"""Deadline and Admission: a turn that cannot finish in time is refused at once, before it costs anything."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.errors import DeadlinePassed, Overloaded

_SMOOTHING = 0.1  # weight of the newest service time in the running estimate


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


class Admission:
    """At most `parallel` turns are worked on and `max_waiting` wait, first come first served.

    A turn whose predicted wait passes its deadline is refused with Overloaded (429) before it waits.
    """

    def __init__(self, parallel: int, max_waiting: int) -> None:
        self._slots = asyncio.Semaphore(parallel)
        self._parallel = parallel
        self._max_waiting = max_waiting
        self._service_s = 0.0  # running estimate of a turn's own time
        self.running = 0
        self.waiting = 0

    def predicted_wait(self) -> float:
        """Seconds until a turn that arrives now would start."""
        if not self._slots.locked():
            return 0.0
        return (self.waiting + 1) * self._service_s / self._parallel

    @asynccontextmanager
    async def admit(self, deadline: Deadline, on_wait: Callable[[float], None]) -> AsyncIterator[None]:
        """Holds a place while its body runs; `on_wait` is told the seconds spent waiting."""
        predicted = self.predicted_wait()
        full = self._slots.locked() and self.waiting >= self._max_waiting
        if full or predicted + self._service_s > deadline.remaining():
            raise Overloaded("too many conversations at once; try again shortly", retry_after=max(1, round(predicted)))
        arrived = time.monotonic()
        self.waiting += 1
        try:
            await self._slots.acquire()
        finally:
            self.waiting -= 1
        started = time.monotonic()
        on_wait(started - arrived)
        self.running += 1
        try:
            yield
            self._service_s += _SMOOTHING * (time.monotonic() - started - self._service_s)
        finally:
            self.running -= 1
            self._slots.release()
