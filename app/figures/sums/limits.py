"""What was told above what a product includes, and what one more of it costs."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import Figure

Shares = Mapping[str, Sequence[Decimal]]
"""Key of a unit -> how many there are in each of several places: three tills in one shop and one in another."""


def above(limit: Figure, told: Mapping[str, Decimal], quantity: Decimal, shares: Shares) -> Decimal:
    """How many are above a limit of so many times a product; place by place where that was told of each place."""
    unit = limit.unit or ""
    parts = shares.get(unit, ())
    if parts and len(parts) == quantity:
        return sum((max(Decimal(0), part - limit.amount) for part in parts), Decimal(0))
    return max(Decimal(0), told.get(unit, Decimal(0)) - limit.amount * quantity)


def one_more(catalogue: Catalogue, offer: Offer, unit: str) -> list[tuple[Offer, Figure]]:
    """What one more of a unit costs beside the offer."""
    prices = [(other, p) for other in catalogue.offers for p in other.prices if p.kind == "extra" and p.unit == unit]
    return [(other, price) for other, price in prices if catalogue.applies(price, offer)]


def overflow(
    catalogue: Catalogue, offer: Offer, told: Mapping[str, Decimal], quantity: Decimal, shares: Shares
) -> bool:
    """Whether something told is above a limit, and no price of one more is known."""
    return any(
        limit.unit is not None
        and above(limit, told, quantity, shares) > 0
        and not one_more(catalogue, offer, limit.unit)
        for limit in offer.limits
    )
