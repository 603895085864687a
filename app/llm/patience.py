"""Patience with one call: a model that has fallen silent is given up before the turn's time is."""

import asyncio
import math


class Patience:
    """Brings the end of `scope` forward to `seconds` after the last sign of life; never behind where it stood."""

    def __init__(self, scope: asyncio.Timeout, seconds: float) -> None:
        self._scope = scope
        self._seconds = seconds
        until = scope.when()
        self._until = math.inf if until is None else until
        self.heard()

    def heard(self) -> None:
        """A sign of life."""
        if self._seconds < math.inf:
            self._scope.reschedule(min(self._until, asyncio.get_running_loop().time() + self._seconds))
