"""The queue of one card, simulated event by event. Times are seconds of the card.

Customers arrive as a Poisson process. A turn holds one of `slots` places while it searches, has its prompt read and its
answer written. One prompt is read at a time, and nobody's answer grows meanwhile; answers that grow together share the
card with its gain.
"""

import heapq
import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from app.capacity.pace import Call, Pace
from app.errors import ConfigError

DEADLINE_S = 30.0
P95_S = 30.0
P99_S = 45.0
_SPREAD = 0.3  # standard deviation of an answer's length, as a share of its mean
_LONGEST = 1.5  # an answer is cut at so many times its intended length, as the service does
_HOPELESS = 200  # turns waiting without admission: such a queue does not come back


@dataclass(frozen=True, slots=True)
class Card:
    """Speeds of one card with one model. `gain[n-1]`: how much faster n streams are together than one alone."""

    decode_tps: float = 23.5
    prefill_tps: float = 900.0
    gain: tuple[float, ...] = (1.0, 1.75, 2.3, 2.75)
    retrieval_s: float = 0.6

    def __post_init__(self) -> None:
        speeds = (self.decode_tps, self.prefill_tps, *self.gain)
        if not self.gain or not all(0 < each < math.inf for each in speeds) or not 0 <= self.retrieval_s < math.inf:
            raise ConfigError(f"a card's speeds must be positive numbers: {self!r}")

    def together(self, streams: int) -> float:
        """Answer tokens a second of `streams` (>= 1) at once."""
        return self.decode_tps * self.gain[min(streams, len(self.gain)) - 1]


@dataclass(frozen=True, slots=True)
class Load:
    """What arrives. `fresh`: prompt tokens that no cache holds; `answer`: mean tokens of an answer."""

    per_minute: float
    fresh: int = 408
    answer: int = 120
    slots: int = 4
    admission: bool = True
    turns: int = 2000
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Simulated:
    """Seconds are those of answered turns; `per_minute` counts those that came by the deadline."""

    arrived: int
    answered: int
    refused: int
    late: int
    p95_s: float
    p99_s: float
    per_minute: float

    @property
    def in_time(self) -> bool:
        """Within the promise: 30 s for 95 of a hundred answers, 45 s for 99."""
        return self.p95_s <= P95_S and self.p99_s <= P99_S


def simulate(card: Card, load: Load) -> Simulated:
    """Plays `load.turns` arrivals; the same seed gives the same customers at every rate."""
    return _Queue(card, load).run()


@dataclass(slots=True)
class _Turn:
    arrived: float
    length: float
    left: float = 0.0
    """Of the phase it is in: seconds of search, tokens of prompt, tokens of answer."""
    phase: int = 0
    started: float = 0.0
    read_at: float = 0.0
    written_at: float = 0.0
    shared: float = 0.0
    """Seconds of writing, each times the answers that grew in it."""
    expected_s: float = 0.0
    forecast: float = 0.0
    """When it was thought on arrival to end."""
    rounds: float = 1.0


_SEARCH, _READ, _WRITE = range(3)


@dataclass(slots=True)
class _Queue:
    card: Card
    load: Load
    now: float = 0.0
    active: list[_Turn] = field(default_factory=list)
    waiting: deque[_Turn] = field(default_factory=deque)
    took: list[float] = field(default_factory=list)
    refused: int = 0
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        card, load = self.card, self.load
        self.pace = Pace(card.prefill_tps, card.decode_tps, fresh=load.fresh, answer=load.answer, curve=card.gain)
        self.pace.overhead_s = card.retrieval_s

    def run(self) -> Simulated:
        coming = deque(self._arrivals())
        arrived = len(coming)
        while coming or self.active:
            next_s, turn = self._next()
            if coming and coming[0].arrived - self.now <= next_s:
                self._pass(coming[0].arrived - self.now)
                self._arrive(coming.popleft())
            elif turn is not None:
                self._pass(next_s)
                self._advance(turn)
            if len(self.waiting) > _HOPELESS:
                return Simulated(arrived, 0, 0, 0, math.inf, math.inf, 0.0)
        took = sorted(self.took)
        in_time = sum(seconds <= DEADLINE_S for seconds in took)
        return Simulated(
            arrived=arrived,
            answered=len(took),
            refused=self.refused,
            late=len(took) - in_time,
            p95_s=_at(took, 0.95),
            p99_s=_at(took, 0.99),
            per_minute=in_time * 60 / self.now,
        )

    def _arrivals(self) -> list[_Turn]:
        rng = random.Random(self.load.seed)  # noqa: S311 - reproducible, nothing secret
        sigma = math.sqrt(math.log(1 + _SPREAD**2))
        found, at = [], 0.0
        for _ in range(self.load.turns):
            at += rng.expovariate(1.0) * 60 / self.load.per_minute
            length = min(_LONGEST, math.exp(sigma * rng.gauss(0, 1) - sigma**2 / 2))
            found.append(_Turn(at, max(1.0, length * self.load.answer)))
        return found

    def _arrive(self, turn: _Turn) -> None:
        needs, turn.rounds = self._forecast()
        turn.forecast = self.now + needs
        # Refused on an idle card, the forecast would never learn that it is wrong.
        late = bool(self.active) and needs + self.pace.late_s * math.sqrt(turn.rounds) > DEADLINE_S
        if self.load.admission and late:
            self.refused += 1
        elif len(self.active) < self.load.slots:
            self._start(turn)
        else:
            self.waiting.append(turn)

    def _forecast(self) -> tuple[float, float]:
        """Seconds until an arrival would be answered, and how many turns that guesses at, as admission does."""
        busy, slots = len(self.active), self.load.slots
        needs = self.pace.service_s(min(slots, busy + len(self.waiting) + 1))
        if busy < slots:
            return needs, 1.0
        service = self.pace.service_s(slots)
        free = [max(0.05 * service, turn.expected_s - (self.now - turn.started)) for turn in self.active]
        heapq.heapify(free)
        for _ in self.waiting:
            heapq.heapreplace(free, free[0] + service)
        return free[0] + needs, 1 + len(self.waiting) / slots

    def _start(self, turn: _Turn) -> None:
        turn.started, turn.left = self.now, self.card.retrieval_s
        self.active.append(turn)
        turn.expected_s = self.pace.service_s(min(self.load.slots, len(self.active) + len(self.waiting)))

    def _rates(self) -> tuple[_Turn | None, float]:
        """The one whose prompt is read, and the tokens a second of every answer that grows."""
        writing, reading = 0, None
        for turn in self.active:
            if turn.phase == _READ and reading is None:
                reading = turn
            writing += turn.phase == _WRITE
        if reading is not None or not writing:
            return reading, 0.0
        return None, self.card.together(writing) / writing

    def _next(self) -> tuple[float, _Turn | None]:
        """Seconds until a phase of someone at work ends, and whose."""
        reading, tps = self._rates()
        best, whose = math.inf, None
        for turn in self.active:
            if turn.phase == _SEARCH:
                seconds = turn.left
            elif turn is reading:
                seconds = turn.left / self.card.prefill_tps
            elif turn.phase == _WRITE and tps:
                seconds = turn.left / tps
            else:
                continue
            if seconds < best:
                best, whose = seconds, turn
        return best, whose

    def _pass(self, seconds: float) -> None:
        reading, tps = self._rates()
        writing = sum(turn.phase == _WRITE for turn in self.active)
        for turn in self.active:
            if turn.phase == _SEARCH:
                turn.left -= seconds
            elif turn is reading:
                turn.left -= seconds * self.card.prefill_tps
            elif turn.phase == _WRITE:
                turn.left -= seconds * tps
                turn.shared += seconds * writing
        self.now += seconds

    def _advance(self, turn: _Turn) -> None:
        if turn.phase == _SEARCH:
            turn.phase, turn.left, turn.read_at = _READ, float(self.load.fresh), self.now
        elif turn.phase == _READ:
            turn.phase, turn.left, turn.written_at = _WRITE, turn.length, self.now
        else:
            self._finish(turn)

    def _finish(self, turn: _Turn) -> None:
        self.active.remove(turn)
        decode_s = max(1e-9, self.now - turn.written_at)
        self.took.append(self.now - turn.arrived)
        self.pace.called(
            Call(
                fresh=self.load.fresh,
                prefill_s=turn.written_at - turn.read_at,
                answer=round(turn.length),
                decode_s=decode_s,
                streams=max(1.0, turn.shared / decode_s),
            )
        )
        self.pace.finished(self.now - turn.started, self.now - turn.read_at)
        self.pace.came((self.now - turn.forecast) / math.sqrt(turn.rounds))
        if self.waiting:
            self._start(self.waiting.popleft())


def _at(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))] if values else 0.0
