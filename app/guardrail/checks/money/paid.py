"""How often an amount is paid, against how often it is said to be."""

from collections.abc import Iterable

from app.guardrail.allowed.lasting import AT_ONCE, lasts
from app.guardrail.allowed.model import Price, Product
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_CALLED_BY = {
    period: tuple(words)
    for period, words in Lists("app.guardrail.checks.money", "amounts.yaml").rows("called_by").items()
}


def agrees(case: Case, f: Figure, period: str, products: Iterable[int] | None = None) -> bool:
    """Whether what is paid so often may be said for the time that an amount is said for. What is paid at once may be
    called by how long one of the `products` lasts (any, if none are told)."""
    if f.period is None or f.weak_period or f.period == period:
        return True
    if period not in AT_ONCE:
        return False
    known = case.knowledge.products
    return any(lasts(known[n]) == f.period for n in (range(len(known)) if products is None else products))


def called_so(f: Figure, price: Price, product: Product) -> bool:
    """Whether the time that an amount is said for is a part of what its product is called: «месячные линзы»."""
    called = any(key.startswith(_CALLED_BY.get(f.period or "", ())) for key in product.keys)
    return called or (price.period == "once" and f.period == lasts(product))
