"""Which main offer is for how many places: «two shops on Start, one on Rost», «the first Rost, the other Start»."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from app.figures.read import Read
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.talk.held import Basket, Split
from app.figures.talk.pairing import paired, touches
from app.figures.talk.places import BREAKS, Told, told_of_places
from app.figures.talk.plans import main_offers, place_of_main
from app.figures.talk.rejecting import wishes
from app.figures.wanted import Wanted
from app.figures.words import chooses, listed, tokens, written

_MOST = 1000
"""Places."""
_SEVERAL = 2
_NEAR = 2
"""Words between «all» and the name of what they all take."""
_SUMS = frozenset({"sum", "price"})


@dataclass(frozen=True, slots=True)
class Allotted:
    """What a message makes of the places."""

    split: Split
    """(key of a main offer, for how many places), in the order that they were said in; empty: for all of them one."""
    unit: str
    places: Decimal | None = None
    """How many places there are; None: as many as were told before."""
    numbers: frozenset[int] = frozenset()
    """Where the numbers stand that say so: they count nothing else."""
    parts: tuple[tuple[int, int], ...] = ()
    """Where what is said of each place begins and ends."""
    anew: bool = False
    """Whether the message itself says it,"""
    replaces: bool = False
    """and says it in the place of what was said of them before."""


@dataclass(frozen=True, slots=True)
class _Places:
    """Their unit, how many there were before, keys of the main offers, and what a message tells of them."""

    unit: str
    earlier: Decimal | None
    plans: set[str]
    told: Sequence[Told]


def allotted(read: Read, wanted: Wanted, before: Basket, catalogue: Catalogue) -> Allotted | None:
    """None where no main offer is for some of the places alone. Linear in the text."""
    unit = place_of_main(catalogue)
    plans = {offer.key for offer in main_offers(catalogue)}
    named = [m for m in wanted.named if m.own and m.key in plans]
    if unit is None:
        return None
    if not named:
        return Allotted(before.split, unit) if before.split else None
    told = told_of_places(read, wanted, unit, plans, catalogue)
    places = _Places(unit, dict(before.told).get(unit), plans, told)
    if len({m.key for m in named}) >= _SEVERAL:
        several = _of_several(read, wanted, named, places)
        return replace(several, replaces=bool(before.split)) if several is not None else None
    return _of_one(read, wanted, named, before, places)


def _of_several(read: Read, wanted: Wanted, named: Sequence[Named], places: "_Places") -> Allotted | None:
    told = places.told
    either = any(_alternative(read.text, one, other) for one, other in pairwise(named))
    if either or _apart(wanted):
        return None
    if (found := paired(read.text, named, told)) is None:
        return _each_one(wanted, named, places)
    rest = [said for said in told if said not in found.used and said.number is not None and said.of_unit]
    whole = max((said.number or Decimal(0) for said in rest), default=places.earlier)
    known = sum((n for _, n in found.counts if n is not None), Decimal(0))
    left = whole - known if whole is not None else None
    split: dict[str, Decimal] = {}
    for mention, n in found.counts:
        count = n if n is not None else left
        if count is None or count <= 0:
            return None
        split[mention.key or ""] = split.get(mention.key or "", Decimal(0)) + count
    total = sum(split.values(), Decimal(0))
    all_ = max(total, *(said.number or Decimal(0) for said in rest)) if rest else total
    if total > _MOST:
        return None
    return Allotted(tuple(split.items()), places.unit, all_, _starts(told), found.parts, anew=True)


def _apart(wanted: Wanted) -> bool:
    """Whether it is asked which to take, or how far they are apart; «which sum?» asks for a sum."""
    chosen = chooses(wanted.words) or ("choose" in wanted.asks and _SUMS.isdisjoint(wanted.asks))
    return chosen or "difference" in wanted.asks


def _starts(told: Sequence[Told]) -> frozenset[int]:
    return frozenset(said.at for said in told if said.at is not None)


def _alternative(text: str, one: Named, other: Named) -> bool:
    between = tokens(text[one.end : other.start])
    return any(t.folded in listed("alternatives") or t.raw in written("comparing") for t in between)


def _each_one(wanted: Wanted, named: Sequence[Named], places: "_Places") -> Allotted | None:
    """«Two shops, Rost and Start, the total?», «Rost and Start, one shop each»: of so many plans one for each place."""
    told = places.told
    split: dict[str, Decimal] = {}
    for mention in named:
        split[mention.key or ""] = split.get(mention.key or "", Decimal(0)) + 1
    counts = [said for said in told if said.number is not None and (said.of_unit or said.each)]
    each = [said.number or Decimal(1) for said in counts if said.each]
    if any(said.number is not None and not (said.of_unit or said.each or said.one) for said in told):
        return None  # so many of what nobody has said
    if len(counts) == 1 and each:
        split = {key: n * each[0] for key, n in split.items()}
        return Allotted(tuple(split.items()), places.unit, sum(split.values(), Decimal(0)), _starts(told), anew=True)
    known = wanted.quantities.get(places.unit, places.earlier)
    sums = "sum" in wanted.asks or wishes(wanted.words) or any(said.number is None or not said.of_unit for said in told)
    whole = sum(split.values(), Decimal(0))
    if known is None and "sum" in wanted.asks:
        return Allotted(tuple(split.items()), places.unit)  # nobody has said how many places there are
    if known != whole or not (sums or "price" not in wanted.asks):
        return None
    return Allotted(tuple(split.items()), places.unit, whole, _starts(told), anew=True)


def _of_one(read: Read, wanted: Wanted, named: Sequence[Named], before: Basket, places: "_Places") -> Allotted | None:
    """One main offer is named, for some of the places, beside what the others have; or for all of them."""
    key, unit, told = named[0].key or "", places.unit, places.told
    whole = dict(before.told).get(unit, sum((n for _, n in before.split), Decimal(0)))
    as_before = Allotted(before.split, unit) if before.split else None
    plans = [item.key for item in before.items if item.key in places.plans]
    split = dict(before.split) or ({plans[-1]: whole} if plans and plans[-1] != key and whole >= _SEVERAL else {})
    if not split:
        return None if plans else _of_some(read, wanted, named, places)
    if _for_all(read.text, named[0]):
        return Allotted((), unit, whole, _starts(told)) if before.split else None
    found = paired(read.text, named, told)
    if found is None:
        return as_before if key in split or (not told and not wishes(wanted.words)) else None
    counts = [n for _, n in found.counts if n is not None]
    count = sum(counts, Decimal(0))
    which = all(said.one for said in found.used)
    if len(counts) < len(found.counts) or (found.breaks and not which) or _apart(wanted):
        return as_before
    if not before.split and (count >= whole or any(said.of_unit and not said.one for said in found.used)):
        return None
    if _more(read.text, found.used[0]):
        made = {**split, key: split.get(key, Decimal(0)) + count}
    elif which:
        likewise = any(token.raw in written("likewise") for token in tokens(read.text))
        made = _moved(split, key, found.used, likewise=likewise)
    else:
        made = _counted(split, key, count, whole)
    return Allotted(
        tuple(made.items()),
        unit,
        sum(made.values(), Decimal(0)),
        _starts(found.used),
        found.parts,
        anew=True,
        replaces=True,
    )


def _more(text: str, said: Told) -> bool:
    """«One more on Start»."""
    ahead = tokens(text[: said.start])[-1:]
    return any(token.folded in listed("more") for token in ahead)


def _for_all(text: str, mention: Named) -> bool:
    """«All on Rost», «Rost everywhere»: no «all together, with Rost»."""
    found = tokens(text)
    for n, token in enumerate(found):
        if token.raw not in written("allplaces"):
            continue
        behind = found[n + 1] if n + 1 < len(found) else None
        between = text[min(token.end, mention.end) : max(token.start, mention.start)]
        totals = behind is not None and behind.folded in listed("totals")
        if not totals and BREAKS.isdisjoint(between) and len(tokens(between)) <= _NEAR:
            return True
    return False


def _of_some(read: Read, wanted: Wanted, named: Sequence[Named], places: "_Places") -> Allotted | None:
    """«Three shops, two of them on Rost»: nothing is said of the third."""
    found = paired(read.text, named, places.told)
    if found is None or _apart(wanted) or any(said.of_unit or said.one for said in found.used):
        return None
    if places.earlier is None and places.unit not in wanted.quantities and touches(read.text, found.used[0], named[0]):
        return Allotted((), places.unit, found.used[0].number, _starts(found.used), anew=True)  # «two Starts»
    if found.breaks or _for_all(read.text, named[0]):
        return None
    rest = [s for s in places.told if s not in found.used and s.of_unit and not s.one and s.number is not None]
    whole = rest[0].number if len(rest) == 1 else places.earlier if not rest else None
    count = sum((n or Decimal(0) for _, n in found.counts), Decimal(0))
    if whole is None or not 0 < count < whole or len(named) != 1:
        return None
    return Allotted(((named[0].key or "", count),), places.unit, whole, _starts(places.told), found.parts, anew=True)


def _counted(split: Mapping[str, Decimal], key: str, count: Decimal, whole: Decimal) -> dict[str, Decimal]:
    """With so many of one: of two the other has what is left, so that there are as many places as before."""
    made = {**split, key: count}
    others = [k for k in made if k != key]
    if count == whole:
        return {key: count}
    if len(others) == 1 and count < whole:
        made[others[0]] = whole - count
    return made


def _moved(split: Mapping[str, Decimal], key: str, used: Sequence[Told], *, likewise: bool) -> dict[str, Decimal]:
    """With these places at another main offer: each by its number in the order that they were told in."""
    rows = [k for k, n in split.items() for _ in range(int(n))]
    for said in used:
        place = int(said.place or 0) - 1
        others = [n for n, k in enumerate(rows) if k != key]
        if 0 <= place < len(rows) and not (likewise and rows[place] == key and others):
            rows[place] = key
        elif place == len(rows):
            rows.append(key)  # «and the third one, which we open, takes Start»
        elif others:
            rows[others[-1]] = key
    return {k: Decimal(rows.count(k)) for k in dict.fromkeys(rows)}
