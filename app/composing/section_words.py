"""The words of a section as the composer compares them: what it says, what it is asked, what it sells."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from app.composing.fitting import ROOT, folded
from app.language.words import questions
from app.types import Section

_FEW = 4  # products of one section, each of which it is about
COMMON = questions()["empty"]
"""Words that say nothing of what is asked about."""


def content(text: str) -> tuple[str, ...]:
    return tuple(word for word in folded(text) if word not in COMMON)


@lru_cache(maxsize=4096)
def asked(section: Section) -> frozenset[tuple[str, ...]]:
    return frozenset(folded(question) for question in section.questions)


@lru_cache(maxsize=4096)
def vocabulary(section: Section) -> Mapping[str, tuple[str, ...]]:
    """The section's words, by their first letters."""
    return by_root(folded(" ".join((section.title, section.text, *section.questions, *section.keywords))))


@lru_cache(maxsize=4096)
def own_words(section: Section) -> Mapping[str, tuple[str, ...]]:
    """Those of what it says itself, not of what it is asked."""
    return by_root(folded(" ".join((section.title, section.text, *section.keywords))))


def by_root(words: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Words by their first letters: those that are one word in two forms have them alike."""
    held: dict[str, set[str]] = {}
    for word in words:
        held.setdefault(word[:ROOT], set()).add(word)
    return {root: tuple(words) for root, words in held.items()}


@lru_cache(maxsize=4096)
def names(section: Section) -> tuple[str, ...]:
    """The words that name what a priced section sells; none for a section without a price.

    A list of many products names none of them.
    """
    sold = sorted({fact.name for fact in section.facts if fact.currency})
    return content(" ".join((section.title, *(sold if len(sold) <= _FEW else ())))) if sold else ()


@lru_cache(maxsize=4096)
def whole_name(section: Section) -> tuple[str, ...]:
    """The name of what a priced section sells: its one fact's, or the title of several."""
    sold = {fact.name for fact in section.facts if fact.currency}
    return content(sold.pop() if len(sold) == 1 else section.title) if sold else ()
