"""What a text says about when, before it is known when it was said."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.language.quantities.unit_words import Unit

Which = Literal["", "this", "next", "last"]
Half = Literal["", "am", "pm", "night", "exact"]
Edge = Literal["", "before", "after"]


@dataclass(frozen=True, slots=True)
class Offset:
    """So many days from today."""

    days: int


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week, 0 = Monday. Without `which` the next one to come, today's with an hour that is still ahead."""

    day: int
    which: Which = ""


@dataclass(frozen=True, slots=True)
class Date:
    """A day of a month; without a year the next one to come, without a month that of this month or the next."""

    day: int
    month: int | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month by name, or three of them: a season."""

    month: int
    year: int | None = None
    which: Which = ""
    months: int = 1


@dataclass(frozen=True, slots=True)
class Period:
    """This, the next or the last week, month, quarter, year."""

    unit: Unit
    which: Which = "this"


@dataclass(frozen=True, slots=True)
class PeriodPart:
    """The beginning, the middle or the end of a longer period."""

    whole: "Day"
    piece: Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Weekend:
    """Saturday and Sunday."""

    which: Which = ""


@dataclass(frozen=True, slots=True)
class Year:
    """A year, or one of its quarters."""

    year: int | None
    quarter: int | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """So long from now, or before now where it is negative."""

    seconds: Decimal
    unit: Unit
    count: Decimal
    more: Decimal = Decimal(0)
    """How many of the unit a range goes on."""


@dataclass(frozen=True, slots=True)
class Lasting:
    """From now on for so long, or up to now where it is negative."""

    seconds: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class Now:
    """The moment itself."""


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both included."""

    low: "Day"
    high: "Day"


@dataclass(frozen=True, slots=True)
class Weekly:
    """Every week or every day: `on Mondays`, `on weekdays`. It is no one day, and no hours on one."""


Day = Offset | Weekday | Date | Month | Period | PeriodPart | Weekend | Year | Ahead | Lasting | Now | Days | Weekly


@dataclass(frozen=True, slots=True)
class Clock:
    """A time of the clock. `half` says which half of the day; `exact` that the hour is meant as it stands."""

    hour: int
    minute: int | None = None
    half: Half = ""


@dataclass(frozen=True, slots=True)
class DayPart:
    """A part of the day, in hours."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Element:
    """Something said about when at tokens `first`..`last` (exclusive): a day, a part of it, or the clock."""

    first: int
    last: int
    day: Day | None = None
    part: DayPart | None = None
    clock: Clock | None = None
    until: Clock | None = None
    edge: Edge = ""
    lone: bool = True
    """Whether it is one without a neighbour: a bare `10-12` is none."""
    counts: bool = False
    """Whether its numbers are amounts too: `2` in `in 2 days`."""
