"""An asked clause -> what the facts decide of it. Made once a turn for each clause; nothing where it is not certain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.figures.case import Case, quantities
from app.figures.claimed import own_sums
from app.figures.comparing import differences, main_prices, paid_how, plainly_asked
from app.figures.decided import (
    Beside,
    Confirmed,
    Corrected,
    Decided,
    Different,
    InParts,
    NotKnown,
    NotOurs,
    Paid,
    PriceKnown,
    Recommended,
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
from app.figures.talk.advising import main_offers, recommended
from app.figures.talk.basket import NOTHING, Basket
from app.figures.talk.together import together
from app.figures.wanted import MOST, Wanted, wanted
from app.figures.words import fold, folded, listed, same
from app.types import Language

_PRICED = frozenset({"price", "sum", "cheapest", "saving"})
_COUNTING = frozenset({"price", "measure", "included"})
"""What asks how many, of something that was spoken of."""
_MOST = 4
_YEAR = Decimal(12)
_WHOLE = (Confirmed, Corrected, NotOurs, InParts, Beside, Paid, Different, Recommended)
"""What leaves nothing to be said of prices."""
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
    joined: bool = False,
    whole: bool = True,
) -> tuple[Decided, ...]:
    """What the facts decide of one asked clause, each with its sections and `say(language)`; empty: nothing is certain.

    `told`: a unit's word -> quantity, from earlier in the conversation. `focus`: keys of the products spoken of last.
    `basket`: what he wants with this clause; `joined`: what this one names comes beside the rest. `whole`:
    whether a sum is of all of it. `asked`: what `wanted` makes of the clause, if the caller has it.
    Linear in the clause; never raises on any text.
    """
    asked = asked or wanted(read, catalogue)
    known = ((unit, Decimal(n)) for unit, n in (told or {}).items())
    before = {catalogue.units.key(unit) or unit: n for unit, n in known if n.is_finite() and 0 < n <= MOST}
    spoken = tuple(offer for key in focus if (offer := catalogue.get(key)) is not None)
    counts = {} if asked.named else {item.key: item.count for item in basket.items if item.count is not None}
    case = Case(read, asked, catalogue, quantities(asked, before), spoken, language, counts)
    if _of_other_units(case, basket):
        case, basket = replace(case, focus=()), NOTHING
    case = replace(case, wanted=replace(asked, months=_whole_year(case, basket)))
    asked = case.wanted
    found = [*own_sums(case, basket)] or paid_how(case) or [*differences(case), *recommended(case, basket)]
    if not found and ("instalment" in asked.asks or (basket.parts and "sum" in asked.asks)):
        found = [*instalments(case, basket, joined=joined)]
    if "discount" in asked.asks or asked.percent is not None:
        found += discounts(case)
    if not any(isinstance(d, _WHOLE) for d in found):
        summed = together(case, basket, joined=joined) if whole and "sum" in asked.asks else []
        found += _limits(case) or summed or _prices(case)
    elif case.named and all(isinstance(d, Confirmed) and not set(case.named) & _offers(d) for d in found):
        found += _prices(case)  # of something else than the sum that was right
    elif any(isinstance(d, Recommended) for d in found):
        found += _beside_main(case)
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


def _offers(decision: Confirmed) -> set[Offer]:
    return {part.offer for part in decision.sum.parts}


def _beside_main(case: Case) -> list[Decided]:
    """What is named beside the main offers, one of which was recommended."""
    keys = {offer.key for offer in main_offers(case.catalogue)}
    other = tuple(named for named in case.wanted.named if named.own and named.key not in keys and named.key is not None)
    return _prices(replace(case, wanted=replace(case.wanted, named=other, counts={}))) if other else []


def _of_other_units(case: Case, basket: Basket) -> bool:
    """Whether a clause names nothing and counts what nothing that was spoken of is measured by: it asks of the rest."""
    counted = {unit for unit in case.wanted.quantities if not unit.startswith("@")}
    if not counted or any(named.own for named in case.wanted.named):
        return False
    spoken = [*case.focus, *(offer for key in basket.keys if (offer := case.catalogue.get(key)) is not None)]
    return not any(figure.unit in counted for offer in spoken for figure in (*offer.prices, *offer.limits))


def _whole_year(case: Case, basket: Basket) -> Decimal | None:
    """The months that are paid for; a year where so many months cost as much as a year: nobody pays ten for ten.

    The time that he chose before holds for what is counted after it.
    """
    months = case.wanted.months
    if months is None and ("sum" in case.wanted.asks or case.wanted.quantities or case.wanted.counts):
        months = basket.months if any(p.fact.period == "year" for o in case.meant for p in o.prices) else None
    if months is None or not 1 < months < _YEAR:
        return months
    prices = [(offer.priced("month"), offer.priced("year")) for offer in case.meant]
    both = [(month, year) for month, year in prices if month is not None and year is not None]
    return _YEAR if both and all(month.amount * months >= year.amount for month, year in both) else months


def _beside(asked: Wanted, figure: Figure) -> list[str]:
    """What is said beside the name of a figure, and nothing explains."""
    own = folded(figure.fact.name)
    return [word for word in asked.rest if not any(same(fold(word), other) for other in own)]


def _asks_figure(asked: Wanted) -> bool:
    return bool(asked.asks & {"price", "measure", "yes_no", "included"})


def _limits(case: Case) -> list[Decided]:
    """How many a product includes, where the clause asks that and counts nothing itself."""
    if case.wanted.quantities or case.wanted.months is not None:
        return []
    if not (case.named or case.wanted.asks & _COUNTING):
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
    if not case.told and (main := main_prices(case)):
        return main
    why = any(word in listed("whys") for word in asked.words)
    if not case.named and (why or not (counted or plainly_asked(case))):
        return []
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
        moment = any(word in listed("moments") for word in asked.words)  # «after 14 days»
        if unit in _SHORT and (told == 1 or moment):  # «a day», of no price: it was not said to be counted
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
    """The products that a mention may mean alike, the cheaper ones first."""
    found = [offer for key in named.tied if (offer := case.catalogue.get(key)) is not None]
    return sorted(found, key=lambda offer: min((price.amount for price in offer.prices), default=Decimal(0)))


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
    if main := main_prices(case):
        return main
    if not (counted and "sum" in case.wanted.asks):
        return []
    return [NotKnown((Unknown("offer", case.read.text.strip()),))]
