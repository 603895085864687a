"""Words that measure: currencies, time units with all their cases, adjectives of duration, what a price is paid for."""

import re
from functools import lru_cache

from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.figures", "measures.yaml")

SIGNS: dict[str, str] = {"₸": "KZT", "$": "USD", "€": "EUR", "₽": "RUB", "£": "GBP", "¥": "CNY", "₴": "UAH", "₺": "TRY"}

CURRENCIES: dict[str, str] = _LISTS.table("currencies")


def _units(name: str) -> dict[str, tuple[str, int]]:
    """Word -> (unit, how many) of a table whose meanings are written `minute 60`."""
    split = ((word, meaning.split()) for word, meaning in _LISTS.table(name).items())
    return {word: (unit, int(factor)) for word, (unit, factor) in split}


UNITS_OF_TIME: dict[str, tuple[str, int]] = _units("units_of_time")
"""Word -> (minute, month or second, how many of them)."""

_STEMS = _units("adjectives")
_PREFIXES = {"": 0, **{word: int(number) for word, number in _LISTS.table("prefixes").items()}}
_UNNUMBERED = _LISTS.words("unnumbered")
_HALF_YEAR = _LISTS.row("half_year")
_BARE, _NO_DURATION = _LISTS.words("bare_adjectives"), _LISTS.words("no_duration")
_ADJECTIVE = re.compile(rf"(.*?)({'|'.join(_LISTS.row('stems'))})(?:{'|'.join(_LISTS.row('adjective_endings'))})?")


@lru_cache(maxsize=4096)
def adjective_duration(word: str) -> tuple[str, int, bool] | None:
    """(minute or month, how many, whether the word itself holds the number) of «дневный», «двухнедельный»."""
    if word.startswith(_HALF_YEAR):
        return "month", 6, True
    found = _ADJECTIVE.fullmatch(word)
    if not found or found[1] not in _PREFIXES or found[1] in _UNNUMBERED or word in _NO_DURATION:
        return None
    unit, factor = _STEMS[found[2]]
    number = _PREFIXES[found[1]]
    if number == 0 and word in _BARE:
        return unit, factor, False
    return unit, factor * (number or 1), number > 0


_SAME = {
    "@piece": {"@piece", "@device", "@message", "@report"},
    "@visit": {"@visit"},
    "@order": {"@order"},
}


def same_unit(said: str, fact: str) -> bool:
    """Whether a unit said in a text is the fact's: «за сообщение» is a piece."""
    if said == "@all":
        return fact == "@company"
    return said == fact or said in _SAME.get(fact, ()) or (said == "@device" and fact != "@piece")


ADJECTIVE = _LISTS.pattern("adjective")
"""Words that may stand between a number and what it counts."""
