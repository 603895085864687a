"""A main offer that is wanted without saying which: «and with the plan», «the program too»."""

from functools import lru_cache

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.fitting import bounded
from app.figures.wanted import Wanted
from app.figures.words import tokens


@lru_cache(maxsize=8)
def main_offers(catalogue: Catalogue) -> tuple[Offer, ...]:
    """The shop's main offers of which one is taken, by what they include; empty where there are no two such."""
    names = catalogue.main.names if catalogue.main is not None else ()
    offers = tuple(o for name in names if (o := catalogue.named_so(name)) is not None and not o.extra)
    offers = tuple(o for o in offers if bounded(o)) if len(offers) > 1 else ()
    return offers if len(offers) > 1 and any(limit.unit for o in offers for limit in o.limits) else ()


@lru_cache(maxsize=8)
def place_of_main(catalogue: Catalogue) -> str | None:
    """Key of the unit that every main offer is paid for each of; None where they are not all paid so."""
    units = {price.unit for offer in main_offers(catalogue) for price in offer.prices}
    unit = next(iter(units)) if len(units) == 1 else None
    return unit if unit is not None and not unit.startswith("@") else None


def calls_main(text: str, wanted: Wanted, catalogue: Catalogue) -> bool:
    """Whether a text calls for a main offer: by a name that all of them have, or by the shop's own word for them."""
    plans = {offer.key for offer in main_offers(catalogue)}
    main = catalogue.main
    if main is None or not plans or not plans.isdisjoint(wanted.keys):
        return False
    if any(n.own and n.key is None and len(n.tied) > 1 and plans.issuperset(n.tied) for n in wanted.named):
        return True
    spans = [(named.start, named.end) for named in wanted.named if named.own]
    free = (t for t in tokens(text) if not any(start <= t.start < end for start, end in spans))
    called = (t for t in free if main.calls(t.folded))
    return any(catalogue.units.of(token.folded) is None for token in called)
