"""Everyday words that mean one thing (synonyms.yaml): who asks whether something is brought asks of its delivery."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache

from app.knowledge.text import words
from app.packaged import packaged

_WHOLE = "."
"""Behind a whole word."""


class Synonyms:
    """The rows of one language. Two words of one row say the same; a word may stand in several."""

    def __init__(self, rows: Iterable[str]) -> None:
        self._whole: dict[str, frozenset[int]] = {}
        self._begin: dict[str, frozenset[int]] = {}
        for number, row in enumerate(rows):
            for written in row.split():
                kept = self._whole if written.endswith(_WHOLE) else self._begin
                for word in words(written):
                    kept[word] = kept.get(word, frozenset()) | {number}
        lengths = {len(word) for word in self._begin}
        self.of = lru_cache(maxsize=8192)(self._of)
        """The rows that a word, folded as `words` does, stands in."""
        self._lengths = range(min(lengths, default=1), max(lengths, default=0) + 1)

    def _of(self, word: str) -> frozenset[int]:
        begun = (self._begin.get(word[:length], frozenset()) for length in self._lengths if length <= len(word))
        return self._whole.get(word, frozenset()).union(*begun)

    def spelt(self, word: str) -> bool:
        """Whether a row has just this word."""
        return word in self._whole

    def among(self, known: Sequence[str]) -> Mapping[int, tuple[int, ...]]:
        """For each row the places of its words among the `known` ones."""
        found: dict[int, list[int]] = {}
        for place, word in enumerate(known):
            for row in self.of(word):
                found.setdefault(row, []).append(place)
        return {row: tuple(places) for row, places in found.items()}


@cache
def of_language(language: str) -> Synonyms:
    """Of a language without rows: those of none."""
    return Synonyms(_rows().get(language, ()))


@cache
def _rows() -> Mapping[str, Sequence[str]]:
    rows: Mapping[str, Sequence[str]] = packaged("app.knowledge", "synonyms.yaml")
    return rows


@lru_cache(maxsize=8192)
def spelt(word: str) -> bool:
    """Whether a word, folded as `words` does, is written so in any language."""
    return any(of_language(language).spelt(word) for language in _rows())
