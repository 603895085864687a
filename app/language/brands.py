"""The names that a shop writes with Latin letters: whoever types them means them, not words of ours typed so."""

from collections.abc import Iterable
from itertools import islice

from app.language.folds import lower
from app.language.letters import latin
from app.language.letters.chunks import CYRILLIC, LATIN, TOKEN
from app.language.letters.costs import LANGUAGES

_LEAST = 3
"""Letters of a name; shorter ones are units and abbreviations."""
_MOST = 2_000
"""Names of one shop that are looked at: half a millisecond each, when its knowledge is read."""


def brands(texts: Iterable[str]) -> frozenset[str]:
    """The Latin words (lower case) of texts that are written in Russian or Kazakh.

    One whose reading in Cyrillic letters stands in the texts too is none: there it is only written both ways.
    Linear in the length of the texts.
    """
    named: set[str] = set()
    written: set[str] = set()
    for text in texts:
        for match in TOKEN.finditer(text):
            word = lower(match.group())
            (written if CYRILLIC.search(word) else named).add(word)
    found = (word for word in sorted(named) if len(word) >= _LEAST and LATIN.search(word) and word.isalpha())
    return frozenset(word for word in islice(found, _MOST) if written.isdisjoint(_readings(word)))


def _readings(word: str) -> list[str]:
    return [latin.cyrillic(word, language) for language in LANGUAGES]
