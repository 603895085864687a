"""Numbers of an order that are put right: «not three but two», «one drawer only», «take one away»."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from app.figures.read import MOST_READ, Read, exact
from app.figures.talk.held import Held
from app.figures.wanted import Wanted
from app.figures.words import Token, listed, tokens, written

_ENDS = frozenset(".!?")
_COUNTED = 1000
"""The most that such a number counts: a greater one is an amount."""
_APART = 30
"""Characters between the number that was wrong and the right one."""
_PRICED = frozenset({"price", "instalment", "difference", "discount"})


def swapped(read: Read) -> tuple[Decimal, Decimal] | None:
    """«Not three but two»: (wrong, right)."""
    numbers = [n for n in read.numbers[:MOST_READ] if exact(n)]
    found: tuple[Token, ...] = tokens(read.text) if len(numbers) > 1 else ()
    for wrong, right in pairwise(numbers):
        far = right.start - wrong.end > _APART or not _ENDS.isdisjoint(read.text[wrong.end : right.start])
        if far or wrong.value == right.value or max(wrong.value, right.value) > _COUNTED:
            continue
        ahead = next((t for t in reversed(found) if t.end <= wrong.start), None)
        between = [t for t in found if wrong.end <= t.start and t.end <= right.start]
        if between and between[-1].raw in written("denying") and between[-1].folded not in listed("behind"):
            return right.value, wrong.value  # «five, not three»
        near = (ahead, *between[:1])
        if any(t is not None and t.folded in listed("denying") for t in near):
            return wrong.value, right.value
    return None


def put_right(
    items: list[Held], told: Mapping[str, Decimal], pair: tuple[Decimal, Decimal], wanted: Wanted
) -> tuple[list[Held], dict[str, Decimal]]:
    """The items and the told counts with the right number for the wrong one."""
    wrong, right = pair
    if any(item.count == wrong for item in items):
        return [replace(item, count=right, per=None) if item.count == wrong else item for item in items], dict(told)
    return items, {unit: right if n == wrong and unit not in wanted.quantities else n for unit, n in told.items()}


def told_anew(before: Mapping[str, Decimal], items: Sequence[Held], wanted: Wanted) -> bool:
    """Whether a message tells another number of what was counted before, and asks nothing of its own."""
    if not items or not _PRICED.isdisjoint(wanted.asks) or wanted.keys:
        return False
    return any(before.get(unit, n) != n for unit, n in wanted.quantities.items() if not unit.startswith("@"))


def counted_anew(items: Sequence[Held], wanted: Wanted) -> bool:
    """Whether a message tells another count of what is wanted among others, and asks nothing of its own."""
    held = {item.key: item.count or Decimal(1) for item in items}
    if len(held) < 2 or not _PRICED.isdisjoint(wanted.asks) or not set(wanted.keys) <= set(held):
        return False
    return any(held[key] != n for key, n in wanted.counted.items() if key in held)


def fewer(item: Held, gone: Mapping[str, Decimal]) -> Held | None:
    """What is left of an item; None where nothing is."""
    if item.key not in gone:
        return item
    left = (item.count or Decimal(1)) - gone[item.key]
    return replace(item, count=left) if left > 0 else None
