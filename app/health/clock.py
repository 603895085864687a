"""Whether the wall clock was set while the service runs: it must go on as fast as the clock that nobody can set."""

import time
from collections.abc import Callable
from typing import Final

from app.health.readiness import PartState

_STEP_S: Final = 60.0
"""Less than this is a time server's correction, or the drift between two of them."""


def _steady() -> float:
    # CLOCK_MONOTONIC stands still while a host sleeps, which would look like a step
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class ClockWatch:
    """Compares the two clocks with what they said when it was made. Safe to ask from any thread."""

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = _steady) -> None:
        self._wall = wall
        self._steady = steady
        self._offset = wall() - steady()

    def step(self) -> float:
        """Seconds by which the clock was set forwards (negative: back); 0 while it was not."""
        moved = self._wall() - self._steady() - self._offset
        return moved if abs(moved) > _STEP_S else 0.0

    def accept(self) -> None:
        """Takes the clock as right from now on: a time server has set it."""
        self._offset = self._wall() - self._steady()


def clock_part(step_s: float, *, name: str = "clock") -> PartState:
    """A step is a warning: deadlines and the order of turns do not depend on the clock, times and deletion do."""
    if not step_s:
        return PartState(name, "ok", "not set since the service began")
    way = "forwards" if step_s > 0 else "back"
    detail = (
        f"the clock was set {way} by {abs(step_s):.0f} s while the service ran; old conversations are kept meanwhile"
    )
    return PartState(
        name, "warning", detail, "timedatectl set-ntp true; once it is right: systemctl restart sales-machine"
    )
