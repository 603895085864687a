"""Words of one stem: what is done and the doing of it («настроите», «настройка»), by a language's endings."""

from collections.abc import Callable
from functools import lru_cache

from app.language.folds import plain
from app.packaged import packaged

_DATA = packaged("app.language", "words", "derivation.yaml")
_ROWS = ("ru", "kk", "en")
LEAST = int(_DATA["least"])
"""Letters that two words of one stem begin with at least."""


class Stems:
    """Of words that one fold has made alike; the endings are folded as the words are."""

    def __init__(self, fold: Callable[[str], str]) -> None:
        self._endings = frozenset(fold(each) for name in _ROWS for each in _DATA[name].split())
        self._longest = max(map(len, self._endings))
        self._pairs = tuple(frozenset(map(fold, row.split())) for row in _DATA["pairs"])
        self.of = lru_cache(maxsize=8192)(self._of)

    def _of(self, word: str) -> str:
        """A word without the longest ending that it may have; the word itself where none fits."""
        for length in range(min(self._longest, len(word) - LEAST), 0, -1):
            if word[-length:] in self._endings:
                return word[:-length]
        return word

    def akin(self, one: str, other: str) -> bool:
        """Whether two words are of one stem."""
        if one == other:
            return True
        return one[:LEAST] == other[:LEAST] and (self.of(one) == self.of(other) or self._paired(one, other))

    def _paired(self, one: str, other: str) -> bool:
        """Whether what they do not share are two endings of one row."""
        cuts = range(LEAST, 1 + min(len(one), len(other)))
        alike = (cut for cut in cuts if one[:cut] == other[:cut])
        return any(one[cut:] in row and other[cut:] in row for cut in alike for row in self._pairs)


STEMS = Stems(plain)
"""Of words as `folds.plain` leaves them."""
