"""All that a customer wants together: one sum, with what each part costs and what is paid first."""

from collections.abc import Sequence
from dataclasses import replace

from app.figures.case import Case
from app.figures.decided import Decided, NotKnown, PriceKnown, Summed
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.counting import Sum, Unknown
from app.figures.sums.fitting import bounded, cheapest, fitting
from app.figures.talk.advising import main_offers
from app.figures.talk.basket import Basket
from app.figures.wanted import Wanted
from app.figures.words import fold, listed

_MOST_TIED = 8
_MOST = 8
_OTHERS = 2
"""Products that a mention may mean too, and that are not in the sum."""


def put_in(asked: Wanted, catalogue: Catalogue, held: Sequence[str] = ()) -> tuple[str, ...]:
    """Keys of the products of a clause: the one meant by each mention, or the cheapest of those that it may mean.

    What is called by no word of its own name counts only where it is `held`.
    """
    keys: list[str] = []
    for named in asked.named:
        if not named.own and named.key not in held:
            continue
        if named.key is not None:
            keys.append(named.key)
        elif 1 < len(named.tied) <= _MOST_TIED and (least := _least(named.tied, catalogue)) is not None:
            keys.append(least.key)
    return tuple(dict.fromkeys(keys))


def _least(keys: Sequence[str], catalogue: Catalogue) -> Offer | None:
    """The cheapest of those products; None where their prices are for different things and cannot be compared."""
    offers = [offer for key in keys if (offer := catalogue.get(key)) is not None]
    paid = {tuple(sorted((price.unit or "", price.fact.period or "") for price in offer.prices)) for offer in offers}
    if len(paid) != 1 or paid == {()}:
        return None
    return min(offers, key=lambda offer: min(price.amount for price in offer.prices))


def wanted_together(case: Case, basket: Basket, *, joined: bool) -> tuple[Case, list[Offer]]:
    """The case with the counts and the time of the basket, and the offers that are counted together.

    `joined`: what the message names comes beside what was wanted before.
    """
    asked, catalogue = case.wanted, case.catalogue
    own = put_in(asked, catalogue, basket.keys)
    total = any(word in listed("totals") for word in asked.words)
    meant = [item for item in basket.items if item.key in basket.earlier and item.key not in own]
    before = [item for item in meant if joined or not own or (total and len(own) == 1)]
    chosen: dict[str, Offer] = {}
    open_ = _least(basket.offered, catalogue) if not own and basket.offered else None
    for key in (*(item.key for item in before), *own, *((open_.key,) if open_ is not None else ())):
        if (offer := catalogue.get(key)) is not None and key not in basket.rejected:
            # Of the plans of one kind one is taken: the one named last.
            chosen[catalogue.head(key) if bounded(offer) else key] = offer
    offers = [_that_holds(case, offer) for offer in list(chosen.values())[-_MOST:]]
    counts = {item.key: item.count for item in basket.items if item.count is not None}
    months = asked.months
    if basket.months is not None and (months is None or months == 1):
        yearly = any(p.fact.period == "year" for o in offers for p in o.prices)
        months = basket.months if months is None or yearly else months
    return replace(case, counts=counts, wanted=replace(asked, months=months)), offers


def _that_holds(case: Case, offer: Offer) -> Offer:
    """The main offer that what was told fits into, where it does not fit into this one; any other as it is."""
    plans = main_offers(case.catalogue)
    if (
        offer not in plans
        or not case.sum((offer,)).known
        or fitting(case.catalogue, (offer,), case.told, case.wanted.months)
    ):
        return offer
    best = cheapest(case.catalogue, plans, case.told, case.wanted.months)
    return best.parts[0].offer if best is not None and best.parts[0].offer in plans else offer


def together(case: Case, basket: Basket, *, joined: bool = False) -> list[Decided]:
    """One sum of several products where a sum is asked for; nothing where fewer are known, or one is not priced."""
    catalogue = case.catalogue
    case, offers = wanted_together(case, basket, joined=joined)
    asked = case.wanted
    if len(offers) < 2:
        return []
    made = case.sum(offers)
    if made.unknown and all(unknown.missing == "from" for unknown in made.unknown):
        return [*(PriceKnown(offer, offer.prices) for offer in offers), NotKnown(made.unknown, made.sections)]
    if not made.parts or made.unknown:
        return []
    counted = {figure.unit for offer in offers for figure in (*offer.prices, *offer.limits)}
    counted |= {u for u in asked.units if u.startswith("@") or listed("spans").get(fold(u)) is not None}
    if open_ := [unit for unit in asked.units if unit not in case.told and unit not in counted]:
        missing = tuple(Unknown("offer", catalogue.units.name(unit)) for unit in open_)
        return [*(PriceKnown(offer, offer.prices) for offer in offers), NotKnown(missing, made.sections)]
    tied = [key for n in asked.named if n.key is None for key in n.tied]
    tied += [key for key in basket.offered if not asked.named]
    other = [o for key in tied if (o := catalogue.get(key)) not in offers and o]
    return [Summed(made), *(PriceKnown(offer, offer.prices) for offer in other[:_OTHERS])]


def sum_of(case: Case, basket: Basket) -> Sum | None:
    """The sum of all that was wanted before the clause names anything; None where it cannot be counted."""
    if any(named.own for named in case.wanted.named):
        earlier = tuple(item for item in basket.items if item.key in basket.earlier)
        basket = replace(basket, items=earlier, offered=())
        case = replace(case, wanted=replace(case.wanted, named=(), counts={}))
    case, offers = wanted_together(case, basket, joined=True)
    made = case.sum(offers) if offers else None
    return made if made is not None and made.known else None
