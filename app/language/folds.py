"""One set of folds: spellings made one, so that words can be compared. Each keeps every character's place.

Laws, for any text: `len(fold(text)) == len(text)`, `fold(fold(text)) == fold(text)`. A finding's place in a folded text
is its place in the text itself.
"""

import re
from functools import lru_cache

from app.language.words import letters as _letters

_DATA = _letters()
_YO = str.maketrans(_DATA["yo"]["from"], _DATA["yo"]["to"])
_PLAIN = str.maketrans(_DATA["kazakh"]["letters"], _DATA["kazakh"]["plain"])
# One letter, one letter: what became Cyrillic must not become Latin again.
_LATIN, _CYRILLIC = _DATA["alike"]["latin"], _DATA["alike"]["cyrillic"]
_FORTH: dict[str, str] = {}
_BACK: dict[str, str] = {}
for _one, _other in zip(_LATIN, _CYRILLIC, strict=True):
    if _one.islower():
        _FORTH.setdefault(_one, _other)
        _BACK.setdefault(_other, _one)
_TO_CYRILLIC = str.maketrans(_FORTH)
_TO_LATIN = str.maketrans(_BACK)
_MIXED = re.compile("[a-z][\u0400-\u04ff]|[\u0400-\u04ff][a-z]")
_RUN = re.compile(r"[^\W\d_]+")

KAZAKH = frozenset(_DATA["kazakh"]["letters"])
"""Letters that Russian has not, in lower case."""


def lower(text: str) -> str:
    """Lower case, letter by letter: a letter whose small form is two letters stays as it is."""
    low = text.lower()
    # A sigma is lowered by its neighbours: alone by itself, so that a fold of a part is a part of the fold.
    if len(low) == len(text) and "\u03a3" not in text:
        return low
    return "".join(small if len(small := each.lower()) == 1 else each for each in text)


def letters(text: str) -> str:
    """`lower`, one letter for both letters e, and the letters of one word in one script: look-alikes join the others.

    A word whose letters are no look-alikes on either side (a Latin name with a Russian ending) stays as it is.
    """
    low = lower(text).translate(_YO)
    return _RUN.sub(_one_script, low) if _MIXED.search(low) else low


def plain(text: str) -> str:
    """`letters`, and the Kazakh letters as they are typed on a Russian keyboard."""
    low = lower(text).translate(_YO)
    if not KAZAKH.isdisjoint(low):
        low = low.translate(_PLAIN)
    return _RUN.sub(_one_script, low).translate(_PLAIN) if _MIXED.search(low) else low


def _one_script(match: re.Match[str]) -> str:
    return one_script(match.group())


@lru_cache(maxsize=4096)
def one_script(word: str) -> str:
    """A lower-case word of two scripts in one, if the letters of either script all have twins in the other."""
    if not _MIXED.search(word):
        return word
    latin = [each for each in word if "a" <= each <= "z"]
    cyrillic = [each for each in word if "\u0400" <= each <= "\u04ff"]
    to_cyrillic = all(each in _FORTH for each in latin)
    to_latin = all(each in _BACK for each in cyrillic)
    if to_cyrillic and (not to_latin or len(latin) <= len(cyrillic)):
        return word.translate(_TO_CYRILLIC)
    return word.translate(_TO_LATIN) if to_latin else word
