"""Qualifying words near a name, which tell which of several things it is."""

from bisect import bisect_left, bisect_right

from app.guardrail.text.lexicon import QUALIFIERS
from app.guardrail.text.words import Text


class Near:
    """Qualifying words near a mention: in its sentence, from the number before it to the one behind it."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._numbers = [i for i, t in enumerate(text.tokens) if t.kind == "n"]
        self._places: dict[str, list[int]] = {}
        qualifying = QUALIFIERS | text.lexicon.seats
        for i, t in enumerate(text.tokens):
            if t.key in qualifying:
                self._places.setdefault(t.key, []).append(i)

    def __call__(self, first: int, last: int) -> frozenset[str]:
        if not self._places:
            return frozenset()
        low, high = self._text.bounds(self._text.tokens[first].sentence)
        before = bisect_left(self._numbers, first) - 1
        behind = bisect_right(self._numbers, last)
        low = max(low, self._numbers[before] + 1) if before >= 0 else low
        high = min(high, self._numbers[behind]) if behind < len(self._numbers) else high
        return frozenset(
            key
            for key, places in self._places.items()
            if (at := bisect_left(places, low)) < len(places) and places[at] < high
        )
