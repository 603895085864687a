"""Fact: one thing being found out in a thread of its own, so that whatever hangs holds up nobody else."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Unanswered(Exception):
    """The fact was not known by its deadline."""


class Gathered(Generic[_T]):
    """Begins to gather at once. The thread is a daemon: one that hangs for ever does not keep the process alive."""

    def __init__(self, name: str, gather: Callable[[], _T], limit_s: float) -> None:
        """`limit_s` counts from now, whenever the value is asked for."""
        self._gather = gather
        self._until = time.monotonic() + limit_s
        self._limit_s = limit_s
        self._values: list[_T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=f"fact-{name}", daemon=True)
        self._thread.start()

    def value(self) -> _T:
        """What was gathered. Raises what the gatherer raised, and Unanswered once its time is over."""
        self.settle()
        if self._error is not None:
            raise self._error
        if not self._values:
            raise Unanswered(f"not known after {self._limit_s:g} s")
        return self._values[0]

    def settle(self) -> None:
        """Returns once it is known, or its time is over."""
        self._thread.join(max(0.0, self._until - time.monotonic()))

    def _run(self) -> None:
        try:
            self._values.append(self._gather())
        except BaseException as error:
            self._error = error
