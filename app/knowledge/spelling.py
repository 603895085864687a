"""Typing errors in a query: an unknown long word becomes the known word one letter away."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from app.knowledge.text import words

_MIN_LENGTH = 5  # shorter words have too many neighbours
_MOST = 40


class Spelling:
    """Knows every word of the knowledge base. Immutable after construction."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._count: Counter[str] = Counter()
        for text in texts:
            self._count.update(set(words(text)))
        self._by_length: dict[int, list[str]] = defaultdict(list)
        for word in sorted(self._count):
            if len(word) >= _MIN_LENGTH - 1:
                self._by_length[len(word)].append(word)

    def correct(self, query: str) -> str:
        """The query's words, each unknown one of five letters or more replaced by its most frequent neighbour
        at one insertion, deletion, substitution or swap; a word without one stays.

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
        return len(word) >= _MIN_LENGTH and word not in self._count and not word.isdigit()

    def _nearest(self, word: str) -> str:
        near = [
            match
            for length in (len(word) - 1, len(word), len(word) + 1)
            for match, _, _ in process.extract(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=1, limit=None
            )
        ]
        return max(near, key=lambda match: (self._count[match], match), default=word)
