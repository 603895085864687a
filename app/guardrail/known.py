"""Words as they sound, so that a name is itself in either alphabet and in any of its forms; and those that we know."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from app.language.folds import letters
from app.packaged import packaged
from app.types import Section, Shop

_WORDS: Mapping[str, Mapping[str, str]] = packaged("app.guardrail", "known.yaml")
WORD = re.compile(r"[^\W\d_]+")
_SOUNDS = str.maketrans(dict(_WORDS["sounds"]))
_ALIKE = tuple(_WORDS["alike"].items())
_TWICE = re.compile(r"(.)\1+")
_WHOLE = 3
"""Sounds up to which a word is the same only as a whole."""
_SHARE = 0.75
"""Of the sounds of a longer one: endings differ."""
_MOST = 24
"""Sounds of a word that are kept."""


@lru_cache(maxsize=32_768)
def sound(word: str) -> str:
    """A word by its sounds, in Latin letters, no sign twice: «Алматы» and "Almaty" are one."""
    heard = letters(word[:_MOST]).translate(_SOUNDS)
    for written, like in _ALIKE:
        heard = heard.replace(written, like)
    return _TWICE.sub(r"\1", heard)


@dataclass(frozen=True, slots=True)
class KnownWords:
    """The words of some texts, to be looked up in any of their forms."""

    beginnings: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "KnownWords":
        """Linear in the length of the texts."""
        heard = {sound(word) for text in texts for word in WORD.findall(text)}
        return cls(frozenset(each[:end] for each in heard for end in range(1, len(each) + 1)))

    def holds(self, word: str, share: float = _SHARE) -> bool:
        """Whether it stands there, perhaps with another ending: `share` (0..1) of its sounds are the same."""
        heard = sound(word)
        if len(heard) <= _WHOLE:
            return heard in self.beginnings
        return heard[: max(_WHOLE + 1, int(share * len(heard)))] in self.beginnings


NOTHING = KnownWords(frozenset())


def known_words(sections: Iterable[Section], shop: Shop = Shop()) -> KnownWords:  # noqa: B008 - frozen
    """What a whole knowledge base says: titles, texts, keywords and the names of facts, not what is asked there; and
    what the shop is called and sells."""
    return KnownWords.of((*_texts(sections), shop.name, shop.sells))


def _texts(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield from (section.title, section.text, *section.keywords, *(fact.name for fact in section.facts))
