"""«7,900 or 15,800 for the two of us?»: the one that comes out is said, with what holds those whom he counts."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from app.figures.case import Case
from app.figures.compared import Either
from app.figures.decided import Decided, Summed
from app.figures.read import MOST_READ, exact
from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import Figure
from app.figures.sums.counting import Sum
from app.figures.sums.own_sums import claims
from app.figures.talk.basket import Basket
from app.figures.talk.plans import main_offers
from app.figures.words import listed, tokens

_LEAST = 100
"""What is less counts, and is no amount."""
_ENDS = frozenset(".!?=\n")


def either(case: Case, basket: Basket) -> list[Decided]:
    """Which of the amounts between which a clause asks is right; empty where it asks between none. Linear in it."""
    amounts = _alternatives(case)
    if len(amounts) < 2 or (not case.named and _of_several(case, amounts)):
        return []
    for offer in _meant(case, basket):
        made = case.sum((offer,))
        right = [amount for amount in amounts if made.known and made.every(amount)]
        if len(right) == 1:
            others = tuple(amount for amount in amounts if amount != right[0])
            why = within(case, offer) or (_of_people(case, offer) if made.plain else None)
            return [Either(right[0], others, made, why)]
    meant = list(_meant(case, basket))
    made = case.sum(meant[:1])
    return [Summed(made)] if len(meant) == 1 and made.known and _close(made, amounts) else []


def within(case: Case, offer: Offer) -> Figure | None:
    """The limit of what a clause counts, where so many are included in the offer and are no measure of its price."""
    priced = {price.unit for price in offer.prices}
    for unit, n in case.wanted.quantities.items():
        limit = offer.limit(unit)
        if limit is not None and unit not in priced and n <= limit.amount:
            return limit
    return None


def _of_people(case: Case, offer: Offer) -> Figure | None:
    """The limit of people, which «for both of us» is about."""
    limit = offer.limit(case.catalogue.units.person())
    told = case.told.get(case.catalogue.units.person(), Decimal(1))
    return limit if limit is not None and told <= limit.amount else None


def _of_several(case: Case, amounts: tuple[Decimal, ...]) -> bool:
    """Whether each amount is the price of something else: it is asked which thing to take."""
    offers = [{o.key for o in case.catalogue.offers if any(p.amount == n for p in o.prices)} for n in amounts]
    return all(offers) and not set.intersection(*offers)


def _alternatives(case: Case) -> tuple[Decimal, ...]:
    """The amounts of a clause between which a word asks."""
    if any(claim.operands for claim in claims(case.read, case.wanted)):
        return ()  # he has reckoned himself, and asks whether that is right
    found = tokens(case.read.text)
    amounts = [n for n in case.read.numbers[:MOST_READ] if exact(n) and n.value >= _LEAST]
    words = [token.start for token in found if token.folded in listed("alternatives")]
    asks = any(
        any(one.end <= word < other.start for word in words) and _ENDS.isdisjoint(case.read.text[one.end : other.start])
        for one, other in pairwise(amounts)
    )
    return tuple(dict.fromkeys(n.value for n in amounts)) if asks else ()


def _meant(case: Case, basket: Basket) -> Iterator[Offer]:
    """What the amounts are of: what is named, spoken of or wanted, else the main offers that fit."""
    held = [offer for item in basket.items if item.taken and (offer := case.catalogue.get(item.key)) is not None]
    offers = case.named or tuple(case.tied) or case.focus or tuple(held)
    if offers:
        yield from offers
        return
    yield from (made.parts[0].offer for made in case.fitting(main_offers(case.catalogue)))


def _close(made: Sum, amounts: tuple[Decimal, ...]) -> bool:
    total = made.single
    return total is not None and min(amounts) / 2 <= total.amount <= max(amounts) * 2
