"""A thing chosen by the time that was said: «the pass for a year», «and for half a year?», where one is sold for it."""

from dataclasses import replace
from decimal import Decimal
from functools import cache

from app.figures.read import Read
from app.figures.read import months as in_months
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.talk.held import Basket
from app.figures.wanted import Wanted
from app.figures.words import LANGUAGES, data, listed, tokens, written

_MONTH = Decimal(1)
_NEAR = 2
"""Words before a time."""


def for_time(read: Read, wanted: Wanted, before: Basket, catalogue: Catalogue) -> Wanted:
    """What is wanted, with what is sold for the time that it says in the place of what is paid by the month."""
    months = wanted.months
    if months is None or not catalogue.lasting.offers or wanted.ways:
        return wanted
    named, changed = list(wanted.named), False
    monthly = {offer.key for offer in catalogue.lasting.monthly}
    if any(n.own and n.key in monthly for n in wanted.named):
        alone = [n for n, m in enumerate(wanted.named) if m.own and m.key is None and _of_length(m, months, catalogue)]
        wanted = wanted.only([n for n in range(len(wanted.named)) if n not in alone])
        named = list(wanted.named)  # «the guitar for half a year»: of nothing else
    for place, mention in enumerate(wanted.named):
        key = _instead(mention.key, months, catalogue) if mention.key is not None and mention.own else None
        if key is not None:
            named[place] = replace(mention, key=key, candidates=((key, 1.0),))
            changed = True
        elif mention.own and mention.key is None and _called(mention, months, catalogue):
            key = catalogue.lasting.called[months]
            named[place] = replace(mention, key=key, candidates=((key, 1.0),))
            changed = True
    wanted = replace(wanted, named=tuple(named)) if changed else wanted
    own = [n for n in wanted.named if n.own and n.key is not None]
    if any(n.key is not None and catalogue.lasting.length(n.key) == months for n in own):
        kind = [n for n, m in enumerate(wanted.named) if m.own and m.key is None and _of_kind(m, months, catalogue)]
        return wanted.only([n for n in range(len(wanted.named)) if n not in kind]) if kind else wanted
    if own:
        return wanted
    if (tied := [n for n in wanted.named if n.own]) and not (len(tied) == 1 and _of_kind(tied[0], months, catalogue)):
        return wanted
    key = catalogue.lasting.called.get(months) if tied else _of_focus(months, before, catalogue)
    key = key or catalogue.lasting.called.get(months)
    span = _span(read, months)
    if key is None or span is None:
        return wanted
    start, end = span
    mention = Named(start, end, ((key, 1.0),), key)
    return replace(wanted, named=(mention,), counts={})


def _called(mention: Named, months: Decimal, catalogue: Catalogue) -> bool:
    """«Half a year»: of several things that are sold for so long, the one that is called by the time alone."""
    return catalogue.lasting.called.get(months) in mention.tied and _of_length(mention, months, catalogue)


def _of_length(mention: Named, months: Decimal, catalogue: Catalogue) -> bool:
    return all(catalogue.lasting.length(each) == months for each in mention.tied)


def _instead(key: str | None, months: Decimal, catalogue: Catalogue) -> str | None:
    offer = catalogue.get(key) if key is not None else None
    if offer is None or any(price.fact.period == "year" for price in offer.prices):
        return None
    own = catalogue.lasting.length(offer.key)
    if own == months:
        return None
    if months == _MONTH and own is not None:
        return None  # «for a year, how much a month»: it is the year's
    return catalogue.lasting.instead(offer, months) if own is None else None


def _of_focus(months: Decimal, before: Basket, catalogue: Catalogue) -> str | None:
    offer = catalogue.get(before.focus[0]) if len(before.focus) == 1 else None
    if offer is None:
        return None
    own = catalogue.lasting.length(offer.key)
    if months == _MONTH:
        return catalogue.lasting.by_month(offer) if own is not None else None
    if own == months:
        return offer.key
    return catalogue.lasting.instead(offer, months)


def _of_kind(mention: Named, months: Decimal, catalogue: Catalogue) -> bool:
    """«A pass for a year»: of several passes paid by the month, the one of their kind that is sold for so long."""
    called = catalogue.get(catalogue.lasting.called.get(months, ""))
    monthly = {offer.key for offer in catalogue.lasting.monthly}
    offers = [offer for key in mention.tied if (offer := catalogue.get(key)) is not None]
    alike = called is not None and all(not set(called.categories).isdisjoint(o.categories) for o in offers)
    return alike and bool(offers) and monthly.issuperset(mention.tied)


def _span(read: Read, months: Decimal) -> tuple[int, int] | None:
    """Where the time stands; None where it is told of what he has."""
    found = tokens(read.text)
    places = [(length.start, length.end) for length in read.durations if in_months(length) == months]
    places += [(t.start, t.end) for t in found if listed("spans").get(t.folded) == f"{months:f}"]
    start, end = min(places, default=(0, 0))
    ahead = [token.raw for token in found if token.end <= start][-_NEAR:]
    has = any(" ".join(ahead[-len(words) :]) == " ".join(words) for words in _has())
    return None if has or (ahead and ahead[-1] in written("his")) else (start, end)


@cache
def _has() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(str(phrase).split()) for language in LANGUAGES for phrase in data(language)["hehas"])
