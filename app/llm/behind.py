"""What a model goes on writing behind an answer that has gone out: read to its end, unless its place is needed."""

import asyncio
from collections import deque
from collections.abc import Callable

from app.llm.client import CallFailed, PieceStream, Usage
from app.llm.writing import Writing
from app.telemetry import Telemetry
from app.types import Aside


class Behind:
    """All such streams of one backend, oldest first. Each is given up after `seconds`."""

    def __init__(self, telemetry: Telemetry, seconds: float) -> None:
        self._telemetry = telemetry
        self._seconds = seconds
        self._reading: deque[tuple[asyncio.Task[Aside], PieceStream]] = deque()

    def read_on(self, stream: PieceStream, writing: Writing, count: Callable[[Usage], None]) -> asyncio.Task[Aside]:
        """A task that reads what stands behind the answer. It never fails: at worst it heard nothing."""
        outcome = "dropped"

        async def reading() -> Aside:
            nonlocal outcome
            try:
                async with asyncio.timeout(self._seconds):
                    aside = await writing.read_on(stream)
                outcome = "read"
                if writing.usage is not None:
                    count(writing.usage)
                return aside
            except (CallFailed, TimeoutError):
                outcome = "failed"
                return Aside()

        task = asyncio.create_task(reading(), name="aside")
        entry = (task, stream)
        self._reading.append(entry)

        def ended(_: asyncio.Task[Aside]) -> None:  # also of a task that was cancelled before it began
            self._telemetry.model_asides.labels(outcome).inc()
            stream.stop()
            if entry in self._reading:
                self._reading.remove(entry)

        task.add_done_callback(ended)
        return task

    async def leave(self, at_most: int) -> None:
        """Ends the oldest of them until so many are left."""
        while self._reading and len(self._reading) > at_most:
            task, stream = self._reading.popleft()
            task.cancel()
            await asyncio.wait({task})
            stream.stop()
            await stream.closed()
