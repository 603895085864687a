"""Words as they sound, so that a name is itself in either alphabet and in any of its forms; and those that we know."""

import math
import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import chain

from app.figures.words import fold
from app.guardrail.statements.knowledge import Stock
from app.types import Section, Shop

WORD = re.compile(r"[^\W\d_]+")
_ANY = re.compile(r"[^\W_]+")
_STEM = 6
"""Sounds of a word by which one form of it is another."""
_COMMON = 64
"""Sections beyond which having a word tells no section from another; and the time is in hand."""
_WHOLE = 3
"""Sounds up to which a word is the same only as a whole."""
_GLIDE = "ie"
"""Sounds that Latin letters may give to one Cyrillic letter, of which only the second is written there: «Yerubayev»."""
_SHARE = 0.75
"""Of the sounds of a longer one: endings differ."""


@dataclass(frozen=True, slots=True)
class KnownWords:
    """The words of some texts, to be looked up in any of their forms."""

    words: tuple[str, ...]
    """As they sound, sorted: those that begin alike stand together."""
    pages: "Pages | None" = None
    """Of a knowledge base: its sections, each for itself."""
    stock: Stock | None = None
    """Of a knowledge base: what its sections state."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "KnownWords":
        """In time that grows with the length of the texts, hardly more."""
        return cls(tuple(sorted({fold(word) for text in texts for word in WORD.findall(text)})))

    def holds(self, word: str, share: float = _SHARE) -> bool:
        """Whether it stands there, perhaps with another ending: `share` (0..1) of its sounds are the same."""
        heard = fold(word)
        return self._has(heard, share) or (_GLIDE in heard and self._has(heard.replace(_GLIDE, _GLIDE[1:]), share))

    def _has(self, heard: str, share: float) -> bool:
        beginning = heard if len(heard) <= _WHOLE else heard[: max(_WHOLE + 1, int(share * len(heard)))]
        at = bisect_left(self.words, beginning)
        return at < len(self.words) and self.words[at].startswith(beginning) and beginning != ""


class Pages:
    """The sections of a knowledge base by their stems. Made when first asked: most shops never ask."""

    def __init__(self, sections: Iterable[Section]) -> None:
        self._sections = tuple(sections)

    def nearest(self, said: Collection[str]) -> frozenset[str]:
        """The stems of the section that bears most on what is said: a word counts more, the fewer sections have it."""
        pages, places = self._made
        weights: dict[int, float] = {}
        for stem in said:
            found = places.get(stem, ())
            if len(found) <= _COMMON:
                for page in found:
                    weights[page] = weights.get(page, 0.0) + math.log(1 + len(pages) / len(found))
        return pages[max(weights, key=lambda page: (weights[page], -page))] if weights else frozenset()

    @cached_property
    def _made(self) -> tuple[tuple[frozenset[str], ...], Mapping[str, Sequence[int]]]:
        """The stems of each section; stem -> the sections that have it."""
        pages = tuple(map(stems_of, self._sections))
        places: dict[str, list[int]] = {}
        for number, page in enumerate(pages):
            for stem in page:
                places.setdefault(stem, []).append(number)
        return pages, places


NOTHING = KnownWords(())


def stems(text: str) -> Iterator[tuple[str, str]]:
    """(word or number as written, its stem), in the order of the text: a short word whole, a long one its beginning."""
    return ((word, _stem(word)) for word in _ANY.findall(text))


def _stem(word: str) -> str:
    return fold(word)[:_STEM]


def known_words(sections: Iterable[Section], shop: Shop = Shop()) -> KnownWords:  # noqa: B008 - frozen
    """What a whole knowledge base says: titles, texts, keywords and the names of facts, not what is asked there; and
    what the shop is called and sells."""
    sections = tuple(sections)
    words = KnownWords.of((*chain.from_iterable(map(_texts, sections)), shop.name, shop.sells))
    return replace(words, pages=Pages(sections), stock=Stock(sections))


@lru_cache(maxsize=4096)
def stems_of(section: Section) -> frozenset[str]:
    """Of a section in use: it may be one that the knowledge of today no longer has."""
    return frozenset(stem for text in _texts(section) for _, stem in stems(text))


def _texts(section: Section) -> tuple[str, ...]:
    return (section.title, section.text, *section.keywords, *(fact.name for fact in section.facts))
