"""All that a customer wants together: one sum, with what each part costs and what is paid first."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from app.figures.case import Case
from app.figures.compared import Instead
from app.figures.decided import Decided, NotKnown, PriceKnown, Summed
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.counting import Sum, Unknown
from app.figures.sums.fitting import bounded, least_of, price_of, siblings
from app.figures.talk.advising import decided_plan, for_so_long
from app.figures.talk.basket import Basket
from app.figures.talk.ordering import meant_by
from app.figures.talk.outgrown import with_outgrown
from app.figures.talk.plans import calls_main, main_offers
from app.figures.wanted import Wanted
from app.figures.words import Token, fold, listed, segments, tokens, written

_MOST_TIED = 8
_MOST = 8
_YEAR = "12"
_LIST = 2
"""Words that join a list."""
_OTHERS = 3
"""Products that a mention may mean too, and that are not in the sum."""


def put_in(asked: Wanted, catalogue: Catalogue, held: Sequence[str] = ()) -> tuple[str, ...]:
    """Keys of the products of a clause: the one meant by each mention, or the cheapest of those that it may mean.

    What is called by no word of its own name counts only where it is `held`.
    """
    keys: list[str] = []
    for named in asked.named:
        if not named.own and named.key not in held:
            continue
        if named.key is not None:
            keys.append(named.key)
        elif not set(named.tied).isdisjoint(asked.keys):
            continue  # «the scanner, D-Scan 2»: it has been said which
        elif 1 < len(named.tied) <= _MOST_TIED and (least := least_of(catalogue, named.tied)) is not None:
            keys.append(least.key)
    return tuple(dict.fromkeys(keys))


def wanted_together(case: Case, basket: Basket, *, joined: bool) -> tuple[Case, list[Offer]]:
    """The case with the counts and the time of the basket, and the offers that are counted together.

    `joined`: what the message names comes beside what was wanted before.
    """
    asked, catalogue = case.wanted, case.catalogue
    own = put_in(asked, catalogue, basket.keys)
    total = any(word in listed("totals") for word in asked.words)
    meant = [item for item in basket.items if item.key in basket.earlier and item.key not in own]
    before = [item for item in meant if joined or not own or (total and len(own) == 1)]
    held = [item for item in basket.items if item.taken]
    keys = (*own, *(item.key for item in before))
    before = [i for i in before if i.taken or not _unordered(i.key, () if held else keys, catalogue)]
    chosen: dict[str, Offer] = {}
    taken = not held or any(not {i.key, *i.open}.isdisjoint(basket.offered) for i in held)
    open_ = least_of(catalogue, basket.offered) if not own and basket.offered and taken else None
    for key in (*(item.key for item in before), *own, *((open_.key,) if open_ is not None else ())):
        if (offer := catalogue.get(key)) is not None and key not in basket.rejected:
            # Of the plans of one kind one is taken: the one named last.
            chosen[catalogue.head(key) if bounded(offer) and key not in case.split else key] = offer
    if not case.split.keys().isdisjoint(chosen):  # of several for some of the places all are meant
        for key in case.split:
            if (offer := catalogue.get(key)) is not None and key not in basket.rejected:
                chosen[key] = offer
        others = {offer.key for offer in main_offers(catalogue)} - case.split.keys()
        chosen = {key: offer for key, offer in chosen.items() if offer.key not in others}
    offers = list(chosen.values())[-_MOST:]
    if open_ is not None:
        offers = [_that_holds(case, offer) if offer == open_ else offer for offer in offers]
    counts = {key: i.count for i in basket.items for key in (*i.open, i.key) if i.count is not None}
    months = asked.months
    if basket.months is not None and (months is None or months == 1):
        yearly = any(p.fact.period == "year" for o in offers for p in o.prices)
        months = basket.months if months is None or yearly else months
    case = replace(case, counts=counts, wanted=replace(asked, months=months))
    plans = main_offers(catalogue)
    if basket.plan and offers and (joined or not own) and not any(offer in plans for offer in offers):
        fits = decided_plan(case)
        offers += [fits.sum.parts[0].offer] if fits is not None else []
    return case, offers


def _unordered(key: str, keys: Sequence[str], catalogue: Catalogue) -> bool:
    """Whether it is a delivery, and of nothing among `keys`: whoever asked what it costs has not ordered it."""
    offer, others = catalogue.get(key), [o for each in keys if (o := catalogue.get(each)) is not None]
    once = (o for o in others if not o.free_from and all(p.fact.period in ("once", None) for p in o.prices))
    return offer is not None and bool(offer.free_from) and not any(once)


def _that_holds(case: Case, offer: Offer) -> Offer:
    """The main offer that what was told fits into, where it does not fit into this one; any other as it is."""
    plans = main_offers(case.catalogue)
    if offer.key in case.split or offer not in plans or not case.sum((offer,)).known or case.fitting((offer,)):
        return offer
    best = case.cheapest(plans)
    return best.parts[0].offer if best is not None and best.parts[0].offer in plans else offer


def together(case: Case, basket: Basket, *, joined: bool = False, plan: bool = False) -> list[Decided]:
    """One sum of several products where a sum is asked for; nothing where fewer are known, or one is not priced.

    `plan`: whether the main offer that fits is a part of it, though no word of the clause calls for one.
    """
    catalogue = case.catalogue
    case, offers = wanted_together(case, basket, joined=joined)
    asked = case.wanted
    whole = joined or not any(named.own for named in case.wanted.named)
    plan = plan or (whole and bool(basket.plan))
    main = _main_beside(case, offers, asked_for=plan or (joined and not basket.earlier and _added(case, offers)))
    long = [] if main else for_so_long(case, basket, offers)
    main = main or long
    held = any(offer.key in basket.keys for offer in long)
    fits = decided_plan(case) if (main and not held) or _open_plan(case, basket) else None
    if fits is not None:
        plans, main = main_offers(catalogue), [fits.sum.parts[0].offer]
        offers = [offer for offer in offers if offer not in plans]
    offers = [*offers, *main[:1]]
    if len(offers) < 2 or _strange(case):
        return []
    made = case.sum(offers)
    if made.unknown and all(unknown.missing == "from" for unknown in made.unknown):
        each = [_comes_to(case, offer) for offer in offers]
        counted_ = [decided for decided in each if isinstance(decided, Summed)]
        plain = [decided for decided in each if decided not in counted_]
        return [*plain, NotKnown(made.unknown, made.sections), *counted_]
    if not made.parts or made.unknown:
        return []
    counted = {figure.unit for offer in offers for figure in (*offer.prices, *offer.limits)}
    counted |= {u for u in asked.units if u.startswith("@") or listed("spans").get(fold(u)) is not None}
    bare = [*_bare_in_list(case), *_left_open(case)]
    counted |= {unit for word in bare if (unit := catalogue.units.of(fold(word))) is not None}
    if open_ := [unit for unit in asked.units if unit not in case.told and unit not in counted]:
        missing = tuple(Unknown("offer", catalogue.units.name(unit)) for unit in open_)
        return [*(PriceKnown(offer, offer.prices) for offer in offers), NotKnown(missing, made.sections)]
    others = [*main[1:], *_others(case, basket, offers)] if "cheapest" not in asked.asks else []
    if fits is not None:
        others = [offer for offer in others if offer not in main_offers(catalogue)]
    others = list(dict.fromkeys(others))[:_OTHERS]
    yearly = _for_a_year(case, offers)
    carried = bool(basket.plan) and not calls_main(case.read.text, case.wanted, catalogue)
    first = [fits] if fits is not None and not carried else []
    alone = [case.sum((offer,)) for offer in others]
    beside = [each for each in alone if each.known]
    summed = with_outgrown(case, [*first, Summed(made, bool(others), tuple(bare))])
    return [*summed, *yearly, *([Instead(tuple(beside))] if beside else [])]


def _bare_in_list(case: Case) -> list[str]:
    """What «Start plus a till plus training» names by a bare unit: which thing that is is not for us to choose."""
    found, plus = tokens(case.read.text), frozenset(listed("adds").words_of("adds"))
    cuts = [n for n, token in enumerate(found) if token.folded in plus]
    parts: list[Sequence[Token]] = [found[a + 1 : b] for a, b in pairwise([*cuts, len(found)])]
    if len(cuts) < _LIST:
        parts = list(_list(case, found))
    numbers = {n.start for n in case.read.numbers}
    return [
        part[0].raw
        for part in parts
        if len(part) == 1 and part[0].start not in numbers and _sold_by(part[0], case.catalogue)
        and not any(n.own and n.unique and n.start <= part[0].start < n.end for n in case.wanted.named)
    ]  # fmt: skip


def _left_open(case: Case) -> list[str]:
    """Names of several things of which none is the cheapest: one is paid once, the other by the month."""
    open_ = [m for m in case.wanted.named if m.own and m.key is None and 1 < len(m.tied) <= _MOST_TIED]
    open_ = [m for m in open_ if set(m.tied).isdisjoint(case.wanted.keys)]
    return [case.read.text[m.start : m.end] for m in open_ if least_of(case.catalogue, m.tied) is None]


def _sold_by(token: Token, catalogue: Catalogue) -> bool:
    """Whether a word is a unit that something is paid for: of the goods of his own shop nobody can buy one."""
    unit = catalogue.units.of(token.folded)
    return unit is not None and bool(catalogue.priced_by(unit))


def _list(case: Case, found: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The parts of a list with commas that holds names: «a till, a printer, scales»."""
    parts = [found[first:last] for first, last in segments(case.read.text, found)]
    named = [any(m.own and p[0].start <= m.start < p[-1].end for m in case.wanted.named) for p in parts]
    for place, part in enumerate(parts):
        if sum(named) >= _LIST and (any(named[place + 1 : place + 2]) or any(named[max(0, place - 1) : place])):
            yield [token for token in part if token.folded not in listed("articles")]


def _added(case: Case, offers: Sequence[Offer]) -> bool:
    """Whether all of it is paid as a main offer is: «how much together with the module?» is of both."""
    paid = {(price.unit, price.fact.period) for offer in main_offers(case.catalogue) for price in offer.prices}
    return bool(offers) and all((p.unit, p.fact.period) in paid for offer in offers for p in offer.prices)


def _open_plan(case: Case, basket: Basket) -> bool:
    """Whether the clause, or what was offered before it, names a main offer without saying which one."""
    plans = {offer.key for offer in main_offers(case.catalogue)}
    names = [named.tied for named in case.wanted.named if named.own and named.key is None]
    names += [basket.offered] if not any(named.own for named in case.wanted.named) else []
    return any(len(tied) > 1 and plans.issuperset(tied) for tied in names)


def _main_beside(case: Case, offers: Sequence[Offer], *, asked_for: bool = False) -> list[Offer]:
    """The main offers, the cheapest that fits first, where a clause calls for one beside what it names otherwise."""
    main = case.catalogue.main
    plans = main_offers(case.catalogue)
    if main is None or not offers or any(offer in plans for offer in offers):
        return []
    spans = [(named.start, named.end) for named in case.wanted.named if named.own]
    free = [t for t in tokens(case.read.text) if not any(start <= t.start < end for start, end in spans)]
    called = (t for t in free if main.calls(t.folded))
    if not asked_for and all(case.catalogue.units.of(token.folded) is not None for token in called):
        return []
    return [made.parts[0].offer for made in case.fitting(plans)]


def _for_a_year(case: Case, offers: Sequence[Offer]) -> list[Decided]:
    """The same for a year, where a clause asks that beside what is paid first."""
    asked = case.wanted
    words = [t.folded for t in tokens(case.read.text) if not asked.dated(t.start)]
    if asked.months is not None or not any(listed("spans").get(word) == _YEAR for word in words):
        return []
    made = replace(case, wanted=replace(asked, months=Decimal(_YEAR))).sum(offers)
    return [Summed(made)] if made.known and any(part.period == "year" for part in made.parts) else []


def _others(case: Case, basket: Basket, offers: Sequence[Offer]) -> list[Offer]:
    """What the unclear names may mean beside what is in the sum, the next one of each first."""
    asked, catalogue = case.wanted, case.catalogue
    open_ = (named for named in asked.named if named.key is None and named.own)
    names = [named.tied for named in open_ if not set(named.tied) & set(asked.keys)]
    names = [tied for tied in names if not any(set(other) < set(tied) for other in names)]  # said more closely
    names += [item.open for item in basket.items if item.open and catalogue.get(item.key) in offers]
    names += [basket.offered] if not asked.named else []
    found: list[list[Offer]] = []
    for tied in dict.fromkeys(tuple(sorted(keys)) for keys in names):
        alike = siblings(catalogue, tied)
        if any(offer in offers for offer in alike):
            found.append(sorted((o for o in alike if o not in offers), key=price_of))
    rows = (row[place] for place in range(_MOST_TIED) for row in found if place < len(row))
    return list(dict.fromkeys(rows))[:_OTHERS]


def _strange(case: Case) -> bool:
    """Whether one of several plans is called by a word that nothing explains: which one is not for us to choose."""
    found = tokens(case.read.text)
    for mention in case.wanted.named:
        meant = meant_by(mention, case.catalogue)
        if mention.key is not None or not mention.own or len(meant) < 2 or not all(map(bounded, meant)):
            continue
        before = [t for t in found if t.end <= mention.start][-1:]
        behind = [t for t in found if t.start >= mention.end][:1]
        near = [t for t in before if not case.read.text[t.end : mention.start].strip()]
        near += [t for t in behind if not case.read.text[mention.end : t.start].strip()]
        near = [
            token for token in near if token.folded not in listed("needing") and not _lost(token)
        ]  # «which plan to take»
        if any(token.raw in map(str.lower, case.wanted.rest) for token in near):
            return True
    return False


def _lost(token: Token) -> bool:
    """«Where has the plan gone?»"""
    return token.raw in written("wheregone") or token.raw in written("counting")


def _comes_to(case: Case, offer: Offer) -> Decided:
    """What so many of it come to, or its price where nobody told how many."""
    made = case.sum((offer,))
    return Summed(made) if made.known and not made.plain else PriceKnown(offer, offer.prices)


def several(case: Case) -> bool:
    """Whether a clause asks what several kinds of things cost, some of them counted: it asks for their sum."""
    asked = case.wanted
    own = [meant_by(mention, case.catalogue) for mention in asked.named if mention.own]
    plans = [offers for offers in own if any(bounded(offer) for offer in offers)]
    apart = asked.asks & {"choose", "difference", "instalment"}
    counted = bool(asked.counts or asked.quantities or asked.months is not None)
    return "price" in asked.asks and counted and len(own) > 1 and len(plans) < 2 and not apart and all(own)


def sum_of(case: Case, basket: Basket) -> Sum | None:
    """The sum of all that was wanted before the clause names anything; None where it cannot be counted."""
    if any(named.own for named in case.wanted.named):
        earlier = tuple(item for item in basket.items if item.key in basket.earlier)
        basket = replace(basket, items=earlier, offered=())
        case = replace(case, wanted=replace(case.wanted, named=(), counts={}))
    case, offers = wanted_together(case, basket, joined=True)
    made = case.sum(offers) if offers else None
    return made if made is not None and made.known else None
