"""The event loop's processor time: a turn's pure work runs in stretches, one at a time, within a budget that ends it.

Everything that reads a customer's words runs on the event loop, because it shares the knowledge and is over in
milliseconds. Two things keep one message from taking the loop from everybody else:

- between two stretches the loop serves what waits, so nobody waits longer than for one stretch;
- a stretch looks at its budget without knowing of it: a timer's signal reaches Python code and `re` alike, and its
  handler raises. A thread could not be ended inside a regular expression (docs/decisions/0011).
"""

import asyncio
import signal
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

from app.errors import Overloaded, TooCostly
from app.types import Key

_T = TypeVar("_T")
_TICK_S = 0.005  # until the timer looks again, where other threads have used the time that it measures
_KNOWN = 10_000  # keys that are remembered for having cost too much: the oldest are forgotten
_SHORT_S = 0.005  # a usual stretch
_BREATH_S = 0.02
_FORGIVEN_S = 86_400.0  # after a rest: what came so long ago does not count any more
_LONGEST = 16  # times `rest_s` that a key rests at most


class _Over(BaseException):
    """Raised by the timer into the work. No `except Exception` on the way may take it for a fault of its own."""


class _Alarm:
    """The process's one timer. Only the main thread can be interrupted: elsewhere work is judged when it has ended."""

    def __init__(self) -> None:
        self._ends_at: float | None = None
        self._ready = False

    def set(self, seconds: float) -> None:
        """From now on _Over is raised once this thread has computed for `seconds`, and every tick from then on."""
        if threading.current_thread() is not threading.main_thread():
            return
        if not self._ready:
            signal.signal(signal.SIGVTALRM, self._ring)
            self._ready = True
        self._ends_at = time.thread_time() + seconds
        # It measures all threads together, so it never rings too late; the handler looks at this thread's own time.
        signal.setitimer(signal.ITIMER_VIRTUAL, max(seconds, _TICK_S), _TICK_S)

    def off(self) -> None:
        if self._ends_at is not None:
            self._ends_at = None
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    def _ring(self, *_: object) -> None:
        if self._ends_at is not None and time.thread_time() >= self._ends_at:
            raise _Over


_alarm = _Alarm()


@dataclass(slots=True)
class _Turn:
    """What one turn has left, and whose stretches it takes turns with."""

    cpu: "Cpu"
    left_s: float


_turn: ContextVar[_Turn | None] = ContextVar("turn", default=None)


@dataclass(frozen=True, slots=True)
class _Strike:
    """A key that cost too much: how often, and until when (monotonic clock) it rests."""

    count: int
    until: float


class Cpu:
    """Shared by all turns of a machine. `budget_s`: CPU time of one turn's pure work. `rest_s`: how long a key that
    exceeded it is refused, doubled each time, so that it cannot take the machine twice in a row."""

    def __init__(self, budget_s: float, rest_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.budget_s = budget_s
        self.rest_s = rest_s
        self.stretches = 0
        """How many have ended: a loop in which this grows is busy, not stuck."""
        self.ended = 0
        """Turns that were ended for what they cost."""
        self._clock = clock
        self._one = asyncio.Lock()
        self._strikes: OrderedDict[Key, _Strike] = OrderedDict()

    def check(self, key: Key) -> None:
        """Raises Overloaded while the key rests."""
        strike = self._strikes.get(key)
        if strike is not None and (wait := strike.until - self._clock()) > 0:
            raise Overloaded(
                "the last message of this conversation took too much work; use the fallback and try again later",
                retry_after=max(1, round(wait)),
                reason="resting",
            )

    @contextmanager
    def turn(self, key: Key) -> Iterator[None]:
        """Gives the body's stretches one budget. A TooCostly that leaves it lets the key rest."""
        token = _turn.set(_Turn(self, self.budget_s))
        try:
            yield
        except TooCostly:
            self._strike(key)
            raise
        finally:
            _turn.reset(token)

    def _strike(self, key: Key) -> None:
        self.ended += 1
        former = self._strikes.pop(key, None)
        lately = former is not None and self._clock() - former.until < _FORGIVEN_S
        count = former.count + 1 if former and lately else 1
        rest = self.rest_s * min(_LONGEST, 2 ** (count - 1))
        self._strikes[key] = _Strike(count, self._clock() + rest)
        if len(self._strikes) > _KNOWN:
            self._strikes.popitem(last=False)

    async def _run(self, turn: _Turn, function: Callable[[], _T]) -> _T:
        async with self._one:
            started = time.thread_time()
            try:
                try:
                    _alarm.set(max(0.0, turn.left_s))
                    result = function()
                finally:
                    _alarm.off()
            except _Over:
                _alarm.off()  # it may have rung on the way into the line above
                raise _too_costly() from None
            finally:
                spent = time.thread_time() - started
                turn.left_s -= spent
                self.stretches += 1
                await asyncio.sleep(_breath_s(spent))  # whoever waits for the loop comes first
            if turn.left_s < 0:  # outside the main thread nothing could end it sooner
                raise _too_costly()
            return result


async def stretch(function: Callable[[], _T]) -> _T:
    """Runs pure work of the current turn: behind other turns' stretches, and within the turn's budget.

    Raises TooCostly. Outside a turn it just runs.
    """
    turn = _turn.get()
    return function() if turn is None else await turn.cpu._run(turn, function)


async def stretches(parts: Iterator[object]) -> None:
    """Runs pure work that comes in parts: in one stretch as many of them as are over within a usual one."""
    while not await stretch(lambda: _some(parts)):
        pass


def _some(parts: Iterator[object]) -> bool:
    """Whether no part is left."""
    until = time.thread_time() + _SHORT_S
    return all(time.thread_time() < until for _ in parts)


def _breath_s(spent_s: float) -> float:
    """Seconds that the loop gets for everything else. Behind a long stretch more than one round of it: a new caller's
    request takes several, and each of them would meet another stretch."""
    return 0.0 if spent_s < _SHORT_S else min(spent_s, _BREATH_S)


def _too_costly() -> TooCostly:
    return TooCostly("this message takes more work than a turn may; send it shorter or in parts")
