"""A whole knowledge base as statements: which sections bear on a sentence, and what each of their clauses says."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from app.figures.words import LANGUAGES, data
from app.guardrail.statements.clauses import Clause, clauses, content, key, quoted
from app.guardrail.text.sentences import spans
from app.types import Language, Section

_LEAST = 0.3
"""Weight of a word that every section has; one that no section has weighs 1."""
_COMMON, _UNSAID = 0.4, 0.1
"""Share of its weight that a word of any talk keeps, and the weight of one that no section has."""
_MANY = 80
"""Sections beyond which having a word tells no section from another; and the time is in hand."""
_ASKED = 0.5
"""Weight of a word that only the questions and keywords of a section have."""


@dataclass(frozen=True)
class Stated:
    """A sentence of a section."""

    text: str
    clauses: tuple[Clause, ...]

    @cached_property
    def keys(self) -> frozenset[str]:
        return frozenset().union(*(clause.keys for clause in self.clauses))

    @cached_property
    def quoted(self) -> frozenset[str]:
        """Keys of what stands in quotation marks: names."""
        return quoted(self.text)


@dataclass(frozen=True)
class Leaf:
    """A section, read when it is first found."""

    section: Section

    @cached_property
    def title(self) -> frozenset[str]:
        return frozenset(key for _, key in content(self.section.title))

    @cached_property
    def quoted(self) -> frozenset[str]:
        """Keys of the names in its title."""
        return quoted(self.section.title)

    @cached_property
    def said(self) -> frozenset[str]:
        """What its title, its text and its facts have."""
        texts = (self.section.text, *(fact.name for fact in self.section.facts))
        return self.title | {key for text in texts for _, key in content(text)}

    @cached_property
    def asked(self) -> frozenset[str]:
        """What its questions and keywords have."""
        return frozenset(key for text in (*self.section.questions, *self.section.keywords) for _, key in content(text))

    @cached_property
    def sentences(self) -> tuple[Stated, ...]:
        text, language = self.section.text, self.section.language
        return tuple(Stated(text[a:b], clauses(text[a:b], language)) for a, b in spans(text))

    @cached_property
    def places(self) -> Mapping[str, Sequence[tuple[Stated, Clause]]]:
        """Key -> the clauses that have it."""
        places: dict[str, list[tuple[Stated, Clause]]] = {}
        for stated in self.sentences:
            for clause in stated.clauses:
                for word in clause.keys:
                    places.setdefault(word, []).append((stated, clause))
        return places


@lru_cache(maxsize=4096)
def page(section: Section) -> Leaf:
    """Of a section in use: it may be one that the knowledge of today no longer has."""
    return Leaf(section)


class Statements:
    """The sections of one language. Made when first asked for."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self.pages: Sequence[Leaf] = tuple(map(page, sections))

    def weight(self, word: str) -> float:
        """How much a word says (0..1): the more, the fewer sections have it."""
        held = self._counts.get(word, 0)
        general = word in _any_talk()
        if not held:
            return _UNSAID if general else 1.0
        rarity = math.log(1 + len(self.pages) / held) / self._rarest
        return (_LEAST + (1 - _LEAST) * rarity) * (_COMMON if general else 1.0)

    def has(self, word: str) -> bool:
        """Whether a title, a text or a fact has it."""
        return word in self._counts

    def beginning(self, beginnings: tuple[str, ...]) -> str:
        """The word that most sections have of those that begin so; empty where none has one."""
        if beginnings not in self._begun:
            found = [word for word in self._counts if word.startswith(beginnings)]
            self._begun[beginnings] = max(found, key=lambda word: (self._counts[word], word), default="")
        return self._begun[beginnings]

    @cached_property
    def _begun(self) -> dict[tuple[str, ...], str]:
        return {}

    def nearest(self, words: Mapping[str, float], most: int) -> list[Leaf]:
        """The sections that bear most on weighted words, best first."""
        found: dict[int, float] = {}
        for word, weight in words.items():
            for factor, places in ((1.0, self._said.get(word, ())), (_ASKED, self._asked.get(word, ()))):
                if len(places) <= _MANY:
                    for place in places:
                        found[place] = found.get(place, 0.0) + weight * factor
        best = sorted((-share, place) for place, share in found.items())[:most]
        return [self.pages[place] for _, place in best]

    @cached_property
    def _rarest(self) -> float:
        return math.log(1 + len(self.pages))

    @cached_property
    def _counts(self) -> Mapping[str, int]:
        return {word: len(places) for word, places in self._said.items()}

    @cached_property
    def _said(self) -> Mapping[str, Sequence[int]]:
        return _places([page.said for page in self.pages])

    @cached_property
    def _asked(self) -> Mapping[str, Sequence[int]]:
        return _places([page.asked - page.said for page in self.pages])


def _places(held: Sequence[frozenset[str]]) -> Mapping[str, Sequence[int]]:
    """Word -> the sections that have it."""
    places: dict[str, list[int]] = {}
    for number, words in enumerate(held):
        for word in words:
            places.setdefault(word, []).append(number)
    return places


class Stock:
    """The statements of a knowledge base by the language of its sections."""

    def __init__(self, sections: Iterable[Section]) -> None:
        rows: dict[Language, list[Section]] = {}
        for section in sections:
            rows.setdefault(section.language, []).append(section)
        self._of = {language: Statements(row) for language, row in rows.items()}

    @property
    def all(self) -> Iterable[Statements]:
        """Of every language."""
        return self._of.values()

    def of(self, language: Language) -> Statements | None:
        """None: it has no section of that language, and can bear nothing out."""
        return self._of.get(language)


@lru_cache(maxsize=1)
def _any_talk() -> frozenset[str]:
    return frozenset(key(word) for language in LANGUAGES for word in str(data(language)["common"]).split())
