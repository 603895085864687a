"""Ages: what somebody tells of himself and of others, and for whom a sentence of a section is.

«Сыну 8», «мне 27», "my daughter is 5", «балам 9 жаста» tell one; «дети 7–13 лет», «с 14 лет», "under 12" are a band.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from app.language.folds import letters
from app.packaged import packaged

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[.,;:!?()\n]")
_DIGITS = 2
"""Of an age in years."""
_READ = 1000
"""Characters of a text."""
_ROW = 4
"""Ages that are told side by side."""
_OLDEST = 120


@dataclass(frozen=True, slots=True)
class Band:
    """From `least` to `most` years, both of them in it; it begins at the word `place` of its text."""

    least: int
    most: int
    place: int

    def holds(self, age: int) -> bool:
        return self.least <= age <= self.most


def told(text: str) -> tuple[int, ...]:
    """The ages that a message tells, in years, in their order. Linear in the text."""
    tokens = _tokens(text)
    found: list[int] = []
    for place, token in enumerate(tokens):
        if _is_age(token) and _of_somebody(tokens, place):
            found.append(int(token))
    return tuple(dict.fromkeys(found))


def bands(text: str) -> tuple[Band, ...]:
    """For which ages a sentence is, as far as it says so in figures. Linear in the text."""
    tokens = [token for token in _tokens(text) if token[0].isalnum()]
    return tuple(band for place in range(len(tokens)) if (band := _band(tokens, place)) is not None)


def _of_somebody(tokens: Sequence[str], place: int) -> bool:
    known = _words()
    behind = _behind(tokens, place)
    first = _first_of_row(tokens, place)
    aged = first > 0 and tokens[first - 1] in known["aged"]
    if behind in known["old"]:
        return True
    if behind in known["years"]:
        return aged or not known["persons"].isdisjoint(_clause(tokens, place))
    return aged and (behind == "" or behind in known["fillers"])


def _first_of_row(tokens: Sequence[str], place: int) -> int:
    """The first of the ages that stand side by side: «8 и 11 лет»."""
    for _ in range(_ROW):
        if place > 1 and tokens[place - 1] in _words()["and"] and _is_age(tokens[place - 2]):
            place -= 2
    return place


def _behind(tokens: Sequence[str], place: int) -> str:
    """The word behind the last of the ages that stand side by side; empty at the end of a clause."""
    for _ in range(_ROW):
        if place + 2 < len(tokens) and tokens[place + 1] in _words()["and"] and _is_age(tokens[place + 2]):
            place += 2
    behind = tokens[place + 1] if place + 1 < len(tokens) else ""
    return behind if behind[:1].isalnum() else ""


def _clause(tokens: Sequence[str], place: int) -> Sequence[str]:
    first = next((n + 1 for n in range(place, -1, -1) if not tokens[n][0].isalnum()), 0)
    last = next((n for n in range(place, len(tokens)) if not tokens[n][0].isalnum()), len(tokens))
    return tokens[first:last]


def _band(tokens: Sequence[str], place: int) -> Band | None:
    """The band whose first word or number stands there."""
    known, at = _words(), partial(_at, tokens)
    first = at(place)
    if _is_age(first):
        return _from_number(tokens, place)
    if first not in known["from"] | known["until"] or not _is_age(at(place + 1)):
        return None
    number, behind = int(at(place + 1)), place + 2
    behind += at(behind) in known["band"]
    if first in known["from"] and at(behind) in known["to"] and _is_age(at(behind + 1)):
        return Band(number, int(at(behind + 1)), place) if at(behind + 2) in known["band"] else None
    begun = place - 1 - (at(place - 1) in known["band"])  # «от 5 лет до 12 лет» is one band
    if at(behind - 1) not in known["band"] or (_is_age(at(begun)) and at(begun - 1) in known["from"]):
        return None
    if first in known["from"]:
        return Band(number, _OLDEST, place)
    return Band(0, number - (first in known["exclusive"]), place)


def _from_number(tokens: Sequence[str], place: int) -> Band | None:
    """«7–13 лет», «14 и 15 лет», «7 жастан», «12 жасқа дейін»."""
    known, at = _words(), partial(_at, tokens)
    number, before = int(tokens[place]), at(place - 1)
    between = known["from"] | known["until"] | known["and"] | known["to"] | known["from_behind"]
    if _is_age(before) or before in between:
        return None
    if at(place + 1) in known["from_behind"]:
        last = at(place + 2)
        upto = _is_age(last) and at(place + 3) in known["until_case"]
        return Band(number, int(last) if upto else _OLDEST, place)
    if at(place + 1) in known["until_case"] and at(place + 2) in known["until_behind"]:
        return Band(0, number, place)
    behind = place + 1 + (at(place + 1) in known["and"] | known["to"])
    if _is_age(at(behind)) and at(behind + 1) in known["band"] and int(at(behind)) > number:
        return Band(number, int(at(behind)), place)
    return None


def _at(tokens: Sequence[str], place: int) -> str:
    return tokens[place] if 0 <= place < len(tokens) else ""


def _is_age(token: str) -> bool:
    return token.isascii() and token.isdecimal() and len(token) <= _DIGITS


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(letters(text[:_READ]))


@lru_cache(maxsize=1)
def _words() -> Mapping[str, frozenset[str]]:
    rows = packaged("app.language", "words", "ages.yaml")
    return {name: frozenset(letters(str(row)).split()) for name, row in rows.items()}
