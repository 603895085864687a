"""What a clause decides of all that is wanted: the sum of it, in parts, held against his, with what he looks for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.figures.case import Case
from app.figures.claimed import for_another_time
from app.figures.decided import Confirmed, Corrected, Decided, InTotal, Recommended, Summed, YesNo
from app.figures.granting import instalments
from app.figures.instalments import InParts
from app.figures.pricing import prices
from app.figures.sums.own_sums import Claim
from app.figures.talk.advising import decided_plan
from app.figures.talk.basket import Basket
from app.figures.talk.checking import Checked
from app.figures.talk.inside import Inside
from app.figures.talk.plans import main_offers
from app.figures.talk.together import together
from app.figures.words import asked as asked_for


def advised(case: Case, basket: Basket, found: list[Decided], *, joined: bool) -> list[Decided]:
    """Which main offer fits, in the sum of all where one is asked for."""
    whole = together(case, basket, joined=joined, plan=True) if "sum" in case.wanted.asks else []
    if any(isinstance(each, Recommended) for each in whole):
        return whole
    plan = decided_plan(case) if any(isinstance(each, Summed) for each in whole) else None
    return [plan, *whole] if plan is not None else [*found, *_beside_main(case)]


def as_claimed(case: Case, basket: Basket, summed: Sequence[Decided]) -> list[Decided]:
    """The sums, with a yes or no to what he says that they come to: for a month too, where he had chosen a year."""
    said = [Claim(amount) for amount in case.wanted.claimed]
    judged = [_judged(each, said) if said and isinstance(each, Summed) and not each.least else each for each in summed]
    if any(isinstance(each, Corrected) for each in judged):
        for claim in said:
            if (made := for_another_time(case, basket, claim)) is not None:
                return [Confirmed(claim, made)]
    return judged


def _judged(summed: Summed, said: Sequence[Claim]) -> Decided:
    right = next((claim for claim in said if summed.sum.every(claim.amount)), None)
    return Confirmed(right, summed.sum) if right is not None else Corrected(said[-1], summed.sum)


def looked_for(case: Case, looked: Checked, summed: Sequence[Decided]) -> Iterator[Decided]:
    """The sum of all, with whether what is asked for was in the one before."""
    for each in summed:
        if looked.asks and isinstance(each, Summed) and each.sum.known:
            names = [p.offer.name for p in each.sum.parts if p.offer.key in looked.keys]
            yield InTotal(looked.value, tuple(names), each) if names else each
        else:
            yield each


def in_parts(case: Case, basket: Basket, *, joined: bool) -> list[Decided]:
    """Instalments where a clause asks for them, or for the sum of what he asked them of before."""
    if "instalment" in case.wanted.asks:
        return _with_the_rest(case, basket, [*instalments(case, basket, joined=joined)], joined=joined)
    if not basket.parts or not _may_be_parted(case, joined=joined):
        return []
    again = set(case.wanted.keys) <= set(basket.keys)  # of all of it, as before
    parted = [*instalments(case, basket, joined=joined or again)]
    return parted if any(isinstance(each, InParts) for each in parted) else []  # a no is said to who asks


def _with_the_rest(case: Case, basket: Basket, found: list[Decided], *, joined: bool) -> list[Decided]:
    """With the sum of what is not paid so too, where a sum is asked for: goods by instalments, with their delivery.

    Where that costs nothing it is the sum of the goods.
    """
    if "sum" not in case.wanted.asks or not any(isinstance(each, InParts) for each in found):
        return found
    goods = next((each.sum for each in found if isinstance(each, Summed)), None)
    least = len(goods.parts) if goods is not None else 1
    summed = (each for each in together(case, basket, joined=joined) if isinstance(each, Summed))
    whole = next((each for each in summed if len(each.sum.parts) > least), None)
    if whole is None:
        return found
    if goods is not None and goods.totals == whole.sum.totals:
        return [whole, *(each for each in found if not isinstance(each, Summed))]
    return [*found, whole]


def _may_be_parted(case: Case, *, joined: bool) -> bool:
    """Whether a clause asks what goods come to of which all may be paid by instalments, as he asked before."""
    asks = joined or "?" in case.read.text or asked_for(case.wanted.words) & {"sum", "price"}
    if "sum" not in case.wanted.asks or not asks:
        return False
    once = [o for o in case.named if all(price.fact.period in ("once", None) for price in o.prices)]
    return all(any(case.catalogue.applies(f, offer) for f in case.catalogue.instalments) for offer in once)


def held_in(case: Case, within: Inside | None) -> list[Decided]:
    """Whether what a clause asks for is in a kit, by the kit's own sentence."""
    contents = case.catalogue.contents.get(within.kit) if within is not None else None
    kit = case.catalogue.get(within.kit) if within is not None else None
    own = contents.said.get(case.language) if contents is not None else None
    if within is None or within.value is None or contents is None or kit is None or own is None:
        return []
    return [YesNo(within.value, kit.name, contents.sections, own)]


def _beside_main(case: Case) -> list[Decided]:
    """What is named beside the main offers, one of which was recommended."""
    keys = {offer.key for offer in main_offers(case.catalogue)}
    other = tuple(named for named in case.wanted.named if named.own and named.key not in keys and named.key is not None)
    return prices(replace(case, wanted=replace(case.wanted, named=other, counts={}))) if other else []
