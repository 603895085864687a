"""English and Kazakh questions of what stands in Russian alone: their words, said as the sections say them."""

import re
from collections.abc import Sequence
from functools import cache, lru_cache

from app.knowledge.text import normalise, words
from app.knowledge.wordlists import listed
from app.packaged import packaged
from app.types import Section

_ANY = re.compile(r"[^\W\d_]+")
_WORD = re.compile(r"[A-Za-z]+(?:['\u2019][a-z]+)?")
_ENDINGS = ("ies", "ing", "es", "ed", "s", "d")
_LEAST = 3
"""Letters that are left of a word without its ending."""
_MOSTLY = 0.6
"""Share of a text's letters that are Latin, from which it is taken for English."""


def needed(sections: Sequence[Section]) -> bool:
    """Whether no section is English, but some are Russian."""
    return (
        bool(sections) and not any(s.language == "en" for s in sections) and any(s.language == "ru" for s in sections)
    )


def translated(text: str, *, whole: bool = False) -> str:
    """The text with each English word that is known in Russian, the other words as they are; small words are gone.

    `whole`: they stay too.
    """
    letters = [letter for letter in text if letter.isalpha()]
    if not letters or sum(letter.isascii() for letter in letters) < _MOSTLY * len(letters):
        return text
    return _WORD.sub(lambda match: _said(match[0], whole=whole), text)


def from_kazakh(text: str) -> str:
    """The text with each word that begins as one of the Kazakh glossary said in Russian, the others as they are."""
    return _ANY.sub(
        lambda match: _in_russian(match[0]), _phrases().sub(lambda match: _kazakh()[match[1]], normalise(text))
    )


@lru_cache(maxsize=4096)
def _in_russian(word: str) -> str:
    begins = (word[:length] for length in range(len(word), _LEAST - 1, -1))
    return next((known for beginning in begins if (known := _kazakh().get(beginning))), word)


@lru_cache(maxsize=4096)
def _said(written: str, *, whole: bool) -> str:
    word = written.lower()
    known = _glossary().get(word) or next(
        (found for form in _stems(word) if (found := _glossary().get(form)) is not None), None
    )
    if known is not None:
        return known
    small = not whole and words(word)[:1] and words(word)[0] in listed("fillers")
    return "" if small else written


def _stems(word: str) -> Sequence[str]:
    cut = [word[: -len(end)] for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= _LEAST]
    return [form for stem in cut for form in (stem, f"{stem}e", f"{stem}y")]


@cache
def _glossary() -> dict[str, str]:
    return {str(word): str(said) for word, said in packaged("app.knowledge", "glossary.yaml").items()}


@cache
def _kazakh() -> dict[str, str]:
    """Beginnings of words as `normalise` spells them."""
    return {normalise(str(word)): str(said) for word, said in packaged("app.knowledge", "glossary_kk.yaml").items()}


@cache
def _phrases() -> re.Pattern[str]:
    """Those of several words, the last in whatever form."""
    several = "|".join(re.escape(known) for known in _kazakh() if " " in known)
    return re.compile(rf"\b({several})\w*")
