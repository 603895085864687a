"""Which products fit what was told, and which of them costs least."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType

from app.fact import Period
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.counting import Item, Sum, count, quantity_of
from app.figures.sums.limits import Shares, overflow

_MOST = 4


def alternatives(catalogue: Catalogue, quantities: Mapping[str, Decimal]) -> tuple[Offer, ...]:
    """Products of which one or another is taken: priced by a unit that was told, and bounded in what they include.

    Empty where nothing told is a unit of such prices: then it is not known what is to be counted.
    """
    found = [
        offer
        for offer in catalogue.offers
        if not offer.extra and any(p.unit in quantities or p.unit is None for p in offer.prices) and bounded(offer)
    ]
    return tuple(found)


def bounded(offer: Offer) -> bool:
    """Whether it is for so many and no more, or no fewer: steps of one price are no such bounds."""
    least = [p for p in offer.prices if p.fact.min_quantity is not None]
    steps = {(p.unit, p.fact.period) for p in offer.prices}
    return bool(offer.limits) or (bool(least) and len(steps) == len(offer.prices))


def siblings(catalogue: Catalogue, keys: Iterable[str]) -> tuple[Offer, ...]:
    return tuple(offer for key in keys if (offer := catalogue.get(key)) is not None)


def fitting(
    catalogue: Catalogue,
    offers: Iterable[Offer],
    quantities: Mapping[str, Decimal],
    months: Decimal | None,
    *,
    shares: Shares = MappingProxyType({}),
    prefer: Period | None = None,
) -> tuple[Sum, ...]:
    """Sums of those offers that what was told fits into, each with its extras, from the cheapest on; at most four."""
    sums: list[tuple[Decimal, str, Sum]] = []
    for offer in offers:
        made = count(catalogue, (Item(offer),), quantities, months, prefer=prefer, shares=shares)
        total = made.single
        if not made.known or total is None:
            continue
        quantity, assumed = quantity_of(made.parts[0].price, quantities)
        if assumed and (made.parts[0].price.fact.min_quantity or 0) > 1:
            continue
        if not overflow(catalogue, offer, quantities, quantity, shares):
            sums.append((total.amount, offer.key, made))
    return tuple(made for _, _, made in sorted(sums, key=lambda row: row[:2])[:_MOST])


def cheapest(
    catalogue: Catalogue,
    offers: Iterable[Offer],
    quantities: Mapping[str, Decimal],
    months: Decimal | None = None,
    *,
    shares: Shares = MappingProxyType({}),
    prefer: Period | None = None,
) -> Sum | None:
    """The least that is paid for what was told; None where nothing fits."""
    return next(iter(fitting(catalogue, offers, quantities, months, shares=shares, prefer=prefer)), None)


def least_of(catalogue: Catalogue, keys: Iterable[str]) -> Offer | None:
    """The cheapest of those products; None where their prices are for different things and cannot be compared."""
    offers = siblings(catalogue, keys)
    paid = {tuple(sorted((price.unit or "", price.fact.period or "") for price in offer.prices)) for offer in offers}
    if len(paid) != 1 or paid == {()}:
        return None
    return min(offers, key=price_of)


def price_of(offer: Offer) -> Decimal:
    """The least that is paid for it: several are said in that order."""
    return min((price.amount for price in offer.prices), default=Decimal(0))
