"""So many of what is also sold as a pack of so many: «10 lessons» are the pack of ten, not ten single ones."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.naming import Named
from app.figures.wanted import Wanted
from app.figures.words import listed, tokens
from app.language.numerals import numbers

_ONCE = frozenset({"once", None})


def as_packs(text: str, wanted: Wanted, catalogue: Catalogue) -> Wanted:
    """What is wanted, with a pack in the place of as many single ones, where one section sells both."""
    if any(listed("onetime").get(word) is not None for word in wanted.words):
        return wanted
    named, counts, told = list(wanted.named), dict(wanted.counts), dict(wanted.quantities)
    units = wanted.units
    for place, mention in enumerate(wanted.named):
        offer = _single(mention, catalogue)
        unit = _unit(offer)
        if offer is None or unit is None:
            continue
        count = counts.get(place, told.get(unit))
        pack = _pack(offer, unit, count, catalogue) if count is not None else None
        if pack is None and count is not None and mention.key is None:
            named[place] = replace(mention, key=offer.key, candidates=((offer.key, 1.0),), own=True)
        if pack is not None:
            named[place] = replace(mention, key=pack.key, candidates=((pack.key, 1.0),), own=True)
            counts.pop(place, None)
            told.pop(unit, None)
            units = tuple(each for each in units if each != unit)
    if named == list(wanted.named):
        return wanted
    kept, left = MappingProxyType(counts), MappingProxyType(told)
    return replace(wanted, named=tuple(named), counts=kept, quantities=left, units=units)


def _single(mention: Named, catalogue: Catalogue) -> Offer | None:
    """What is meant, of one and a pack of it the one."""
    offers = [offer for key in mention.tied if (offer := catalogue.get(key)) is not None]
    if mention.key is not None:
        return catalogue.get(mention.key)
    singles = [
        offer for offer in offers if (unit := _unit(offer)) is not None and _packed(offer, unit, offers, catalogue)
    ]
    return singles[0] if len(singles) == 1 else None


def _packed(offer: Offer, unit: str, offers: Sequence[Offer], catalogue: Catalogue) -> bool:
    """Whether all the others are packs of it."""
    return len(offers) > 1 and all(o == offer or unit in holds(o.name, catalogue) for o in offers)


def _unit(offer: Offer | None) -> str | None:
    units = {price.unit for price in offer.prices} if offer is not None else set()
    return next(iter(units)) if len(units) == 1 else None


def _pack(offer: Offer, unit: str, count: Decimal, catalogue: Catalogue) -> Offer | None:
    """The only thing of the same section whose name says so many of the unit."""
    found = [
        other
        for other in catalogue.offers
        if other.key != offer.key
        and not set(other.sections).isdisjoint(offer.sections)
        and all(price.fact.period in _ONCE and price.unit != unit for price in other.prices)
        and holds(other.name, catalogue).get(unit) == count
    ]
    return found[0] if len(found) == 1 else None


def holds(name: str, catalogue: Catalogue) -> Mapping[str, Decimal]:
    """Key of a unit -> how many of it a name says."""
    found = tokens(name)
    units: dict[str, Decimal] = {}
    for number in numbers(name):
        behind = next((token for token in found if token.start >= number.end), None)
        unit = catalogue.units.of(behind.folded) if behind is not None else None
        if unit is not None and not name[number.end : behind.start if behind is not None else 0].strip():
            units[unit] = number.value
    return units
