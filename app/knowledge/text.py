"""How text becomes search terms: words in one spelling, character trigrams padded with a space on both sides."""

import re
from functools import lru_cache

from app.language.folds import plain

_WORD = re.compile(r"[^\W_]+")
_SIZE = 3


def normalise(text: str) -> str:
    """Lower case, with the letters that people type either way made one, and each word in one script."""
    return plain(text)


def words(text: str) -> list[str]:
    """Runs of letters and digits of any script, normalised."""
    return _WORD.findall(normalise(text))


def trigrams(text: str) -> list[str]:
    """Padded character trigrams of every word, in order, with repeats: `касса` -> ` ка кас асс сса са `."""
    return [gram for word in words(text) for gram in _of_word(word)]


@lru_cache(maxsize=8192)
def _of_word(word: str) -> tuple[str, ...]:
    padded = f" {word} "
    return tuple(padded[i : i + _SIZE] for i in range(len(padded) - _SIZE + 1))
