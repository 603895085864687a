"""A number alone that is set for what was spoken of: «no, two will do», «их два тогда», «2 is enough»."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, asked_by, common, listed, segments, tokens, written

_MOST = 1000
"""Pieces: a greater number is an amount."""
_SETS = ("setting", "preferring", "it")
_ELSE = frozenset({"difference", "discount", "instalment", "included", "measure"})
_PRICED = frozenset({"price", "sum"})


def set_alone(read: Read, wanted: Wanted, told: Mapping[str, Decimal], counted: Decimal | None) -> Decimal | None:
    """The number that a message sets so; None where it names or counts anything itself.

    `told`: how many there are of each unit: a number of theirs may be told again. `counted`: how many of the thing
    are wanted so far. Linear in the text.
    """
    if any(mention.own for mention in wanted.named) or wanted.units or wanted.quantities or wanted.foreign:
        return None
    numbers = [n for n in read.numbers[:MOST_READ] if exact(n)]
    if len(numbers) != 1 or wanted.months is not None or not _ELSE.isdisjoint(wanted.asks):
        return None
    value = numbers[0].value
    if not 0 < value <= _MOST or value != value.to_integral_value() or wanted.bare != (value,):
        return None
    corrects = counted is not None and counted > 1 and counted != value
    if not corrects and value in [n for unit, n in told.items() if not unit.startswith("@")]:
        return None
    return value if _set(read, tokens(read.text), numbers[0]) else None


def _set(read: Read, found: Sequence[Token], number: NumberLike) -> bool:
    """Whether the words around the number set it, and no other word stands there."""
    place = place_of(found, number.start)
    first, last = next(((a, b) for a, b in segments(read.text, found) if a <= place < b), (place, place))
    part = [token for token in found[first:last] if not number.start <= token.start < number.end]
    ahead = found[place - 1] if place > first else None
    if ahead is not None and (ahead.folded in listed("hours") or ahead.raw in written("inplaces")):
        return False  # «at two»
    behind = read.text[max([number.end, *(token.end for token in part)]) :].lstrip()[:1]
    if behind == "?" and asked([token.folded for token in part]).isdisjoint(_PRICED):
        return False  # «will two do?»
    sets = any(listed(name).get(token.folded) is not None for name in _SETS for token in part)
    return sets and all(map(_light, part))


def _light(token: Token) -> bool:
    word = token.folded
    lists = (*_SETS, "small", "retracting", "taking", "denies")
    return word in common() or bool(asked_by(word)) or any(listed(name).get(word) is not None for name in lists)
