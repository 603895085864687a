"""An asked clause -> what the facts decide of it. Made once a turn for each clause; nothing where it is not certain."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial

from app.figures.beyond import with_beyond
from app.figures.case import Case, quantities
from app.figures.claimed import own_sums
from app.figures.compared import Compared, Either, Versus
from app.figures.comparing import by_how_much, differences, paid_how
from app.figures.conditional import denied
from app.figures.decided import (
    Confirmed,
    Corrected,
    Decided,
    Different,
    NotOurs,
    Paid,
    PriceKnown,
    Recommended,
    Term,
    YesNo,
)
from app.figures.either import either, within
from app.figures.elsewhere import compared, his_amounts
from app.figures.granting import beside_yearly, discounts, of_goods, yearly
from app.figures.gratis import free_for, undiscounted, unless_free
from app.figures.instalments import Beside, InParts
from app.figures.ofall import advised, as_claimed, held_in, in_parts, looked_for
from app.figures.packs import as_packs
from app.figures.perwhat import per_what
from app.figures.pricing import priced, prices
from app.figures.read import Read
from app.figures.ruled import Cheaper, PerUnit, Ruled, WhichOf
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import Figure
from app.figures.sides import parts_them, sides
from app.figures.statements import Statements
from app.figures.sums.counting import Sum
from app.figures.sums.limits import one_more
from app.figures.talk.advising import recommended
from app.figures.talk.basket import NOTHING, Basket
from app.figures.talk.checking import Checked
from app.figures.talk.held import Held
from app.figures.talk.inside import Inside
from app.figures.talk.outgrown import with_outgrown
from app.figures.talk.suiting import suits
from app.figures.talk.together import several, together
from app.figures.wanted import MOST, Wanted, wanted
from app.figures.words import asked as asked_in
from app.figures.words import fold, folded, listed, same
from app.types import Language

_COUNTING = frozenset({"price", "measure", "included"})  # what asks how many, of something that was spoken of
_MOST = 4
_YEAR = Decimal(12)
_WHOLE = (
    Compared,
    Either,
    Versus,
    PerUnit,
    Cheaper,
    Ruled,
    Confirmed,
    Corrected,
    NotOurs,
    InParts,
    Beside,
    Paid,
    Different,
    Recommended,
)
"""What leaves nothing to be said of prices."""


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
    so_many: Held | None = None,
    within: Inside | None = None,
    looked: Checked | None = None,
) -> tuple[Decided, ...]:
    """What the facts decide of one asked clause, each with its sections and `say(language)`; empty: nothing is certain.

    `told`: a unit's word -> quantity, from earlier in the conversation. `focus`: keys of the products spoken of last.
    `basket`: what he wants with this clause; `joined`: what this one names comes beside the rest. `whole`:
    whether a sum is of all of it. `asked`: what `wanted` makes of the clause, if the caller has it.
    `so_many`: what it takes so many of, unnamed; `within`: what it says to be in a kit,
    `looked`: what it looks for in the sum. Linear in the clause; never raises on any text.
    """
    asked = asked or as_packs(read.text, wanted(read, catalogue), catalogue)
    if len(asked.ways) > 1:
        again = partial(
            decide, read, catalogue, statements, told=told, focus=focus, language=language, basket=basket,
            joined=joined, whole=whole, so_many=so_many, within=within, looked=looked,
        )  # fmt: skip
        each = (replace(asked, ways=(way,), months=way.months or asked.months) for way in asked.ways)
        return tuple(dict.fromkeys(decision for one in each for decision in again(asked=one)))
    known = ((unit, Decimal(n)) for unit, n in (told or {}).items())
    before = {catalogue.units.key(unit) or unit: n for unit, n in known if n.is_finite() and 0 < n <= MOST}
    spoken = tuple(offer for key in focus if (offer := catalogue.get(key)) is not None)
    held = (
        {} if asked.named and not (joined or "sum" in asked.asks) else {item.key: item.count for item in basket.items}
    )
    counts = {key: count for key, count in held.items() if count is not None}
    shares = dict(basket.shares) or asked.shares
    case = Case(read, asked, catalogue, quantities(asked, before), spoken, language, counts, shares, dict(basket.split))
    if so_many is not None and len(so_many.open) > 1:
        return (WhichOf(tuple(made for key in so_many.open for made in _of_so_many(case, key, so_many.count))),)
    inside = held_in(case, within)
    if inside and "sum" not in asked.asks:
        return tuple(inside)
    if _of_other_units(case, basket):
        case, basket = replace(case, focus=()), NOTHING
    own_months = asked.months
    case = undiscounted(replace(case, wanted=replace(asked, months=_whole_year(case, basket))))
    if looked is not None and (summed := together(case, basket, joined=True)):
        return (*inside, *looked_for(case, looked, summed))
    asked = case.wanted
    # «Up to 3,000, and I have 8,000» holds no sum of his.
    free = free_for(case)
    found: list[Decided] = [*recommended(case, basket)] if "outgrown" in asked.asks else [*free]
    suited = [] if found else _suited(case, basket)
    found = (
        found
        or suited
        or versus(case)
        or [*compared(case, basket, joined=joined)]
        or either(case, basket)
        or ([] if his_amounts(case) else [*per_what(case)])
    )
    found = (
        found or [*own_sums(case, basket)] or paid_how(case) or [*differences(case, basket), *recommended(case, basket)]
    )
    if joined and found and all(isinstance(d, Confirmed) and len(d.sum.parts) == 1 for d in found):
        found = [*together(case, basket, joined=True)] or found  # what he has put right, in the sum of all
    found = found or in_parts(case, basket, joined=joined)
    advises = [d for d in found if isinstance(d, Recommended)]  # «which plan, and is there a discount for a year?»
    timed = own_months is not None and not of_goods(case)  # the time that he chose before is not what he asks of
    cheaper = yearly(_of_advised(case, advises)) if len(advises) == len(found) and timed else []
    found += cheaper
    refusals = denied(case) if not found and asked.asks & {"discount", "price", "sum"} else []
    found += refusals
    if not refusals and ("discount" in asked.asks or asked.percent is not None):
        of_time = replace(case, wanted=replace(asked, months=own_months))
        found += beside_yearly(case) if cheaper else discounts(of_time)
    if not suited and not any(isinstance(d, _WHOLE) for d in found):
        summed = together(case, basket, joined=joined) if (whole and "sum" in asked.asks) or several(case) else []
        several_ = summed if len(case.named) > 1 else []  # a unit in a list of goods asks for no limit
        summed, several_ = as_claimed(case, basket, summed), as_claimed(case, basket, several_)
        found += several_ or _held(case) or _limits(case) or summed or unless_free(case, free, statements)
    elif case.named and all(isinstance(d, Confirmed) and not set(case.named) & _offers(d) for d in found):
        found += prices(case)  # of something else than the sum that was right
    elif any(isinstance(d, Recommended) for d in found):
        found = advised(case, basket, found, joined=joined)
    if not found and joined and len(basket.meant) == 1 and (left := catalogue.get(basket.meant[0].key)) is not None:
        found += priced(case, (left,))  # all that is left of an order
    found = [*inside, *(_with_why(case, each) for each in found)] or _stated(case, statements)
    return _each_once(case, with_outgrown(case, found))


def _each_once(case: Case, found: Sequence[Decided]) -> tuple[Decided, ...]:
    """Every decision once, with what its prices do not hold of what was told."""
    once: dict[object, Decided] = {}
    for decision in found:
        key = decision.sum if isinstance(decision, Confirmed) else decision
        once.setdefault(key, with_beyond(case, decision))
    return tuple(once.values())


def _suited(case: Case, basket: Basket) -> list[Decided]:
    """Whether what is named will do; with its price where that is asked and no sum says it."""
    found = list(suits(case, basket))
    alone = bool(found) and all(isinstance(each, YesNo) and not each.extra for each in found)
    asks = asked_in(case.wanted.words) & {"price", "sum"}  # by its own words
    return [*found, *(priced(case, case.named) if alone and asks else [])]


def versus(case: Case) -> list[Decided]:
    """What each of the ways comes to between which a clause asks, and which one costs less; each, where no list is."""
    asked = case.wanted
    held = "cheapest" in asked.asks or by_how_much(asked.words)
    held = held or any(word in listed(name) for word in asked.words for name in ("comparative", "dearer"))
    priced = bool(asked.asks & {"price", "sum"}) and parts_them(case)
    if not (held or priced) or asked.asks & {"difference", "discount", "instalment"} or len(asked.ways) > 1:
        return []
    if "choose" in asked.asks and not held:
        return []
    made = sides(case)
    return [Versus(tuple(made), held)] if made else []


def _of_advised(case: Case, advises: Sequence[Recommended]) -> Case:
    """The clause asked of what is advised, where it names nothing itself."""
    offers = tuple(part.offer for each in advises[:1] for part in each.sum.parts)
    return replace(case, focus=offers) if offers and not case.named else case


def _with_why(case: Case, decision: Decided) -> Decided:
    """With the limit that holds so many as the clause counts, where an amount is right for them."""
    if isinstance(decision, PerUnit):
        return replace(decision, why=within(case, decision.offer))
    if isinstance(decision, Confirmed) and len(decision.sum.parts) == 1:
        return replace(decision, why=within(case, decision.sum.parts[0].offer))
    return decision


def _of_so_many(case: Case, key: str, count: Decimal | None) -> list[Sum]:
    offer = case.catalogue.get(key)
    made = replace(case, counts={key: count or Decimal(1)}).sum((offer,)) if offer is not None else None
    return [made] if made is not None and made.known else []


def _offers(decision: Confirmed) -> set[Offer]:
    return {part.offer for part in decision.sum.parts}


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
    if months is None and (case.wanted.asks & {"sum", "difference"} or case.wanted.quantities or case.wanted.counts):
        months = basket.months if any(p.fact.period == "year" for o in case.meant for p in o.prices) else None
    if months is None or not 1 < months < _YEAR or case.prefer == "month":
        return months
    prices = [(offer.priced("month"), offer.priced("year")) for offer in case.meant]
    both = [(month, year) for month, year in prices if month is not None and year is not None]
    return _YEAR if both and all(month.amount * months >= year.amount for month, year in both) else months


def _stated(case: Case, statements: Statements | None) -> list[Decided]:
    """A term that a clause names, else a yes or no that a sentence of the sections gives."""
    asked, text = case.wanted, case.read.text
    terms = case.catalogue.terms_named(text)[:_MOST] if _asks_figure(asked) else ()
    found: list[Decided] = [Term((figure,)) for figure in terms if len(_beside(asked, figure)) <= 1]
    answer = statements.answer(text, case.language) if statements is not None and not found else None
    if answer is not None:
        found.append(YesNo(answer.value, text.strip(), (answer.statement.section,), answer.statement.sentence))
    return found


def _beside(asked: Wanted, figure: Figure) -> list[str]:
    """What is said beside the name of a figure, and nothing explains."""
    own = folded(figure.fact.name)
    return [word for word in asked.rest if not any(same(fold(word), other) for other in own)]


def _asks_figure(asked: Wanted) -> bool:
    return bool(asked.asks & {"price", "measure", "yes_no", "included"})


def _held(case: Case) -> list[Decided]:
    """Whether so many are included in the one product that is meant; of more, what one above its limit costs."""
    offers = case.meant
    if "included" not in case.wanted.asks or case.wanted.asks & {"sum", "discount"} or len(offers) != 1:
        return []
    priced = {price.unit for price in offers[0].prices}
    for unit, n in case.wanted.quantities.items():
        limit = offers[0].limit(unit)
        own = limit.sentence(case.language) if limit is not None else None
        if limit is None or own is None or unit in priced:
            continue
        more = one_more(case.catalogue, offers[0], unit) if n > limit.amount else []
        holds = YesNo(n <= limit.amount, offers[0].name, limit.sections, own)
        return [holds, *(PriceKnown(offer, (price,)) for offer, price in more[:1])]
    return []


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
