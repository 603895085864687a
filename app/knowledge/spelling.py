"""Typing errors in a query: an unknown long word becomes the known word one letter away.

A word of the language is no misspelt word of the knowledge: it stays. What is a letter away from one is more likely
that than a rare word of the knowledge: it becomes the ordinary word where the knowledge holds it too, or stays.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache

from rapidfuzz.distance import OSA

from app.knowledge.synonyms import spelt
from app.knowledge.text import words
from app.knowledge.wordlists import listed, ordinary
from app.language.words import counted

_MIN_LENGTH = 5  # shorter words have too many neighbours
_PARTICLE = 2  # letters of what asks in Kazakh
_STEM = 4  # letters with which the forms of one word begin
_MOST = 40
_LONGEST = 40  # letters of a word that are tried


class Spelling:
    """Knows every word of the knowledge base. Immutable after construction."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._count: Counter[str] = Counter()
        for text in texts:
            self._count.update(set(words(text)))
        self._neighbours = _neighbours(self._count)

    def correct(self, query: str) -> str:
        """The query's words, each unknown one of five letters or more replaced by its neighbour at one insertion,
        deletion, substitution or swap, the most frequent of them; a word without one stays, and so does one that
        is as near to an ordinary word that the knowledge has not.

        So many different unknown words are corrected, the first ones.
        """
        said = words(query)
        parted = {word: self._parted(word) for word in dict.fromkeys(said)}
        found = [part for word in said for part in parted[word]]
        corrected: dict[str, str] = {}
        for word in found:
            if len(corrected) == _MOST:
                break
            if word not in corrected and self._is_unknown(word):
                corrected[word] = self._nearest(word)
        return " ".join(corrected.get(word, word) for word in found)

    def _parted(self, word: str) -> Sequence[str]:
        """A word that nobody knows without the particle that asks, which was written together with it."""
        stem, particle = word[:-_PARTICLE], word[-_PARTICLE:]
        asks = particle in listed("particles") and len(stem) > _PARTICLE and self._is_unknown(word)
        return (stem, particle) if asks and (stem in self._count or stem in ordinary()) else (word,)

    def _is_unknown(self, word: str) -> bool:
        known = word in self._count or word in ordinary() or word.isdigit() or spelt(word)
        return len(word) >= _MIN_LENGTH and not known

    def _nearest(self, word: str) -> str:
        near = _near(word, self._neighbours)
        if word in _written():  # it is spelt right: only another form of it may stand for it
            near = {match for match in near if match[:_STEM] == word[:_STEM]}
        if near and (ordinary_ones := _near(word, _ordinary())):
            near = {match for match in ordinary_ones if match in self._count}
        return max(near, key=lambda match: (self._count[match], match), default=word)


def _near(word: str, neighbours: Mapping[str, Sequence[str]]) -> set[str]:
    """The known words at most one change away."""
    found = {match for shorter in _shortened(word) for match in neighbours.get(shorter, ())}
    return {match for match in found if OSA.distance(word, match, score_cutoff=1) <= 1}


def _neighbours(known: Collection[str]) -> dict[str, list[str]]:
    """The known words by themselves and by what is left of them without one letter: words one change apart share one
    of these, so a lookup compares a handful of words and not all of a length (as SymSpell does)."""
    found: dict[str, list[str]] = defaultdict(list)
    for word in sorted(known):
        if len(word) >= _MIN_LENGTH - 1:
            for shorter in _shortened(word):
                found[shorter].append(word)
    return dict(found)


def _shortened(word: str) -> set[str]:
    return {word, *(word[:place] + word[place + 1 :] for place in range(min(len(word), _LONGEST)))}


@cache
def _written() -> frozenset[str]:
    """The most used words of the languages, as this search spells them."""
    return frozenset(word for text in counted()["words"].values() for word in words(text))


@cache
def _ordinary() -> dict[str, list[str]]:
    return _neighbours(ordinary())
