"""Whether the model that speaks may go on speaking: it rests when what it writes is more often wrong than fit to send.

A server that answers may still hold a model that cannot: too small, cut too coarsely, behind the wrong template. Then
every turn would cost a call and a correction and end with the fact itself, which can be had at once.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Literal

Word = Literal["good", "incomplete", "untrue"]
_WEIGHT = {"good": 0.0, "incomplete": 0.5, "untrue": 1.0}
_OF_ONE = 3
"""Drafts of one conversation that count: whoever provokes the model does not shut it off for all others."""
_BACK = 3
"""Probes in a row that must be good."""
_HELD_S = 120.0
"""For which a probe is waited for: behind it whoever has it is taken to have gone."""


@dataclass(frozen=True, slots=True)
class _Draft:
    key: Hashable
    word: Word
    kinds: tuple[str, ...]


class Quality:
    """Over the last `window` drafts: rests for `rest_s` seconds when their faults weigh more than `share` (0..1) of it.

    An untrue draft weighs 1, one that does not answer a half. Then one draft at a time is a probe: so many good ones in
    a row bring the model back, a bad one lets it rest again. Not for several threads.
    """

    def __init__(
        self,
        window: int = 20,
        share: float = 0.5,
        rest_s: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = share * window
        self._rest_s = rest_s
        self._clock = clock
        self._drafts: deque[_Draft] = deque(maxlen=window)
        self._rests_until: float | None = None
        self._probing_since: float | None = None
        self._good = 0
        self._failed: Hashable = None

    @classmethod
    def watching(cls, drafts: int) -> "Quality":
        """One that looks at so many drafts and never lets the model rest: for a trial of a model."""
        return cls(window=max(1, drafts), share=1.0)

    @property
    def resting(self) -> bool:
        """Whether facts answer, but for probes."""
        return self._rests_until is not None

    def may_speak(self, key: Hashable) -> bool:
        """Whether this turn's draft is the model's; while it rests that makes it the probe.

        Who had the last probe that failed does not get the next one while the rest is fresh.
        """
        if self._rests_until is None:
            return True
        now = self._clock()
        held = self._probing_since is not None and now - self._probing_since < _HELD_S
        theirs = key == self._failed and now < self._rests_until + self._rest_s
        if now < self._rests_until or held or theirs:
            return False
        self._probing_since = now
        return True

    def judged(self, key: Hashable, word: Word, kinds: Collection[str] = ()) -> None:
        """What was found of a draft; `kinds` are the names of its faults."""
        if self._rests_until is not None:
            self._probed(key, word, tuple(kinds))
            return
        if sum(draft.key == key for draft in self._drafts) >= _OF_ONE:
            return
        self._drafts.append(_Draft(key, word, tuple(kinds)))
        if sum(_WEIGHT[draft.word] for draft in self._drafts) > self._most:
            self._rest(None)

    def abandoned(self) -> None:
        """A turn ended without a draft to judge: a probe may be made again."""
        self._probing_since = None

    def faults(self) -> tuple[int, int, Counter[str]]:
        """(drafts looked at, those with a fault, kinds of fault with how many drafts have each)."""
        bad = [draft for draft in self._drafts if draft.word != "good"]
        return len(self._drafts), len(bad), Counter(kind for draft in bad for kind in set(draft.kinds))

    def weight(self) -> float:
        """What the faults weigh of the drafts looked at, 0..1: what `share` is held against."""
        return sum(_WEIGHT[draft.word] for draft in self._drafts) / max(1, len(self._drafts))

    def _probed(self, key: Hashable, word: Word, kinds: tuple[str, ...]) -> None:
        if self._probing_since is None:
            return  # a draft that was asked for before the rest began
        self._probing_since = None
        if word != "good":
            self._drafts.append(_Draft(key, word, kinds))
            self._rest(key)
            return
        self._good += 1
        if self._good >= _BACK:
            self._drafts.clear()
            self._rests_until, self._failed = None, None

    def _rest(self, failed: Hashable) -> None:
        self._rests_until = self._clock() + self._rest_s
        self._good, self._failed = 0, failed
