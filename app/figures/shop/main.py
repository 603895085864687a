"""What a shop answers to a bare «how much»: the section whose own questions ask a price and name nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from app.figures.words import Words, asked_by, common, fold, folded, listed, tokens
from app.types import Section

_EMPTY = ("taking", "wanting", "removing", "refusing", "denying", "others")
"""Lists of words that do something with what is named, and name nothing themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Main:
    """The main offer. `sections`: ids of those that state it, one for each language."""

    sections: tuple[str, ...]
    names: tuple[str, ...]
    """What it consists of, as the facts call it, in their order."""
    called: Words
    """Folded words that a customer calls it by: «the program»."""

    def calls(self, word: str) -> bool:
        """Whether a folded word is one of those; «about» is no form of «app»."""
        return word not in common() and self.called.get(word) is not None


def main_of(sections: Sequence[Section]) -> Main | None:
    """The main offer by the shop's own data; None where no section is for a bare question. Linear in the sections."""
    bare = [s for s in sections if _names(s) and any(_bare(question) for question in s.questions)]
    if not bare:
        return None
    best = max(bare, key=lambda s: (s.priority, len(_names(s))))
    same = [s for s in bare if set(_stated(s)) == set(_stated(best))]
    keywords = (word for s in same for phrase in (*s.keywords, s.title) for word in folded(phrase))
    called = Words((word, word) for word in keywords if word not in common() and not asked_by(word))
    return Main(tuple(s.id for s in same), _names(best), called)


def _names(section: Section) -> tuple[str, ...]:
    priced = (f.product or f.name for f in section.facts if f.currency and f.kind in (None, "price", "price_from"))
    return tuple(dict.fromkeys(priced))


def _stated(section: Section) -> tuple[tuple[object, ...], ...]:
    return tuple((f.name, f.amount, f.unit, f.period) for f in section.facts)


def _bare(question: str) -> bool:
    words = [fold(token.raw) for token in tokens(question)]
    asks = any("price" in asked_by(word) for word in words)
    return asks and all(says_nothing(word) for word in words)


@lru_cache(maxsize=16384)
def says_nothing(word: str) -> bool:
    """Whether a folded word names nothing: it asks, greets, joins, or is a length of time."""
    if any(listed(name).get(word) is not None for name in _EMPTY):
        return True
    known = word in common() or word in listed("small") or bool(asked_by(word))
    return known or word.isdigit() or listed("spans").get(word) is not None
