"""Words as they sound, so that a name is itself in either alphabet and in any of its forms; and those that we know."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.figures.words import fold
from app.types import Section, Shop

WORD = re.compile(r"[^\W\d_]+")
_ANY = re.compile(r"[^\W_]+")
_STEM = 6
"""Sounds of a word by which one form of it is another."""
_WHOLE = 3
"""Sounds up to which a word is the same only as a whole."""
_SHARE = 0.75
"""Of the sounds of a longer one: endings differ."""


@dataclass(frozen=True, slots=True)
class KnownWords:
    """The words of some texts, to be looked up in any of their forms."""

    beginnings: frozenset[str]
    stems: frozenset[str] = frozenset()
    """As `stems` cuts them; the numbers too."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> "KnownWords":
        """Linear in the length of the texts."""
        words = {word for text in texts for word in _ANY.findall(text)}
        heard = {fold(part) for word in words for part in WORD.findall(word)}
        begun = frozenset(each[:end] for each in heard for end in range(1, len(each) + 1))
        return cls(begun, frozenset(map(_stem, words)))

    def holds(self, word: str, share: float = _SHARE) -> bool:
        """Whether it stands there, perhaps with another ending: `share` (0..1) of its sounds are the same."""
        heard = fold(word)
        if len(heard) <= _WHOLE:
            return heard in self.beginnings
        return heard[: max(_WHOLE + 1, int(share * len(heard)))] in self.beginnings


NOTHING = KnownWords(frozenset())


def stems(text: str) -> Iterator[tuple[str, str]]:
    """(word or number as written, its stem), in the order of the text: a short word whole, a long one its beginning."""
    return ((word, _stem(word)) for word in _ANY.findall(text))


def _stem(word: str) -> str:
    return fold(word)[:_STEM]


def known_words(sections: Iterable[Section], shop: Shop = Shop()) -> KnownWords:  # noqa: B008 - frozen
    """What a whole knowledge base says: titles, texts, keywords and the names of facts, not what is asked there; and
    what the shop is called and sells."""
    return KnownWords.of((*_texts(sections), shop.name, shop.sells))


def _texts(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield from (section.title, section.text, *section.keywords, *(fact.name for fact in section.facts))
