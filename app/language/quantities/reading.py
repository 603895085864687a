"""All numbers of a text in order, with their ranges and bounds: what money, durations and times are read from."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from app.language.quantities.digits import LONG, begins_figure, past
from app.language.quantities.grammar import number_at
from app.language.quantities.marks import Bound, bound_of, bounds
from app.language.quantities.numeral_words import NumeralWords, numeral_words
from app.language.quantities.raw_number import RawNumber
from app.language.quantities.tokens import Text, tokenise
from app.language.quantities.words import book

SPREAD = 20
"""How far apart the two ends of a range with spaces around its dash may be: beyond, the dash is one of a sentence."""
PHONE = (11, 15)
"""Digits of a phone number with its country."""

FEW = (2, 3, 4)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number or a range at tokens `first`..`last` (exclusive)."""

    first: int
    last: int
    value: Decimal
    high: Decimal | None
    bound: Bound
    low: RawNumber
    """The number itself, or a range's low end."""


@dataclass(frozen=True)
class Reading:
    """A text and its numbers."""

    text: Text
    amounts: tuple[Amount, ...]
    found: dict[int, RawNumber]
    """First token -> a number, ranges apart."""
    starts: dict[int, Amount]
    """First token -> an amount."""
    ends: dict[int, Amount]
    """Token behind -> an amount."""
    joins: frozenset[int]
    """Tokens between the two ends of a range."""


@lru_cache(maxsize=4)
def read(source: str) -> Reading:
    """The numbers of `source`. The last few are kept: the same message is asked for its money, times and numbers."""
    text = tokenise(source, book().fold)
    found = _found(text)
    amounts = _ranged(text, found)
    first = {one.first for one in found}
    return Reading(
        text=text,
        amounts=amounts,
        found={one.first: one for one in found},
        starts={one.first: one for one in amounts},
        ends={one.last: one for one in amounts},
        joins=frozenset(one.low.last for one in amounts if one.high is not None and one.low.last not in first),
    )


def _found(text: Text) -> list[RawNumber]:
    words, named = numeral_words(), _phones(text)
    found: list[RawNumber] = []
    place, end = 0, len(text.tokens)
    while place < end:
        token = text.tokens[place]
        if place in named:
            place += 1
            continue
        if not (_begins(token.fold) if token.kind == "word" else token.kind == "digits" or begins_figure(text, place)):
            place += 1
            continue
        one = None if _hyphened(text, place, words) else _inverted(text, place) or number_at(text, place)
        if one is not None:
            found.append(one)
            place = one.last
        else:
            place = past(text, place) if token.kind == "digits" else place + 1
    return found


@lru_cache(maxsize=8192)
def _begins(fold: str) -> bool:
    """Whether a number may begin with a word."""
    words = numeral_words()
    return (
        words.get(fold) is not None
        or fold in words.parts
        or fold in words.article
        or fold in words.half
        or not fold.isalpha()
    )


def _hyphened(text: Text, place: int, words: NumeralWords) -> bool:
    """Whether a hyphen ties the word to one that is no number: it is part of an adverb or a name."""
    return (
        text.kind(place) == "word"
        and text.fold(place - 1) == "-"
        and text.glued(place)
        and text.glued(place - 1)
        and text.kind(place - 2) == "word"
        and words.get(text.fold(place - 2)) is None
    )


def _inverted(text: Text, place: int) -> RawNumber | None:
    """The multiplier before its number, which makes it a guess."""
    words = numeral_words()
    scale = words.get(text.fold(place))
    few = text.fold(place) in words.scale_few
    if scale is None or not (scale.role == "scales" or few) or not text.near(place + 1):
        return None
    one = number_at(text, place + 1)
    if one is None or one.ordinal or one.value >= scale.value or one.scale != 1 or (few and not _of_few(one.value)):
        return None
    return RawNumber(place, one.last, one.value * scale.value, about=True, scale=scale.value)


def _of_few(value: Decimal) -> bool:
    """Whether a multiplier's form for a few goes with it: two to four, and all between one and five with a part."""
    return int(value) in FEW or (int(value) == 1 and value != 1)


def _phones(text: Text) -> set[int]:
    """Tokens of digits that are parts of a phone number. A plus between two of them is one of a sum."""
    named: set[int] = set()
    place, end = 0, len(text.tokens)
    while place < end:
        if text.kind(place) != "digits":
            place += 1
            continue
        run = [place]
        at = place + 1
        while (
            at < end
            and text.near(at)
            and (text.kind(at) == "digits" or text.tokens[at].text in "()-\u2010\u2011\u2013")
        ):
            if text.kind(at) == "digits":
                run.append(at)
            at += 1
        named |= _phone(text, run)
        place = at
    return named


def _phone(text: Text, run: list[int]) -> set[int]:
    named: set[int] = set()
    at = 0
    while at < len(run):
        lengths = [len(text.tokens[place].text) for place in run[at : at + PHONE[1]]]
        taken = _dialled(text, run[at], lengths)
        named |= set(run[at : at + taken])
        at += taken or 1
    return named


def _dialled(text: Text, place: int, lengths: list[int]) -> int:
    """How many of the groups of digits that begin at `place` are one phone number."""
    if lengths[0] >= LONG:
        return 1
    plus = place > 0 and text.tokens[place - 1].text == "+" and text.glued(place)
    if plus and place > 1 and text.kind(place - 2) == "digits" and text.glued(place - 1):
        plus = False  # «249000+24000+54000» is a sum
    first = text.tokens[place].text
    if not plus and first[0] not in "78":
        return 0
    total, even = 0, True
    for count, length in enumerate(lengths, 1):
        total += length
        even = even and (count == 1 or length == 3)
        with_country = total == PHONE[0] and first[0] in "78" and not even
        without = total == LONG and first[0] == "7" and lengths[0] == 3 and not (even and lengths[count - 1] == 3)
        if count > 1 and (with_country or without or (plus and total >= LONG and count == len(lengths))):
            return count
        if total > PHONE[1]:
            break
    return 0


def _ranged(text: Text, found: list[RawNumber]) -> tuple[Amount, ...]:
    amounts: list[Amount] = []
    at = 0
    while at < len(found):
        low = found[at]
        high = found[at + 1] if at + 1 < len(found) else None
        chained = at + 2 < len(found) and _dashed(text, found[at + 1], found[at + 2])
        if high is not None and not chained and (value := _low(text, low, high)) is not None:
            bound = bound_of(text, low.first, high.last)
            opened = text.fold(low.first - 1) in bounds().between or low.last == high.first
            amounts.append(Amount(low.first, high.last, value, high.value, "exact" if opened else bound, low))
            at += 2
            continue
        if high is not None and chained and _dashed(text, low, high):
            while at + 1 < len(found) and _dashed(text, found[at], found[at + 1]):
                amounts.append(_single(text, found[at]))
                at += 1
        amounts.append(_single(text, found[at]))
        at += 1
    return tuple(amounts)


def _single(text: Text, one: RawNumber) -> Amount:
    words = numeral_words()
    first, last, value, bound = one.first, one.last, one.value, bound_of(text, one.first, one.last)
    if text.fold(first - 1) in words.minus and text.near(first) and not one.ordinal:
        first, value, bound = first - 1, -value, "exact"
    elif first == 1 and last == len(text.tokens) and text.tokens[0].text == "-" and text.glued(1):
        first, value = 0, -value
    more = text.fold(last) == "+" and text.glued(last)
    if more and not (text.glued(last + 1) and text.kind(last + 1) != "sign"):
        last, bound = last + 1, "at_least"
    return Amount(first, last, value, None, "about" if one.about and bound == "exact" else bound, one)


def _dashed(text: Text, low: RawNumber, high: RawNumber) -> bool:
    return low.last + 1 == high.first and text.tokens[low.last].text in bounds().dashes


def _low(text: Text, low: RawNumber, high: RawNumber) -> Decimal | None:
    """The low end of the range that two numbers make; None where they make none."""
    if low.ordinal or high.ordinal or not text.near(low.last):
        return None
    tailed = low.last == high.first and text.fold(high.last) in bounds().until
    tailed = tailed and text.fold(low.last - 1).endswith(bounds().from_endings)
    if low.last + 1 != high.first and not tailed:
        return None
    value = low.value
    if high.scale > 1 and low.scale == 1 and 0 < value < 1000 and value * high.scale < high.value:
        value *= high.scale
    if not 0 <= value < high.value:
        return None
    if tailed:
        return value
    joiner = text.fold(low.last)
    if joiner in bounds().dashes:
        tight = text.glued(low.last) and text.glued(high.first)
        loose = not text.glued(low.last) and not text.glued(high.first) and high.value <= SPREAD * value
        return value if tight or loose else None
    opened = joiner in bounds().between.get(text.fold(low.first - 1), ())
    return value if opened or joiner in bounds().joiners else None
