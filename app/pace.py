"""Pace: a running estimate of how long a turn takes on this model server, from what its turns have taken.

    service = overhead + fresh / prefill + answer * n / (decode * gain(n))

with `fresh` the prompt's tokens that no cache holds, `answer` the tokens until the answer is whole, `n` the streams
that share the card, `gain` what sharing gains: four streams together decode faster than one, yet each is slower.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_WEIGHT = 0.1  # of the newest observation
_SLOW = 0.03  # of it where half of the observations are nothing: how late turns are
_NORMAL = math.sqrt(2 * math.pi)  # standard deviations of a normal distribution in its mean lateness
_SPREAD = 0.3  # lengths of answers vary by about a third
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
        self._late_s = spread * self.service_s(len(self._curve)) / _NORMAL

    def service_s(self, streams: int) -> float:
        """Expected seconds of a turn that shares the card with `streams` - 1 others."""
        if not self.decode_tps or not self.prefill_tps:
            return self.overhead_s
        decode = self.answer * streams / (self.decode_tps * gain(streams, self._curve))
        return self.overhead_s + self.fresh / self.prefill_tps + decode

    @property
    def spread_s(self) -> float:
        """Standard deviation of what a turn takes, judged by those that took longer than expected.

        Those that took less say nothing of who will be late: short answers among long ones are common.
        """
        return _NORMAL * self._late_s

    def called(self, call: Call) -> None:
        """Learns from a finished model call."""
        self.fresh += _WEIGHT * (call.fresh - self.fresh)
        self.answer += _WEIGHT * (call.answer - self.answer)
        if call.fresh > 0 and call.prefill_s > 0:
            self.prefill_tps += _WEIGHT * (call.fresh / call.prefill_s - self.prefill_tps)
        if call.answer > 1 and call.decode_s > 0:
            alone = call.answer / call.decode_s * call.streams / gain(call.streams, self._curve)
            self.decode_tps += _WEIGHT * (alone - self.decode_tps)

    def finished(self, total_s: float, model_s: float, expected_s: float) -> None:
        """Learns from a finished turn: its seconds, those of them at the model, and what was expected at its start."""
        self.overhead_s += _WEIGHT * (max(0.0, total_s - model_s) - self.overhead_s)
        # No more than twice the expected counts: a stall says nothing of how long answers vary.
        late_s = min(max(0.0, total_s - expected_s), expected_s)
        self._late_s += _SLOW * (late_s - self._late_s)
