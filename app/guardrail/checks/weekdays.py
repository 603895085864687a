"""Days of the week in check `term`: a section gives one in any language, by its name or within a range of them."""

import re
from functools import lru_cache
from itertools import pairwise

from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "weekdays.yaml")
_DAYS = {beginning: place for place, row in enumerate(_LISTS.rows("days").values()) for beginning in row}
"""Beginning of a word -> its day, in the order of the week; behind the seven what several of them are called."""
_WEEK = 7
_DAY = re.compile("\\b(" + "|".join(sorted(_DAYS, key=len, reverse=True)) + ")[^\\W\\d_]*")
_UNTIL = _LISTS.words("until")


def given(word: str, page: str) -> bool:
    """Whether a folded text gives the day that a folded word names."""
    found = _DAY.match(word)
    return found is not None and _DAYS[found[1]] in _given(page)


@lru_cache(maxsize=1024)
def _given(page: str) -> frozenset[int]:
    """The days of a text: those that it names, and those between the two ends of a range."""
    named = [(_DAYS[m[1]], m.start(), m.end()) for m in _DAY.finditer(page)]
    found = {day for day, _, _ in named}
    for (one, _, end), (two, start, _) in pairwise(named):
        if page[end:start].strip() in _UNTIL and one < two < _WEEK:
            found.update(range(one, two))
    return frozenset(found)
