"""So many of what was just spoken of, said without its name: «two of those», «таких 4», «екеуіне», «all six»."""

from collections.abc import Sequence
from decimal import Decimal

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, exact
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.talk.held import Basket
from app.figures.talk.plans import main_offers
from app.figures.talk.rejecting import removes
from app.figures.words import Token, asked, asked_by, common, listed, tokens, written
from app.language.numerals import Number, numbers

_MOST = 1000
"""Pieces: a greater number is an amount."""
_CUTS = frozenset(".!?;,:\n()")


def counted_it(text: str, before: Basket, catalogue: Catalogue) -> str:
    """The text with the name of what such a number counts. Linear in the text."""
    found = tokens(text)
    both = listed("bothof")
    said = [t for t in found if any(t.raw in written(n) for n in ("suchones", "forall", "ofthem")) or t.folded in both]
    if not said or not before.focus or any(removes(token) for token in found):
        return text
    own = any(n.own for n in catalogue.named(text))
    anew = any(t.folded in listed(name) for t in found for name in ("setting", "retracting"))
    if (offer := _of_one(before, catalogue, anew=anew)) is not None:
        for token in found:
            if token.folded in both and not own:
                return f"{text[: token.start]}{both.get(token.folded)} {offer.name}{text[token.end :]}"
    for number in [n for n in numbers(text)[:MOST_READ] if exact(n) and 0 < n.value <= _MOST and not n.value % 1]:
        first, last = place_of(found, number.start), place_of(found, number.end)
        span = _with_it(text, found, (first, last), catalogue)
        if span is not None and offer is not None:
            start = _without_owner(text, found, span[0]) if not own else span[0]
            return f"{text[:start]} {number.value} {offer.name}{text[span[1] :]}"
        if (unit := _of_places(found, (first, last), number, before, catalogue)) is not None:
            return f"{text[: number.end]} {catalogue.units.name(unit)}{text[number.end :]}"
    return text


def _of_one(before: Basket, catalogue: Catalogue, *, anew: bool = False) -> Offer | None:
    """The one thing that was spoken of, where nobody has told yet how many of it, or a number is set `anew`."""
    offer = catalogue.get(before.focus[0]) if len(before.focus) == 1 else None
    known = not anew and any(item.key in before.focus and (item.count or 1) > 1 for item in before.items)
    return None if offer is None or known or not offer.prices or offer in main_offers(catalogue) else offer


def _with_it(text: str, found: Sequence[Token], span: tuple[int, int], catalogue: Catalogue) -> tuple[int, int] | None:
    """(start, end) of a number with the word beside it that stands for what was named, on whichever side."""
    first, last = span
    behind = last + (last < len(found) and found[last].raw in written("perkind"))
    if behind < len(found) and found[behind].raw in written("suchones"):
        if _cut(text, found[last - 1], found[behind]) or not _ends(text, found, behind, catalogue):
            return None
        return found[first].start, found[behind].end
    ahead = found[first - 1] if first else None
    them = ahead is not None and ahead.raw in written("ofthem") and not _counts(found[: first - 1], catalogue)
    if ahead is None or not (them or ahead.raw in written("suchones")) or _cut(text, ahead, found[first]):
        return None
    return (ahead.start, found[last - 1].end) if _ends(text, found, last - 1, catalogue) else None


def _counts(words: Sequence[Token], catalogue: Catalogue) -> bool:
    """Whether «them» may be what a message itself has just spoken of."""
    return any(catalogue.units.of(token.folded) is not None for token in words)


def _without_owner(text: str, found: Sequence[Token], start: int) -> int:
    """Where a clause begins that only says «I have», where a price is asked: he has so many to pay for."""
    if not asked([token.folded for token in found]) & {"price", "sum"}:
        return start
    begins, owns = start, False
    for token in reversed([token for token in found if token.end <= start]):
        has = token.raw in written("owners") or token.raw in written("having")
        if not (has or token.folded in common()) or not _CUTS.isdisjoint(text[token.end : begins]):
            break
        begins, owns = token.start, owns or has
    return begins if owns else start


def _ends(text: str, found: Sequence[Token], place: int, catalogue: Catalogue) -> bool:
    """Whether no noun stands behind a place that would be what is counted: «two of those scanners»."""
    if place + 1 >= len(found) or _cut(text, found[place], found[place + 1]):
        return True
    word = found[place + 1].folded
    light = (
        word in common() or word in listed("small") or bool(asked_by(word)) or listed("taking").get(word) is not None
    )
    return light and catalogue.units.of(word) is None


def _cut(text: str, one: Token, other: Token) -> bool:
    return not _CUTS.isdisjoint(text[one.end : other.start])


def _of_places(
    found: Sequence[Token], span: tuple[int, int], number: Number, before: Basket, catalogue: Catalogue
) -> str | None:
    """The unit that «all six» counts: what a thing spoken of is priced by, of which fewer were told, or as many."""
    first, last = span
    if not first or found[first - 1].raw not in written("forall"):
        return None
    behind = found[last] if last < len(found) else None
    unit = catalogue.units.of(behind.folded) if behind is not None else None
    if unit is not None and listed("spans").get(unit) is None and not unit.startswith("@"):
        return None
    told = dict(before.told)
    priced = {p.unit for key in before.focus if (o := catalogue.get(key)) is not None for p in o.prices}
    units = [u for u in priced if u is not None and u in told and Decimal(1) < told[u] <= number.value]
    return units[0] if len(units) == 1 else None
