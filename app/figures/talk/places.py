"""What a text tells of places: how many of them, which one of several, or all that are left."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.main import says_nothing
from app.figures.wanted import Wanted
from app.figures.words import Token, collective, listed, tokens, written
from app.language.numerals import numbers

_MOST = 100
_NEAR = 2
"""Words between a number and what it counts."""
BREAKS = frozenset(".,;:!?\n")
"""What ends a clause between a number and what it counts."""
_PIECE = "@piece"
_SEVERAL = 2


@dataclass(frozen=True, slots=True)
class Told:
    """`number` of places; None: all that are left."""

    start: int
    end: int
    number: Decimal | None
    at: int | None = None
    """Where its number stands,"""
    of_unit: bool = False
    """whether the places' own word stands behind it,"""
    each: bool = False
    """and whether it is said of each."""
    one: bool = False
    """It tells which one: «the first», «shop 2», «the other»;"""
    place: Decimal | None = None
    """by its number, where it has one;"""
    weak: bool = False
    """or only by the places' own word: «the shop at the market»."""


def told_of_places(read: Read, wanted: Wanted, unit: str, plans: Collection[str], catalogue: Catalogue) -> list[Told]:
    """In the order of the text. Linear in it."""
    found = tokens(read.text)
    names = [(m.start, m.end) for m in wanted.named if m.own or m.unique]
    others = [m.start for m in wanted.named if m.own and m.key not in plans]
    ends = frozenset(m.end for m in wanted.named if m.own)
    spans = [(m.start, m.end) for m in read.money[:MOST_READ]]
    spans += [(d.start, d.end) for d in read.durations[:MOST_READ]]
    counts = {
        n.start: n
        for n in read.numbers[:MOST_READ]
        if 0 < n.value < _MOST and n.value % 1 == 0 and not any(a <= n.start < b for a, b in (*names, *spans))
    }
    told: list[Told] = []
    for token in found:
        if any(a <= token.start < b for a, b in names) or (told and token.start < told[-1].end):
            continue
        number = counts.get(token.start) if token.folded not in collective() else None
        if number is not None:
            if told and told[-1].number is None and _joined(read.text, told[-1], token):
                told.pop()  # «for the other two»
            told += _of_number(read.text, found, number, _Near(unit, others, ends), catalogue)
        elif token.raw in written("restplaces"):
            if told and told[-1].number is not None and not told[-1].one and _joined(read.text, told[-1], token):
                told[-1] = replace(told[-1], end=token.end)  # «for the two others»
            else:
                told.append(Told(token.start, token.end, None))
        elif token.raw in written("oneplace"):
            told.append(Told(token.start, token.end, Decimal(1), one=True))
        elif catalogue.units.of(token.folded) == unit:
            if told and _joined(read.text, told[-1], token):
                told[-1] = replace(told[-1], end=token.end, of_unit=True)
            else:
                told.append(Told(token.start, token.end, Decimal(1), one=True, weak=True))
    return _labelled(sorted((*told, *_elsewhere(read.text, found, (names, spans), catalogue)), key=lambda s: s.start))


def _elsewhere(
    text: str, found: Sequence[Token], taken: tuple[Sequence[tuple[int, int]], Sequence[tuple[int, int]]],
    catalogue: Catalogue,
) -> Iterator[Told]:  # fmt: skip
    """«Start for the kiosk»: a place by a word that is none of the shop's."""
    spans = (*taken[0], *taken[1])
    for before, token in pairwise(found):
        if before.folded not in listed("onto") or text[before.end : token.start].strip():
            continue
        known = token.number or says_nothing(token.folded) or catalogue.units.of(token.folded) is not None
        other = known or bool(numbers(token.raw)) or token.folded in collective()
        words = ("oneplace", "restplaces", "allplaces")
        other |= any(token.raw in written(name) for name in words)
        if not other and not any(a <= token.start < b for a, b in spans):
            yield Told(token.start, token.end, Decimal(1), one=True, weak=True)


@dataclass(frozen=True, slots=True)
class _Near:
    """The places' unit, where goods begin that a number may count, and where names end."""

    unit: str
    others: Sequence[int]
    ends: frozenset[int]


def _joined(text: str, last: Told, token: Token) -> bool:
    return not text[last.end : token.start].strip()


def _of_number(
    text: str,
    found: Sequence[Token],
    number: NumberLike,
    beside: "_Near",
    catalogue: Catalogue,
) -> Iterator[Told]:
    unit, place = beside.unit, place_of(found, number.start)
    behind = found[place_of(found, number.end) :][:_NEAR]
    broken = [not BREAKS.isdisjoint(text[number.end : t.start]) for t in behind]
    near = [t for t, apart in zip(behind, broken, strict=True) if not apart]
    if getattr(number, "kind", None) == "ordinal":
        first = near[0].folded if near else ""
        if listed("spans").get(first) is None and listed("payments").get(first) is None:
            yield Told(number.start, number.end, Decimal(1), number.start, one=True, place=number.value)
        return
    if not exact(number) or text[number.end : number.end + 2].strip().startswith("%"):
        return
    ahead = found[place - 1] if place else None
    close = ahead is not None and not text[ahead.end : number.start].strip(" №#")
    of = next((u for t in near if (u := catalogue.units.of(t.folded)) is not None and u != _PIECE), None)
    if close and ahead is not None and catalogue.units.of(ahead.folded) == unit and of is None:
        yield Told(ahead.start, number.end, number.value, number.start, of_unit=True, place=number.value)
        return
    ends = next((t.end for t in near if catalogue.units.of(t.folded) == unit), number.end)
    if of not in (None, unit) or any(t.start in beside.others for t in near[:1]):
        return  # it counts something else
    strange = close and ahead is not None and not (says_nothing(ahead.folded) or _light(ahead))
    if of is None and strange and ahead is not None and ahead.end not in beside.ends:
        return  # a house's number
    each = ahead is not None and ahead.folded in listed("each")
    yield Told(number.start, ends, number.value, number.start, of_unit=of == unit, each=each)


def _light(token: Token) -> bool:
    return any(listed(name).get(token.folded) is not None for name in ("setting", "onto", "each", "adds", "only"))


def _labelled(told: Sequence[Told]) -> list[Told]:
    """With «shop 1, shop 2» as one place each: where only one has a number behind it, there are so many."""
    inside = {s.start for s in told if s.place is not None and not s.one}
    told = [said for said in told if not (said.weak and said.start in inside)]
    labels = [said.place for said in told if said.place is not None and not said.one]
    if len(labels) < _SEVERAL or labels != [Decimal(n + 1) for n in range(len(labels))]:
        return list(told)
    one = Decimal(1)
    return [replace(s, number=one, one=True) if s.place is not None and not s.one else s for s in told]
