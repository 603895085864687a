"""Words of units of time, and where such a word alone means one of them."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal, cast

from app.language.quantities.numeral_words import added_parts
from app.language.quantities.words import Phrases, book

Unit = Literal["second", "minute", "hour", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class UnitWords:
    """The words of all languages."""

    seconds: dict[Unit, int]
    """A month has 30 days, a quarter 90, a year 365."""
    units: dict[str, tuple[Unit, Decimal]]
    """Word -> the unit and how many of it the word means."""
    letters: frozenset[str]
    """Units of one letter: only at the digits themselves."""
    halves: dict[str, Unit]
    alone: frozenset[str]
    alone_led: frozenset[str]
    led_by: frozenset[str]
    alone_not_after: frozenset[str]
    many: frozenset[str]
    adjectives: frozenset[str]
    joins: frozenset[str]
    dotted: frozenset[str]
    """Abbreviations, behind whose dot a smaller unit goes on."""
    behind: dict[str, Unit]
    """Letters that are a unit only behind a larger one: of themselves they measure something else."""
    with_rest: frozenset[str]
    """Words before a unit that means one of it only where a rest follows: `this is an hour twenty`."""
    half: frozenset[str]
    and_part: Phrases[Decimal]
    article: frozenset[str]
    of: frozenset[str]
    into: frozenset[str]
    """Before a length of time: so long from now; also between a unit and its number."""


@cache
def unit_words() -> UnitWords:
    """The words, read once."""
    data = book()
    units = {form: (cast(Unit, key), Decimal(1)) for form, key in data.table("units").items()}
    for form, key in data.table("special").items():
        count, unit = key.split("_")
        units[form] = (cast(Unit, unit), Decimal(count))
    return UnitWords(
        seconds={cast(Unit, unit): int(seconds) for unit, seconds in data.signs["seconds"].items()},
        units=units,
        letters=frozenset(form for form in units if len(form) == 1 and form.isascii()),
        halves={form: cast(Unit, key) for form, key in data.table("halves").items()},
        alone=data.words("alone"),
        alone_led=data.words("alone_led"),
        led_by=data.words("led_by"),
        alone_not_after=data.words("alone_not_after") | data.words("per"),
        many=data.words("many"),
        adjectives=data.words("unit_adjectives"),
        joins=data.words("unit_and"),
        dotted=data.words("unit_dotted"),
        behind={form: cast(Unit, key) for form, key in data.table("units_behind").items()},
        with_rest=data.words("alone_with_rest"),
        half=data.words("numerals.half_prefix"),
        and_part=added_parts(data),
        article=data.words("numerals.article"),
        of=data.words("numerals.of"),
        into=data.words("times.in"),
    )
