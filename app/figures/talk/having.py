"""What a clause says that he has: «we have 3 scanners, how much is Rost?» prices and orders none of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.sums.fitting import bounded
from app.figures.talk.ordering import meant_by
from app.figures.talk.rejecting import wishes
from app.figures.wanted import Wanted
from app.figures.words import LANGUAGES, Token, asked, common, data, listed, segments, tokens, written

_WHOLE = 1.2
"""What a name said in full counts for more than."""
_ASKS = frozenset({"price", "sum", "cheapest"})


def had(text: str, wanted: Wanted, catalogue: Catalogue) -> Iterator[tuple[int, int]]:
    """Places of what he says that he has, each with the number before it. Linear in the text."""
    if not wanted.named:
        return
    found = tokens(text)
    for first, last in segments(text, found):
        part = found[first:last]
        begins = next((n for n in range(len(part)) if _says(part, n) and not _can(part, n)), None)
        yield from _called_so(text, part, begins, wanted.named, catalogue)
        if begins is None or wishes([token.folded for token in part]):
            continue
        spans = _list(text, part, begins + _says(part, begins), wanted.named, catalogue)
        meant = [m for m in wanted.named if any(start <= m.start < end for start, end in spans)]
        behind = [token for token in part if spans and token.start >= spans[-1][1]]
        while behind and _where(behind[0], catalogue):
            behind = behind[1:]
        others = any(m.own and m.start >= spans[-1][1] for m in wanted.named) if spans else False
        ends = not behind or (others and bool(asked([behind[0].folded]) & _ASKS))
        if ends and all(_thing(mention, catalogue) for mention in meant):
            yield from spans


def _called_so(
    text: str, part: Sequence[Token], begins: int | None, named: Sequence[Named], catalogue: Catalogue
) -> Iterator[tuple[int, int]]:
    """«We have a network of pharmacies», where a plan is called Network: a common noun, and what it is of."""
    for place in range(begins, len(part) - 1) if begins is not None else ():
        token, behind = part[place], part[place + 1]
        mention = next((m for m in named if (m.start, m.end) == (token.start, token.end)), None)
        if mention is None or text[token.start].isupper() or text[token.end : behind.start].strip():
            continue
        noun = not (behind.number or behind.folded in common() or asked([behind.folded]))
        other = any(m.start <= behind.start < m.end for m in named)
        if noun and not other and any(map(bounded, meant_by(mention, catalogue))):
            yield mention.start, mention.end


def _says(part: Sequence[Token], place: int) -> int:
    """How many words from a place on say that he has something; 0 where they do not."""
    return next((len(p) for p in _phrases() if tuple(t.raw for t in part[place : place + len(p)]) == p), 0)


def _where(token: Token, catalogue: Catalogue) -> bool:
    """«There are», «in 3 shops»: what may stand behind what he has."""
    light = any(token.raw in written(name) for name in ("having", "already", "inplaces"))
    return light or token.number or token.folded in common() or catalogue.units.of(token.folded) is not None


def _can(part: Sequence[Token], place: int) -> bool:
    """«Can we have 3 scanners»."""
    return place > 0 and listed("can").get(part[place - 1].folded) is not None


def _list(
    text: str, part: Sequence[Token], place: int, named: Sequence[Named], catalogue: Catalogue
) -> list[tuple[int, int]]:
    """Places of the names that stand next, with how many of each, and nothing else between them."""
    spans: list[tuple[int, int]] = []
    start: int | None = None
    while place < len(part):
        token = part[place]
        mention = next((m for m in named if m.own and m.start <= token.start < m.end), None)
        if mention is not None:
            spans.append((mention.start if start is None else start, mention.end))
            start = None
            place = next((n for n in range(place, len(part)) if part[n].start >= mention.end), len(part))
            continue
        number = token.number or listed("one").get(token.folded) is not None
        light = token.raw in written("having") or token.raw in written("already") or token.raw in written("joining")
        counted = start is not None and catalogue.units.of(token.folded) is not None
        if counted:
            start = None  # «we have two shops and a store»
        if not (number or light or counted or token.folded in common()) or asked([token.folded]) & _ASKS:
            break
        start = token.start if number and start is None else start
        place += 1
    return spans


def _thing(mention: Named, catalogue: Catalogue) -> bool:
    """Goods, or a word that is only a part of the name of something else: no plan, and no module in full."""
    offers = meant_by(mention, catalogue)
    if not offers or any(map(bounded, offers)):
        return False
    goods = all(p.fact.period in ("once", None) for offer in offers for p in offer.prices)
    return goods or mention.candidates[0][1] <= _WHOLE


def his_number(read: Read, wanted: Wanted, catalogue: Catalogue) -> Wanted:
    """«Start is up to 3,000 goods, and I have 8,000»: the limit of what it names is not what he has, the other is.

    What does not hold so many is not what he asks for, but which one does.
    """
    offers = [offer for key in wanted.keys if (offer := catalogue.get(key)) is not None]
    limits = {(limit.unit, limit.amount) for offer in offers for limit in offer.limits}
    ours = [unit for unit, n in wanted.quantities.items() if (unit, n) in limits]
    if len(ours) != 1 or len(wanted.bare) != 1 or not _has(read, wanted.bare[0]):
        return wanted
    told = {**wanted.quantities, ours[0]: wanted.bare[0]}
    held = {o.key for o in offers for f in o.limits if f.unit == ours[0] and not f.amount < wanted.bare[0]}
    others = wanted.only([n for n, m in enumerate(wanted.named) if m.key is None or m.key in held])
    return replace(others, quantities=told, bare=(), asks=wanted.asks | {"outgrown"})


def _has(read: Read, number: Decimal) -> bool:
    """Whether he says that he has so many."""
    found = tokens(read.text)
    places = [place_of(found, n.start) for n in read.numbers[:MOST_READ] if exact(n) and n.value == number]
    return any(_says(found, n) and n + _says(found, n) in places for n in range(len(found)))


@cache
def _phrases() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(phrase.split()) for language in LANGUAGES for phrase in data(language)["hehas"])
