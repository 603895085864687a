"""What was told of all places, divided among the main offers that are for some of them: two shops, and three tills."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.limits import Shares, one_more


def divided(
    catalogue: Catalogue, split: Mapping[str, Decimal], told: Mapping[str, Decimal], shares: Shares
) -> dict[str, dict[str, Decimal]]:
    """Key of a main offer -> what was told, as it is told of the places of that one alone.

    The most stand where the most is included: nobody pays for one more till beside another that stands unused.
    """
    offers = {key: offer for key in split if (offer := catalogue.get(key)) is not None}
    own: dict[str, dict[str, Decimal]] = {
        key: {unit: split[key] for price in offer.prices if (unit := price.unit) is not None}
        for key, offer in offers.items()
    }
    for unit in {limit.unit for offer in offers.values() for limit in offer.limits}:
        if unit is None or unit not in told:
            continue
        over = _over(catalogue, list(offers.values()), split, unit, (told[unit], shares.get(unit, ())))
        for key, offer in offers.items():
            limit = offer.limit(unit)
            if limit is not None:
                own[key][unit] = limit.amount * split[key] + over.get(key, Decimal(0))
    return own


def _over(
    catalogue: Catalogue,
    offers: Sequence[Offer],
    split: Mapping[str, Decimal],
    unit: str,
    told: tuple[Decimal, Sequence[Decimal]],
) -> dict[str, Decimal]:
    """How many of a unit are above what is included, by the offer beside which they are paid."""
    bounds = {offer.key: limit.amount for offer in offers if (limit := offer.limit(unit)) is not None}
    paid = [offer.key for offer in offers if offer.key in bounds and one_more(catalogue, offer, unit)]
    places = sorted(
        ((bounds.get(offer.key), offer.key) for offer in offers for _ in range(int(split[offer.key]))),
        key=lambda row: (row[0] is not None, -(row[0] or 0)),
    )
    all_, shares = told
    if len(shares) == len(places):
        over: dict[str, Decimal] = {}
        for number, (bound, key) in zip(sorted(shares, reverse=True), places, strict=True):
            if bound is not None:
                over[key] = over.get(key, Decimal(0)) + max(Decimal(0), number - bound)
        return over
    if len(bounds) < len(offers):
        return {}
    left = max(Decimal(0), all_ - sum((bounds[key] * split[key] for key in bounds), Decimal(0)))
    return {(paid or list(bounds))[-1]: left} if left else {}
