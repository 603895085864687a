"""An asked clause -> what the facts decide of it. Made once a turn for each clause; nothing where it is not certain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.figures.basket import NOTHING, Basket, together
from app.figures.case import Case, quantities
from app.figures.decided import (
    Confirmed,
    Corrected,
    Decided,
    InParts,
    NotKnown,
    NotOurs,
    PriceKnown,
    Summed,
    Term,
    YesNo,
)
from app.figures.granting import discounts, instalments
from app.figures.read import Read
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import Figure
from app.figures.shop.naming import Named
from app.figures.statements import Statements
from app.figures.sums.counting import Sum, Unknown
from app.figures.sums.fitting import alternatives, cheapest, fitting
from app.figures.sums.own_sums import Claim, claims, found_as
from app.figures.wanted import MOST, Wanted, wanted
from app.figures.words import fold, folded, same
from app.types import Language

_PRICED = frozenset({"price", "sum", "cheapest", "saving"})
_MOST = 4
_FAR = 2
"""Times a sum, or its share, beyond which an amount is not meant for it."""
_PERSON = "@person"
_SHORT = frozenset({"@hour", "@day", "@week"})


def decide(
    read: Read,
    catalogue: Catalogue,
    statements: Statements | None = None,
    *,
    told: Mapping[str, Decimal] | None = None,
    focus: Sequence[str] = (),
    language: Language = "ru",
    asked: Wanted | None = None,
    basket: Basket = NOTHING,
) -> tuple[Decided, ...]:
    """What the facts decide of one asked clause, each with its sections and `say(language)`; empty: nothing is certain.

    `told`: a unit's word -> quantity, from earlier in the conversation. `focus`: keys of the products spoken of last.
    `basket`: all that was named lately. `asked`: what `wanted` makes of the clause, if the caller has it.
    Linear in the clause; never raises on any text.
    """
    asked = asked or wanted(read, catalogue)
    known = ((unit, Decimal(n)) for unit, n in (told or {}).items())
    before = {catalogue.units.key(unit) or unit: n for unit, n in known if n.is_finite() and 0 < n <= MOST}
    spoken = tuple(offer for key in focus if (offer := catalogue.get(key)) is not None)
    case = Case(read, asked, catalogue, quantities(asked, before), spoken, language)
    found = [*_own_sums(case, basket.keys)]
    if not found and "instalment" in asked.asks:
        found = [*instalments(case)]
    if "discount" in asked.asks or asked.percent is not None:
        found += discounts(case)
    if not any(isinstance(d, Confirmed | Corrected | NotOurs | InParts) for d in found):
        summed = together(case, basket.keys, basket.months) if "sum" in asked.asks else []
        found += _limits(case) or summed or _prices(case)
    if not found:
        terms = catalogue.terms_named(read.text)[:_MOST] if _asks_figure(asked) else ()
        found += [Term((figure,)) for figure in terms if len(_beside(asked, figure)) <= 1]
    if not found and statements is not None and (answer := statements.answer(read.text, language)) is not None:
        row = answer.statement
        found.append(YesNo(answer.value, read.text.strip(), (row.section,), row.sentence))
    once: dict[object, Decided] = {}
    for decision in found:
        once.setdefault(decision.sum if isinstance(decision, Confirmed) else decision, decision)
    return tuple(once.values())


def _beside(asked: Wanted, figure: Figure) -> list[str]:
    """What is said beside the name of a figure, and nothing explains."""
    own = folded(figure.fact.name)
    return [word for word in asked.rest if not any(same(fold(word), other) for other in own)]


def _asks_figure(asked: Wanted) -> bool:
    return bool(asked.asks & {"price", "measure", "yes_no", "included"})


def _own_sums(case: Case, spoken: Sequence[str]) -> Iterator[Decided]:
    if not all(named.candidates for named in case.wanted.named):
        return
    for claim in claims(case.read, case.wanted)[:_MOST]:
        focus = [*(offer.key for offer in case.focus), *spoken]
        sum_ = found_as(claim, case.catalogue, case.wanted, case.told, focus) if claim.right else None
        if sum_ is None and claim.right:
            sum_ = _for_another_time(case, claim, focus)
        if sum_ is not None:
            yield Confirmed(claim, sum_)
            continue
        right = None if claim.loose or (claim.weak and len(case.named) != 1) else _right(case, claim)
        added = claim.right and "+" in claim.operators  # of what he has chosen himself: nothing else is right instead
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


def _near(claim: Claim, right: Sum) -> bool:
    """Whether an amount that he only named can be meant for that sum: 4,000 beside 30,000 counts something else."""
    return any(total.amount <= _FAR * claim.amount <= _FAR * _FAR * total.amount for total in right.totals)


def _for_another_time(case: Case, claim: Claim, focus: Sequence[str]) -> Sum | None:
    """The sum that an amount is of for a month or a year: who asks for both has not said a wrong one."""
    for months in (None, Decimal(1), Decimal(12)):
        if months != case.wanted.months:
            asked = replace(case.wanted, months=months)
            found = found_as(claim, case.catalogue, asked, case.told, focus)
            if found is not None:
                return found
    return None


def _price_somewhere(case: Case, amount: Decimal) -> bool:
    return any(price.amount == amount for offer in case.catalogue.offers for price in offer.prices)


def _right(case: Case, claim: Claim) -> Sum | None:
    """What comes out instead: of his own factors, else of what he names, else of what was spoken of."""
    if claim.makes is not None and not claim.right:
        made = found_as(Claim(claim.makes, claim.operands, claim.operators), case.catalogue, case.wanted, case.told,
                        [o.key for o in case.focus])  # fmt: skip
        if made is not None:
            return made
    if "+" in claim.operators:
        return None  # of what he has chosen himself
    if case.meant:
        return case.sum(case.meant)
    plans = fitting(case.catalogue, alternatives(case.catalogue, case.told), case.told, case.wanted.months)
    return plans[0] if len(plans) == 1 else None


def _limits(case: Case) -> list[Decided]:
    """How many a product includes, where the clause asks that and counts nothing itself."""
    if case.wanted.quantities or case.wanted.months is not None:
        return []
    figures = [f for offer in case.meant for unit in case.wanted.units if (f := offer.limit(unit)) is not None]
    if not figures and "included" in case.wanted.asks and len(case.named) == 1:
        figures = list(case.named[0].limits)
    return [Term(tuple(figures[:_MOST]))] if figures else []


def _prices(case: Case) -> list[Decided]:
    asked = case.wanted
    counted = bool(asked.quantities or asked.counts or asked.months is not None)
    silent = not (counted and case.meant) or asked.rest or _odd_unit(case, case.meant) is not None
    open_ = any(n.own and n.key is None and len(n.candidates) > 1 for n in asked.named)
    chosen = "choose" in asked.asks and open_ and (counted or bool(case.told)) and not case.named
    if silent and not (asked.asks & _PRICED or asked.alone or chosen):
        return []
    if unclear := _unclear_beside(case) if case.named else _unclear(case):
        return unclear
    if "cheapest" in asked.asks and (least := _least(case)) is not None:
        return [Summed(least)]
    return _of_meant(case) if case.meant else _of_told(case, counted=counted)


def _least(case: Case) -> Sum | None:
    """The cheapest of the products that were named, or of those like the one spoken of."""
    offers = case.named
    if not offers and case.focus:
        heads = {case.catalogue.head(offer.key) for offer in case.focus}
        offers = tuple(o for o in case.catalogue.offers if case.catalogue.head(o.key) in heads)
    return cheapest(case.catalogue, offers, case.told, case.wanted.months) if len(offers) > 1 else None


def _of_meant(case: Case) -> list[Decided]:
    """What is named or was spoken of: one sum where one was asked for, else each by itself."""
    offers = case.meant
    if (odd := _odd_unit(case, offers)) is not None:
        return _without_sum(offers, (odd,))
    together = len(offers) > 1 and ("sum" in case.wanted.asks or bool(case.wanted.counts))
    groups = [offers] if together else [(offer,) for offer in offers[:_MOST]]
    return [decision for group in groups for decision in _priced(case, group)]


def _priced(case: Case, offers: Sequence[Offer]) -> list[Decided]:
    made = case.sum(offers)
    if len(offers) == 1 and made.plain and case.wanted.months in (None, 1):
        return [PriceKnown(offers[0], offers[0].prices if case.wanted.months is None else (made.parts[0].price,))]
    if not made.parts or made.unknown:
        if len(offers) == 1 and not case.wanted.quantities and not case.wanted.counts and case.wanted.months is None:
            return [PriceKnown(offers[0], offers[0].prices)]
        if all(u.missing == "below" for u in made.unknown):
            return [NotKnown(made.unknown, tuple(dict.fromkeys(s for o in offers for s in o.sections)))]
        return _without_sum(offers, made.unknown)
    return [Summed(made)]


def _without_sum(offers: Sequence[Offer], unknown: tuple[Unknown, ...]) -> list[Decided]:
    """What each costs, and what is missing for the sum."""
    sections = tuple(dict.fromkeys(section for offer in offers for section in offer.sections))
    return [*(PriceKnown(offer, offer.prices) for offer in offers[:_MOST]), NotKnown(unknown, sections)]


def _odd_unit(case: Case, offers: Sequence[Offer]) -> Unknown | None:
    """A quantity in a unit that no price of these is for, none of their limits counts and no discount knows."""
    asked = case.wanted
    if asked.counts:
        return None
    known = {unit for o in offers for p in o.prices for unit in (p.unit, f"@{p.fact.period}")} | {
        limit.unit for o in offers for limit in o.limits
    }
    known |= {f.quantity_unit for f in case.catalogue.reductions if any(case.catalogue.applies(f, o) for o in offers)}
    bounded = all(p.unit in ("@company", "@order") for o in offers for p in o.prices)
    free = any(p.unit is None for o in offers for p in o.prices)
    for unit, told in asked.quantities.items():
        if unit in _SHORT and told == 1:  # «a day», of no price: it was not said to be counted
            continue
        if unit not in known and not bounded and not (unit in (_PERSON, "@piece") and free):
            return Unknown("unit", case.catalogue.units.name(unit))
    if asked.foreign and not asked.quantities:
        return Unknown("unit", asked.foreign[0])
    return None


def _unclear_beside(case: Case) -> list[Decided]:
    """One product is clear and another is not: what each may cost, and no sum."""
    for named in case.wanted.named:
        tied = _tied(case, named)
        if named.key is None and named.own and len(tied) > 1 and not set(tied) & set(case.named):
            if not case.wanted.asks & _PRICED:
                return []
            said = case.read.text[named.start : named.end]
            prices: list[Decided] = [PriceKnown(o, o.prices) for o in (*case.named[:_MOST], *tied[:_MOST])]
            return [*prices, NotKnown((Unknown("offer", said),))] if "sum" in case.wanted.asks else prices
    return []


def _tied(case: Case, named: Named) -> list[Offer]:
    """The products that a mention may mean alike."""
    return [offer for key in named.tied if (offer := case.catalogue.get(key)) is not None]


def _unclear(case: Case) -> list[Decided]:
    """A name that fits several products alike: what each costs, at most four; the cheapest where that was asked."""
    for named in case.wanted.named:
        tied = _tied(case, named)
        if 1 < len(tied) <= 2 * _MOST and not (case.focus and set(tied) & set(case.focus)):
            if "cheapest" in case.wanted.asks and (
                least := cheapest(case.catalogue, tied, case.told, case.wanted.months)
            ):
                return [Summed(least)]
            sums = fitting(case.catalogue, tied, case.told, case.wanted.months)
            if case.wanted.quantities or case.wanted.months is not None or ("choose" in case.wanted.asks and case.told):
                return [Summed(made) for made in sums[:_MOST]]
            if (odd := _odd_unit(case, tied)) is not None:
                return _without_sum(tied, (odd,))
            return [decision for offer in tied for decision in _priced(case, (offer,))]
    return []


def _of_told(case: Case, *, counted: bool) -> list[Decided]:
    """Nothing is named: the products that what was told is a measure of, from the cheapest on."""
    if not case.told:
        return []
    plans = alternatives(case.catalogue, case.told)
    sums = fitting(case.catalogue, plans, case.told, case.wanted.months)
    if "cheapest" in case.wanted.asks:
        sums = sums[:1]
    if sums:
        return [Summed(made) for made in sums]
    if not (counted and "sum" in case.wanted.asks):
        return []
    return [NotKnown((Unknown("offer", case.read.text.strip()),))]
