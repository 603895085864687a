"""A customer who adds up figures that we named: whether he has added right."""

from collections.abc import Sequence
from decimal import Decimal

from app.figures.read import Read
from app.figures.saying import template
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.facts import money, plain
from app.figures.sums.own_sums import claims
from app.figures.wanted import Wanted
from app.turn.earlier import named
from app.types import Deciding, Exchange, Language


def added_up(
    read: Read, asked: Wanted, history: Sequence[Exchange], catalogue: Catalogue, language: Language
) -> Deciding | None:
    """A yes or the right sum, where every amount that he adds is a price of ours or stood in an answer of ours."""
    prices = [price for offer in catalogue.offers for price in offer.prices]
    own = frozenset(price.amount for price in prices)
    ours = own | named(history, own)
    currency = next((price.fact.currency for price in prices if price.fact.currency), None)
    for claim in claims(read, asked):
        if (
            not claim.operands
            or set(claim.operators) != {"+"}
            or currency is None
            or not ours.issuperset(claim.operands)
        ):
            continue
        total = sum(claim.operands, Decimal(0))
        shown = f"{' + '.join(plain(each, language) for each in claim.operands)} = {money(total, currency, language)}"
        right = claim.amount == total
        text = str(template(language, "confirmed" if right else "corrected"))
        said = text.format(derivation=shown, claimed=money(claim.amount, currency, language))
        return Deciding("confirmed" if right else "corrected", said, amounts=(total,))
    return None
