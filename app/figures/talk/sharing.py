"""What is wanted for each of something: counted again where there are more of that, and told of what nobody named."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.read import MOST_READ, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.talk.held import Held
from app.figures.talk.spreading import Known, Shared, by_piece, in_each
from app.figures.wanted import Wanted
from app.figures.words import Token, listed, tokens, written

_NEAR = 4
"""Words between «why» and what there is one of."""
_MOST = 1000
"""Places."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What a message that shares out may be about: what it names anywhere, else what was spoken of last."""

    named: tuple[Named, ...]
    focus: tuple[str, ...]


def place_of(items: Sequence[Held], told: Mapping[str, Decimal], catalogue: Catalogue) -> str | None:
    """Key of the unit that a bare «for each» is meant of: the one it was meant of before, else the main offer's."""
    before = [item.per[0] for item in items if item.per is not None and item.per[0] in told]
    if before:
        return before[-1]
    names = catalogue.main.names if catalogue.main is not None else ()
    offers = [offer for name in names if (offer := catalogue.named_so(name)) is not None]
    units = {price.unit for offer in offers for price in offer.prices}
    return next((unit for unit in units if unit is not None and len(units) == 1 and told.get(unit, 0) > 1), None)


def per_item(
    items: Sequence[Held],
    marks: Sequence[Shared],
    spoken: Spoken,
    known: Known,
    catalogue: Catalogue,
) -> list[Held]:
    """The items with what a clause that names none of them tells of them: «two for each, then»."""
    mark = next((mark for mark in reversed(marks) if mark.number is not None or mark.unit is not None), None)
    keys = _meant(items, spoken, catalogue) if mark is not None else frozenset()
    if mark is None or not keys:
        return list(items)
    unit, each = in_each(mark, mark.number, known, several=False)
    count = each * (known.told[unit] if unit is not None else 1)
    per = (unit, each) if unit is not None else None
    return [replace(item, count=count, per=per) if item.key in keys else item for item in items]


def to_each(
    read: Read,
    wanted: Wanted,
    items: Sequence[Held],
    marks: Sequence[Shared],
    about: tuple[Spoken, Known],
    *,
    catalogue: Catalogue,
) -> Wanted:
    """«A drawer to each», «a scanner to each terminal»: as many as there are of what was just spoken of. Linear."""
    found = tokens(read.text) if not any(mark.unit for mark in marks) else ()
    focus, place = about[0].focus, about[1].place
    counts = dict(wanted.counts)
    for n, token in enumerate(found):
        every = listed("every").get(token.folded) is not None or listed("eachof").get(token.folded) is not None
        if not every or (place is not None and not (n and found[n - 1].raw in written("toeach"))):
            continue
        behind = found[n + 1] if n + 1 < len(found) else None
        own = [m for m, mention in enumerate(wanted.named) if mention.own and by_piece(_keys(mention), catalogue)]
        of = [m for m in own if behind is not None and wanted.named[m].start <= behind.start < wanted.named[m].end]
        if not of and not _ends(read.text, token, behind):
            continue
        ahead = [m for m in own if wanted.named[m].end <= token.start]
        of = of or [m for m in ahead[:1] if wanted.counts.get(m, Decimal(1)) > 1 and len(ahead) > 1]
        keys = _keys(wanted.named[of[0]]) if of else focus if len(focus) == 1 else ()
        held = next((i.count for i in items if i.key in keys and i.count is not None), None)
        number = (wanted.counts.get(of[0]) if of else None) or held
        things = [m for m in own if m not in of]
        if number is None or number <= 1:
            continue
        for m in [m for m in ahead if m not in of] or things:
            counts[m] = wanted.counts.get(m, Decimal(1)) * number
    return replace(wanted, counts=MappingProxyType(counts)) if counts != wanted.counts else wanted


def _keys(mention: Named) -> tuple[str, ...]:
    return (mention.key,) if mention.key is not None else mention.tied


def _ends(text: str, token: Token, behind: Token | None) -> bool:
    """Whether nothing stands behind «each» that it may be said of."""
    if behind is None or text[token.end : behind.start].strip():
        return True
    light = any(listed(name).get(behind.folded) is not None for name in ("small", "each", "adding", "taking"))
    return light and listed("spans").get(behind.folded) is None


def each_place(
    text: str, spoken: Sequence[Named], items: Sequence[Held], known: Known, catalogue: Catalogue
) -> list[Held]:
    """«Why one printer, if there are two shops?»: the items with one of it for each; empty where nobody says so.

    Linear in the text.
    """
    place, found = known.place, tokens(text)
    if place is None or known.told.get(place, Decimal(1)) <= 1 or not spoken:
        return []
    for n, token in enumerate(found):
        if token.folded not in listed("whys"):
            continue
        near = found[max(0, n - _NEAR) : n + 2 * _NEAR + 1]
        one = any(listed("one").get(t.folded) is not None or t.raw == "1" for t in near)
        mention = next((m for m in spoken if m.own and any(m.start <= t.start < m.end for t in near)), None)
        if not one or mention is None:
            continue
        if not any(catalogue.units.of(t.folded) == place for t in found):
            return []
        keys = {mention.key} if mention.key is not None else set(mention.tied)
        meant = [i for i in items if not keys.isdisjoint((i.key, *i.open)) and by_piece((i.key,), catalogue)]
        if len(meant) == 1:
            each = replace(meant[0], count=known.told[place], per=(place, Decimal(1)))
            return [each if item is meant[0] else item for item in items]
    return []


def _meant(items: Sequence[Held], spoken: Spoken, catalogue: Catalogue) -> frozenset[str]:
    """Keys of the goods that are meant: the last that it names, the one in focus, what was shared out before."""
    held = {key: item.key for item in items for key in (item.key, *item.open) if by_piece((item.key,), catalogue)}
    for mention in reversed(spoken.named):
        keys = {held[key] for key in ((mention.key,) if mention.key else mention.tied) if key in held}
        if mention.own and len(keys) == 1:
            return frozenset(keys)
    focus = {held[key] for key in spoken.focus if key in held}
    shared = {item.key for item in items if item.per is not None}
    goods = {item.key for item in items if item.key in held}
    return frozenset(next((keys for keys in (focus, shared, goods) if len(keys) == 1), set()))


def of_places(read: Read, wanted: Wanted, known: Known) -> dict[str, Decimal] | None:
    """«Let us count for four»: of what a sum is asked for so many, where the number says nothing of what."""
    place = known.place
    silent = "sum" not in wanted.asks or len(wanted.bare) != 1 or bool(wanted.quantities)
    if place is None or place not in known.told or silent:
        return None
    found, value = tokens(read.text), wanted.bare[0]
    number = next((n for n in read.numbers[:MOST_READ] if exact(n) and n.value == value), None)
    before = next((t for t in reversed(found) if number is not None and t.end <= number.start), None)
    led = before is not None and before.folded in listed("onto")
    return {place: value} if led and 0 < value <= _MOST and value == value.to_integral_value() else None


def renewed(items: Sequence[Held], told: Mapping[str, Decimal]) -> list[Held]:
    """The items, of what is for each of a unit as many as there are of it now."""
    return [
        replace(item, count=item.per[1] * told[item.per[0]]) if item.per is not None and item.per[0] in told else item
        for item in items
    ]
