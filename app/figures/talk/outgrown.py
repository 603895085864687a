"""A main offer that he names and that does not hold what he told: reckoned, with the one that holds it beside it."""

from collections.abc import Sequence

from app.figures.case import Case
from app.figures.compared import Outgrown
from app.figures.decided import Confirmed, Corrected, Decided, PriceKnown, Recommended, Summed, YesNo
from app.figures.shop.catalogue import Offer
from app.figures.talk.advising import over
from app.figures.talk.plans import main_offers


def with_outgrown(case: Case, found: Sequence[Decided]) -> list[Decided]:
    """The decisions, and behind the first of a main offer that what was told does not fit into what would hold it."""
    if any(isinstance(each, Outgrown | Recommended | YesNo) for each in found):
        return list(found)
    for place, each in enumerate(found):
        if (beside := _outgrown(case, each)) is not None:
            return [*found[: place + 1], beside, *found[place + 1 :]]
    return list(found)


def _outgrown(case: Case, decision: Decided) -> Outgrown | None:
    offers = _of(decision)
    plans = main_offers(case.catalogue)
    named = [offer for offer in offers if offer in plans and offer.key not in case.split]
    if len(named) != 1 or not case.sum(named).known or case.fitting(named):
        return None
    best = case.cheapest(plans)
    if best is None or best.parts[0].offer not in plans:
        return None
    why = tuple(each for each in over(case, plans, best) if each.offer == named[0])
    made = case.sum([best.parts[0].offer if offer in named else offer for offer in offers])
    return Outgrown(why, made) if why and made.known else None


def _of(decision: Decided) -> list[Offer]:
    """What a decision says the price of, without what is only more of what is included."""
    if isinstance(decision, PriceKnown):
        return [decision.offer]
    if isinstance(decision, Summed | Confirmed | Corrected):
        return [offer for offer in dict.fromkeys(part.offer for part in decision.sum.parts) if not offer.extra]
    return []
