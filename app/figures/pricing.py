"""What each thing costs that a clause asks the price of: a price as it stands, a sum, or what is missing for one."""

from collections.abc import Sequence

from app.figures.case import Case
from app.figures.comparing import main_prices, plainly_asked
from app.figures.decided import Decided, NotKnown, PriceKnown, Summed
from app.figures.shop.catalogue import Offer
from app.figures.shop.naming import Named
from app.figures.sides import parts_them
from app.figures.sums.counting import Sum, Unknown
from app.figures.sums.fitting import alternatives, price_of
from app.figures.talk.plans import main_offers
from app.figures.words import fold, folded, listed

_PRICED = frozenset({"price", "sum", "cheapest", "saving"})
_MOST = 4
_PAIR = 2
_PERSON = "@person"
_SHORT = frozenset({"@hour", "@day", "@week"})


def prices(case: Case) -> list[Decided]:
    """Prices and sums of what a clause names or what was spoken of; empty where it asks for none."""
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
    if (
        len(offers) > _PAIR
        and any(word in listed("alternatives") for word in case.wanted.words)
        and not parts_them(case)
    ):
        return None  # «A and B, or C»: the cheapest of three is no answer
    if not offers and case.focus:
        heads = {case.catalogue.head(offer.key) for offer in case.focus}
        offers = tuple(o for o in case.catalogue.offers if case.catalogue.head(o.key) in heads)
    return case.cheapest(offers) if len(offers) > 1 else None


def _of_meant(case: Case) -> list[Decided]:
    """What is named or was spoken of: one sum where one was asked for, else each by itself."""
    offers = case.meant
    if (odd := _odd_unit(case, offers)) is not None:
        return _without_sum(offers, (odd,))
    together = len(offers) > 1 and ("sum" in case.wanted.asks or bool(case.wanted.counts))
    groups = [offers] if together else [(offer,) for offer in offers[:_MOST]]
    return [decision for group in groups for decision in priced(case, group)]


def priced(case: Case, offers: Sequence[Offer]) -> list[Decided]:
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
    heads = {case.catalogue.head(offer.key) for offer in offers}  # a plan without a limit holds what others limit
    known |= {f.unit for o in case.catalogue.offers if case.catalogue.head(o.key) in heads for f in o.limits}
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
    """One product is clear and others are not: what each may cost, and no sum."""
    unclear = [
        (case.read.text[named.start : named.end], tied)
        for named in case.wanted.named
        if named.key is None and named.own and len(tied := _tied(case, named)) > 1 and not set(tied) & set(case.named)
    ]
    if not unclear or not case.wanted.asks & _PRICED:
        return []
    offers = dict.fromkeys((*case.named[:_MOST], *(offer for _, tied in unclear[:_MOST] for offer in tied[:_MOST])))
    known: list[Decided] = [PriceKnown(offer, offer.prices) for offer in offers]
    missing = tuple(Unknown("offer", said) for said, _ in unclear[:_MOST])
    return [*known, NotKnown(missing)] if "sum" in case.wanted.asks else known


def _tied(case: Case, named: Named) -> list[Offer]:
    """The products that a mention may mean alike, the cheaper ones first."""
    found = [offer for key in named.tied if (offer := case.catalogue.get(key)) is not None]
    return sorted(found, key=price_of)


def _unclear(case: Case) -> list[Decided]:
    """A name that fits several products alike: what each costs, at most four; the cheapest where that was asked."""
    for named in case.wanted.named:
        tied = _tied(case, named)
        if named.of and _of_something(case, named):
            continue  # «rolls for receipts» are no printers
        if not named.own and _counts_other(case, named):
            continue  # «20 rolls of paper»: what is counted is none of ours
        if 1 < len(tied) <= 2 * _MOST and not (case.focus and set(tied) & set(case.focus)):
            if "cheapest" in case.wanted.asks and (least := case.cheapest(tied)):
                return [Summed(least)]
            if not case.wanted.counted.keys().isdisjoint(o.key for o in tied):
                return [decision for offer in tied[:_MOST] for decision in priced(case, (offer,))]
            sums = case.fitting(tied)
            if case.wanted.quantities or case.wanted.months is not None or ("choose" in case.wanted.asks and case.told):
                return [Summed(made) for made in sums[:_MOST]]
            if (odd := _odd_unit(case, tied)) is not None:
                return _without_sum(tied, (odd,))
            others = (o for n in case.wanted.named[:_MOST] if n.own and len(n.tied) <= _MOST for o in _tied(case, n))
            return [decision for offer in dict.fromkeys((*tied, *others)) for decision in priced(case, (offer,))]
    return []


def _of_something(case: Case, mention: Named) -> bool:
    """Whether a clause names nothing else of ours, and holds a word that nothing explains beside the mention."""
    said = folded(case.read.text[mention.start : mention.end])
    beside = [word for word in case.wanted.rest if fold(word) not in said]
    return bool(beside) and not any(other.own for other in case.wanted.named)


def _counts_other(case: Case, mention: Named) -> bool:
    """Whether a clause counts what nothing of ours is, beside a mention that no name was said in."""
    said = folded(case.read.text[mention.start : mention.end])
    return any(fold(word) not in said for word in case.wanted.foreign)


def _of_told(case: Case, *, counted: bool) -> list[Decided]:
    """Nothing is named: the products that what was told is a measure of, from the cheapest on."""
    if not case.told:
        return []
    plans = alternatives(case.catalogue, case.told)
    sums = case.fitting(plans)
    if (
        not sums and not case.named and plainly_asked(case)
    ):  # of the main offer nobody has told how many: it is said for one
        offers = main_offers(case.catalogue)
        held = any(limit.unit in case.told for offer in offers for limit in offer.limits)
        sums = case.fitting(offers if held else ())
    if "cheapest" in case.wanted.asks:
        sums = sums[:1]
    if sums:
        return [Summed(made) for made in sums]
    if main := main_prices(case):
        return main
    if not (counted and "sum" in case.wanted.asks):
        return []
    return [NotKnown((Unknown("offer", case.read.text.strip()),))]
