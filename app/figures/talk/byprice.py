"""Things that a message calls by their prices: «4 pieces at 24,900», «the printers at 54,900»."""

from collections.abc import Sequence
from decimal import Decimal

from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.fitting import least_of
from app.figures.wanted import Wanted
from app.figures.words import Token, listed, tokens

_PIECE = "@piece"
_LEAST = 100
"""A price: what is less counts."""
_MOST = 1000
"""Pieces."""
_NEAR = 4
"""Words between a name and its price."""
_BREAKS = frozenset(".!?;\n=+")


def named_at_price(text: str, read: Read, wanted: Wanted, catalogue: Catalogue) -> str:
    """The text with the full name of what «the printers, those at 54,900» are: of what the name may mean the only one
    that costs so much."""
    found = tokens(text)
    for mention in reversed(wanted.named):
        if mention.key is not None or not mention.own or len(mention.tied) < 2:
            continue
        for amount in (
            n for n in read.numbers[:MOST_READ] if exact(n) and n.value >= _LEAST and n.start >= mention.end
        ):
            between = [t for t in found if mention.end <= t.start < amount.start]
            broken = not _BREAKS.isdisjoint(text[mention.end : amount.start]) or len(between) > _NEAR
            if broken or not between or between[-1].folded not in _at_words():
                break
            offers = (o for key in mention.tied if (o := catalogue.get(key)) is not None)
            costing = [o for o in offers if any(price.amount == amount.value for price in o.prices)]
            end = next((m.end for m in read.money[:MOST_READ] if m.start == amount.start), amount.end)
            if len(costing) == 1:
                text = f"{text[: mention.start]}{costing[0].name}{text[end:]}"
            break
    return text


def _at_words() -> frozenset[str]:
    return frozenset(
        (*listed("each").words_of("each"), *listed("pricedat").words_of("pricedat"), *listed("onto").words_of("onto"))
    )


def named_by_price(read: Read, held: Sequence[str], catalogue: Catalogue) -> str:
    """The text with the name of what «4 pieces at 24,900» are of: held, or the only thing of that price."""
    text, found = read.text, tokens(read.text)
    if "=" in text:
        return text
    numbers = [n for n in read.numbers[:MOST_READ] if exact(n)]
    for at in reversed(range(1, len(numbers))):
        count, price = numbers[at - 1], numbers[at]
        if count.value > _MOST or price.value < _LEAST or not _at(count, price, found, catalogue):
            continue
        if (offer := _priced(price.value, held, catalogue)) is not None:
            end = next((m.end for m in read.money[:MOST_READ] if m.start == price.start), price.end)
            text = f"{text[: count.end]} {offer.name} {text[end:]}".strip()
    return text


def of_another_price(read: Read, wanted: Wanted, catalogue: Catalogue) -> frozenset[str]:
    """Keys of what an unclear name may mean, where its price says that the cheapest of them is not meant."""
    amounts = {number.value for number in read.numbers[:MOST_READ] if exact(number) and number.value >= _LEAST}
    found: set[str] = set()
    for mention in wanted.named if amounts else ():
        offers = [o for key in mention.tied if (o := catalogue.get(key)) is not None] if mention.key is None else []
        said = {offer.key for offer in offers if any(price.amount in amounts for price in offer.prices)}
        least = least_of(catalogue, mention.tied) if said else None
        if least is not None and least.key not in said:
            found |= set(mention.tied)
    return frozenset(found)


def _at(count: NumberLike, price: NumberLike, found: Sequence[Token], catalogue: Catalogue) -> bool:
    between = [t.folded for t in found if count.end <= t.start < price.start]
    pieces = [word for word in between if catalogue.units.of(word) == _PIECE]
    return any(w in listed("each") or w in listed("pricedat") for w in between) and len(between) == 1 + len(pieces)


def _priced(amount: Decimal, held: Sequence[str], catalogue: Catalogue) -> Offer | None:
    of_it = [offer for offer in catalogue.offers if any(price.amount == amount for price in offer.prices)]
    known = [offer for offer in of_it if offer.key in held]
    chosen = known or of_it
    return chosen[0] if len(chosen) == 1 else None
