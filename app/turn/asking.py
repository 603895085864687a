"""What a clause asks of figures, with what it asks in other words than those for a price or a sum."""

from collections.abc import Sequence
from dataclasses import replace

from app.figures.shop.naming import Named
from app.figures.wanted import Wanted
from app.figures.words import listed
from app.knowledge.retriever import Retriever
from app.turn.recalled import LONGEST
from app.types import Step

_OF_PRICES = frozenset({"sum", "difference"})
_HELD = frozenset({"cheapest", "saving", "difference"})
_HAGGLES = "discount_request"
"""The reason of who wants it for less; with a word for that, since a request of something else is heard so too."""
_MOST = 6


def asking(asked: Wanted, step: Step, found: Retriever, *, lists: bool) -> Wanted:
    """The clause with what it asks for in other words: who lists things their sum, who haggles a discount."""
    more = {"price", "sum"} if lists or _with_its_order(asked, step, found) else set[str]()
    names = any(mention.own for mention in asked.named)
    held = names and not _HELD.isdisjoint(asked.asks)  # «which of the two is cheaper?» is no haggling
    haggles = step.reason == _HAGGLES and any(listed("haggling").get(word) is not None for word in asked.words)
    more |= {"discount"} if haggles and not held else set()
    return replace(asked, asks=asked.asks | more) if more else asked


def of_prices_of(asked: Wanted) -> bool:
    """Whether a clause asks for a sum, how far two are apart, or which of those that it names costs less."""
    return bool(asked.asks & _OF_PRICES) or ("cheapest" in asked.asks and len(asked.keys) > 1)


def asks_whether_it_will_do(asked: Wanted) -> bool:
    """Whether a clause asks if what it counts fits into what it names."""
    suits = any(listed("suiting").get(word) is not None for word in asked.words)
    return suits and bool(asked.quantities) and any(named.own for named in asked.named)


def _with_its_order(asked: Wanted, step: Step, found: Retriever) -> bool:
    """Whether a price is asked of things together with what costs nothing from some sum on: apart neither is right."""

    def together(named: Sequence[Named]) -> bool:
        offers = [found.catalogue.get(each.key) if each.key is not None else None for each in named]
        free = [offer is not None and bool(offer.free_from) for offer in offers]
        return any(free) and not all(free)

    if "price" not in asked.asks or not together([each for each in asked.named if each.own or each.unique]):
        return False
    # «How much is it? And do you deliver?» asks for no sum.
    return not step.queries or any(together(found.catalogue.named(each[:LONGEST])) for each in step.queries[:_MOST])
