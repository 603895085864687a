"""Words of one root by their stems: what «показ» is, «покажет» does; «настройка» is what «настроим» does."""

from collections.abc import Iterable
from functools import lru_cache

from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.text", "kin.yaml")
_ONE_LETTER = str.maketrans({letter: row[0] for row in _LISTS.row("alternating") for letter in row})
ROOT = 4
"""Letters that two words of one root begin with at least."""
_SHARE = 0.6
"""Of the longer one: endings and suffixes are the rest."""


@lru_cache(maxsize=16384)
def akin(one: str, other: str) -> bool:
    """Whether two stems begin alike, a consonant that changes within a root («показ», «покаж») being one with its
    other. A concept (`@delivery`) is only itself."""
    if one == other:
        return bool(one)
    if one.startswith("@") or other.startswith("@"):
        return False
    least = max(ROOT, int(_SHARE * max(len(one), len(other))))
    return min(len(one), len(other)) >= least and root(one)[:least] == root(other)[:least]


@lru_cache(maxsize=16384)
def root(word: str) -> str:
    """A word with one letter for all consonants that change into each other."""
    return word.translate(_ONE_LETTER)


def any_akin(some: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a word of the one is of one root with a word of the other."""
    others = tuple(others)
    return any(akin(one, other) for one in some for other in others)
