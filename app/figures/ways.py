"""How something is to be paid over a longer time: «a year, paid by months», «and at once?»."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from app.fact import Period
from app.figures.read import MOST_READ, Read, exact, months
from app.figures.words import LANGUAGES, Token, asked, data, listed, segments, written

_YEAR = Decimal(12)
_LONGEST = 2000
"""Characters of a clause that are looked at."""
_PAID = frozenset({"price", "sum"})
_HELD = frozenset({"cheapest", "saving", "difference", "choose"})
"""What a clause asks that holds two ways against each other."""


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
    lengths = list(_lengths(read, found))
    ways: list[Way] = []
    unsaid, last = False, None
    for first, end in _parts(text, found):
        begins, ends = found[first].start, found[end - 1].end
        long_ = next((length for at, length in lengths if begins <= at < ends), None)
        last = long_ or last
        said = [period for period, pattern in _patterns().items() if pattern.search(text, begins, ends)]
        asks = not _PAID.isdisjoint(asked([token.folded for token in found[first:end]]))
        unsaid = unsaid or (not said and asks and long_ is not None)
        ways += [Way(period, last) for period in said]
    if unsaid and [way.period for way in ways] == ["year"]:
        ways.insert(0, Way("month", lengths[0][1]))
    if lengths and {way.period for way in ways} == {"month"} and _against(text, found):
        ways = [Way("month", lengths[0][1]), Way("year", lengths[0][1])]
    once = {way.period: way for way in ways}
    return tuple(once.values()) if "month" in once else ()  # a year at once is what is reckoned with unsaid


def _against(text: str, found: Sequence[Token]) -> bool:
    """«By months or for a year, what do I save?»: whether it asks which way is better, or how far apart they are."""
    words = [token.folded for token in found]
    either = any(token.raw in written("alternatives") or token.raw in written("comparing") for token in found)
    held = not _HELD.isdisjoint(asked(words)) or any(word in listed("comparative") for word in words)
    return either and held


def _lengths(read: Read, found: Sequence[Token]) -> Iterator[tuple[int, Decimal]]:
    """(place, months) of the lengths of a year and more, with a number or without, in their order."""
    spans = [d for d in read.durations[:MOST_READ] if exact(d)]
    told = {d.start: length for d in spans if (length := months(d)) is not None}
    for token in found:
        if any(d.start <= token.start < d.end for d in spans):
            length = told.get(token.start)
        else:
            span = listed("spans").get(token.folded)
            length = Decimal(span) if span is not None else None
        if length is not None and length >= _YEAR:
            yield token.start, length


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
