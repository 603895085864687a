"""What a clause asks to be counted: which products, how many of what, for how long, and what beside the price."""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.asking import asks_of
from app.figures.beside import KINDS, MOST_KINDS, counted, of_kinds, of_their_unit, of_us, percent_of
from app.figures.denied import affirmed
from app.figures.lasting import LONGEST, asked_a_month, dates, rate, unpaid
from app.figures.leftover import objects_of, rest_of
from app.figures.mentioned import counted_so, listed_beside, mentioned, place_of
from app.figures.parted import Parted, parted
from app.figures.people import of_people, with_kin
from app.figures.read import MOST_READ, Read, exact, months
from app.figures.recipients import are_people, sent, to_whom
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.sized import sized
from app.figures.sums.granting import called_by, from_second
from app.figures.ways import Way, ways_of
from app.figures.words import Token, collective, common, fold, listed, segments, tokens, written

MOST = Decimal(1_000_000)
_PIECE = "@piece"
_MOST_PIECES = 10_000  # of one product: a greater number beside its name is an amount
Per = tuple[str, Decimal]
"""(key of a unit, how many for each of it)."""
_SHORT = {"hour": ("@hour", 3600), "day": ("@day", 86400), "week": ("@week", 604800)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One clause, read for its sums."""

    named: tuple[Named, ...]
    quantities: Mapping[str, Decimal]
    """Key of a unit -> how many, as this clause tells."""
    counts: Mapping[int, Decimal]
    """Place in `named` -> how many of that product itself: «2 scanners»."""
    foreign: tuple[str, ...]
    """What is counted and no unit of the shop: prices of it are not known."""
    months: Decimal | None
    asks: frozenset[str]
    """Of `asks` in the words of the languages: sum, price, discount, ...; measure: a number that is no price."""
    words: tuple[str, ...]
    """All words, folded."""
    affirmed: tuple[str, ...] = ()
    """The same without those that it denies."""
    bare: tuple[Decimal, ...] = ()
    """Numbers that count nothing."""
    ages: tuple[Decimal, ...] = ()
    """How old those are whom it tells of."""
    each: frozenset[str] = frozenset()
    """Units of which so many were told for each of another: two registers a shop."""
    percent: Decimal | None = None
    rest: tuple[str, ...] = ()
    """Words that none of this explains: the more there are, the less it is about figures."""
    objects: tuple[str, ...] = ()
    """What something is asked for that is no product and no unit here."""
    alone: bool = False
    """The clause is a product's name and nothing else."""
    units: tuple[str, ...] = ()
    """Keys of the units that stand outside of names, told or not."""
    shares: Mapping[str, tuple[Decimal, ...]] = field(default_factory=dict)
    """Key of a unit -> how many of it there are in each of several places."""
    claimed: tuple[Decimal, ...] = ()
    """What he says that all of it comes to, where he named things by their prices."""
    dates: tuple[tuple[int, int], ...] = ()
    """Places of lengths of time that end at a date: «in two months we open»."""
    ways: tuple[Way, ...] = ()
    """How it is to be paid over a longer time, where that is said: a year by months, or at once."""
    per: Mapping[int, Per] = field(default_factory=dict)
    """Place in `named` -> of what its count is so many for each: «a scanner for every till»."""

    def dated(self, start: int) -> bool:
        """Whether what stands at a place belongs to a date."""
        return any(begin <= start < end for begin, end in self.dates)

    @property
    def counted_per(self) -> Mapping[str, Per]:
        """Key of a product -> the same, as `counted` has its count."""
        return {
            key: per
            for place, per in self.per.items()
            for key in ((self.named[place].key,) if self.named[place].key is not None else self.named[place].tied)
            if key is not None
        }

    @property
    def counted(self) -> Mapping[str, Decimal]:
        """Key of a product -> the count beside its name; of an unclear name all that it may mean."""
        return {
            key: n
            for place, n in self.counts.items()
            for key in ((self.named[place].key,) if self.named[place].key is not None else self.named[place].tied)
            if key is not None
        }

    @property
    def keys(self) -> tuple[str, ...]:
        """The products meant beyond doubt, each once."""
        return tuple(dict.fromkeys(named.key for named in self.named if named.key is not None))

    @property
    def own_only(self) -> "Wanted":
        """Without what is called by no word of its own name: beside such a word it is only spoken of."""
        return self.only([n for n, named in enumerate(self.named) if named.own])

    def only(self, kept: Sequence[int]) -> "Wanted":
        """With the mentions of these places alone."""
        counts = {place: self.counts[n] for place, n in enumerate(kept) if n in self.counts}
        per = {place: self.per[n] for place, n in enumerate(kept) if n in self.per}
        return replace(self, named=tuple(self.named[n] for n in kept), counts=MappingProxyType(counts), per=per)


@dataclass(slots=True)
class _Told:
    """What the numbers of a clause count, while they are gone through."""

    quantities: dict[str, Decimal] = field(default_factory=dict)
    counts: dict[int, Decimal] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    bare: list[Decimal] = field(default_factory=list)
    each: set[str] = field(default_factory=set)

    def add(self, what: str | int | None, noun: str, value: Decimal) -> None:
        if isinstance(what, int):
            self.counts.setdefault(what, value)
        elif what is not None:
            if self.quantities.setdefault(what, value) != value:
                self.bare.append(value)  # «for two children 68 000»: the unit has its number
        elif noun:
            self.foreign.append(noun)
        else:
            self.bare.append(value)


def wanted(read: Read, catalogue: Catalogue) -> Wanted:
    """Linear in the length of the clause."""
    found = tokens(read.text)
    every, named = mentioned(read.text, found, catalogue)
    named = listed_beside(read.text, found, named)
    named, sizes = sized(read.text, sent(found, named, catalogue), catalogue)
    called = [n for n in every if n.own and n not in named]
    if any(n.own and n.unique for n in named):
        named = tuple(n for n in named if n.own or counted_so(read.text, found, n, catalogue))
    taken = [(n.start, n.end) for n in named if n.own or n.unique]
    people = of_people(read, found, catalogue)
    told = _told(read, found, named, catalogue, people, sizes=sizes)
    if with_kin(found) and any(map(from_second, called_by(catalogue, [token.folded for token in found]))):
        told.quantities.setdefault(catalogue.units.person(), Decimal(2))  # «my wife and I»
    for unit, n in of_their_unit(found, named, told.counts, catalogue):
        told.quantities.setdefault(unit, n)
    parts = _parts(read, found, told, catalogue)
    paid = [d for d in read.durations[:MOST_READ] if exact(d) and not unpaid(read.text, found, d)]
    lengths = [m for m in map(months, paid) if m is not None and m <= LONGEST]
    ways = ways_of(read, found)
    return Wanted(
        named=named,
        quantities=MappingProxyType(told.quantities),
        counts=MappingProxyType(told.counts),
        foreign=tuple(dict.fromkeys(told.foreign)),
        months=_months(read, found, lengths, ways),
        asks=asks_of(found, named, catalogue),
        words=tuple(token.folded for token in found),
        affirmed=affirmed(found, segments(read.text, found)),
        bare=tuple(told.bare),
        ages=tuple(age for age in people.values() if age is not None),
        each=frozenset(told.each),
        percent=percent_of(read, found),
        alone=bool(taken) and _only(found, taken) and not any(t.folded in listed("open") for t in found),
        rest=tuple(rest_of(read, found, (*named, *called), catalogue)),
        objects=tuple(objects_of(found, read, [n for n in named if n.unique or len(n.candidates) > 1], catalogue)),
        units=tuple(dict.fromkeys(_units(found, taken, catalogue))),
        shares=parts.shares if parts is not None else {},
        dates=tuple(dates(read, found)),
        ways=ways,
    )


def _months(read: Read, found: Sequence[Token], lengths: Sequence[Decimal], ways: Sequence[Way]) -> Decimal | None:
    """For how long it is paid; «by months», where it is said how a year is paid, is no month that is asked for."""
    if ways and ways[-1].months is not None:
        return ways[-1].months
    if asked_a_month(read, found):
        return Decimal(1)
    return lengths[-1] if lengths else rate(read, found)


def _parts(read: Read, found: Sequence[Token], told: _Told, catalogue: Catalogue) -> Parted | None:
    """What is told of each place, and in `told` what that comes to."""
    priced = [u for u in told.quantities if not u.startswith("@") and catalogue.priced_by(u)]
    parts = parted(read, found, catalogue, told.quantities.get(priced[0]) if priced else None)
    if parts is None:
        return None
    place = parts.place or next((unit for unit in priced if unit not in parts.shares), None)
    if place is not None and place not in parts.shares:
        told.quantities[place] = max(told.quantities.get(place, Decimal(0)), Decimal(parts.places))
    told.quantities |= {unit: sum(row, Decimal(0)) for unit, row in parts.shares.items()}
    told.bare.clear()
    told.each -= parts.shares.keys()
    return parts


def _told(
    read: Read,
    found: Sequence[Token],
    named: Sequence[Named],
    catalogue: Catalogue,
    people: Mapping[int, object],
    *,
    sizes: Container[Decimal],
) -> _Told:
    told = _Told()
    goes = to_whom(found, named, catalogue)
    spans = [(n.start, n.end) for n in named if n.own or n.unique]
    spans += [(m.start, m.end) for m in read.money[:MOST_READ]]
    spans += [(d.start, d.end) for d in read.durations[:MOST_READ]]
    for number in read.numbers[:MOST_READ]:
        inside = any(start <= number.start and number.end <= end for start, end in spans)
        percent = read.text[number.end : number.end + 2].strip().startswith("%")
        if inside or percent or number.start in people or not exact(number) or not 0 < number.value <= MOST:
            continue
        first, last = place_of(found, number.start), place_of(found, number.end)
        if last == first + 1 and found[first].folded in collective():
            continue  # «for three»: people, whom their own word counts
        if number.value <= MOST_KINDS and of_kinds(found, (first, last), named, catalogue):
            continue
        what, noun = counted(read.text, found, (first, last), named, catalogue)
        if (what is None and fold(noun) in listed("dimensions")) or (
            number.value in sizes and not isinstance(what, str)
        ):
            continue
        if isinstance(what, str) and first and found[first - 1].raw in written("roughly"):
            what = what if number.value <= catalogue.most_of(what) else None  # «a till, about 25 thousand»: an amount
        goes_to = goes is not None and are_people(what, noun, found[first - 1] if first else None, catalogue)
        what, noun = (goes, "") if goes_to else (what, noun)
        if isinstance(what, str) and first and (_each(found[first - 1]) or _in_each(found, first, last)):
            told.each.add(what)
        if what is None and not noun and of_us(found, first, last):
            what = catalogue.units.person()
        counts = what is None or isinstance(what, str) or number.value <= _MOST_PIECES
        told.add(what if counts else None, noun if counts else "", number.value)
    for length in (d for d in read.durations[:MOST_READ] if exact(d)):
        if (short := _SHORT.get(length.unit.rstrip("s"))) is not None:
            told.quantities.setdefault(short[0], Decimal(str(length.seconds)) / short[1])
    for token, behind in zip(found, (*found[1:], None), strict=False):
        if (so_many := collective().get(token.folded)) is not None:
            beside = behind is not None and not read.text[token.end : behind.start].strip()
            unit = catalogue.units.of(behind.folded) if behind is not None and beside else None
            told.quantities.setdefault(unit or catalogue.units.person(), so_many)
    return told


def _each(token: Token) -> bool:
    return token.folded in listed("each")


def _in_each(found: Sequence[Token], first: int, last: int) -> bool:
    """«In each two tills», «two tills each»."""
    return found[first - 1].raw in written("ineach") or any(
        t.raw in written("ineach") for t in found[last + 1 : last + 2]
    )


def _only(found: Sequence[Token], taken: Sequence[tuple[int, int]]) -> bool:
    rest = (t for t in found if not any(start <= t.start < end for start, end in taken))
    return all(token.folded in common() for token in rest)


def _units(found: Sequence[Token], taken: Sequence[tuple[int, int]], catalogue: Catalogue) -> Iterator[str]:
    for place, token in enumerate(found):
        unit = catalogue.units.of(token.folded)
        if unit is None or any(start <= token.start < end for start, end in taken):
            continue
        if place and token.raw in written("kinds") and found[place - 1].number and len(found[place - 1].raw) <= KINDS:
            continue  # «the sum of 4 things»
        behind = found[place + 1 : place + 4]
        calls = len(behind) == 3 and behind[0].number and catalogue.units.of(behind[1].folded) == _PIECE
        if calls and any(start == behind[2].start for start, _ in taken):
            continue  # «tills, 3 pieces of X»: X is called so
        yield unit
