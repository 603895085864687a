"""How something is to be paid over a longer time: «a year, paid by months», «and at once?»."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from app.fact import Period
from app.figures.read import MOST_READ, Read, exact, months
from app.figures.words import LANGUAGES, Token, asked, data, segments, written

_YEAR = Decimal(12)
_LONGEST = 2000
"""Characters of a clause that are looked at."""
_PAID = frozenset({"price", "sum"})


@dataclass(frozen=True, slots=True)
class Way:
    """The period whose price is paid, and for how many months, where its own words say so."""

    period: Period
    months: Decimal | None = None


def ways_of(read: Read, found: Sequence[Token]) -> tuple[Way, ...]:
    """The ways that a clause names, in their order, each once; empty where it names none. Linear in the clause.

    A part that asks for as long a time in no way, before one that asks for the year at once, asks for it by months.
    """
    text = read.text[:_LONGEST]
    if not any(pattern.search(text) for pattern in _patterns().values()):
        return ()
    lengths = [(d.start, length) for d in read.durations[:MOST_READ] if exact(d) and (length := months(d)) is not None]
    ways: list[Way] = []
    unsaid = False
    for first, last in _parts(text, found):
        start, end = found[first].start, found[last - 1].end
        long_ = next((length for at, length in lengths if start <= at < end and length >= _YEAR), None)
        said = [period for period, pattern in _patterns().items() if pattern.search(text, start, end)]
        asks = not _PAID.isdisjoint(asked([token.folded for token in found[first:last]]))
        unsaid = unsaid or (not said and asks and long_ is not None)
        ways += [Way(period, long_) for period in said]
    if unsaid and [way.period for way in ways] == ["year"]:
        ways.insert(0, Way("month"))
    return tuple({way.period: way for way in ways}.values())


def _parts(text: str, found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """[first, last) of the words between two marks or joining words."""
    for first, last in segments(text, found):
        begun = first
        for place in range(first + 1, last):
            if found[place].raw in written("joining") and asked([t.folded for t in found[place:last]]) & _PAID:
                yield begun, place
                begun = place
        yield begun, last


@cache
def _patterns() -> dict[Period, re.Pattern[str]]:
    rows: dict[Period, list[str]] = {"month": [], "year": []}
    for language in LANGUAGES:
        for period, phrases in data(language)["paidby"].items():
            rows[period] += phrases
    return {period: re.compile(rf"\b(?:{'|'.join(row)})\b", re.IGNORECASE) for period, row in rows.items()}
