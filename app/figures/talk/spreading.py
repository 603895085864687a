"""Counts that are told of something else: «one for each till», «a printer for 4 tills», «5 of each», «4 at 24,900»."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.wanted import Wanted
from app.figures.words import Token, common, listed, segments, tokens, written

_PIECE = "@piece"
_LEAST = 100
"""A price: what is less counts."""
_BREAKS = frozenset(".!?;:\n")
_SEVERAL = 2
_MOST_MARKS = 8


_SHORT = frozenset({"@hour", "@day", "@week"})


@dataclass(frozen=True, slots=True)
class Known:
    """`told`: key of a unit -> how many. `place`: key of the unit that a bare «for each» is meant of."""

    told: Mapping[str, Decimal]
    place: str | None


@dataclass(frozen=True, slots=True)
class Shared:
    """`number` of a thing for each of `unit`; None: so many of it. `every`: so is a number beside its name."""

    at: int
    """Where the word stands that says so."""
    unit: str | None
    every: bool = True
    number: Decimal | None = None
    part: tuple[int, int] = (0, 0)
    """Where its clause begins and ends."""
    led: bool = False
    """What it is said of stands behind."""


def shared(read: Read, wanted: Wanted, known: Known, catalogue: Catalogue) -> list[Shared]:
    """What a clause shares out, in its order. Linear in the text."""
    found = tokens(read.text)
    named = [(m.start, m.end) for m in wanted.named if m.own]  # «X 58 for each»: a name's number counts nothing
    numbers = {
        n.start: n
        for n in read.numbers[:MOST_READ]
        if exact(n) and 0 < n.value < _LEAST and not any(start <= n.start < end for start, end in named)
        and not any(m.own and m.start > n.start and not read.text[n.end : m.start].strip()
                    and not _by_piece(m, catalogue, every=True) for m in wanted.named)
    }  # fmt: skip
    marks: list[Shared] = []
    unit, end = None, 0
    for first, last in segments(read.text, found):
        part = found[first:last]
        unit = unit if _BREAKS.isdisjoint(read.text[end : part[0].start]) else None
        shares = _of_units(part, numbers, known, wanted, catalogue)
        here = [replace(mark, number=_number(part, numbers) if mark.every else None) for mark in shares]
        led = list(_led(part, numbers, named, here[0].unit if len(here) == 1 and here[0].every else unit))
        if len(led) >= _SEVERAL or (led and not here):
            here = led  # «in each two of X and one of Y»
        unit, end = (here[-1].unit if here else unit), part[-1].end
        here = here or list(_alike(read, part, numbers, catalogue))
        marks += [replace(mark, part=(part[0].start, part[-1].end)) for mark in here]
    return marks[:_MOST_MARKS]


def spread(read: Read, wanted: Wanted, known: Known, marks: Sequence[Shared], catalogue: Catalogue) -> Wanted:
    """What a clause wants, with the counts of what it wants for each of a unit. Linear in the text."""
    if not wanted.named or not marks:
        return wanted
    counts, per, told = dict(wanted.counts), dict(wanted.per), known.told
    found = tokens(read.text)
    for mark in marks:
        meant = _of(read, found, mark, wanted.named, catalogue)
        for mention in meant:
            own = counts.get(mention)
            if not _by_piece(wanted.named[mention], catalogue, every=mark.every):
                continue
            if own is not None and not mark.every:
                if mark.unit is not None and own == told[mark.unit]:  # «scales for all three»
                    per[mention] = (mark.unit, Decimal(1))
                continue
            unit, each = in_each(mark, own, known, several=len(meant) >= _SEVERAL)
            counts[mention] = each * (told[unit] if unit is not None else 1)
            if unit is not None:
                per[mention] = (unit, each)
    for mention in _likewise(read, found, wanted, per):
        if _by_piece(wanted.named[mention], catalogue, every=True):
            unit, each = per[max(n for n in per if n < mention)]
            counts[mention], per[mention] = each * told[unit], (unit, each)
    if counts == wanted.counts and per == wanted.per:
        return wanted
    return replace(wanted, counts=MappingProxyType(counts), per=per)


def _likewise(read: Read, found: Sequence[Token], wanted: Wanted, per: Mapping[int, object]) -> list[int]:
    """«A scanner for each shop, scales too»: names without a number of their own behind one that is shared out."""
    if not per or not any(token.raw in written("likewise") for token in found):
        return []
    places: list[int] = []
    for first, last in segments(read.text, found):
        begin, end = found[first].start, found[last - 1].end
        if any(token.raw in written("likewise") for token in found[first:last]):
            here = [n for n, m in enumerate(wanted.named) if m.own and begin <= m.start < end]
            places += [n for n in here if n not in wanted.counts and n not in per and n > min(per)]
    return places


def _led(
    part: Sequence[Token], numbers: Mapping[int, NumberLike], named: Sequence[tuple[int, int]], unit: str | None
) -> Iterator[Shared]:
    """«По два X», «по Y», each said of what stands behind it, for each of a unit."""
    led = False
    for token, behind in pairwise(part) if unit is not None else ():
        if token.folded not in listed("each") and not (led and token.raw in written("joining")):
            continue
        led = True
        if (number := numbers.get(behind.start)) is not None:
            yield Shared(token.start, unit, number=number.value, led=True)
        elif any(start <= behind.start < end for start, end in named):
            yield Shared(token.start, unit, number=Decimal(1), led=True)


def in_each(mark: Shared, own: Decimal | None, known: Known, *, several: bool) -> tuple[str | None, Decimal]:
    """(key of the unit, how many for each of it) of a mark. «Five of each», of five shops, is one a shop."""
    told, place = known.told, known.place
    each = own or mark.number or Decimal(1)
    if mark.unit is not None or place is None or place not in told:
        return mark.unit, each
    if each == told[place]:
        return place, Decimal(1)
    return (None if several else place), each


def _number(part: Sequence[Token], numbers: Mapping[int, NumberLike]) -> Decimal | None:
    """The only number of what is shared: behind «по», or with nothing that it counts."""
    led = [b for a, b in pairwise(part) if a.folded in listed("each") and b.start in numbers]
    values = [numbers[token.start].value for token in led[-1:] or part if token.start in numbers]
    return values[0] if len(values) == 1 else None


def _of_units(
    part: Sequence[Token], numbers: Mapping[int, NumberLike], known: Known, wanted: Wanted, catalogue: Catalogue
) -> Iterator[Shared]:
    told, place = known.told, known.place
    each = any(token.folded in listed("each") for token in part)
    alone = [unit for unit in wanted.quantities if not unit.startswith("@")]
    his = any(token.raw in written("owners") for token in part)  # «we have scanners in 3 shops»
    for n, token in enumerate(part):
        behind = part[n + 1] if n + 1 < len(part) else None
        unit = catalogue.units.of(behind.folded) if behind is not None else None
        if listed("every").get(token.folded) is not None or listed("eachof").get(token.folded) is not None:
            unit = unit or (alone[0] if len(alone) == 1 else place if _ends(behind) else None)
            if unit in told and unit is not None:
                yield Shared(token.start, unit)
        elif token.raw in written("forall") and behind is not None:
            counted = catalogue.units.of(part[n + 2].folded) if n + 2 < len(part) else None
            of_all = unit or counted or place
            if of_all in told and of_all is not None and (unit or _is(numbers.get(behind.start), told[of_all])):
                yield Shared(token.start, of_all, every=False)
        elif (token.folded in listed("onto") or (token.raw in written("inplaces") and not his)) and behind is not None:
            if each and unit is not None and unit in told:
                yield Shared(token.start, unit)
            counted = catalogue.units.of(part[n + 2].folded) if n + 2 < len(part) else None
            lasts = counted in _SHORT  # «for 3 days» is no number of things
            if behind.start in numbers and counted in wanted.quantities and counted in told and counted and not lasts:
                yield Shared(token.start, counted, every=False)
        elif token.start in numbers and unit is not None and unit == place and not his and _led_by(part, n, wanted):
            yield Shared(token.start, unit, every=False, led=True)  # «3 shops' scales», as Kazakh has it


def _led_by(part: Sequence[Token], place: int, wanted: Wanted) -> bool:
    """Whether a name stands right behind a number and its unit."""
    return place + 2 < len(part) and any(m.own and m.start == part[place + 2].start for m in wanted.named)


def _ends(behind: Token | None) -> bool:
    """Whether nothing follows that «each» may be said of."""
    if behind is None:
        return True
    return behind.folded in listed("small") and listed("spans").get(behind.folded) is None


def _is(number: NumberLike | None, told: Decimal) -> bool:
    """«For all three»: of as many as were told."""
    return number is not None and number.value == told


def _alike(
    read: Read, part: Sequence[Token], numbers: Mapping[int, NumberLike], catalogue: Catalogue
) -> Iterator[Shared]:
    """«По два»: so many of each thing that it is said of, and of no unit, length or price."""
    for n, token in enumerate(part[:-1]):
        number = numbers.get(part[n + 1].start) if token.folded in listed("each") else None
        behind = part[n + 2] if n + 2 < len(part) else None
        unit = catalogue.units.of(behind.folded) if behind is not None else None
        if number is None or unit not in (None, _PIECE) or (behind is not None and _measures(behind)):
            continue
        if not any(length.start <= number.start < length.end for length in read.durations[:MOST_READ]):
            yield Shared(token.start, None, number=number.value)


def _measures(token: Token) -> bool:
    return token.number or token.folded in listed("dimensions") or listed("percent").get(token.folded) is not None


def _of(read: Read, found: Sequence[Token], mark: Shared, named: Sequence[Named], catalogue: Catalogue) -> list[int]:
    """Places of the mentions that are shared out: the last before the word, with those joined to it, else the next."""
    begin, end = mark.part
    here = [n for n, m in enumerate(named) if (m.own or m.unique) and begin <= m.start < end]
    before = [n for n in here if named[n].end <= mark.at]
    behind = here[len(before) : len(before) + 1]
    if mark.led:
        return behind if mark.every or not behind else _joined_behind(read, found, named, behind[0])
    if before and behind and mark.every and not _by_piece(named[before[-1]], catalogue, every=True):
        return behind  # «Rost, and for each shop a scanner»
    if not before or (mark.unit is None and here[-1] not in before):
        return behind or _listed_before(read, found, named, begin)
    meant = before[-1:]
    led = [t for t in found if named[meant[0]].end <= t.start < mark.at]
    if led and led[0].raw in written("joining") and any(t.folded not in common() and not t.number for t in led[1:]):
        return []  # «a scanner and the program for 2 shops»: they are told of the program
    return _joined(read, found, named, meant[0])


def _listed_before(read: Read, found: Sequence[Token], named: Sequence[Named], begin: int) -> list[int]:
    """«Scanners, scales, one for each shop»: what a comma parts from the word is listed before it."""
    last = next((n for n in reversed(range(len(named))) if named[n].own and named[n].end <= begin), None)
    if last is None or not _lists(read, found, named[last].end, begin):
        return []
    return _joined(read, found, named, last)


def _joined(read: Read, found: Sequence[Token], named: Sequence[Named], last: int) -> list[int]:
    """A mention with those that are listed before it, each with its number or none."""
    meant = [last]
    for n in reversed(range(last)):
        if not named[n].own or not _lists(read, found, named[n].end, named[meant[-1]].start):
            break
        meant.append(n)
    return meant


def _joined_behind(read: Read, found: Sequence[Token], named: Sequence[Named], first: int) -> list[int]:
    """A mention with those that are listed behind it."""
    meant = [first]
    for n in range(first + 1, len(named)):
        if not named[n].own or not _lists(read, found, named[meant[-1]].end, named[n].start):
            break
        meant.append(n)
    return meant


def _lists(read: Read, found: Sequence[Token], start: int, end: int) -> bool:
    """Whether between two places stands nothing but what joins the things of a list, and how many of each."""
    if not _BREAKS.isdisjoint(read.text[start:end]):
        return False
    counts = {n.start for n in read.numbers[:MOST_READ] if exact(n) and n.value < _LEAST}
    between = [t for t in found if start <= t.start < end]
    return all(
        t.start in counts or t.raw in written("joining") or any(t.folded in listed(n) for n in ("each", "together"))
        for t in between
    )


def _by_piece(mention: Named, catalogue: Catalogue, *, every: bool) -> bool:
    keys = (mention.key,) if mention.key is not None else mention.tied
    return by_piece(keys, catalogue, every=every)


def by_piece(keys: Sequence[str], catalogue: Catalogue, *, every: bool = True) -> bool:
    """Whether these are goods that may be wanted for each of something."""
    offers = [offer for key in keys if (offer := catalogue.get(key)) is not None]
    units = {price.unit for offer in offers for price in offer.prices}
    return bool(offers) and not any(o.free_from for o in offers) and units <= ({_PIECE, None} if every else {_PIECE})
