"""All that a customer wants together: one product for each that he named, in this message and in those before."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.figures.case import Case
from app.figures.decided import Decided, NotKnown, PriceKnown, Summed
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.counting import Unknown
from app.figures.sums.fitting import bounded
from app.figures.wanted import Wanted
from app.figures.words import fold, listed

_MOST_TIED = 8
_MOST = 6
_OTHERS = 2
"""Products that a mention may mean too, and that are not in the sum."""


@dataclass(frozen=True, slots=True)
class Basket:
    """What earlier messages named, by keys, and the length of time that they spoke of."""

    keys: tuple[str, ...] = ()
    months: Decimal | None = None


NOTHING = Basket()


def put_in(asked: Wanted, catalogue: Catalogue) -> tuple[str, ...]:
    """Keys of the products of a clause: the one meant by each mention, or the cheapest of those that it may mean."""
    keys: list[str] = []
    for named in asked.named:
        if named.key is not None:
            keys.append(named.key)
        elif named.own and 1 < len(named.tied) <= _MOST_TIED and (least := _least(named.tied, catalogue)) is not None:
            keys.append(least.key)
    return tuple(dict.fromkeys(keys))


def _least(keys: Sequence[str], catalogue: Catalogue) -> Offer | None:
    """The cheapest of those products; None where their prices are for different things and cannot be compared."""
    offers = [offer for key in keys if (offer := catalogue.get(key)) is not None]
    paid = {tuple(sorted((price.unit or "", price.fact.period or "") for price in offer.prices)) for offer in offers}
    if len(paid) != 1 or paid == {()}:
        return None
    return min(offers, key=lambda offer: min(price.amount for price in offer.prices))


def together(case: Case, before: Sequence[str], months: Decimal | None = None) -> list[Decided]:
    """One sum of several products where a sum is asked for; nothing where fewer are known, or one is not priced.

    `before`: keys of what earlier messages named; they count where this one names nothing, or says "all together".
    `months`: how long they said, for a message that does not.
    """
    asked, catalogue = case.wanted, case.catalogue
    own = put_in(asked, catalogue)
    joins = any(word in listed("together") for word in asked.words)
    chosen: dict[str, Offer] = {}
    for key in (*before, *own) if joins or not own else own:
        if (offer := catalogue.get(key)) is not None:
            # Of the plans of one kind one is taken: the one named last.
            chosen[catalogue.head(key) if bounded(offer) else key] = offer
    offers = list(chosen.values())[-_MOST:]
    if len(offers) < 2:
        return []
    if asked.months is None and months is not None:
        case = replace(case, wanted=replace(asked, months=months))
    made = case.sum(offers)
    if not made.parts or made.unknown:
        return []
    counted = {figure.unit for offer in offers for figure in (*offer.prices, *offer.limits)}
    counted |= {u for u in asked.units if u.startswith("@") or listed("spans").get(fold(u)) is not None}
    if open_ := [unit for unit in asked.units if unit not in case.told and unit not in counted]:
        missing = tuple(Unknown("offer", catalogue.units.name(unit)) for unit in open_)
        return [*(PriceKnown(offer, offer.prices) for offer in offers), NotKnown(missing, made.sections)]
    other = [o for n in asked.named if n.key is None for key in n.tied if (o := catalogue.get(key)) not in offers and o]
    return [Summed(made), *(PriceKnown(offer, offer.prices) for offer in other[:_OTHERS])]
