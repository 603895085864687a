"""Numbers of an order that are put right: «not three but two», «one drawer only», «take one away»."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.sums.own_sums import claims
from app.figures.talk.aside import sentences
from app.figures.talk.held import Basket, Held
from app.figures.talk.ordering import adds_on
from app.figures.wanted import Wanted
from app.figures.words import Token, listed, tokens, written

_ENDS = frozenset(".!?")
_COUNTED = 1000
"""The most that such a number counts: a greater one is an amount."""
_BESIDE = 1
"""Words that nothing explains."""
_PAIR = 2
_NEAR = 2
"""Words before a name."""
_APART = 30
"""Characters between the number that was wrong and the right one."""
_SETTING = ("setting", "retracting", "preferring", "taking", "only", "recounting", "removing", "denies", "adding")
"""Lists of words with which a number is put right."""
_PRICED = frozenset({"price", "instalment", "difference", "discount"})


@dataclass(frozen=True, slots=True)
class Swap:
    """A number that was wrong, the right one, and where the two stand."""

    wrong: Decimal
    right: Decimal
    start: int
    end: int


def swapped(read: Read) -> Swap | None:
    """«Not three but two»."""
    numbers = [n for n in read.numbers[:MOST_READ] if exact(n)]
    found: tuple[Token, ...] = tokens(read.text) if len(numbers) > 1 else ()
    behind: Swap | None = None
    for wrong, right in pairwise(numbers):
        far = right.start - wrong.end > _APART or not _ENDS.isdisjoint(read.text[wrong.end : right.start])
        if far or wrong.value == right.value or max(wrong.value, right.value) > _COUNTED:
            continue
        first, last = place_of(found, wrong.start), place_of(found, wrong.end)
        ahead = found[first - 1] if first else None
        between = found[last : place_of(found, right.start)]
        if between and between[-1].raw in written("denying") and between[-1].folded not in listed("behind"):
            # «Five, not three», where no other is said instead of three.
            behind = behind or Swap(right.value, wrong.value, wrong.start, right.end)
            continue
        near = (ahead if ahead is not None and ahead.folded not in listed("behind") else None, *between[:1])
        if any(t is not None and t.folded in listed("denying") for t in near):
            return Swap(wrong.value, right.value, wrong.start, right.end)
    return behind


def put_right(
    items: list[Held], told: Mapping[str, Decimal], swap: Swap, read: Read, wanted: Wanted
) -> tuple[list[Held], dict[str, Decimal]]:
    """The items and the told counts with the right number for the wrong one: of what stands beside it, else of all."""
    if any(n in (swap.right, swap.wrong) for unit, n in wanted.quantities.items() if not unit.startswith("@")):
        return items, dict(told)  # «not 3 but 5 shops»: three scanners are three
    named = _beside(swap, read, wanted)
    about = [item for item in items if item.count == swap.wrong and (not named or named & {item.key, *item.open})]
    if about:
        return [replace(i, count=swap.right, per=None) if i in about else i for i in items], dict(told)
    if named:
        return items, dict(told)
    return items, {u: swap.right if n == swap.wrong and u not in wanted.quantities else n for u, n in told.items()}


def counted_right(wanted: Wanted, swap: Swap) -> Wanted:
    """The message with the right number for the wrong one beside the name that it counts."""
    ends = (m.end for n, m in enumerate(wanted.named) if wanted.counts.get(n) == swap.wrong and m.start <= swap.end)
    last = max(ends, default=None)
    counts = {n: swap.right if wanted.named[n].end == last else each for n, each in wanted.counts.items()}
    return replace(wanted, counts=MappingProxyType(counts)) if last is not None else wanted


def more_told(
    read: Read, wanted: Wanted, told: Mapping[str, Decimal], before: Mapping[str, Decimal], catalogue: Catalogue
) -> dict[str, Decimal]:
    """What was told, with one more of what one more is added of: of two tills there are three then."""
    if not adds_on(read.text, wanted):
        return dict(told)
    found, counts = dict(told), wanted.counted
    for offer in (o for key in wanted.keys if (o := catalogue.get(key)) is not None and o.extra):
        for unit in {p.unit for p in offer.prices if p.unit in before and p.unit not in wanted.quantities}:
            if unit is not None:
                found[unit] += counts.get(offer.key, Decimal(1))
    return found


def _beside(swap: Swap, read: Read, wanted: Wanted) -> set[str]:
    """Keys of what is named in the sentence in which a number is put right."""
    found = tokens(read.text)
    parts = [(found[first].start, found[last - 1].end) for first, last, _ in sentences(read.text, found)]
    here = next(((start, end) for start, end in parts if start <= swap.start < end), (0, 0))
    named = [m for m in wanted.named if m.own and here[0] <= m.start < here[1]]
    return {key for m in named for key in ((m.key,) if m.key is not None else m.tied)}


def said_anew(before: Basket, wanted: Wanted) -> bool:
    """Whether a message only tells another number or time of what was wanted before."""
    return (
        counted_anew(before.items, wanted)
        or told_anew(dict(before.told), before.items, wanted)
        or timed_anew(before.months, before.items, wanted, split=bool(before.split))
    )


def told_anew(before: Mapping[str, Decimal], items: Sequence[Held], wanted: Wanted) -> bool:
    """Whether a message tells another number of what was counted before, and asks nothing of its own."""
    if not items or not _PRICED.isdisjoint(wanted.asks) or wanted.keys:
        return False
    return any(before.get(unit, n) != n for unit, n in wanted.quantities.items() if not unit.startswith("@"))


def timed_anew(before: Decimal | None, items: Sequence[Held], wanted: Wanted, *, split: bool = False) -> bool:
    """Whether a message asks what he takes altogether for another time: «and for a year?»."""
    several = split or sum(item.taken for item in items) > 1
    whole = several and not any(mention.own for mention in wanted.named)
    other = wanted.months is not None and wanted.months != before
    return whole and other and wanted.asks <= {"price", "sum", "confirm"} and len(wanted.rest) <= _BESIDE


def counted_anew(items: Sequence[Held], wanted: Wanted) -> bool:
    """Whether a message tells another count of what is wanted among others, and asks nothing of its own."""
    held = {item.key: item.count or Decimal(1) for item in items}
    if len(held) < 2 or not _PRICED.isdisjoint(wanted.asks) or not set(wanted.keys) <= set(held):
        return False
    return any(held[key] != n for key, n in wanted.counted.items() if key in held)


def only_spoken_of(wanted: Wanted, items: Sequence[Held]) -> Wanted:
    """Without a smaller count of what is wanted, of which something else is told: «one scanner is broken»."""
    words = wanted.words
    sets = any(listed(name).get(word) is not None for word in words for name in _SETTING)
    if wanted.asks or not wanted.rest or sets or not items:
        return wanted
    held = {item.key: item.count or Decimal(1) for item in items}
    idle = [n for n, count in wanted.counts.items() if count < held.get(wanted.named[n].key or "", Decimal(0))]
    counts = {n: count for n, count in wanted.counts.items() if n not in idle}
    return replace(wanted, counts=MappingProxyType(counts)) if idle else wanted


def multiplied(read: Read, wanted: Wanted, items: Sequence[Held], catalogue: Catalogue) -> tuple[Wanted, list[Held]]:
    """The message and the items with the counts of his own products: «24,900 × 3», of what costs that here."""
    counts, right = dict(wanted.counts), dict[str, Decimal]()
    for claim in claims(read, wanted):
        if claim.operators[:1] != ("×",) or len(claim.operands) != _PAIR:
            continue
        number, price = min(claim.operands), max(claim.operands)
        if not 0 < number <= _COUNTED or number != number.to_integral_value():
            continue
        named = [n for n, mention in enumerate(wanted.named) if _costs(mention.key, price, catalogue)]
        keys = [item.key for item in items if _costs(item.key, price, catalogue)]
        if named:
            counts.setdefault(named[0], number)
        elif len(keys) == 1:
            right[keys[0]] = number
    if counts != wanted.counts:
        wanted = replace(wanted, counts=MappingProxyType(counts))
    anew = {item.key for item in items if right.get(item.key, item.count) != item.count}
    return wanted, [replace(i, count=right[i.key], per=None) if i.key in anew else i for i in items]


def _costs(key: str | None, price: Decimal, catalogue: Catalogue) -> bool:
    offer = catalogue.get(key) if key is not None else None
    return offer is not None and any(each.amount == price and each.unit == "@piece" for each in offer.prices)


def come_back(items: Sequence[Held], gone: Sequence[Held], wanted: Wanted, text: str) -> list[Held]:
    """The items, with the counts that they had before they were taken back, and with what is named behind «with»."""
    known = {item.key: item for item in gone}
    back = [known[i.key] if i.key in known and i.count is None else None for i in items]
    kept = [replace(i, count=b.count, per=b.per) if b is not None else i for i, b in zip(items, back, strict=True)]
    held = {item.key for item in kept}
    taken: set[str] = set()
    found = tokens(text)
    for mention in wanted.named:
        led = any(t.raw in written("withs") for t in [t for t in found if t.end <= mention.start][-_NEAR:])
        keys = [key for key in ((mention.key,) if mention.key is not None else mention.tied) if key in known]
        if led and len(keys) == 1 and keys[0] not in held:
            kept.append(known[keys[0]])
        elif led and len(keys) == 1:
            taken.add(keys[0])  # «and with the drawer?»
    return [replace(i, taken=i.taken or known[i.key].taken) if i.key in taken else i for i in kept]


def fewer(item: Held, gone: Mapping[str, Decimal]) -> Held | None:
    """What is left of an item; None where nothing is."""
    if item.key not in gone:
        return item
    left = (item.count or Decimal(1)) - gone[item.key]
    return replace(item, count=left) if left > 0 else None
