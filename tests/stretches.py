"""How long the event loop is kept from everything else: the CPU time of each callback, as the loop runs them."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(slots=True)
class Stretches:
    """CPU seconds of this thread. `longest`: of one uninterrupted stretch; `total`: of all of them."""

    longest: float = 0.0
    total: float = 0.0

    def reset(self) -> None:
        self.longest = self.total = 0.0


@contextmanager
def measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stretches]:
    """Measures every callback of asyncio's own loop while its body runs."""
    seen = Stretches()
    run = asyncio.Handle._run

    def timed(handle: Any) -> None:
        started = time.thread_time()
        run(handle)
        spent = time.thread_time() - started
        seen.total += spent
        seen.longest = max(seen.longest, spent)

    with monkeypatch.context() as patch:
        patch.setattr(asyncio.Handle, "_run", timed)
        yield seen
