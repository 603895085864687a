"""What a clause asks for: a price, a sum, how many of something."""

from collections.abc import Sequence
from itertools import pairwise

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.words import Token, asked, listed, written


def asks_of(found: Sequence[Token], named: Sequence[Named], catalogue: Catalogue) -> frozenset[str]:
    """What a clause asks for. «How many tills are in X» asks for a measure and for no price."""
    last = len(found) - 1
    hour = last > 0 and found[last - 1].raw in written("athour") and found[last].folded in listed("counts")
    found = [t for n, t in enumerate(found) if t.raw not in written("lookalike") and not (hour and n == last)]
    words = [token.folded for token in found]
    spans = [(n.start, n.end) for n in named if n.own and n.key is not None]
    outside = [t.folded for t in found if not any(start <= t.start < end for start, end in spans)]
    kinds = asked(words) - ({"included"} - asked(outside))  # «an additional till» asks for none
    counts = {
        place
        for place, (token, behind) in enumerate(pairwise(found))
        if token.folded in listed("counts") and _counts_unit(behind, catalogue)
    }
    if not counts or not ("included" in kinds or any(n.own and n.key is not None for n in named)):
        return kinds
    rest = asked([word for place, word in enumerate(words) if place not in counts])
    return kinds if "price" in rest else (kinds - {"price"}) | {"measure"}


def _counts_unit(token: Token, catalogue: Catalogue) -> bool:
    unit = catalogue.units.of(token.folded)
    return unit is not None and not unit.startswith("@") and listed("spans").get(token.folded) is None
