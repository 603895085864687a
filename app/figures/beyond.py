"""Prices of which a sentence says up to how many they hold: nothing is confirmed above that, and the bound is said."""

from collections.abc import Sequence
from dataclasses import replace

from app.figures.case import Case
from app.figures.compared import Beyond
from app.figures.decided import Confirmed, Corrected, Decided, InTotal, PriceKnown, Summed
from app.figures.shop.catalogue import Offer


def with_beyond(case: Case, decision: Decided) -> Decided:
    """The decision with what he told more of than its prices hold; a sum of his that only they bear out gets no yes."""
    if isinstance(decision, PriceKnown):
        return replace(decision, beyond=_beyond(case, (decision.offer,)))
    if isinstance(decision, InTotal):
        of = tuple(part.offer for part in decision.sum.sum.parts)
        return replace(decision, sum=replace(decision.sum, beyond=_beyond(case, of)))
    if not isinstance(decision, Summed | Confirmed | Corrected):
        return decision
    beyond = _beyond(case, tuple(part.offer for part in decision.sum.parts))
    if not beyond:
        return decision
    if isinstance(decision, Confirmed):
        return replace(decision, beyond=beyond, answer="neither" if decision.answer == "yes" else decision.answer)
    return replace(decision, beyond=beyond)


def _beyond(case: Case, offers: Sequence[Offer]) -> tuple[Beyond, ...]:
    return tuple(
        Beyond(limit, case.told[limit.unit])
        for offer in offers
        for limit in case.catalogue.bounds.get(offer.key, ())
        if limit.unit is not None and case.told.get(limit.unit, limit.amount) > limit.amount
    )
