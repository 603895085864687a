"""How likely a row of letters is in a language: trigrams with a way back to pairs and single letters."""

from collections.abc import Mapping
from functools import lru_cache

from app.language import words

_PAIR = 9  # costs of a trigram that was not seen: a pair's, and of a pair that was not seen
_SINGLE = 24
_UNSEEN = 110
_KNOWN = (40, 40, 50, 60)  # a known word of so many letters costs: the short ones are few and frequent
_LONGER = 72
_NEW = 8  # what a word costs beside its letters for not being known
_NEW_SHORT = 45  # nearly all short words are known


def known_cost(word: str) -> int:
    """The cost of a word that a language knows."""
    return _KNOWN[len(word)] if len(word) < len(_KNOWN) else _LONGER


def new_cost(name: str, word: str) -> int:
    """The cost of a word that it does not know, by the table `name`."""
    return cost(name, word) + (_NEW_SHORT if len(word) < len(_KNOWN) else _NEW)


def _table(name: str) -> Mapping[str, int]:
    table: Mapping[str, int] = words.counted()["tables"][name]
    return table


@lru_cache(maxsize=16384)
def cost(name: str, word: str) -> int:
    """-10 ln P of a lower-case word's letters and its end, by the table `name`; lower is likelier."""
    get = _table(name).get
    padded = f"  {word} "
    total = 0
    for at in range(2, len(padded)):
        found = get(padded[at - 2 : at + 1])
        if found is None:
            pair = get(padded[at - 1 : at + 1])
            found = pair + _PAIR if pair is not None else get(padded[at], _UNSEEN) + _SINGLE
        total += found
    return total


@lru_cache(maxsize=65536)
def step(name: str, gram: str) -> int:
    """The cost of the last of three letters."""
    get = _table(name).get
    found = get(gram)
    if found is not None:
        return found
    pair = get(gram[1:])
    return pair + _PAIR if pair is not None else get(gram[-1], _UNSEEN) + _SINGLE
