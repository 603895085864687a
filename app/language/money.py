"""Sums of money as people write them, in three languages: `money(text)`."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from app.language.moments.moments import moments
from app.language.moments.time_words import counted
from app.language.quantities.marks import Bound, bound_of, bounds
from app.language.quantities.reading import Amount, Reading, read
from app.language.quantities.tokens import Text
from app.language.quantities.words import book

LEAST_BARE = 100
"""From here on a number behind a word of prices is money without a currency."""
LEAST_LETTER = 500
"""From here on a letter that may also be another unit is a currency."""
REACH = 5
"""A word of prices stands at most this many tokens before its number."""
SHORT = 3
"""And behind it at most this many."""
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Money:
    """A sum at the characters `start`..`end` (exclusive). Of a range `amount` is the low end and `high` the other.

    `currency` is its ISO 4217 code, or None where the text names none: then a word of prices stands before it.
    """

    start: int
    end: int
    amount: Decimal
    currency: str | None
    high: Decimal | None = None
    bound: Bound = "exact"


@dataclass(frozen=True)
class _Words:
    currencies: dict[str, str]
    cents: dict[str, str]
    dotted: frozenset[str]
    only_large: frozenset[str]
    adjectives: frozenset[str]
    priced: frozenset[str]
    between: frozenset[str]
    not_counted: frozenset[str]
    joins: frozenset[str]
    leading: frozenset[str]
    slang: frozenset[str]
    """Thousands that are always of money."""


@cache
def _words() -> _Words:
    data = book()
    named = data.table("money")
    codes = {data.fold(code): code for code in data.signs["codes"].split()}
    return _Words(
        currencies=named | codes | dict(data.signs["currencies"]),
        cents=data.table("cents"),
        dotted=data.words("dotted"),
        only_large=data.words("only_large"),
        adjectives=data.words("currency_adjectives"),
        priced=data.words("priced"),
        between=data.words("priced_between"),
        not_counted=data.words("not_counted"),
        joins=data.words("unit_and"),
        slang=data.words("money_slang"),
        leading=frozenset(codes) | frozenset(data.signs["currencies"]),
    )


def money(text: str) -> tuple[Money, ...]:
    """The sums of money in `text`, in order."""
    reading = read(text)
    taken = moments(text).taken
    return tuple(_joined(reading.text, [one for one in _sums(reading) if one.currency or one.first not in taken]))


@dataclass(frozen=True, slots=True)
class _Sum:
    first: int
    last: int
    amount: Decimal
    high: Decimal | None
    currency: str | None
    bound: Bound
    cents: bool = False


def _sums(reading: Reading) -> Iterator[_Sum]:
    text, taken = reading.text, 0
    for one in reading.amounts:
        if one.low.ordinal or one.first < taken:
            continue
        found = _behind(text, one) or _before(text, one, taken) or _inverted(reading, one, taken)
        slang = text.fold(one.last - 1) in _words().slang
        if found is None and (slang or _bare(text, one) or _priced_behind(text, one)):
            found = _Sum(one.first, one.last, one.value, one.high, None, one.bound)
        if found is not None:
            taken = found.last
            yield found


def _behind(text: Text, one: Amount) -> _Sum | None:
    """The currency behind the number: `15 tenge`, `40 $`, `20 cents`."""
    words, place = _words(), one.last
    if not text.near(place):
        return None
    if text.fold(place) in words.adjectives:
        place += 1
    fold = text.fold(place)
    currency = words.currencies.get(fold)
    if currency is None:
        currency = words.cents.get(fold)
        if currency is None or not text.near(place) or _other(text, place, currency):
            return None
        high = None if one.high is None else one.high * CENT
        return _Sum(one.first, _dot(text, place), one.value * CENT, high, currency, one.bound, cents=True)
    if fold in words.only_large and one.value < LEAST_LETTER:
        return None
    last = _dot(text, place)
    return _Sum(one.first, last, one.value, one.high, currency, _bound(text, one, one.first, last))


def _other(text: Text, place: int, currency: str) -> bool:
    """Whether the word is written with letters that its language lacks, so that it is another one."""
    return text.tokens[place].text.lower() != text.fold(place) and currency != "KZT"


def _before(text: Text, one: Amount, taken: int) -> _Sum | None:
    """The sign or the code before the number: `$40`, `EUR 20`."""
    place = one.first - 1
    if place < taken or not text.near(one.first):
        return None
    fold = text.fold(place)
    if fold not in _words().leading:
        return None
    return _Sum(place, one.last, one.value, one.high, _words().currencies[fold], _bound(text, one, place, one.last))


def _inverted(reading: Reading, one: Amount, taken: int) -> _Sum | None:
    """The currency's word before the number, which makes it a guess; not where it belongs to a number before it."""
    text, place = reading.text, one.first - 1
    currency = _words().currencies.get(text.fold(place))
    if (
        currency is None
        or place < taken
        or not text.near(one.first)
        or len(text.fold(place)) < 5
        or place in reading.ends
    ):
        return None
    if text.kind(one.last) == "word" and text.near(one.last) and text.fold(one.last) not in _words().not_counted:
        return None
    return _Sum(place, one.last, one.value, one.high, currency, "about" if one.low.spelled else one.bound)


def _bare(text: Text, one: Amount) -> bool:
    """Whether a word of prices stands before the number and nothing that it would count behind it."""
    words = _words()
    if (one.high or one.value) < LEAST_BARE or one.low.suffix:
        return False
    if text.near(one.last):
        behind = text.fold(one.last)
        if behind in ("%", ":", "/") or (text.kind(one.last) == "word" and counted(behind, "word")):
            return False
    place = one.first - 1
    for _ in range(REACH):
        fold = text.fold(place)
        if not text.near(place + 1):
            return False
        if fold in words.priced:
            return True
        if fold not in words.between and fold not in ("-", "—", "–", ":", "="):
            return False
        place -= 1
    return False


def _priced_behind(text: Text, one: Amount) -> bool:
    """Whether a word of prices stands behind thousands that are written short: `is 90k your final price`."""
    if one.low.spelled or one.low.scale < LEAST_BARE or one.low.suffix:
        return False
    for place in range(one.last, one.last + SHORT):
        if not text.near(place) or text.kind(place) != "word":
            return False
        if text.fold(place) in _words().priced:
            return True
    return False


def _joined(text: Text, sums: list[_Sum]) -> Iterator[Money]:
    """Sums with their cents: `2 dollars and 50 cents`."""
    at = 0
    while at < len(sums):
        one = sums[at]
        after = sums[at + 1] if at + 1 < len(sums) else None
        if after and _range_of(text, one, after):
            one = _Sum(one.first, after.last, one.amount, after.amount, after.currency, "exact")
            at += 1
        elif after and _cents_of(text, one, after):
            one = _Sum(one.first, after.last, one.amount + after.amount, None, one.currency, one.bound)
            at += 1
        start, end = text.between(one.first, one.last)
        yield Money(start, end, one.amount, one.currency, one.high, one.bound)
        at += 1


def _range_of(text: Text, one: _Sum, after: _Sum) -> bool:
    """Whether two sums are the ends of one range: `$5 - $7`, `from $5 to $7`."""
    if one.currency != after.currency or not one.currency or one.high or after.high or one.amount >= after.amount:
        return False
    words = bounds()
    if one.last == after.first:
        return text.fold(one.last - 1).endswith(words.from_endings) and text.fold(after.last) in words.until
    if one.last + 1 != after.first or not text.near(after.first) or not text.near(one.last):
        return False
    joiner = text.fold(one.last)
    return (
        joiner in words.dashes or joiner in words.joiners or joiner in words.between.get(text.fold(one.first - 1), ())
    )


def _cents_of(text: Text, one: _Sum, cents: _Sum) -> bool:
    if not cents.cents or one.cents or one.currency != cents.currency or one.high or cents.high or cents.amount >= 1:
        return False
    between = range(one.last, cents.first)
    return len(between) < 2 and all(text.fold(place) in _words().joins for place in between) and text.near(cents.first)


def _bound(text: Text, one: Amount, first: int, last: int) -> Bound:
    """What the words around number and currency say together."""
    return one.bound if one.bound != "exact" or one.high is not None else bound_of(text, first, last)


def _dot(text: Text, place: int) -> int:
    """The token behind a currency's word and the dot that may belong to it."""
    dotted = text.fold(place) in _words().dotted and text.fold(place + 1) == "." and text.glued(place + 1)
    return place + 1 + dotted
