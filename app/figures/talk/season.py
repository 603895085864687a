"""The months that he trades in: told once, «only June to August», and meant by «for the whole season»."""

from dataclasses import replace
from decimal import Decimal

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.talk.held import Basket
from app.figures.talk.letting import of_it
from app.figures.wanted import Wanted
from app.figures.words import listed, tokens, written

_YEAR = 12
_NEAR = 4
"""Words between a verb and what denies it."""


def season_of(text: str) -> tuple[int, int, Decimal] | None:
    """(start, end, how many months) of a row of months; None where fewer than two stand together."""
    found = tokens(text)
    named = [(n, int(month)) for n, t in enumerate(found) if (month := listed("monthnames").get(t.folded))]
    row = named[:1]
    for place, number in named[1:]:
        last = row[-1][0]
        joined = place == last + 1 or (place == last + 2 and found[last + 1].raw in written("monthsto"))
        row = [*row, (place, number)] if joined else row if len(row) > 1 else [(place, number)]
    if len(row) < 2 or row[0][1] == row[-1][1]:
        return None
    length = (row[-1][1] - row[0][1]) % _YEAR + 1
    return found[row[0][0]].start, found[row[-1][0]].end, Decimal(length)


def lasting(text: str, before: Basket) -> Decimal | None:
    """How many months he trades in, as far as he has told."""
    told = season_of(text)
    return told[2] if told is not None else before.season


def instead_of_buying(text: str, before: Basket, catalogue: Catalogue) -> str:
    """What is let of the thing that was spoken of, and for how long, where he says that he will not buy it."""
    found = tokens(text)
    buys = [n for n, token in enumerate(found) if token.raw in written("buys")]
    near = [token for n in buys for token in (*found[max(0, n - _NEAR) : n], *found[n + 1 : n + 2])]
    offer = _let_of(before, catalogue) if any(token.raw in written("denying") for token in near) else None
    if offer is None or any(named.own and named.key is not None for named in catalogue.named(text)):
        return text
    season = season_of(text)
    return f"{offer.name}, {text[season[0] : season[1]]}" if season is not None else offer.name


def _let_of(before: Basket, catalogue: Catalogue) -> Offer | None:
    lets = [offer for offer in catalogue.offers if listed("letting").get(catalogue.head(offer.key)) is not None]
    found = [offer for offer in lets if len(before.focus) == 1 and of_it(before.focus[0], offer, catalogue)]
    return found[0] if len(found) == 1 else None


def for_the_season(text: str, wanted: Wanted, before: Basket, catalogue: Catalogue) -> Wanted:
    """What is wanted for as many months as he trades in, where he asks that of a thing that is let, or says so."""
    told = season_of(text)
    length = lasting(text, before)
    if length is None or wanted.months not in (None, Decimal(1)):
        return wanted
    keys = wanted.keys or before.focus
    lets = bool(keys) and all(listed("letting").get(catalogue.head(key)) is not None for key in keys)
    says = any(listed("seasons").get(token.folded) is not None for token in tokens(text))
    if not (says and keys) and not (lets and told is not None):
        return wanted
    return replace(wanted, months=length, asks=wanted.asks | {"sum"})
