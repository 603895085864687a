"""Breaker: a part that keeps failing is left alone for a while, then tried with one call."""

import time
from collections.abc import Callable
from typing import Literal

State = Literal["closed", "open", "half_open"]


class Breaker:
    """Opens after `failures` in a row, for `pause_s` seconds; then one call is let through, and its outcome decides."""

    def __init__(self, failures: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = failures
        self._pause_s = pause_s
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._trying_since: float | None = None

    @property
    def state(self) -> State:
        if self._opened_at is None:
            return "closed"
        return "half_open" if self._clock() - self._opened_at >= self._pause_s else "open"

    def retry_after(self) -> float:
        """Seconds until a call may be tried; 0 when it may be now."""
        if self._opened_at is None:
            return 0.0
        waits = self._pause_s - (self._clock() - self._opened_at)
        if self._trying_since is not None:  # somebody is trying it now
            waits = max(waits, self._pause_s - (self._clock() - self._trying_since))
        return max(0.0, waits)

    def allow(self) -> bool:
        """Whether a call may go ahead. In the half-open state the first one that asks is the trial."""
        if self._opened_at is None:
            return True
        if self.retry_after() > 0:
            return False
        self._trying_since = self._clock()
        return True

    def succeeded(self) -> None:
        self._failures = 0
        self._opened_at = self._trying_since = None

    def failed(self) -> None:
        self._failures += 1
        if self._trying_since is not None or self._failures >= self._limit:
            self._opened_at = self._clock()
            self._trying_since = None

    def abandoned(self) -> None:
        """The call ended without saying anything of the part (its caller hung up): a trial may be made again."""
        self._trying_since = None
