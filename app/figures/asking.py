"""What a clause asks for: a price, a sum, how many of something."""

from collections.abc import Sequence
from itertools import pairwise

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.words import Token, asked, asked_by, common, listed, written


def asks_of(found: Sequence[Token], named: Sequence[Named], catalogue: Catalogue) -> frozenset[str]:
    """What a clause asks for. «How many tills are in X» asks for a measure and for no price."""
    last = len(found) - 1
    hour = last > 0 and found[last - 1].raw in written("athour") and found[last].folded in listed("counts")
    found = [t for n, t in enumerate(found) if t.raw not in written("lookalike") and not (hour and n == last)]
    words = [token.folded for token in found]
    spans = [(n.start, n.end) for n in named if n.own and n.key is not None]
    outside = [t.folded for t in found if not any(start <= t.start < end for start, end in spans)]
    kinds = asked(words) - ({"included"} - asked(outside))  # «an additional till» asks for none
    if "price" in kinds and _for_all(found, named):
        kinds |= {"sum"}
    counts = {
        place
        for place, (token, behind) in enumerate(pairwise(found))
        if token.folded in listed("counts") and _counts_unit(behind, catalogue)
    }
    if not counts or not ("included" in kinds or any(n.own and n.key is not None for n in named)):
        return kinds
    rest = asked([word for place, word in enumerate(words) if place not in counts])
    return kinds if "price" in rest else (kinds - {"price"}) | {"measure"}


def _for_all(found: Sequence[Token], named: Sequence[Named]) -> bool:
    """«How much for all of it?», of several things that are named before."""
    ends = [n.end for n in named if n.own]
    for place, token in enumerate(found):
        led = place > 0 and found[place - 1].raw in written("perone") and token.raw in written("forall")
        behind = found[place + 1].folded if place + 1 < len(found) else ""
        light = not behind or behind in common() or behind in listed("small") or bool(asked_by(behind))
        if (led or token.raw in written("forall_behind")) and light and sum(end <= token.start for end in ends) > 1:
            return True
    return False


def _counts_unit(token: Token, catalogue: Catalogue) -> bool:
    unit = catalogue.units.of(token.folded)
    return unit is not None and not unit.startswith("@") and listed("spans").get(token.folded) is None
