"""What is counted place by place without a word for that: «the big shop has 3 tills, the small one 1», «in both»."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.talk.places import BREAKS
from app.figures.talk.plans import main_offers, place_of_main
from app.figures.wanted import Wanted
from app.figures.words import Token, segments, tokens, written

_MOST = 1000
_SEVERAL = 2
_NEAR = 2
"""Words between a number and what it counts."""
_MEASURES = frozenset({"measure", "included", "difference"})


def in_rows(
    read: Read, wanted: Wanted, told: Mapping[str, Decimal], catalogue: Catalogue
) -> tuple[Wanted, dict[str, Decimal]]:
    """The message and what was told, with the counts of each place and with how many places they are of. Linear."""
    unit = place_of_main(catalogue)
    if unit is None:
        return wanted, dict(told)
    found = tokens(read.text)
    if unit not in told and unit not in wanted.quantities and _both(found, wanted, unit, catalogue):
        told = {**told, unit: Decimal(_SEVERAL)}
        wanted = replace(wanted, quantities=MappingProxyType({**wanted.quantities, unit: Decimal(_SEVERAL)}))
    if wanted.shares:
        places = max(len(row) for row in wanted.shares.values())
        fewer = unit not in wanted.quantities and told.get(unit, Decimal(0)) < places
        return wanted, {**told, unit: Decimal(places)} if fewer else dict(told)
    for of in {limit.unit for offer in main_offers(catalogue) for limit in offer.limits} - {unit, None}:
        row = _row(read, found, wanted, of or "", catalogue)
        added = _added(read, found, row)
        if len(row) < _SEVERAL or not (added or told.get(unit) == len(row)):
            continue
        counts = tuple(value for _, value in row)
        total = {of or "": sum(counts, Decimal(0))}
        left = [n for n in wanted.bare if n not in counts and n != total[of or ""]]
        shares = {of or "": counts} if told.get(unit) == len(row) else {}
        wanted = replace(
            wanted,
            quantities=MappingProxyType({**wanted.quantities, **total}),
            shares=MappingProxyType(shares),
            bare=tuple(left),
        )
        return wanted, {**told, **total}
    return wanted, dict(told)


def _both(found: Sequence[Token], wanted: Wanted, unit: str, catalogue: Catalogue) -> bool:
    """«In both shops», «Start for both»: there are two, though nobody has counted them."""
    plans = {offer.key for offer in main_offers(catalogue)}
    of_places = any(catalogue.units.of(t.folded) == unit for t in found) or not plans.isdisjoint(wanted.keys)
    return of_places and any(token.raw in written("bothplaces") for token in found)


def _row(
    read: Read, found: Sequence[Token], wanted: Wanted, of: str, catalogue: Catalogue
) -> list[tuple[int, Decimal]]:
    """(where it stands, how many) of each number that counts a unit, in no clause that names what includes some."""
    if not _MEASURES.isdisjoint(wanted.asks):
        return []
    plans = {offer.key for offer in main_offers(catalogue)}
    names = [m.start for m in wanted.named if m.own and m.key in plans]
    apart = [
        (found[first].start, found[last - 1].end)
        for first, last in segments(read.text, found)
        if any(found[first].start <= start < found[last - 1].end for start in names)
    ]
    row: list[tuple[int, Decimal]] = []
    for number in read.numbers[:MOST_READ]:
        inside = any(start <= number.start < end for start, end in apart)
        if inside or not exact(number) or not 0 < number.value <= _MOST:
            continue
        behind = found[place_of(found, number.end) :][:_NEAR]
        units = (catalogue.units.of(token.folded) for token in behind)
        unit = next((unit for unit in units if unit is not None), None)
        ends = not behind or not BREAKS.isdisjoint(read.text[number.end : behind[0].start])
        if unit == of or (row and ends and not _names_unit(found, number.start, catalogue)):
            row.append((number.start, number.value))
    return row


def _names_unit(found: Sequence[Token], start: int, catalogue: Catalogue) -> bool:
    """Whether a unit stands right before a number: «shop 2», «goods: 800»."""
    place = place_of(found, start)
    return place > 0 and catalogue.units.of(found[place - 1].folded) is not None


def _added(read: Read, found: Sequence[Token], row: Sequence[tuple[int, Decimal]]) -> bool:
    """Whether a plus stands between each two of them."""
    return bool(row) and all(
        "+" in read.text[one:other] or any(t.raw in written("adds") for t in found if one <= t.start < other)
        for (one, _), (other, _) in pairwise(row)
    )
