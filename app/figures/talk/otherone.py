"""The cheaper or the dearer thing of the kind that was spoken of: «and the simple one?», «а подешевле есть?»."""

from collections.abc import Sequence
from decimal import Decimal

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.fitting import price_of, siblings
from app.figures.talk.held import Basket
from app.figures.talk.plans import main_offers
from app.figures.wanted import Wanted
from app.figures.words import folded, tokens, written

_MOST = 9
"""Words of a message that asks for nothing else."""


def other_one(text: str, before: Basket, wanted: Wanted, catalogue: Catalogue) -> str:
    """The name of the thing that is meant, in the place of the whole text; the text itself where none is.

    Of several that were offered it is the cheapest or the dearest; of one that was spoken of the next one of the same
    kind, by the words that their names share. Linear in the text for a catalogue.
    """
    found = tokens(text)
    if not found or len(found) > _MOST or any(named.own and named.key is not None for named in wanted.named):
        return text
    cheaper = any(token.raw in written("plainer") for token in found)
    dearer = any(token.raw in written("finer") for token in found)
    haggles = any(t.raw in written("haggling") and t.raw not in written("plainer") for t in found)
    if cheaper == dearer or haggles or wanted.quantities or wanted.months is not None:
        return text
    offered = sorted(siblings(catalogue, before.offered), key=price_of)
    if len(offered) > 1:
        return (offered[0] if cheaper else offered[-1]).name
    last = catalogue.get(before.focus[0]) if len(before.focus) == 1 else None
    meant = _next(last, catalogue, cheaper=cheaper) if last is not None else None
    return meant.name if meant is not None else text


def _next(last: Offer, catalogue: Catalogue, *, cheaper: bool) -> Offer | None:
    """The next thing that is likest by its name and costs less, or more."""
    if last in main_offers(catalogue):
        return None
    alike = [o for o in catalogue.offers if o != last and _paid(o) == _paid(last)]
    alike = [o for o in alike if catalogue.head(o.key) == catalogue.head(last.key)]
    alike = [o for o in alike if (price_of(o) < price_of(last)) == cheaper and price_of(o) != price_of(last)]
    own = set(folded(last.name))

    def near(offer: Offer) -> tuple[int, Decimal]:
        return len(own & set(folded(offer.name))), price_of(offer) if cheaper else -price_of(offer)

    return max(alike, key=near, default=None)


def _paid(offer: Offer) -> Sequence[tuple[str | None, str | None]]:
    return sorted(((price.unit, price.fact.period) for price in offer.prices), key=str)
