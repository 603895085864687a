"""A loop whose time costs none: what waits for hours is seen in a moment, however busy this computer is."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class VirtualTime(asyncio.SelectorEventLoop):
    """Its clock stands still while anything can run, and else jumps to what is due next: hours take no time."""

    def __init__(self) -> None:
        super().__init__(selectors.SelectSelector())
        self.seconds = 0.0
        self._select = self._selector.select  # type: ignore[attr-defined]
        self._selector.select = self._jump  # type: ignore[attr-defined]

    def _jump(self, timeout: float | None = None) -> Any:
        self.seconds += timeout or 0.0
        return self._select(0)

    def time(self) -> float:
        return self.seconds


def took(work: Coroutine[Any, Any, object]) -> float:
    """Seconds of such a loop until `work` is done: by timers of the loop alone, not by clocks or threads."""
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        runner.run(work)
        return runner.get_loop().time()
