"""Admission: a turn that cannot finish in time is refused at once, before it costs anything.

Places go round the bots that wait, first come first served within a bot. A refusal is decided on arrival from a
prediction: who is working and for how long still, who waits ahead, and what the other bots are likely to send
meanwhile; so a turn that was let in is hardly ever overtaken past its deadline. A turn that must wait for the one
before it in its conversation reserves first: it is refused on arrival or not at all.
"""

import asyncio
import bisect
import heapq
import itertools
import math
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Self

from app.capacity.pace import Pace
from app.deadline import Deadline
from app.errors import Overloaded

_ROUNDS = 4  # of the prediction's fixed point; it settles in two or three
_LEAST_LEFT = 0.05  # share of its expected time that a turn which overran it is thought to need still
_YOUNG = 0.25  # windows: from fewer than that no rate is reckoned
_FULL = "too many conversations at once; try again shortly"


class _Rate:
    """A bot's arrivals a second, halved by every `window_s` without any."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._weight = 0.0  # of its arrivals, each halved by every window since
        self._at = self._first = time.monotonic()

    def arrived(self) -> None:
        self._weight = self._left() + 1
        self._at = time.monotonic()

    def now(self) -> float:
        # What a steady stream of one a second would have come to since the first arrival; a quarter window at least.
        age = (time.monotonic() - self._first) / self._window_s
        return self._left() * math.log(2) / (self._window_s * (1 - math.pow(2, -max(_YOUNG, age))))

    def _left(self) -> float:
        return self._weight * math.pow(2, -(time.monotonic() - self._at) / self._window_s)


class Ticket:
    """A turn's way through admission: it may reserve, takes a place, and is closed by leaving its `with` block.

    What has reserved is not refused any more: whoever comes later is reckoned, and within its bot goes, behind it.
    """

    def __init__(self, admission: "Admission", bot: str, conversation: Hashable, deadline: Deadline) -> None:
        self.bot = bot
        self.number = 0
        """The order of arrival; 0 until it has reserved."""
        self.ends = math.inf
        """When it is expected to have ended, on the monotonic clock."""
        self.model_s = 0.0
        """Its seconds at the model, which the turn itself adds."""
        self.forecast = math.inf
        """The same, as it was thought on arrival."""
        self.rounds = 1.0
        """How many turns, one after another, that forecast guessed at."""
        self._admission = admission
        self._conversation = conversation
        self._deadline = deadline

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._admission._close(self, self._conversation)

    def reserve(self) -> None:
        """Raises Overloaded if the turn could not finish by its deadline; else it is let in. A second call is idle."""
        if not self.number:
            self._admission._reserve(self, self._conversation, self._deadline)

    @asynccontextmanager
    async def place(self, on_wait: Callable[[float], None]) -> AsyncIterator[Self]:
        """Holds a place while its body runs; `on_wait` is told the seconds spent waiting. Raises Overloaded."""
        self.reserve()
        async with self._admission._place(self, on_wait):
            yield self

    def spares(self, seconds: float) -> bool:
        """Whether a turn at work may take so many seconds that no forecast knew of: nobody waits, and it would end in
        time as surely as it was let in."""
        return self._admission._spares(seconds, self._deadline)

    @contextmanager
    def longer(self, seconds: float) -> Iterator[None]:
        """Whoever comes while its body runs reckons with so many seconds more of this turn; behind it, with the true
        ones."""
        began = time.monotonic()
        self.ends += seconds
        try:
            yield
        finally:
            self.ends += time.monotonic() - began - seconds


class Admission:
    """At most `parallel` turns are worked on and `max_waiting` wait.

    `window_s`: a bot's rate of arrival is forgotten by half in so many seconds.
    """

    def __init__(self, parallel: int, max_waiting: int, pace: Pace | None = None, window_s: float = 30.0) -> None:
        self.pace = pace or Pace()
        self._parallel = parallel
        self._max_waiting = max_waiting
        self._window_s = window_s
        self._numbers = itertools.count(1)
        self._busy = 0  # places given, also to those about to take theirs
        self._working: set[Ticket] = set()
        self._queues: OrderedDict[str, list[tuple[int, asyncio.Future[None]]]] = OrderedDict()  # by number of arrival
        self._reserved: set[Ticket] = set()  # let in, and not yet in a queue: the turn before theirs goes on
        self._let_in: dict[Hashable, list[Ticket]] = {}  # of each conversation, its turns in their order
        self._rates: dict[str, _Rate] = {}

    @property
    def running(self) -> int:
        return self._busy

    @property
    def waiting(self) -> int:
        return sum(len(queue) for queue in self._queues.values()) + len(self._reserved)

    def ticket(self, bot: str, conversation: Hashable, deadline: Deadline) -> Ticket:
        """For one turn, which comes after those of the same `conversation` that have reserved before it."""
        return Ticket(self, bot, (bot, conversation), deadline)

    def predicted_wait(self, bot: str, conversation: Hashable = None) -> float:
        """Seconds until a turn that arrives now would start."""
        return self._forecast(bot, (bot, conversation))[0]

    def _reserve(self, ticket: Ticket, conversation: Hashable, deadline: Deadline) -> None:
        self._rates.setdefault(ticket.bot, _Rate(self._window_s)).arrived()
        wait, rounds = self._forecast(ticket.bot, conversation)
        service = self.pace.service_s(min(self._parallel, self._busy + self.waiting + 1))
        if self._busy or wait:  # else nobody is in the way; what the estimate says can only be put right by turns
            if self._busy >= self._parallel and self.waiting >= self._max_waiting:
                raise Overloaded(_FULL, retry_after=1, reason="queue_full")
            # Errors of the turns ahead add up as those of independent draws do.
            spare = self.pace.late_s * math.sqrt(rounds)
            late = wait + service + spare - deadline.remaining()
            if late > 0:
                raise Overloaded(_FULL, retry_after=max(1, round(late)), reason="deadline")
        ticket.number = next(self._numbers)
        ticket.ends = ticket.forecast = time.monotonic() + wait + service
        ticket.rounds = rounds
        self._reserved.add(ticket)
        self._let_in.setdefault(conversation, []).append(ticket)

    def _spares(self, seconds: float, deadline: Deadline) -> bool:
        if self.waiting:
            return False
        needed = seconds + self.pace.service_s(min(self._parallel, self._busy)) + self.pace.late_s
        return deadline.remaining() >= needed

    def _close(self, ticket: Ticket, conversation: Hashable) -> None:
        self._reserved.discard(ticket)
        turns = self._let_in.get(conversation, [])
        if ticket in turns:
            turns.remove(ticket)
            if not turns:
                del self._let_in[conversation]

    @asynccontextmanager
    async def _place(self, ticket: Ticket, on_wait: Callable[[float], None]) -> AsyncIterator[None]:
        arrived = time.monotonic()
        self._reserved.discard(ticket)
        await self._enter(ticket)
        started = time.monotonic()
        ticket.ends = started + self.pace.service_s(min(self._parallel, self._busy + self.waiting))
        self._working.add(ticket)
        on_wait(started - arrived)
        try:
            yield
            ended = time.monotonic()
            self.pace.finished(ended - started, ticket.model_s)
            self.pace.came((ended - ticket.forecast) / math.sqrt(ticket.rounds))
        finally:
            self._working.remove(ticket)
            self._leave()

    async def _enter(self, ticket: Ticket) -> None:
        if self._busy < self._parallel:
            self._busy += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waits = (ticket.number, turn)
        queue = self._queues.setdefault(ticket.bot, [])
        bisect.insort(queue, waits, key=_number)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                if waits in queue:  # else a place that came free in the same moment has passed it by
                    queue.remove(waits)
                if not queue and self._queues.get(ticket.bot) is queue:
                    del self._queues[ticket.bot]
            else:  # a place was given in the same moment, and nobody is left to take it
                self._leave()
            raise

    def _leave(self) -> None:
        """Gives the place to the bot whose turn it is, or keeps it free."""
        while self._queues:
            bot, queue = self._queues.popitem(last=False)
            _, turn = queue.pop(0)
            if queue:
                self._queues[bot] = queue  # behind the others
            if not turn.done():
                turn.set_result(None)
                return
        self._busy -= 1

    def _forecast(self, bot: str, conversation: Hashable) -> tuple[float, float]:
        """Seconds until a turn that arrives now would start, and how many turns, one after another, that guesses at."""
        service = self.pace.service_s(self._parallel)
        wait, rounds = 0.0, 1.0
        if self._busy >= self._parallel:
            free = self._free_at(service)
            for _ in range(_ROUNDS):
                ahead = self._ahead(bot, wait)
                wait, before = _start_after(free, ahead, service), wait
                if abs(wait - before) <= 0.01 * service:
                    break
            rounds += ahead / self._parallel
        if turns := self._let_in.get(conversation):
            former = turns[-1]
            # When the former turn of its conversation ends, it stands first in its bot; other bots have their turns.
            left = max(_LEAST_LEFT * service, former.ends - time.monotonic())
            if self._busy >= self._parallel:
                others = sum(min(1.0, self._here(name) + self._rate(name) * left) for name in self._others(bot))
                left += (1 + others) * service / self._parallel
            if left > wait:
                wait, rounds = left, max(rounds, 1 + (left / service if service else 0.0))
        return wait, rounds

    def _ahead(self, bot: str, wait: float) -> int:
        """Turns that start before one of `bot` that arrives now, if `wait` is how long it waits."""
        own = self._here(bot)
        # A bot that stands before this one in the round has one turn more than it; one that joins now, none more.
        sooner = set(itertools.takewhile(lambda name: name != bot, self._queues))
        others = (min(own + (name in sooner), self._here(name) + self._rate(name) * wait) for name in self._others(bot))
        return own + round(sum(others))

    def _others(self, bot: str) -> set[str]:
        return (self._queues.keys() | self._rates.keys()) - {bot}

    def _here(self, bot: str) -> int:
        """Turns of `bot` that were let in and have not started."""
        return len(self._queues.get(bot, ())) + sum(ticket.bot == bot for ticket in self._reserved)

    def _rate(self, bot: str) -> float:
        rate = self._rates.get(bot)
        return rate.now() if rate else 0.0

    def _free_at(self, service: float) -> list[float]:
        """Seconds from now until each place is free."""
        now = time.monotonic()
        left = [ticket.ends - now for ticket in self._working]
        left += [service] * (self._busy - len(left))
        return [max(seconds, _LEAST_LEFT * service) for seconds in left]


def _number(waits: tuple[int, "asyncio.Future[None]"]) -> int:
    return waits[0]


def _start_after(free: Sequence[float], ahead: int, service: float) -> float:
    """When a place comes free for one more, after `ahead` turns of `service` seconds have had theirs."""
    places = list(free)
    heapq.heapify(places)
    for _ in range(ahead):
        heapq.heapreplace(places, places[0] + service)
    return places[0]
