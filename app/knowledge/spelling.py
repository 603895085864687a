"""Typing errors in a query: an unknown long word becomes the known word one letter away.

A word of the language is no misspelt word of the knowledge: it stays, and of two words as near the ordinary one wins.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.knowledge.text import words
from app.knowledge.wordlists import ordinary

_MIN_LENGTH = 5  # shorter words have too many neighbours
_MOST = 40


class Spelling:
    """Knows every word of the knowledge base. Immutable after construction."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._count: Counter[str] = Counter()
        for text in texts:
            self._count.update(set(words(text)))
        self._by_length = _by_length(self._count)

    def correct(self, query: str) -> str:
        """The query's words, each unknown one of five letters or more replaced by its neighbour at one insertion,
        deletion, substitution or swap: an ordinary word, else the most frequent; a word without one stays.

        So many different unknown words are corrected, the first ones: each is compared with every word of its length.
        """
        found = words(query)
        corrected: dict[str, str] = {}
        for word in found:
            if len(corrected) == _MOST:
                break
            if word not in corrected and self._is_unknown(word):
                corrected[word] = self._nearest(word)
        return " ".join(corrected.get(word, word) for word in found)

    def _is_unknown(self, word: str) -> bool:
        known = word in self._count or word in ordinary() or word.isdigit()
        return len(word) >= _MIN_LENGTH and not known

    def _nearest(self, word: str) -> str:
        near = _near(word, self._by_length)
        if near:
            near = _near(word, _ordinary()) or near
        return max(near, key=lambda match: (self._count[match], match), default=word)


def _near(word: str, by_length: dict[int, list[str]]) -> list[str]:
    return [
        match
        for length in (len(word) - 1, len(word), len(word) + 1)
        for match, _, _ in process.extract(
            word, by_length.get(length, ()), scorer=OSA.distance, score_cutoff=1, limit=None
        )
    ]


def _by_length(known: Collection[str]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for word in sorted(known):
        if len(word) >= _MIN_LENGTH - 1:
            found[len(word)].append(word)
    return found


@cache
def _ordinary() -> dict[int, list[str]]:
    return _by_length(ordinary())
