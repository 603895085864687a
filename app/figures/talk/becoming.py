"""How many there are then: «four more, so twelve», «наймём ещё троих», «тағы екеуін аламын»."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, Read, exact
from app.figures.wanted import Wanted
from app.figures.words import Token, collective, common, listed, tokens, written

_NEAR = 2
"""Words between a number and the word that says that there are so many then."""
_BREAKS = frozenset(".!?;\n")


def become(read: Read, wanted: Wanted, told: Mapping[str, Decimal]) -> Wanted:
    """The message with the whole number of a unit of which it tells how many there are more.

    `told`: key of a unit -> how many there were. Without a unit the one that so many more make so many of. Linear.
    """
    found = tokens(read.text)
    added = list(_added(read, found))
    if len(added) != 1 or any(mention.own for mention in wanted.named):
        return wanted
    more = added[0]
    units = [u for u, n in wanted.quantities.items() if n == more and not u.startswith("@") and u not in wanted.each]
    total = _total(read, found, wanted, more)
    if not units and total is not None:
        units = [u for u, n in told.items() if n + more == total and not u.startswith("@")]
    if len(units) != 1:
        return wanted
    unit = units[0]
    before = told.get(unit)
    if total is None and (before is None or before == more):
        return wanted  # said again, or told for the first time
    whole = total if total is not None else (before or Decimal(0)) + more
    bare = tuple(n for n in wanted.bare if n not in (more, total))
    return replace(wanted, quantities=MappingProxyType({**wanted.quantities, unit: whole}), bare=bare)


def _added(read: Read, found: Sequence[Token]) -> Iterator[Decimal]:
    """The numbers right beside a word for more of it."""
    for number in [n for n in read.numbers[:MOST_READ] if exact(n)]:
        first, last = place_of(found, number.start), place_of(found, number.end)
        if last == first + 1 and found[first].folded in collective():
            continue
        if _more(read.text, found, first - 1, first) or _more(read.text, found, last, last - 1):
            yield number.value
    numbered = {n.start for n in read.numbers[:MOST_READ]}
    for place, token in enumerate(found):
        one = listed("one").get(token.folded) is not None and token.start not in numbered
        if (one or token.folded in collective()) and _more(read.text, found, place - 1, place):
            yield collective().get(token.folded, Decimal(1))


def tells_whole(read: Read, wanted: Wanted) -> bool:
    """Whether it says how many there are then, beside how many more."""
    found = tokens(read.text)
    added = list(_added(read, found))
    return len(added) == 1 and _total(read, found, wanted, added[0]) is not None


def _more(text: str, found: Sequence[Token], place: int, number: int) -> bool:
    if not 0 <= place < len(found) or found[place].folded not in listed("onemore"):
        return False
    one, other = sorted((place, number))
    return not text[found[one].end : found[other].start].strip()


def _total(read: Read, found: Sequence[Token], wanted: Wanted, more: Decimal) -> Decimal | None:
    """The other number of the message, beside a word that says that there are so many then."""
    for number in [n for n in read.numbers[:MOST_READ] if exact(n)]:
        value = number.value
        if value <= more or not (value in wanted.bare or value in wanted.quantities.values()):
            continue
        first, last = place_of(found, number.start), place_of(found, number.end)
        ahead = list(found[max(0, first - _NEAR) : first])
        behind = list(found[last : last + _NEAR])
        near = [t for n, t in enumerate(reversed(ahead)) if not n or ahead[-1].folded in common()]
        near += [t for n, t in enumerate(behind) if not n or behind[0].folded in common() or wanted.units]
        if any(t.raw in written("becoming") and _joined(read.text, t, number.start, number.end) for t in near):
            return value
    return None


def _joined(text: str, token: Token, start: int, end: int) -> bool:
    between = text[token.end : start] if token.end <= start else text[end : token.start]
    return _BREAKS.isdisjoint(between)
