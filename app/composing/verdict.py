"""A version that a customer tells, held against the least that a section names: the verdict is said first.

«Windows 10 or newer will do» is an answer to «I have Windows 7» only for who does the comparing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from app.composing.plain import sentences
from app.language.folds import letters
from app.packaged import packaged
from app.types import Language

_NUMBERED = re.compile(r"([^\W\d_]{2,20})[ -]?(\d{1,4}(?:[.,]\d{1,2})?)(?![\w%])")
"""A name and its number: «Windows 10», «ios 15.2»."""
_BEHIND = 24
"""Characters behind a version within which a section says that later ones will do."""
_READ = 1000
"""Characters of a message."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said first, and the text of the section without the sentence that it was read from."""

    said: str
    rest: str


def verdict(told: str, text: str, language: Language) -> Verdict | None:
    """On the version that he tells of what the section has a least one of; None where there is no such thing, or two.

    Linear in both texts.
    """
    several: dict[str, set[Decimal]] = {}
    for name, number, _ in _versions(told[:_READ]):
        several.setdefault(name, set()).add(number)
    known = {name: min(numbers) for name, numbers in several.items() if len(numbers) == 1}
    if not known:
        return None
    for sentence in sentences(text):
        for name, least, end in _versions(sentence):
            behind = letters(sentence[end : end + _BEHIND]).split()
            if name in known and any(word.strip(",.").startswith(_upwards()) for word in behind):
                kind = "new_enough" if known[name] >= least else "too_old"
                said = str(_words()[kind][language]).format(told=f"{name} {known[name]}", name=name, least=least)
                return Verdict(said, " ".join(each for each in sentences(text) if each != sentence))
    return None


def _versions(text: str) -> Iterator[tuple[str, Decimal, int]]:
    """(name, number, where it ends), of names that are known."""
    for match in _NUMBERED.finditer(text):
        name = _called(letters(match[1]))
        if name is not None:
            yield name, Decimal(match[2].replace(",", ".")), match.end()


def _called(word: str) -> str | None:
    return next((name for name, begins in _words()["called"].items() if word.startswith(tuple(begins))), None)


def _upwards() -> tuple[str, ...]:
    return tuple(_words()["upwards"])


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    read: dict[str, Any] = packaged("app.composing", "verdict.yaml")
    folded = {name: [letters(each) for each in begins] for name, begins in read["called"].items()}
    return {**read, "called": folded, "upwards": [letters(each) for each in read["upwards"]]}
