"""Prices by size: what is sold for a range of a measure, as its name says («up to 2 l», «R16 to R17», «over 25 km»)."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from app.figures.shop.facts import Units
from app.figures.words import fold, tokens
from app.language.numerals import numbers
from app.language.quantities.marks import bounding

_RANGE = re.compile(r"\b([^\W\d_])\s?(\d{1,4})(\s?[-\u2010-\u2015]\s?)(?:\1\s?)?(\d{1,4})\b", re.IGNORECASE)
_LETTERED = re.compile(r"\b([^\W\d_])\s?(\d{1,4})\b")
_SHORT = re.compile(r"(?<![\d.,])[0-9]{1,2}\.[0-9](?![\d.,])")
_LONGEST = 200
"""Characters of a name or a clause in which a measure's letter stands before its number."""


class Called(Protocol):
    """What of an offer is asked for here."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Size:
    """From `low` to `high` of a measure, both included; None: no bound there.

    `measure`: a unit's key, the folded word or letter that stands beside the numbers, or nothing.
    """

    measure: str
    low: Decimal | None
    high: Decimal | None

    def holds(self, value: Decimal) -> bool:
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)


def sizes_of(offers: Iterable[Called], units: Units) -> Mapping[str, Size]:
    """Key of an offer -> the size that its name says; without those whose names say none. Linear in the names."""
    found = ((offer.key, size_in(offer.name, units)) for offer in offers)
    return MappingProxyType({key: size for key, size in found if size is not None})


def size_in(name: str, units: Units) -> Size | None:
    """The one size that a name says."""
    found = [row for row in map(_bounded, _measured(_behind(name), units)) if row is not None]
    return found[0] if len(found) == 1 else None


def _bounded(row: "_Row") -> Size | None:
    if row.high is not None:
        return Size(row.measure, row.value, row.high)
    if row.bound == "at_most":
        return Size(row.measure, None, row.value)
    return Size(row.measure, row.value, None) if row.bound == "at_least" else None


def unsized(name: str, units: Units) -> str:
    """A name without its size, as it is called: nobody names «up to 2.0 l» by a 2."""
    size = size_in(name, units)
    if size is None:
        return name
    kept, measured, written = [], False, bounding()
    for token in tokens(name):
        of_size = measured and (units.of(token.folded) or token.folded) == size.measure
        measured = measured or token.number or token.folded == size.measure
        if not (token.number or of_size or token.raw in written or token.folded == size.measure):
            kept.append(name[token.start : token.end])
    return " ".join(kept) or name


def told_in(text: str, units: Units) -> Sequence[tuple[str, Decimal]]:
    """(measure, value) of each single number that a clause tells, those behind a letter too. Linear in the text.

    A word that is no unit is no measure there: «16 inch» and «on 16» tell a number alone.
    """
    rows = [row for row in _measured(_behind(text), units) if row.high is None]
    short = [("", Decimal(found[0].replace(",", "."))) for found in _SHORT.finditer(text)]  # read elsewhere as a date
    return [*((row.measure if _is_measure(row.measure, units) else "", row.value) for row in rows), *short]


def _is_measure(word: str, units: Units) -> bool:
    return len(word) == 1 or word.startswith("@") or units.of(word) is not None


def _behind(text: str) -> str:
    """The text with a measure's letter behind its number, where a unit stands."""
    short, rest = text[:_LONGEST], text[_LONGEST:]
    return _LETTERED.sub(r"\2 \1", _RANGE.sub(r"\2\3\4 \1", short)) + rest


@dataclass(frozen=True, slots=True)
class _Row:
    """A number with the word of its measure."""

    measure: str
    value: Decimal
    high: Decimal | None
    bound: str


def _measured(text: str, units: Units) -> Iterator[_Row]:
    found = tokens(text)
    for number in numbers(text):
        after = next((token for token in found if token.start >= number.end), None)
        beside = after is not None and not text[number.end : after.start].strip(" +-\u2013")
        if after is None or not beside:
            yield _Row("", number.value, number.high, number.bound)
            continue
        measure = units.of(after.folded) or fold(after.raw)
        bound = (
            number.bound
            if number.bound != "exact"
            else _behind_unit(text[: after.start] + text[after.end :], number.start)
        )
        yield _Row(measure, number.value, number.high, bound)


def _behind_unit(text: str, start: int) -> str:
    """What bounds a number behind its unit, which `text` lacks: «8 kg and more»."""
    return next((number.bound for number in numbers(text) if number.start == start), "exact")
