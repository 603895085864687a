"""Whether the plan that a customer names holds what he has told: a yes or a no before which one does."""

from app.figures.case import Case
from app.figures.compared import Over
from app.figures.decided import Decided, Term, YesNo
from app.figures.sums.counting import quantity_of
from app.figures.sums.limits import above, one_more
from app.figures.talk.advising import asks_which, recommended
from app.figures.talk.held import Basket
from app.figures.talk.plans import main_offers
from app.figures.words import chooses, listed


def suits(case: Case, basket: Basket) -> list[Decided]:
    """Of one main offer that the clause names and asks whether it will do; behind a no the one that does.

    Empty where it asks otherwise, or nothing told is what that offer is bounded by.
    """
    words = case.wanted.words
    offers = [offer for offer in main_offers(case.catalogue) if offer in case.named]
    asks = any(word in listed("suiting") for word in words) and not chooses(words)
    if len(offers) != 1 or not asks or not asks_which(case, basket, main_offers(case.catalogue)):
        return []
    offer = offers[0]
    limits = tuple(limit for limit in offer.limits if limit.unit in case.told)
    if not limits or not offer.prices:
        return []
    quantity, _ = quantity_of(offer.prices[0], case.told)
    over = [
        Over(offer, limit, case.told[limit.unit or ""])
        for limit in limits
        if above(limit, case.told, quantity, case.shares) > 0
    ]
    sections = tuple(dict.fromkeys(section for limit in limits for section in limit.sections))
    if not over:
        return [YesNo(True, offer.name, sections, Term(limits).say(case.language))]
    said = " ".join(dict.fromkeys(each.say(case.language) for each in over))
    extra = all(one_more(case.catalogue, offer, each.limit.unit or "") for each in over)
    return [YesNo(False, offer.name, sections, said, extra=extra), *recommended(case, basket)]
