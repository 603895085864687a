"""Sums of the customer's own: confirmed, put right, or of nothing that is sold here."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import product

from app.figures.case import Case
from app.figures.decided import Confirmed, Corrected, Decided, NotOurs
from app.figures.elsewhere import his_amounts
from app.figures.read import MOST_READ
from app.figures.riders import answer
from app.figures.sums.counting import Sum
from app.figures.sums.fitting import alternatives, fitting
from app.figures.sums.own_sums import Claim, claims, found_as
from app.figures.talk.basket import Basket
from app.figures.talk.together import sum_of
from app.figures.words import listed, segments, tokens

_MOST = 4
_SEVERAL = 2
_CLOSE = 10
"""A part of a sum, by which an amount that is meant for it may be wrong."""
_FAR = 2
"""Times a sum, or its share, beyond which an amount is not meant for it."""


def own_sums(case: Case, basket: Basket) -> Iterator[Decided]:
    """What becomes of each amount that the clause offers as a sum; what it is added of is not judged beside it."""
    judged = list(_judged(case, basket))
    several = [each.sum for each in judged if isinstance(each, Confirmed | Corrected) and len(each.sum.parts) > 1]
    for each in judged:
        if isinstance(each, Confirmed) and any(_within(each.sum, whole) for whole in several):
            continue
        yield each


def _within(made: Sum, whole: Sum) -> bool:
    """Whether a sum is a part of another, at the same prices."""
    lines = {(part.offer.key, part.amount) for part in whole.parts}
    return len(made.parts) < len(whole.parts) and all((part.offer.key, part.amount) in lines for part in made.parts)


def _judged(case: Case, basket: Basket) -> Iterator[Decided]:
    if not all(named.candidates for named in case.wanted.named) or his_amounts(case):
        return
    offered = claims(case.read, case.wanted)[:_MOST]
    together = sum_of(case, basket) if offered else None
    for claim in offered:
        focus = [*(offer.key for offer in case.focus), *basket.keys]
        sum_ = (
            _whole(claim, together)
            or _named_together(case, claim)
            or (found_as(claim, case.catalogue, case.wanted, case.told, focus) if claim.right else None)
        )
        if sum_ is None and claim.right:
            sum_ = _for_another_time(case, claim, focus) or for_another_time(case, basket, claim)
        if sum_ is not None:
            yield Confirmed(claim, sum_, answer=answer(claim, sum_, case))
            continue
        right = None if claim.loose or (claim.weak and len(case.named) != 1) else _right(case, claim, together)
        added = claim.right and "+" in claim.operators  # of what he has chosen himself: nothing else is right instead
        if right is not None and _ours(case, claim, right):
            continue  # «8,000» is a price of ours, and he did not say of what
        if right is not None and (added or (not claim.operands and not _near(claim, right))):
            continue
        if right is not None and right.known and not (claim.right and right.every(claim.amount)):
            yield Corrected(claim, right)
        elif (
            not claim.weak
            and not claim.loose
            and claim.right
            and not added
            and not _price_somewhere(case, claim.amount)
        ):
            yield NotOurs(claim)


def _whole(claim: Claim, together: Sum | None) -> Sum | None:
    """The sum of all that he wants, where it is what he says comes out."""
    several = together is not None and len(together.parts) > 1
    return together if several and together is not None and claim.right and together.every(claim.amount) else None


def _named_together(case: Case, claim: Claim) -> Sum | None:
    """The sum of all that the clause names, where it is what he says comes out; an unclear name may be each of some."""
    keys = [n.key for n in case.wanted.named if n.own and n.key is not None]
    open_ = [n.tied for n in case.wanted.named if n.own and n.key is None and len(n.tied) <= _MOST]
    if not claim.right or len(keys) + len(open_) < _SEVERAL or len(open_) > _SEVERAL:
        return None
    for chosen in product(*open_):
        offers = [offer for key in (*keys, *chosen) if (offer := case.catalogue.get(key)) is not None]
        made = case.sum(offers)
        if made.known and made.every(claim.amount):
            return made
    return None


def _near(claim: Claim, right: Sum) -> bool:
    """Whether an amount that he only named can be meant for that sum: 4,000 beside 30,000 counts something else."""
    totals = [*right.totals, *((right.first,) if right.first is not None else ())]
    return any(total.amount <= _FAR * claim.amount <= _FAR * _FAR * total.amount for total in totals)


def _for_another_time(case: Case, claim: Claim, focus: Sequence[str]) -> Sum | None:
    """The sum that an amount is of for a month or a year: who asks for both has not said a wrong one."""
    for months in (None, Decimal(1), Decimal(12)):
        if months != case.wanted.months:
            asked = replace(case.wanted, months=months)
            found = found_as(claim, case.catalogue, asked, case.told, focus)
            if found is not None:
                return found
    return None


def for_another_time(case: Case, basket: Basket, claim: Claim) -> Sum | None:
    """The sum of all that he wants, where an amount is right for a month though he had chosen a year."""
    timed = any(listed("spans").get(word) is not None for word in case.wanted.words)
    if timed or case.read.durations or basket.months is None:
        return None
    for months in (Decimal(1), Decimal(12)):
        of_time = replace(case, wanted=replace(case.wanted, months=months))
        if (found := _whole(claim, sum_of(of_time, replace(basket, months=months)))) is not None:
            return found
    return None


def _ours(case: Case, claim: Claim, right: Sum) -> bool:
    """Whether an amount is a price of something else than what it would be held against, which stands elsewhere."""
    prices = (claim.amount, *claim.operands)
    total = right.single or right.first
    if total is not None and not right.plain and abs(total.amount - claim.amount) * _CLOSE <= total.amount:
        return False  # he means that sum
    if any(part.price.amount in prices or part.amount in prices for part in right.parts):
        return not claim.operands
    own = {part.offer for part in right.parts}
    found = [o for o in case.catalogue.offers if o not in own and any(p.amount in prices for p in o.prices)]
    if not found or "=" in case.read.text:
        return False
    text = case.read.text
    numbers = [n for n in case.read.numbers[:MOST_READ] if n.value in prices]
    words = tokens(text)
    for first, last in segments(text, words):
        begin, end = words[first].start, words[last - 1].end
        if any(begin <= n.start < end for n in numbers):
            return not any(m.own and begin <= m.start < end for m in case.wanted.named)
    return False


def _price_somewhere(case: Case, amount: Decimal) -> bool:
    return any(price.amount == amount for offer in case.catalogue.offers for price in offer.prices)


def _right(case: Case, claim: Claim, together: Sum | None) -> Sum | None:
    """What comes out instead: of his own factors, else of what he names, else of what was spoken of."""
    if claim.makes is not None and not claim.right:
        made = found_as(Claim(claim.makes, claim.operands, claim.operators), case.catalogue, case.wanted, case.told,
                        [o.key for o in case.focus])  # fmt: skip
        if made is not None:
            return made
    if "+" in claim.operators:
        return None  # of what he has chosen himself
    if together is not None and len(together.parts) > 1 and not claim.operands and not case.named:
        return together
    if case.meant:
        return case.sum(case.meant)
    plans = fitting(case.catalogue, alternatives(case.catalogue, case.told), case.told, case.wanted.months)
    return plans[0] if len(plans) == 1 else None
