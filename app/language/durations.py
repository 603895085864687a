"""How long, as people write it, in three languages: `durations(text)`."""

from dataclasses import dataclass
from decimal import Decimal

from app.language.moments.moments import moments
from app.language.quantities.marks import Bound
from app.language.quantities.unit_words import Unit


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time at the characters `start`..`end` (exclusive), in seconds: a month is 30 days, a year 365,
    half a year six months. Minutes behind hours need no word for them: `two hours ten`.

    Of a range `seconds` is the low end and `high` the other. `unit` is the smallest one that was named.
    """

    start: int
    end: int
    seconds: Decimal
    unit: Unit
    high: Decimal | None = None
    bound: Bound = "exact"


def durations(text: str) -> tuple[Duration, ...]:
    """The lengths of time in `text`, in order. Neither a rate (`500 a month`) nor a time of the clock is one."""
    said = moments(text)
    found = []
    for one in said.lengths:
        if one.first in said.taken:
            continue
        start, end = said.text.between(one.first, one.last)
        found.append(Duration(start, end, one.seconds, one.unit, one.high, one.bound))
    return tuple(found)
