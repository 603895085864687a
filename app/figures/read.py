"""What others read in a text, as this room takes it: numbers, money and lengths of time with their places."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol


class NumberLike(Protocol):
    """A number at `[start, end)` of the text. One with a `high` (of a range) or of `kind` ordinal counts nothing."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def value(self) -> Decimal: ...


class MoneyLike(Protocol):
    """An amount; `currency` is an ISO code or None."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def currency(self) -> str | None: ...


class DurationLike(Protocol):
    """A length of time: `unit` is what it was said in (hour, day, week, month, quarter, year)."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def seconds(self) -> int | float | Decimal: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Read:
    """One asked clause and what stands in it."""

    text: str
    numbers: Sequence[NumberLike] = ()
    money: Sequence[MoneyLike] = ()
    durations: Sequence[DurationLike] = ()


MOST_READ = 64
"""Numbers, amounts and lengths of one clause that are looked at: each is held against the others."""


def exact(found: object) -> bool:
    """Whether what was read counts: neither a range («2 or 3 shops») nor an ordinal («the third shop») does."""
    return getattr(found, "high", None) is None and getattr(found, "kind", None) != "ordinal"


_DAY = 86400
_MONTH_LENGTHS = (Decimal(30), Decimal(365) / 12, Decimal("30.4375"), Decimal("30.436875"), Decimal(31))
_LONG = ("month", "quarter", "half", "half_year", "year")


def months(duration: DurationLike) -> Decimal | None:
    """Whole months of a length of time that was said in months or more; None of days and hours.

    A reader may take a month for 30 days or for a twelfth of a year: the length that divides it is the one.
    """
    if duration.unit.rstrip("s") not in _LONG:
        return None
    days = Decimal(str(duration.seconds)) / _DAY
    for length in _MONTH_LENGTHS if "year" not in duration.unit else _MONTH_LENGTHS[1:]:
        count = days / length
        if count >= 1 and abs(count - round(count)) < Decimal("0.001"):
            return Decimal(round(count))
    return Decimal(max(1, round(days / _MONTH_LENGTHS[1])))
