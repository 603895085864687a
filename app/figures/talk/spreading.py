"""Counts that are told of something else: «one for each till», «a printer for 4 tills», «4 pieces at 24,900»."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.naming import Named
from app.figures.sums.fitting import least_of
from app.figures.wanted import Wanted
from app.figures.words import Token, common, listed, segments, tokens, written

_PIECE = "@piece"
_LEAST = 100
"""A price: what is less counts."""
_MOST = 1000
"""Pieces."""


def spread(text: str, wanted: Wanted, told: Mapping[str, Decimal], catalogue: Catalogue) -> Wanted:
    """What a clause wants, with the counts of what it wants for each of a unit. `told`: key of a unit -> how many.

    Linear in the text.
    """
    if not wanted.named:
        return wanted
    counts = dict(wanted.counts)
    found = tokens(text)
    for first, last in segments(text, found):
        part = found[first:last]
        for place, unit, every in _shares(part, told, wanted, catalogue):
            for mention in _of(part, place, wanted.named):
                own = counts.get(mention)
                if (own is None or every) and _by_piece(wanted.named[mention], catalogue, every=every):
                    counts[mention] = (own or Decimal(1)) * told[unit]
    return replace(wanted, counts=MappingProxyType(counts)) if counts != wanted.counts else wanted


def _shares(
    part: Sequence[Token], told: Mapping[str, Decimal], wanted: Wanted, catalogue: Catalogue
) -> Iterator[tuple[int, str, bool]]:
    """(place of the word that says so, key of the unit, whether it is for each of it)."""
    each = any(token.folded in listed("each") for token in part)
    alone = [unit for unit in wanted.quantities if not unit.startswith("@")]
    for place, token in enumerate(part):
        behind = part[place + 1] if place + 1 < len(part) else None
        unit = catalogue.units.of(behind.folded) if behind is not None else None
        if listed("every").get(token.folded) is not None or listed("eachof").get(token.folded) is not None:
            unit = unit or (alone[0] if len(alone) == 1 else None)
            if unit in told and unit is not None:
                yield place, unit, True
        elif token.folded in listed("onto") and behind is not None:
            if each and unit is not None and unit in told:
                yield place, unit, True
            counted = catalogue.units.of(part[place + 2].folded) if place + 2 < len(part) else None
            if behind.number and counted in wanted.quantities and counted in told and counted is not None:
                yield place, counted, False


def _of(part: Sequence[Token], place: int, named: Sequence[Named]) -> list[int]:
    """Places of the mentions that are shared out: the last before the word, with those joined to it, else the next."""
    here = [n for n, m in enumerate(named) if m.own and part[0].start <= m.start < part[-1].end]
    before = [n for n in here if named[n].end <= part[place].start]
    if not before:
        return here[:1]
    meant = before[-1:]
    led = [t for t in part if named[meant[0]].end <= t.start < part[place].start]
    if led and led[0].raw in written("joining") and any(t.folded not in common() and not t.number for t in led[1:]):
        return []  # «a scanner and the program for 2 shops»: they are told of the program
    for n in reversed(before[:-1]):
        between = [t for t in part if named[n].end <= t.start < named[meant[-1]].start]
        if not between or any(t.raw not in written("joining") for t in between):
            break
        meant.append(n)
    return meant


def _by_piece(mention: Named, catalogue: Catalogue, *, every: bool) -> bool:
    keys = (mention.key,) if mention.key is not None else mention.tied
    offers = [offer for key in keys if (offer := catalogue.get(key)) is not None]
    units = {price.unit for offer in offers for price in offer.prices}
    return bool(offers) and not any(o.free_from for o in offers) and units <= ({_PIECE, None} if every else {_PIECE})


def named_by_price(read: Read, held: Sequence[str], catalogue: Catalogue) -> str:
    """The text with the name of what «4 pieces at 24,900» are of: held, or the only thing of that price."""
    text, found = read.text, tokens(read.text)
    if "=" in text:
        return text
    numbers = [n for n in read.numbers[:MOST_READ] if exact(n)]
    for at in reversed(range(1, len(numbers))):
        count, price = numbers[at - 1], numbers[at]
        if count.value > _MOST or price.value < _LEAST or not _at(count, price, found, catalogue):
            continue
        if (offer := _priced(price.value, held, catalogue)) is not None:
            end = next((m.end for m in read.money[:MOST_READ] if m.start == price.start), price.end)
            text = f"{text[: count.end]} {offer.name} {text[end:]}".strip()
    return text


def of_another_price(read: Read, wanted: Wanted, catalogue: Catalogue) -> frozenset[str]:
    """Keys of what an unclear name may mean, where its price says that the cheapest of them is not meant."""
    amounts = {number.value for number in read.numbers[:MOST_READ] if exact(number) and number.value >= _LEAST}
    found: set[str] = set()
    for mention in wanted.named if amounts else ():
        offers = [o for key in mention.tied if (o := catalogue.get(key)) is not None] if mention.key is None else []
        said = {offer.key for offer in offers if any(price.amount in amounts for price in offer.prices)}
        least = least_of(catalogue, mention.tied) if said else None
        if least is not None and least.key not in said:
            found |= set(mention.tied)
    return frozenset(found)


def _at(count: NumberLike, price: NumberLike, found: Sequence[Token], catalogue: Catalogue) -> bool:
    between = [t.folded for t in found if count.end <= t.start < price.start]
    pieces = [word for word in between if catalogue.units.of(word) == _PIECE]
    return any(w in listed("each") or w in listed("pricedat") for w in between) and len(between) == 1 + len(pieces)


def _priced(amount: Decimal, held: Sequence[str], catalogue: Catalogue) -> Offer | None:
    of_it = [offer for offer in catalogue.offers if any(price.amount == amount for price in offer.prices)]
    known = [offer for offer in of_it if offer.key in held]
    chosen = known or of_it
    return chosen[0] if len(chosen) == 1 else None
