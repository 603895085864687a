"""Admission: a turn that cannot finish in time is refused at once, before it costs anything.

Places go round the bots that wait, first come first served within a bot. A refusal is decided on arrival from a
prediction: who is working and for how long still, who waits ahead, and what the other bots are likely to send
meanwhile; so a turn that was let in is hardly ever overtaken past its deadline.
"""

import asyncio
import heapq
import math
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.deadline import Deadline
from app.errors import Overloaded
from app.pace import Pace

_ROUNDS = 4  # of the prediction's fixed point; it settles in two or three
_LEAST_LEFT = 0.05  # share of its expected time that a turn which overran it is thought to need still
_MARGIN = 2.5  # times the mean error of the prediction, which is kept free
_FULL = "too many conversations at once; try again shortly"


@dataclass(slots=True)
class Place:
    """A turn at work. The turn itself adds to `model_s` its seconds at the model."""

    started: float
    expected_s: float
    model_s: float = 0.0


class _Rate:
    """A bot's arrivals a second, halved by every `window_s` without any."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._value = 0.0
        self._at = time.monotonic()

    def arrived(self) -> None:
        self._value = self.now() + math.log(2) / self._window_s
        self._at = time.monotonic()

    def now(self) -> float:
        return self._value * math.pow(2, -(time.monotonic() - self._at) / self._window_s)


class Admission:
    """At most `parallel` turns are worked on and `max_waiting` wait.

    `window_s`: a bot's rate of arrival is forgotten by half in so many seconds.
    """

    def __init__(self, parallel: int, max_waiting: int, pace: Pace | None = None, window_s: float = 30.0) -> None:
        self.pace = pace or Pace()
        self._parallel = parallel
        self._max_waiting = max_waiting
        self._window_s = window_s
        self._busy = 0  # places given, also to those about to take theirs
        self._working: set[int] = set()
        self._places: dict[int, Place] = {}
        self._queues: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._rates: dict[str, _Rate] = {}

    @property
    def running(self) -> int:
        return self._busy

    @property
    def waiting(self) -> int:
        return sum(len(queue) for queue in self._queues.values())

    def predicted_wait(self, bot: str, behind: int = 0) -> float:
        """Seconds until a turn of `bot` that arrives now would start; `behind` others of it go first."""
        if self._busy < self._parallel and not behind:
            return 0.0
        service = self.pace.service_s(self._parallel)
        free = self._free_at(service)
        wait = 0.0
        for _ in range(_ROUNDS):
            settled = _start_after(free, behind + self._ahead(bot, wait), service)
            if abs(settled - wait) <= 0.01 * service:
                return settled
            wait = settled
        return wait

    def check(self, bot: str, deadline: Deadline, behind: int = 0) -> None:
        """Raises Overloaded if a turn of `bot` that arrives now could not finish by its deadline."""
        if not self._busy and not behind:
            return  # nobody is in the way; what the estimate says can only be put right by turns
        if self._busy >= self._parallel and self.waiting >= self._max_waiting:
            raise Overloaded(_FULL, retry_after=1, reason="queue_full")
        streams = min(self._parallel, self._busy + self.waiting + behind + 1)
        wait = self.predicted_wait(bot, behind)
        # Errors of the turns ahead add up as those of independent draws do.
        rounds = 1 + (behind + self._ahead(bot, wait)) / self._parallel if wait else 1
        spare = _MARGIN * self.pace.spread_s * math.sqrt(rounds)
        needs = wait + self.pace.service_s(streams) + spare
        late = needs - deadline.remaining()
        if late > 0:
            raise Overloaded(_FULL, retry_after=max(1, round(late)), reason="deadline")

    @asynccontextmanager
    async def admit(self, bot: str, deadline: Deadline, on_wait: Callable[[float], None]) -> AsyncIterator[Place]:
        """Holds a place while its body runs; `on_wait` is told the seconds spent waiting. Raises Overloaded."""
        self._rates.setdefault(bot, _Rate(self._window_s)).arrived()
        self.check(bot, deadline)
        arrived = time.monotonic()
        await self._enter(bot)
        place = Place(time.monotonic(), self.pace.service_s(min(self._parallel, self._busy + self.waiting)))
        self._places[id(place)] = place
        on_wait(place.started - arrived)
        try:
            yield place
            self.pace.finished(time.monotonic() - place.started, place.model_s, place.expected_s)
        finally:
            del self._places[id(place)]
            self._leave()

    async def _enter(self, bot: str) -> None:
        if self._busy < self._parallel:
            self._busy += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue = self._queues.setdefault(bot, deque())
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                if turn in queue:  # else a place that came free in the same moment has passed it by
                    queue.remove(turn)
                if not queue and self._queues.get(bot) is queue:
                    del self._queues[bot]
            else:  # a place was given in the same moment, and nobody is left to take it
                self._leave()
            raise

    def _leave(self) -> None:
        """Gives the place to the bot whose turn it is, or keeps it free."""
        while self._queues:
            bot, queue = self._queues.popitem(last=False)
            turn = queue.popleft()
            if queue:
                self._queues[bot] = queue  # behind the others
            if not turn.done():
                turn.set_result(None)
                return
        self._busy -= 1

    def _ahead(self, bot: str, wait: float) -> int:
        """Turns that start before one of `bot` that arrives now, if `wait` is how long it waits."""
        own = len(self._queues.get(bot, ()))
        names = (self._queues.keys() | self._rates.keys()) - {bot}
        others = sum(min(own + 1, len(self._queues.get(name, ())) + self._rate(name) * wait) for name in names)
        return own + round(others)

    def _rate(self, bot: str) -> float:
        rate = self._rates.get(bot)
        return rate.now() if rate else 0.0

    def _free_at(self, service: float) -> list[float]:
        """Seconds from now until each place is free."""
        now = time.monotonic()
        left = [place.expected_s - (now - place.started) for place in self._places.values()]
        left += [service] * (self._busy - len(left))
        return [max(seconds, _LEAST_LEFT * service) for seconds in left] + [0.0] * (self._parallel - self._busy)


def _start_after(free: Sequence[float], ahead: int, service: float) -> float:
    """When a place comes free for one more, after `ahead` turns of `service` seconds have had theirs."""
    places = list(free)
    heapq.heapify(places)
    for _ in range(ahead):
        heapq.heapreplace(places, places[0] + service)
    return places[0]
