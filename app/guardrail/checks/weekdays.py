"""Days of the week in check `term`: a section gives one in any language, by its name or within a range of them."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "weekdays.yaml")
_DAYS = {beginning: place for place, row in enumerate(_LISTS.rows("days").values()) for beginning in row}
"""Beginning of a word -> its day, in the order of the week; behind the seven what several of them are called."""
_WEEK = 7
_PARTS = {_WEEK: frozenset(range(5)), _WEEK + 1: frozenset({5, 6})}
"""Of what the week's parts consist."""
_DAY = re.compile("\\b(" + "|".join(sorted(_DAYS, key=len, reverse=True)) + ")[^\\W\\d_]*")
_UNTIL = _LISTS.words("until")
_OFF = _LISTS.pattern("day_off")
CLAUSE = re.compile(r"[,;.!?\n]")
TIME = re.compile(r"\b(\d{1,2}):(\d\d)\b")


def given(word: str, said: str, page: str) -> bool:
    """Whether a folded text gives the day that folded words name: for what a sentence says, or as a day off.

    «По будням» is given by the five days, «по выходным» by the other two.
    """
    found = _DAY.match(word)
    several = _DAY.search(word)
    if several is not None and not _OFF.match(word) and (part := _PARTS.get(_DAYS[several[1]])):
        return _DAYS[several[1]] in _given(page)[0] or _given(page)[0] >= part
    if found is None and several is not None and _OFF.match(word):  # «кроме воскресенья»
        return _DAYS[several[1]] in _given(page)[1]
    if found is None:
        return False
    open_on, off = _given(page)
    day = _DAYS[found[1]]
    return day in open_on or (day in off and _OFF.search(said) is not None)


def names_days(page: str) -> bool:
    """Whether a text says on which days something is: a draft that names a day then speaks of these."""
    return bool(_given(page)[0])


def days_of(text: str) -> frozenset[int]:
    """The days of the week that a folded text names, without those off."""
    return frozenset().union(*(_PARTS.get(day, (day,)) for day in _given(text)[0]))


def is_off(word: str, said: str, page: str) -> bool:
    """Whether a text gives the day as one off, and a sentence as another."""
    found = _DAY.match(word)
    if found is None or _DAYS[found[1]] >= _WEEK or _OFF.search(said):
        return False
    open_on, off = _given(page)
    return _DAYS[found[1]] in off - open_on


@lru_cache(maxsize=1024)
def hours(page: str) -> Mapping[int, frozenset[Decimal]]:
    """Day -> the times, in minutes, that a text gives beside it in one clause, or in one range of days."""
    found: dict[int, set[Decimal]] = {}
    for piece in CLAUSE.split(page):
        times = {Decimal(int(m[1]) * 60 + int(m[2])) for m in TIME.finditer(piece)}
        for day in _given(piece)[0] if times else ():
            for each in _PARTS.get(day, (day,)):
                found.setdefault(each, set()).update(times)
    return {day: frozenset(times) for day, times in found.items()}


def on_another(said: str, time: Decimal, pages: Sequence[str]) -> bool:
    """Whether texts give a time for other days than the one that a clause names, and others for that."""
    named = _given(said)[0]
    if len(named) != 1:
        return False
    day = min(named)
    days = _PARTS.get(day, frozenset({day}))
    tables = [hours(page) for page in pages]
    own = frozenset().union(*(table.get(each, frozenset()) for table in tables for each in days))
    theirs = frozenset().union(*(times for table in tables for times in table.values()))
    return bool(own) and time not in own and time in theirs


@lru_cache(maxsize=1024)
def _given(page: str) -> tuple[frozenset[int], frozenset[int]]:
    """The days of a text, those off apart: those that it names, and those between the two ends of a range."""
    open_on: set[int] = set()
    off: set[int] = set()
    for piece in CLAUSE.split(page):
        named = [(_DAYS[m[1]], m.start(), m.end()) for m in _DAY.finditer(piece)]
        found = off if _OFF.search(piece) and any(day < _WEEK for day, _, _ in named) else open_on
        found.update(day for day, _, _ in named)
        for (one, _, end), (two, start, _) in pairwise(named):
            if piece[end:start].strip() in _UNTIL and one < two < _WEEK:
                found.update(range(one, two))
    return frozenset(open_on), frozenset(off)
