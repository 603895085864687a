"""How much of what a question is about a section is about: what decides whether there is an answer at all.

A BM25 score grows with the length of a question and cannot be compared between two of them. Here every content word
weighs by how much it says: a word that few sections hold more than one that many do, a word of any talk little, and a
word that no section holds as much as the rarest, for the question may be about it. The weight that a section covers is
divided by the root of the whole and a little more: a story around a question dilutes it slowly, and a few light words,
all of them held, are still no question.
"""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.knowledge.synonyms import of_language
from app.knowledge.wordlists import listed
from app.language.derivation import LEAST, STEMS

_LEAST = 0.5  # weight of a word that every section holds; a word that none holds weighs 1
_COMMON = 0.4  # share of its weight that a word of any talk keeps
_UNSAID = 0.1  # weight of such a word that no section holds
_PRICE = 0.9  # where they are content, nothing else is
_LITTLE = 0.5  # stands beside the root
_ALIKE = 0.6  # share of the longer of two words that they must begin with together to be forms of one
_STEM = 3  # and how many letters at least
_SHORT = 6  # letters
_ENDINGS = frozenset({"s", "es", "d", "ed", "ing", "y"})
_KEPT = 2_000  # words whose forms are kept: a search asks for each twice
_RARE = 2  # sections with a word, up to which it is searched by what it means too
_CALLED = 2  # words of the sections with which a word that they have not is searched
_MOST = 40  # content words that are weighed: each is looked for among all words of the knowledge


@dataclass(frozen=True, slots=True)
class Weighed:
    """A word of a question: how much it says, and the places of the known words that are forms of it."""

    weight: float
    forms: frozenset[int]


class Coverage:
    """Knows which words each section holds. Immutable after construction; positions are those of `held`.

    A section that holds another everyday word for the same thing holds a word that hardly any section has, by the
    synonyms of its `language`.
    """

    def __init__(self, held: Sequence[Collection[str]], language: str = "") -> None:
        counted = Counter(word for each in held for word in each)
        self.size = self._size = len(held)
        self._words = sorted(counted)
        self._counts = [counted[word] for word in self._words]
        self._looked_up: dict[str, list[int]] = {}
        self._synonyms = of_language(language)
        self._meant = self._synonyms.among(self._words)
        place = {word: number for number, word in enumerate(self._words)}
        self._held: list[NDArray[np.int32]] = [np.array([place[w] for w in each], dtype=np.int32) for each in held]

    def of(self, content: Sequence[str], positions: Sequence[int]) -> float:
        """How well (0..1) the best of the sections at `positions` covers these words; 0 for no words or sections."""
        covered, whole = np.zeros(len(positions)), 0.0
        held = [set(self._held[position].tolist()) for position in positions]
        for word in content[:_MOST]:
            forms = self._forms(word)
            weight = self._weight(word, forms)
            whole += weight
            covered += [weight * (not each.isdisjoint(forms)) for each in held]
        return min(1.0, float(covered.max() / (math.sqrt(whole) + _LITTLE))) if whole and positions else 0.0

    def weighed(self, content: Sequence[str]) -> tuple[Weighed, ...]:
        """The content words of a question, as far as they are looked at."""
        found = ((word, self._forms(word)) for word in content[:_MOST])
        return tuple(Weighed(self._weight(word, forms), frozenset(forms)) for word, forms in found)

    def knows(self, word: str) -> bool:
        """Whether any section holds a form of the word."""
        return bool(self._forms(word))

    def called(self, word: str) -> tuple[str, ...]:
        """The words of the sections for what an everyday word means, where hardly any has the word itself."""
        if not self._synonyms.of(word) or not self._rare(self._look_up(word)):
            return ()
        most = sorted(self._meaning(word), key=lambda place: (-self._counts[place], self._words[place]))
        return tuple(self._words[place] for place in most[:_CALLED])

    def _rare(self, forms: Sequence[int]) -> bool:
        """Whether hardly a section has a word."""
        return sum(self._counts[form] for form in forms) <= _RARE

    def _meaning(self, word: str) -> list[int]:
        """Places of the known words that mean the same."""
        return sorted({place for row in self._synonyms.of(word) for place in self._meant.get(row, ())})

    def held(self, position: int) -> frozenset[int]:
        """Places of the words of the section at `position`."""
        return frozenset(self._held[position].tolist())

    def places(self, known: Sequence[str]) -> frozenset[int]:
        """Places of words of the sections, as they stand."""
        found = ((word, bisect_left(self._words, word)) for word in known)
        return frozenset(at for word, at in found if at < len(self._words) and self._words[at] == word)

    def weight_at(self, place: int) -> float:
        """How much the known word at a place says."""
        return self._weight(self._words[place], (place,))

    def _weight(self, word: str, forms: Sequence[int]) -> float:
        if word in listed("price"):
            return _PRICE
        common = word in listed("common")
        if not forms:
            return _UNSAID if common else 1.0
        holding = min(self._size, sum(self._counts[form] for form in forms))
        rarity = math.log(1 + self._size / holding) / math.log(1 + self._size)
        return (_LEAST + (1 - _LEAST) * math.sqrt(rarity)) * (_COMMON if common else 1.0)

    def _forms(self, word: str) -> list[int]:
        """Places of the known words that are alike: all of them stand together, as one alphabet's order is kept."""
        if word not in self._looked_up:
            if len(self._looked_up) >= _KEPT:
                self._looked_up.clear()
            own = self._look_up(word)
            self._looked_up[word] = sorted({*own, *self._meaning(word)}) if self._rare(own) else own
        return self._looked_up[word]

    def _look_up(self, word: str) -> list[int]:
        head = min(word[: max(_STEM, math.ceil(_ALIKE * len(word)))], STEMS.of(word)[:LEAST], key=len)
        found = []
        for place in range(bisect_left(self._words, head), len(self._words)):
            known = self._words[place]
            if not known.startswith(head):
                break
            if alike(known, word):
                found.append(place)
        return found


class ByLanguage:
    """The same where the sections are of several languages: what one word is worth, the sections of one language tell.

    Otherwise a section of another language would make common words rarer. `languages`: of each of `held`.
    """

    def __init__(self, held: Sequence[Collection[str]], languages: Sequence[str]) -> None:
        places: dict[str, list[int]] = {}
        for place, language in enumerate(languages):
            places.setdefault(language, []).append(place)
        self._of = {language: Coverage([held[place] for place in own], language) for language, own in places.items()}
        self._languages = languages
        self._own = {place: number for own in places.values() for number, place in enumerate(own)}

    def at(self, position: int) -> tuple[Coverage, int]:
        """(what the sections of a section's language hold, its place among them)."""
        return self._of[self._languages[position]], self._own[position]

    def called(self, content: Sequence[str], language: str) -> tuple[str, ...]:
        """What the sections of that language call what everyday words mean that hardly any of them has."""
        found = (name for word in content for name in self._of[language].called(word)) if language in self._of else ()
        return tuple(dict.fromkeys(found))

    def known(self, word: str, language: str) -> bool:
        """Whether a section of that language holds a form of the word."""
        return language in self._of and self._of[language].knows(word)

    def of(self, content: Sequence[str], positions: Sequence[int]) -> float:
        """How well (0..1) the best of the sections at `positions` covers these words; 0 for no words or sections."""
        asked: dict[str, list[int]] = {}
        for position in positions:
            asked.setdefault(self._languages[position], []).append(self._own[position])
        return max((self._of[language].of(content, own) for language, own in asked.items()), default=0.0)


def alike(one: str, other: str) -> bool:
    """Whether two words can be forms of one: they begin alike, and go on for little more or as one stem does.

    Short words of Latin letters are forms of one where the one is the other with an ending: «price» is no «print».
    """
    if max(len(one), len(other)) <= _SHORT and one.isascii():
        short, long = sorted((one, other), key=len)
        return long == short or (long.startswith(short) and long[len(short) :] in _ENDINGS)
    shared = _begin_alike(one, other)
    return (shared >= _STEM and shared >= _ALIKE * max(len(one), len(other))) or STEMS.akin(one, other)


def _begin_alike(one: str, other: str) -> int:
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
