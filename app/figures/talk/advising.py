"""Which of the shop's main offers fits what a customer has told: the cheapest that covers all of it."""

from collections.abc import Sequence

from app.figures.case import Case
from app.figures.compared import Over
from app.figures.decided import Recommended
from app.figures.read import MOST_READ
from app.figures.shop.catalogue import Offer
from app.figures.shop.main import says_nothing
from app.figures.shop.naming import Named
from app.figures.sums.counting import Sum, quantity_of
from app.figures.sums.fitting import fitting
from app.figures.sums.limits import above, one_more
from app.figures.talk.aside import sentences
from app.figures.talk.held import Basket
from app.figures.talk.plans import main_offers
from app.figures.words import Token, asked, chooses, collective, listed, same, segments, tokens

_MOST = 2
"""Words beside the question that nothing explains: with more of them it is about something else."""

_YEAR = "12"
_BRIEF = 2
_MARK = 3
"""Characters within which a question's mark stands behind it."""


def recommended(case: Case, basket: Basket) -> list[Recommended]:
    """The main offer that fits, where the clause asks which one does; empty where nothing told decides it.

    Linear in the clause.
    """
    offers = main_offers(case.catalogue)
    units = {limit.unit for offer in offers for limit in offer.limits}
    decides = units | {price.unit for offer in offers for price in offer.prices}
    told = {unit: n for unit, n in case.told.items() if unit in decides}
    if case.wanted.ways and len(case.named) == 1:
        return []  # «a year at once or by months?», of the one that he names
    if not told or not ("outgrown" in case.wanted.asks or asks_which(case, basket, offers)):
        return []
    sums = fitting(case.catalogue, offers, told, case.wanted.months, shares=case.shares, prefer=case.prefer)
    if not sums:
        return []
    best = sums[0]
    more = next((made for made in sums[1:] if len(made.parts) == 1), None)
    return [Recommended(best, more, not units.isdisjoint(told), over(case, offers, best))]


def over(case: Case, offers: Sequence[Offer], best: Sum) -> tuple[Over, ...]:
    """What told does not fit into the offers that cost less than the best, and cannot be paid for beside them."""
    own = best.parts[0]
    found: list[Over] = []
    for offer in offers:
        price = offer.priced(own.price.fact.period)
        if offer == own.offer or price is None or price.amount >= own.price.amount:
            continue
        quantity, _ = quantity_of(price, case.told)
        for limit in offer.limits:
            unit = limit.unit or ""
            exceeds = unit in case.told and above(limit, case.told, quantity, case.shares) > 0
            if exceeds and not one_more(case.catalogue, offer, unit):
                found.append(Over(offer, limit, case.told[unit]))
    return tuple(found[:_MOST])


def decided_plan(case: Case) -> Recommended | None:
    """The main offer that what was told decides, where a sum is asked of it and more; None where nothing decides it."""
    offers = main_offers(case.catalogue)
    told = any(limit.unit in case.told for offer in offers for limit in offer.limits)
    sums = case.fitting(offers) if told else ()
    return Recommended(sums[0], None, True, over(case, offers, sums[0]), brief=True) if sums else None


def for_so_long(case: Case, basket: Basket, offers: Sequence[Offer]) -> list[Offer]:
    """The main offer in «a scanner and a drawer, the total for a year?», where what is told or was asked before tells
    which: of what is bought once nothing is for a year."""
    plans = main_offers(case.catalogue)
    lasting = any(price.fact.period not in ("once", None) for offer in offers for price in offer.prices)
    if lasting or not offers or basket.without_plan or not _yearly(case):
        return []
    held = [offer for offer in plans if offer.key in basket.keys]
    fits = decided_plan(case)
    return held[-1:] or ([fits.sum.parts[0].offer] if fits is not None else [])


def _yearly(case: Case) -> bool:
    """Whether a sum is asked for a year, in the sentence that asks for it."""
    found = tokens(case.read.text)
    for first, last, _ in sentences(case.read.text, found):
        part = [token for token in found[first:last] if not case.wanted.dated(token.start)]
        year = any(listed("spans").get(token.folded) == _YEAR for token in part)
        if year and asked([token.folded for token in part]) & {"sum", "price"}:
            return True
    return False


def asks_which(case: Case, basket: Basket, offers: Sequence[Offer]) -> bool:
    """Whether a clause asks which of these offers fits: it names them or their kind, or nothing else is spoken of."""
    keys = {offer.key for offer in offers}
    found = tokens(case.read.text)
    if not offers or any(token.folded in listed("whys") for token in found):
        return False
    parts = [found[first:last] for first, last in segments(case.read.text, found)]
    return any(_asks(part, case, basket, keys) for part in parts)


def _asks(part: Sequence[Token], case: Case, basket: Basket, keys: set[str]) -> bool:
    words = [token.folded for token in part]
    which = [n for n, word in enumerate(words) if word in listed("choosing")]
    end = part[-1].end
    asks = case.read.text[end : end + _MARK].lstrip().startswith("?") or any(w in listed("whether") for w in words)
    suits = asks and any(word in listed("suiting") for word in words)
    mentions = [n for n in case.wanted.named if n.own and part[0].start <= n.start < part[-1].end]
    if any(not _of(mention, keys) for mention in mentions):
        return False
    named = any(mention.key in keys for mention in mentions)
    calls = bool(mentions) or any(_calls(word, case, keys) for word in words)
    said = [word for word in words if word in listed("choosing") or not says_nothing(word)]
    briefly = bool(which) and calls and len(said) <= _BRIEF  # «which plan, then?»
    if not (chooses(words) or (suits and named) or briefly):
        return False
    spans = [(m.start, m.end) for m in mentions] + [(n.start, n.end) for n in case.read.numbers[:MOST_READ]]
    rest = [t for t in part if not _explained(t, case, spans, keys)]
    if calls:
        return len(rest) <= _MOST
    counted = which and any(case.catalogue.units.of(word) for word in words[which[0] + 1 : which[0] + 2])
    about = {*(offer.key for offer in case.focus), *basket.keys}
    return not rest and not counted and not basket.offered and about <= keys


def _of(mention: Named, keys: set[str]) -> bool:
    return (mention.key in keys) if mention.key is not None else bool(mention.tied) and set(mention.tied) <= keys


def _calls(word: str, case: Case, keys: set[str]) -> bool:
    """Whether a word is what the offers are called together: the noun of their names, or the shop's own word."""
    main, units = case.catalogue.main, case.catalogue.units
    own = main is not None and main.calls(word) and units.of(word) is None
    return own or word in listed("option") or any(same(case.catalogue.head(key), word) for key in keys)


def _explained(token: Token, case: Case, spans: Sequence[tuple[int, int]], keys: set[str]) -> bool:
    word = token.folded
    lists = ("choosing", "suiting", "needing", "advising")
    return (
        says_nothing(word)
        or word in collective()
        or listed("one").get(word) is not None
        or case.catalogue.units.of(word) is not None
        or any(word in listed(name) for name in lists)
        or any(start <= token.start < end for start, end in spans)
        or _calls(word, case, keys)
    )
