"""When, as people write it, in three languages: `times(text, at)`."""

from dataclasses import dataclass
from datetime import datetime

from app.language.moments.days import Grain
from app.language.moments.moments import moments
from app.language.moments.placing import placed


@dataclass(frozen=True, slots=True)
class Time:
    """A stretch of time, `from_` included and `to` not, said at the characters `start`..`end` (exclusive).

    `grain` is how exactly it was said: a clock with minutes is one minute long, a bare hour an hour, a day a day.
    """

    start: int
    end: int
    from_: datetime
    to: datetime
    grain: Grain


def times(text: str, at: datetime) -> tuple[Time, ...]:
    """The dates and times in `text`, in order, in the time zone of `at`, which is aware and says when it is read.

    A day of the week and a date without a year lie ahead: the weekday of today is today only with a time of the day
    that is still to come, and next week's otherwise. A bare hour from 1 to 7 is the afternoon, and a time of the clock
    that is over today is tomorrow's. A date that does not exist is left out, and so is what comes every week or every
    day (`on Mondays at 10`). What only has a beginning ends with its day, or after a week.
    """
    said = moments(text)
    found = []
    for one in said.elements:
        when = placed(one, at)
        if when is not None:
            start, end = said.text.between(one.first, one.last)
            found.append(Time(start, end, *when))
    return tuple(found)
