"""A thing told by its price: «plus 8,000 for the connection», «715,800 + 16,000?», «did you count the 8,000 × 2?»."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.figures.case import at_least
from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import plain
from app.figures.sums.own_sums import claims, operators, sign_between
from app.figures.talk.aside import sentences
from app.figures.talk.held import Basket
from app.figures.wanted import Wanted
from app.figures.words import Token, listed, tokens, written

_LEAST = 100
"""What is less counts."""
_MOST = 1000
"""Pieces."""
_ELSE = ("budget", "paying", "elsewhere")
"""Beside such a word an amount is no price of ours."""


@dataclass(frozen=True, slots=True)
class ByAmount:
    """The text with names for the amounts that mean a thing, and without those that he says come out."""

    text: str
    claimed: tuple[Decimal, ...] = ()
    """What he says that it comes to."""
    keys: frozenset[str] = frozenset()
    """Keys of the things that are told so."""


def named_by_amount(read: Read, wanted: Wanted, before: Basket, catalogue: Catalogue) -> ByAmount | None:
    """None where no amount means a thing. Linear in the text for a catalogue."""
    found = tokens(read.text)
    apart = [
        (found[first].start, found[last - 1].end)
        for first, last, _ in sentences(read.text, found)
        if any(token.raw in written(name) for token in found[first:last] for name in _ELSE)
    ]
    numbers = [n for n in read.numbers[:MOST_READ] if exact(n) and not _inside(n, wanted)]
    numbers = [n for n in numbers if not any(start <= n.start < end for start, end in apart)]
    led = set(_led(read, wanted, found, numbers, before))
    changes: list[tuple[int, int, str]] = []
    told = {**dict(before.told), **wanted.quantities}
    told |= {unit: n for unit, n in at_least(catalogue, told).items() if unit not in told}
    used: set[Decimal] = set()
    keys: set[str] = set()
    for place, number in enumerate(numbers):
        if place not in led or number.value < _LEAST:
            continue
        offer = _of(number.value, told, wanted, before, catalogue)
        if offer is None:
            if _several(number.value, before, catalogue):
                return None  # «24,900 + 14,900», where several things cost the one: of neither it is said
            continue
        keys.add(offer.key)
        if (mention := next((n for n in wanted.named if n.own and n.key == offer.key), None)) is not None:
            changes += [(mention.start, mention.end, offer.name), (number.start, number.end, "")]
            used.add(number.value)
            continue
        start, end, count = _factor(read.text, numbers, place)
        end = next((m.end for m in read.money[:MOST_READ] if m.start == number.start and m.end > end), end)
        start = _weak(read.text, wanted, offer, start)
        counted = f"{plain(count, 'en')} " if count is not None else ""
        changes.append((start, end, f"{counted}{offer.name}"))
        used.add(number.value)
    if not changes:
        return None
    said = [c for c in claims(read, wanted) if "+" in c.operators or not (c.operands or _priced(c.amount, catalogue))]
    claimed = tuple(dict.fromkeys(c.amount for c in said))
    parts = {n for claim in said for n in (*claim.operands, claim.amount)} - used
    blank = [n for n in numbers if n.value in parts and n.value >= _LEAST]
    changes += [(n.start, n.end, "") for n in blank if not any(a <= n.start < b for a, b, _ in changes)]
    text = read.text
    for start, end, name in sorted(changes, reverse=True):
        text = f"{text[:start]}{name} {text[end:]}"
    return ByAmount(text, claimed, frozenset(keys))


def _priced(amount: Decimal, catalogue: Catalogue) -> bool:
    return any(price.amount == amount for offer in catalogue.offers for price in offer.prices)


def _several(amount: Decimal, before: Basket, catalogue: Catalogue) -> bool:
    """Whether several things cost so much, none of which is wanted."""
    found = [offer for offer in catalogue.offers if any(price.amount == amount for price in offer.prices)]
    return len(found) > 1 and not any(offer.key in before.keys for offer in found)


def _inside(number: NumberLike, wanted: Wanted) -> bool:
    return any(n.own and n.start <= number.start < n.end for n in wanted.named)


def _led(
    read: Read, wanted: Wanted, found: Sequence[Token], numbers: Sequence[NumberLike], before: Basket
) -> Iterator[int]:
    """Places of the amounts that are added to something, looked for in a sum, or listed with a noun in one."""
    counting = "?" in read.text and any(token.raw in written("counting") for token in found) and bool(before.items)
    sums = "sum" in wanted.asks and bool(before.items or any(n.own for n in wanted.named))
    rest = {word.lower() for word in wanted.rest}
    weak = [n for n in wanted.named if not n.own]
    ends = [token.end for token in found]
    any_ = False
    for place, number in enumerate(numbers):
        signs = [sign_between(read.text, a.end, b.start) for a, b in _pairs(numbers, place)]
        behind = bisect_right(ends, number.start)
        ahead = found[max(0, behind - 1) : behind]
        gap = read.text[ahead[0].end : number.start] if ahead else read.text[: number.start]
        plus = "+" in gap or any(operators().get(t.raw) == "+" or t.folded in listed("more") for t in ahead)
        noun = (
            any(token.raw in rest or any(n.start <= token.start < n.end for n in weak) for token in ahead)
            and not gap.strip()
        )
        on = any_ and any(token.raw in written("joining") for token in ahead)  # «plus 18,000 and 8,000»
        times = place + 2 < len(numbers) and signs[-1:] == ["×"]
        if times and sign_between(read.text, numbers[place + 1].end, numbers[place + 2].start) == "+":
            signs = [*signs, "+"]  # «149,000 × 2 + 79,000»
        if "+" in signs or plus or counting or on or (sums and noun):
            any_ = True
            yield place


def _pairs(numbers: Sequence[NumberLike], place: int) -> Iterator[tuple[NumberLike, NumberLike]]:
    if place:
        yield numbers[place - 1], numbers[place]
    if place + 1 < len(numbers):
        yield numbers[place], numbers[place + 1]


def _of(
    amount: Decimal, told: Mapping[str, Decimal], wanted: Wanted, before: Basket, catalogue: Catalogue
) -> Offer | None:
    """The only thing that costs so much, for one or for all that were told: of several the one wanted already."""
    for found in (
        [o for o in catalogue.offers if any(p.amount == amount for p in o.prices)],
        [o for o in catalogue.offers if any(p.amount * told.get(p.unit or "", Decimal(0)) == amount for p in o.prices)],
    ):
        held = [offer for offer in found if offer.key in wanted.keys or offer.key in before.keys]
        if len(held or found) == 1:
            return (held or found)[0]
    return None


def _factor(text: str, numbers: Sequence[NumberLike], place: int) -> tuple[int, int, Decimal | None]:
    """(start, end, how many) of an amount with the number that it is multiplied by."""
    number = numbers[place]
    for one, other in _pairs(numbers, place):
        factor = other if one is number else one
        if sign_between(text, one.end, other.start) == "×" and 0 < factor.value < _MOST:
            return one.start, other.end, factor.value
    return number.start, number.end, None


def _weak(text: str, wanted: Wanted, offer: Offer, start: int) -> int:
    """Where the word begins that may call it, right before its price."""
    for mention in wanted.named:
        if not mention.own and offer.key in mention.tied and not text[mention.end : start].strip():
            return mention.start
    return start
