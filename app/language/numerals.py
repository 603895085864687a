"""Numbers as people write them, in digits, words or both, in three languages: `numbers(text)`."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from app.language.moments.moments import moments
from app.language.quantities.marks import Bound
from app.language.quantities.reading import read

NumberKind = Literal["cardinal", "ordinal", "fraction"]


@dataclass(frozen=True, slots=True)
class Number:
    """A number at the characters `start`..`end` (exclusive). Of a range `value` is the low end and `high` the other.

    fraction: the value is not whole. Words such as `about` stand outside the span, a `+` within it.
    """

    start: int
    end: int
    value: Decimal
    kind: NumberKind
    high: Decimal | None = None
    bound: Bound = "exact"


@lru_cache(maxsize=4)
def numbers(text: str) -> tuple[Number, ...]:
    """The numbers of `text`, in order. Neither names (`D-300`), phones, nor what is a date or a clock time."""
    reading = read(text)
    if not reading.amounts:
        return ()
    taken = moments(text).taken
    found = []
    for one in reading.amounts:
        if one.low.first in taken:
            continue
        start, end = reading.text.between(one.first, one.last)
        whole = all(value == value.to_integral_value() for value in (one.value, one.high or one.value))
        kind: NumberKind = "ordinal" if one.low.ordinal else "cardinal" if whole else "fraction"
        found.append(Number(start, end, one.value, kind, one.high, one.bound))
    return tuple(found)
