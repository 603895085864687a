"""Hours by what a clause begins with, in check `term`: «заезд с 14:00, выезд до 12:00» gives two things two hours."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from app.guardrail.checks.weekdays import CLAUSE, TIME, names_days
from app.guardrail.text.lexicon import GENERAL

_WORD = re.compile(r"[^\W\d_]+")
_LEAST = 4
"""Letters of a word that a clause is about."""


def of_another(said: str, time: Decimal, pages: Sequence[str]) -> bool:
    """Whether folded texts give a time for something else alone, and others for what a folded clause speaks of."""
    words = {GENERAL.key(word) for word in _WORD.findall(said) if len(word) >= _LEAST}
    tables = [_hours(page) for page in pages]
    own = [times for table in tables for head, times in table.items() if head in words]
    theirs = [times for table in tables for head, times in table.items() if head not in words]
    return bool(own) and not any(time in times for times in own) and any(time in times for times in theirs)


@lru_cache(maxsize=1024)
def _hours(page: str) -> Mapping[str, frozenset[Decimal]]:
    """The first word of a clause that says something -> the times, in minutes, of the clauses that begin so. One that
    names a day tells of that day."""
    found: dict[str, set[Decimal]] = {}
    for piece in CLAUSE.split(page):
        times = {Decimal(int(m[1]) * 60 + int(m[2])) for m in TIME.finditer(piece)}
        keys = (GENERAL.key(word) for word in _WORD.findall(piece) if len(word) >= _LEAST) if times else ()
        if (head := next((key for key in keys if key), "")) and not names_days(piece):
            found.setdefault(head, set()).update(times)
    return {head: frozenset(times) for head, times in found.items()}
