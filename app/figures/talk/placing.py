"""An order said again when it is placed: every thing of it that he takes, and what it comes to."""

from dataclasses import replace

from app.figures.case import Case
from app.figures.compared import Ordered
from app.figures.read import Read
from app.figures.shop.catalogue import Catalogue
from app.figures.sums.fitting import siblings
from app.figures.talk.basket import Basket
from app.figures.wanted import wanted
from app.types import Language

_MOST = 8
_OTHERS = 3
"""Products that an unclear name may mean too."""


def placed(basket: Basket, catalogue: Catalogue, language: Language) -> Ordered | None:
    """What he has taken, with its total; None where that is nothing, or cannot be counted whole."""
    items = [item for item in basket.items if item.taken and item.key not in basket.rejected]
    if items and all((o := catalogue.get(item.key)) is not None and o.extra for item in items):
        items = [item for item in basket.items if item.key not in basket.rejected]  # one more is for what he asked of
    offers = [offer for item in items if (offer := catalogue.get(item.key)) is not None]
    if not 0 < len(offers) <= _MOST or all(offer.free_from for offer in offers):  # to deliver nothing is no order
        return None
    nothing = Read("")
    counts = {key: i.count for i in items if i.count is not None for key in (*i.open, i.key)}
    asked = replace(wanted(nothing, catalogue), months=basket.months)
    case = Case(
        nothing, asked, catalogue, dict(basket.told), (), language, counts, dict(basket.shares), dict(basket.split)
    )
    made = case.sum(offers)
    if not made.known:
        return None
    alike = [offer for item in items for offer in siblings(catalogue, item.open) if offer not in offers]
    others = [case.sum((offer,)) for offer in dict.fromkeys(alike)]
    return Ordered(made, tuple(other for other in others if other.known)[:_OTHERS])
