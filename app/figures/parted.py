"""Counts that are told place by place: «three tills in one shop, one in the other»."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.words import Token, segments, written

_NEAR = 2
"""Words between a number and what it counts."""
_MOST_PLACES = 100
_MOST = 1000


@dataclass(frozen=True, slots=True)
class Parted:
    """`shares`: key of a unit -> how many in each place. `place`: key of the places' own unit, if it was said."""

    shares: dict[str, tuple[Decimal, ...]]
    places: int
    place: str | None = None


def parted(read: Read, found: Sequence[Token], catalogue: Catalogue, places: Decimal | None) -> Parted | None:
    """What a clause tells of each of several places; None where it tells nothing so. `places`: how many were told.

    Linear in the clause.
    """
    nexts = [n for n, token in enumerate(found) if token.raw in written("placingnext")]
    starts = sorted({*nexts, *_first(read, found, nexts)})
    if len(starts) < 2 or not nexts or starts[0] in nexts[1:]:
        return None
    ends = [*starts[1:], len(found)]
    rows = [list(_counts(read, found, begin, end, catalogue)) for begin, end in zip(starts, ends, strict=True)]
    rows = [row for row in rows if row]
    units = [unit for unit, _ in rows[0]] if rows else []
    if len(rows) < 2 or not units or None in units:
        return None
    own = catalogue.units.of(found[starts[0] + 1].folded) if starts[0] + 1 < len(found) else None
    table = [
        {unit or units[place]: n for place, (unit, n) in enumerate(row) if unit or place < len(units)} for row in rows
    ]
    rest = found[starts[-1]].raw in written("rest")
    more = int(places) - len(rows) if rest and places is not None and places <= _MOST_PLACES else 0
    shares: dict[str, tuple[Decimal, ...]] = {}
    for unit in dict.fromkeys(units):
        if unit is not None and all(unit in row for row in table):
            parts = [row[unit] for row in table]
            shares[unit] = (*parts, *(parts[-1],) * max(0, more))
    return Parted(shares, len(rows) + max(0, more), own) if shares else None


def _first(read: Read, found: Sequence[Token], nexts: Sequence[int]) -> Iterator[int]:
    """Places of words that begin what is told of one: behind another such word «one» is its number."""
    for first, last in segments(read.text, found):
        here = next((n for n in range(first, last) if found[n].raw in written("placing") or n in nexts), None)
        if here is not None:
            yield here


def _counts(
    read: Read, found: Sequence[Token], begin: int, end: int, catalogue: Catalogue
) -> Iterator[tuple[str | None, Decimal]]:
    """(key of the unit or None, how many) of the numbers of one place."""
    first, last = found[begin].end, found[end - 1].end
    for number in _numbers(read, first, last):
        behind = [t for t in found[begin + 1 : end] if t.start >= number.end][:_NEAR]
        units = (catalogue.units.of(token.folded) for token in behind)
        yield next((unit for unit in units if unit is not None), None), number.value


def _numbers(read: Read, first: int, last: int) -> list[NumberLike]:
    inside = (n for n in read.numbers[:MOST_READ] if first <= n.start < last)
    return [n for n in inside if exact(n) and 0 < n.value <= _MOST]
