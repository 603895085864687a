"""What a price is for, as the shop writes it behind the amount: «30,000 per company», «12,000 an hour»."""

import re
from functools import cache

from app.figures.shop.facts import Figure, behind
from app.figures.words import data, fold, folded, listed, same
from app.types import Language

_TRIVIAL = frozenset({None, "@piece", "@order", "@visit", "@person"})
"""What nobody has to be told that a price is for."""


def for_what(figure: Figure, language: Language, name: str) -> str:
    """What stands behind a price and its period to say what it is for; empty where that is plain, or in the `name`."""
    unit = figure.fact.unit
    if figure.unit in _TRIVIAL or not unit or any(same(word, fold(unit)) for word in folded(name)):
        return ""
    own = figure.sentence(language)
    for rest in behind(figure.amount, own) if own is not None else ():
        if (found := _pattern(language).match(rest)) is not None and _is(found[1], unit):
            return str(data(language)["say"]["for_one"]).format(unit=found[1])
    return str(data(language)["say"]["for_any"]).format(unit=unit)


def _is(noun: str, unit: str) -> bool:
    """Whether a noun of the shop's text is the unit; one in other letters is what another language calls it."""
    return same(fold(noun), fold(unit)) or (
        noun.isascii() and not unit.isascii() and listed("spans").get(fold(noun)) is None
    )


@cache
def _pattern(language: Language) -> re.Pattern[str]:
    """A currency, a period, and what each of is paid for."""
    known = data(language)
    periods = "|".join(map(re.escape, known["periods"].values()))
    return re.compile(rf"\s*\S{{0,6}}\s+(?:(?:{periods})\s+)?(?:{known['perphrase']})\s+([^\W\d_]+)", re.IGNORECASE)
