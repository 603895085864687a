"""Pace: a running estimate of how long a turn takes on this model server, from what its turns have taken.

    service = overhead + fresh / prefill + answer * n / (decode * gain(n))

with `fresh` the prompt's tokens that no cache holds, `answer` the tokens until the answer is whole, `n` the streams
that share the card, `gain` what sharing gains: four streams together decode faster than one, yet each is slower.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

_WEIGHT = 0.1  # of the newest observation
_SPREAD = 0.3  # lengths of answers vary by about a third
_RECENT = 150  # turns by which forecasts are judged
_RARE = 4  # the last of so many of them that came latest: one in fifty comes later
_GAIN = (1.0, 1.75, 2.3, 2.75)


@dataclass(frozen=True, slots=True)
class Call:
    """One model call as it was timed. Tokens and seconds; `streams` is how many shared the card, on average."""

    fresh: int
    prefill_s: float
    answer: int
    decode_s: float
    streams: float


def gain(streams: float, curve: Sequence[float] = _GAIN) -> float:
    """Tokens a second of `streams` together, as a multiple of one alone; linear between the measured points."""
    if streams <= 1:
        return curve[0]
    whole = min(int(streams), len(curve))
    if whole == len(curve):
        return curve[-1]
    return curve[whole - 1] + (streams - whole) * (curve[whole] - curve[whole - 1])


class Pace:
    """`prefill_tps` and `decode_tps` (tokens a second of one stream alone) are where the estimate begins.

    Both at 0: a backend without a model, whose turns are overhead and nothing else. `spread`: standard deviation of a
    turn's time as a share of it, until turns tell.
    """

    def __init__(
        self,
        prefill_tps: float = 0.0,
        decode_tps: float = 0.0,
        *,
        fresh: float = 0.0,
        answer: float = 0.0,
        curve: Sequence[float] = _GAIN,
        spread: float = _SPREAD,
    ) -> None:
        self.prefill_tps = prefill_tps
        self.decode_tps = decode_tps
        self.fresh = fresh
        self.answer = answer
        self.overhead_s = 0.0
        self._curve = tuple(curve)
        guess = NormalDist(0, max(1e-9, spread * self.service_s(len(self._curve))))
        self._late = deque((guess.inv_cdf((n + 0.5) / _RECENT) for n in _mixed(_RECENT)), _RECENT)
        self.late_s = self._rarely_late()
        """Seconds after its forecast by which a turn has ended, but for one in fifty; 0 at least."""

    def service_s(self, streams: int) -> float:
        """Expected seconds of a turn that shares the card with `streams` - 1 others."""
        return self.overhead_s + self.call_s(self.fresh, self.answer, streams)

    def call_s(self, fresh: float, answer: float, streams: int) -> float:
        """Expected seconds of a call that reads and writes so many tokens; 0 without a model."""
        if not self.decode_tps or not self.prefill_tps:
            return 0.0
        return fresh / self.prefill_tps + answer * streams / (self.decode_tps * gain(streams, self._curve))

    def called(self, call: Call) -> None:
        """Learns from a finished model call."""
        self.fresh += _WEIGHT * (call.fresh - self.fresh)
        self.answer += _WEIGHT * (call.answer - self.answer)
        if call.fresh > 0 and call.prefill_s > 0:
            self.prefill_tps += _WEIGHT * (call.fresh / call.prefill_s - self.prefill_tps)
        if call.answer > 1 and call.decode_s > 0:
            alone = call.answer / call.decode_s * call.streams / gain(call.streams, self._curve)
            self.decode_tps += _WEIGHT * (alone - self.decode_tps)

    def finished(self, total_s: float, model_s: float) -> None:
        """Learns from a finished turn: its seconds at work, and those of them at the model."""
        self.overhead_s += _WEIGHT * (max(0.0, total_s - model_s) - self.overhead_s)

    def came(self, late_s: float) -> None:
        """Learns how much later than forecast a turn ended; negative: sooner.

        A forecast that guessed at n turns one after another errs by the root of n more: divide by that.
        """
        self._late.append(late_s)
        self.late_s = self._rarely_late()

    def _rarely_late(self) -> float:
        return max(0.0, heapq.nlargest(_RARE, self._late)[-1])


def _mixed(count: int) -> list[int]:
    """The numbers below `count`, high and low in turns, so that those that leave first are no worse than the others."""
    return sorted(range(count), key=lambda n: n * 89 % count)
