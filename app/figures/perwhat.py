"""«30,000 per shop or for all?»: what a price is for is what its fact says, and a yes only where that was asked."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.figures.case import Case
from app.figures.read import MOST_READ, exact
from app.figures.ruled import PerUnit
from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import Figure
from app.figures.words import Token, listed, tokens, written

_ALL = "@all"
_EACH = "@each"
_WHOLE = frozenset({"@company", "@order"})
_NEAR = 3
"""Words behind «per» within which stands what it is for."""
_MOST = 3
_LEAST = 100
"""A price: what is less counts."""


def per_what(case: Case) -> list[PerUnit]:
    """What a price is for, where a clause asks that of an amount, or of what was spoken of. Linear in the clause."""
    found = tokens(case.read.text)
    asked = list(_targets(case.read.text, found, case))
    kinds = list(dict.fromkeys(asked))
    if not kinds or not ("?" in case.read.text or len(kinds) > 1 or _or(found)):
        return []
    amounts = {n.value for n in case.read.numbers[:MOST_READ] if exact(n) and n.value >= _LEAST}
    either = len(kinds) > 1 or _or(found)
    if not amounts and not either:
        return []
    chosen = list(_figures(case, amounts))[:_MOST]
    return [PerUnit(offer, figure, None if either else _holds(kinds[0], figure)) for offer, figure in chosen]


def _or(found: Sequence[Token]) -> bool:
    return any(token.raw in written("alternatives") for token in found)


def _targets(text: str, found: Sequence[Token], case: Case) -> Iterator[str]:
    """Keys of the units that are asked for, `_EACH` of a bare «for each», `_ALL` of «for all»."""
    named = [(m.start, m.end) for m in case.wanted.named if m.own]
    several = [n.start for n in case.read.numbers[:MOST_READ] if n.value > 1]
    for place, token in enumerate(found):
        if token.raw not in written("perone"):
            continue
        for at, behind in enumerate(found[place + 1 : place + 1 + _NEAR], place + 1):
            spans = listed("spans").get(behind.folded) is not None  # «14,900 a month» is for no thing
            if "," in text[token.end : behind.start]:
                break
            if spans or any(start <= behind.start < end for start, end in named) or behind.number:
                break
            unit = case.catalogue.units.of(behind.folded)
            if unit is not None:
                yield _ALL if any(token.end <= start < behind.start for start in several) else unit
                break
            if behind.raw in written("forall"):
                yield _ALL
                break
            if listed("eachof").get(behind.folded) is not None or listed("one").get(behind.folded) is not None:
                following = found[at + 1] if at + 1 < len(found) else None
                own = None if following is None else case.catalogue.units.of(following.folded)
                yield own or _EACH
                break
    yield from _postposed(found, case)


def _postposed(found: Sequence[Token], case: Case) -> Iterator[str]:
    """What a language says with an ending: «бір дүкенге ме, бәріне ме»."""
    for place, token in enumerate(found[:-1]):
        if found[place + 1].raw not in written("asking"):
            continue
        unit = case.catalogue.units.of(token.folded)
        if token.raw in written("forall"):
            yield _ALL
        elif unit is not None:
            yield unit


def _figures(case: Case, amounts: set[Decimal]) -> Iterator[tuple[Offer, Figure]]:
    """The prices that are meant: of those amounts, of what is named, else spoken of, else of the only thing."""
    offers = case.named or case.tied
    near = offers or case.focus
    if amounts:
        hits = [(o, p) for o in near for p in o.prices if p.amount in amounts]
        if not hits and not offers:
            every = [(o, p) for o in case.catalogue.offers for p in o.prices if p.amount in amounts]
            hits = every if len({o.key for o, _ in every}) == 1 else []
        yield from hits
    elif len(near) == 1:
        yield near[0], near[0].prices[0]


def _holds(kind: str, figure: Figure) -> bool:
    unit = figure.unit or f"@{figure.fact.period}"
    if kind == _ALL:
        return unit in _WHOLE
    if kind == _EACH:
        return unit not in _WHOLE
    return kind in (unit, f"@{figure.fact.period}")
