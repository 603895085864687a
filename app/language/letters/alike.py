"""Letters of two scripts in one word, as they look: Latin ones in a Cyrillic word, and the other way round."""

import re
from functools import lru_cache

from app.language import words

_DATA = words.letters()
_SHAPES = str.maketrans(_DATA["shapes"]["from"], _DATA["shapes"]["to"])
_TO_CYRILLIC = dict(zip(_DATA["alike"]["latin"], _DATA["alike"]["cyrillic"], strict=True))
_TO_LATIN = dict(zip(_DATA["alike"]["cyrillic"], _DATA["alike"]["latin"], strict=True))
_DIGITS: dict[str, str] = _DATA["digits"]
_SHAPED = re.compile("[" + re.escape(_DATA["shapes"]["from"]) + "]")
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z]")
_SHORT = 2  # letters of a word that is taken for its twin among Cyrillic ones


def one_script(text: str) -> str:
    """`text` with every word in one script, where look-alikes allow it; a Latin name with a Russian ending stays."""
    if not _CYRILLIC.search(text) or not _foreign(text):
        return text
    most = len(_CYRILLIC.findall(text)) > len(_LATIN.findall(text))
    return _WORD.sub(lambda match: _word(match.group(), most, match.start() == 0), text)


def _foreign(text: str) -> bool:
    return bool(_LATIN.search(text) or _SHAPED.search(text) or any(each.isdigit() for each in text))


@lru_cache(maxsize=8192)
def _word(word: str, among_cyrillic: bool, ahead: bool) -> str:
    cyrillic, latin = _CYRILLIC.search(word), _LATIN.search(word)
    if (cyrillic or latin) and _SHAPED.search(word):
        word = word.translate(_SHAPES)
        latin = _LATIN.search(word)
    if cyrillic and latin:
        return _mended(word, among_cyrillic)
    if cyrillic:
        return _without_digits(word) if not word.isalpha() else word
    # A small Latin letter between Cyrillic words is the Russian one; a capital is a size, a class, a vitamin.
    if (
        latin
        and among_cyrillic
        and len(word) <= _SHORT
        and (ahead or not word.isupper())
        and all(each in _TO_CYRILLIC for each in word)
    ):
        twin = "".join(_TO_CYRILLIC[each] for each in word)
        return twin if twin.lower() in words.words("ru").own else word
    return word


def _mended(word: str, among_cyrillic: bool) -> str:
    """One script for a word of two; as it is where neither can be had, or where an ending stands behind a name."""
    latin = [each for each in word if _LATIN.match(each)]
    cyrillic = [each for each in word if _CYRILLIC.match(each)]
    to_cyrillic = all(each in _TO_CYRILLIC for each in latin)
    to_latin = all(each in _TO_LATIN for each in cyrillic)
    if to_cyrillic and (not to_latin or among_cyrillic or len(latin) <= len(cyrillic)):
        # A small letter looks like the other alphabet's small letter; an abbreviation with an ending is one.
        if _is_name_and_ending(word) and len(latin) > len(cyrillic):
            return word
        return "".join(_TO_CYRILLIC.get(each, each) for each in word)
    if to_latin and not _is_name_and_ending(word):
        return "".join(_TO_LATIN.get(each, each) for each in word)
    return word


def _is_name_and_ending(word: str) -> bool:
    """Capitals of one script, then small letters of the other: an abbreviation that is declined."""
    scripts = [bool(_LATIN.match(each)) for each in word]
    switch = scripts.index(False) if False in scripts else 0
    return switch >= 2 and not any(scripts[switch:]) and word[:switch].isupper() and word[switch:].islower()


def _without_digits(word: str) -> str:
    """A digit typed for a letter, if that makes a word that is known."""
    changed = "".join(_DIGITS.get(each, each) for each in word)
    return changed if changed.isalpha() and words.words("ru").know(changed.lower()) else word
