"""Two or more ways between which a clause asks, each with its own names and counts: «Start and two tills, or Rost»."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from app.figures.case import Case
from app.figures.read import MOST_READ, Read
from app.figures.shop.catalogue import Offer
from app.figures.shop.naming import Named
from app.figures.sums.counting import Sum
from app.figures.sums.fitting import bounded
from app.figures.talk.aside import sentences
from app.figures.talk.letting import counted_let, let_offer, lets_and_buys, of_it
from app.figures.talk.plans import main_offers
from app.figures.wanted import Wanted, wanted
from app.figures.words import Token, folded, listed, same, tokens, written

_MOST = 4
_TIMES = 60
"""Words of a sentence that is looked at."""


@dataclass(frozen=True, slots=True)
class Side:
    """What stands on one side."""

    wanted: Wanted
    offers: tuple[Offer, ...]


def sides(case: Case) -> list[Sum]:
    """What each side comes to; empty where a clause asks between none, or one of them cannot be counted. Linear."""
    text, found = case.read.text, tokens(case.read.text)
    for first, last, _ in sentences(text, found):
        part = found[first:last]
        cuts = _cuts(part)
        if not cuts or len(cuts) >= _MOST or len(part) > _TIMES:
            continue
        if lets_and_buys(part):
            return _let_or_bought(case, part)
        edges = [-1, *cuts, len(part)]
        pieces = [part[a + 1 : b] for a, b in pairwise(edges)]
        made = [_side(case, piece) for piece in pieces if piece]
        known = [side for side in made if side is not None]
        if len(known) == len(pieces) > 1 and len({side.offers for side in known}) == len(known):
            return _sums(case, known)
    return []


def parts_them(case: Case) -> bool:
    """Whether a word for one or the other stands between all that a clause names: it is no list."""
    found = tokens(case.read.text)
    own = [mention for mention in case.wanted.named if mention.own]
    words = [token for token in found if token.raw in written("alternatives")]
    between = [any(a.end <= t.start < b.start for t in words) for a, b in pairwise(own)]
    return bool(between) and all(between)


def _cuts(part: Sequence[Token]) -> list[int]:
    """Places of the words that part the sides: «or», and «than» behind a word that holds one against the other."""
    held = [n for n, t in enumerate(part) if t.folded in listed("comparative") or t.folded in listed("dearer")]
    cuts = [
        n
        for n, token in enumerate(part)
        if token.raw in written("alternatives") or (token.raw in written("thans") and any(n > at for at in held))
    ]
    each = [n for n, token in enumerate(part) if token.raw in written("eithers")]
    return cuts or (each[:-1] if held else [])


def _side(case: Case, piece: Sequence[Token]) -> Side | None:
    """What a side names; None where it names nothing, or what may mean several things."""
    read = _of(case.read, piece)
    own = wanted(read, case.catalogue)
    lets = any(token.raw in written("lets") for token in piece)
    named = tuple(_meant(case, mention, lets=lets) for mention in own.named if mention.own)
    if not named or any(mention.key is None for mention in named):
        return None
    places = [n for n, mention in enumerate(own.named) if mention.own]
    own = replace(own.only(places), named=named)
    return Side(own, tuple(offer for mention in named if (offer := case.catalogue.get(mention.key or "")) is not None))


def _of(read: Read, piece: Sequence[Token]) -> Read:
    """The clause with blanks for all that stands outside of a piece."""
    begin, end = piece[0].start, piece[-1].end
    text = f"{' ' * begin}{read.text[begin:end]}{' ' * (len(read.text) - end)}"
    return Read(
        text,
        [n for n in read.numbers[:MOST_READ] if begin <= n.start < end],
        [m for m in read.money[:MOST_READ] if begin <= m.start < end],
        [d for d in read.durations[:MOST_READ] if begin <= d.start < end],
    )


def _meant(case: Case, mention: Named, *, lets: bool) -> Named:
    """Of what a name may mean what is sold, where nothing says that it is let."""
    if mention.key is not None or lets:
        return mention
    letting = listed("letting")
    sold = [key for key in mention.tied if letting.get(case.catalogue.head(key)) is None]
    return replace(mention, key=sold[0]) if len(sold) == 1 else mention


def _sums(case: Case, known: Sequence[Side]) -> list[Sum]:
    """What is told on one side only is told for all of them; of what both tell each has its own."""
    told = [{u for u in side.wanted.quantities if not u.startswith("@")} for side in known]
    several = {unit for unit in set().union(*told) if sum(unit in row for row in told) > 1}
    shared = {unit: n for unit, n in case.told.items() if unit not in several}
    for side in known:
        shared |= {unit: n for unit, n in _needed(case, side).items() if unit not in shared and unit not in several}
    apart = len({side.wanted.months for side in known if side.wanted.months is not None}) > 1
    made: list[Sum] = []
    for side in known:
        own = {unit: side.wanted.quantities[unit] for unit in several if unit in side.wanted.quantities}
        each = replace(side.wanted, months=case.wanted.months, ways=case.wanted.ways, quantities=own)
        each = replace(each, months=side.wanted.months, ways=()) if apart else each
        one = replace(case, wanted=each, told={**shared, **own}, counts={}, split={})
        summed = one.sum(side.offers)
        held = all(one.fitting((offer,)) for offer in side.offers if offer in main_offers(case.catalogue))
        if not held or not summed.known or not all(_told(summed, n) for n in side.wanted.bare):
            return []
        made.append(summed)
    return made


def _told(made: Sum, number: Decimal) -> bool:
    """Whether a number that counts nothing is that of something in the sum: «and buy two more»."""
    return any(part.quantity == number for part in made.parts)


def _needed(case: Case, side: Side) -> dict[str, Decimal]:
    """How many of a unit there are with so many more than what is included: the other side is for as many."""
    plans = [offer for offer in side.offers if bounded(offer)]
    found: dict[str, Decimal] = {}
    for offer in side.offers if len(plans) == 1 else ():
        unit = offer.prices[0].unit if offer.extra else None
        limit = plans[0].limit(unit) if unit is not None else None
        if limit is not None and unit is not None:
            found[unit] = limit.amount + side.wanted.counted.get(offer.key, Decimal(1))
    return found


def _headed(case: Case, sold: Offer, offer: Offer) -> bool:
    """Whether what is sold is the thing that the other offer lets: «rent of a mat», «a mat for yoga»."""
    return any(same(case.catalogue.head(sold.key), word) for word in folded(offer.name))


def _let_or_bought(case: Case, part: Sequence[Token]) -> list[Sum]:
    """The same thing taken for a time and bought."""
    meant = let_offer(case.read.text, part, case.catalogue)
    if meant is None:
        return []
    offer, words = meant
    alike = [o for o in case.catalogue.offers if o != offer and not o.extra and _headed(case, o, offer)]
    sold = [o for o in alike if of_it(o.key, offer, case.catalogue)] if len(alike) > 1 else alike
    if len(sold) != 1:
        return []
    number = counted_let(case.read.text, part, words)
    counts = dict.fromkeys((offer.key, sold[0].key), Decimal(number[2] if number is not None else 1))
    one = replace(case, wanted=replace(case.wanted, named=(), counts={}, quantities={}), counts=counts, split={})
    made = [one.sum((each,)) for each in (offer, sold[0])]
    return made if all(each.known for each in made) else []
