"""Which days are meant, seen from the day of reading: the next Friday, a date without a year, the end of the month."""

from calendar import monthrange
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from app.language.moments.parts import (
    Ahead,
    Date,
    Day,
    Days,
    Month,
    Offset,
    Period,
    PeriodPart,
    Weekday,
    Weekend,
    Which,
    Year,
)

Grain = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
DateRange = tuple[date, date, Grain]
"""First day, the day behind the last, what they are."""

STEPS: dict[Which, int] = {"": 0, "this": 0, "next": 1, "last": -1}
MONTHS: dict[str, int] = {"month": 1, "quarter": 3, "year": 12}
LEAP = 8
"""So many years lie at most between two 29ths of February."""
TOO_LONG = Decimal(10**11)
"""Seconds: no calendar reaches further."""


def days_of(day: Day, today: date) -> DateRange | None:
    """The days that are meant, seen from today."""
    if isinstance(day, Offset):
        return _one(today + timedelta(day.days))
    if isinstance(day, Weekday):
        return _one(_weekday(day, today))
    if isinstance(day, Date):
        return _date(day, today)
    if isinstance(day, Month):
        return _month(day, today)
    if isinstance(day, Weekend):
        begin = _monday(today) + timedelta(5 + 7 * STEPS[day.which])
        return begin, begin + timedelta(2), "day"
    if isinstance(day, Year):
        return _year(day, today)
    if isinstance(day, Ahead):
        ends = sorted((_ahead(day, today), _ahead(further(day), today)))
        return ends[0], ends[1] + timedelta(1), "day"
    if isinstance(day, Period):
        return _period(day, today)
    if isinstance(day, PeriodPart):
        return _piece(day, today)
    if isinstance(day, Days):
        return _span(day, today)
    return None


def _span(day: Days, today: date) -> DateRange | None:
    low, high = days_of(day.low, today), days_of(day.high, today)
    if low is None or high is None:
        return None
    if high[1] <= low[0]:
        high = days_of(day.high, low[0])
    return (low[0], high[1], low[2]) if high is not None and high[1] > low[0] else None


def _one(day: date) -> DateRange:
    return day, day + timedelta(1), "day"


def _weekday(day: Weekday, today: date) -> date:
    if not day.which:
        return today + timedelta((day.day - today.weekday() - 1) % 7 + 1)
    return _monday(today) + timedelta(day.day + 7 * STEPS[day.which])


def _date(day: Date, today: date) -> DateRange | None:
    if day.year is not None and day.month is not None:
        return _one(date(day.year, day.month, day.day))
    tries = range(LEAP + 1) if day.month is not None else range(4)
    for ahead in tries:
        months = day.month - 1 + 12 * ahead if day.month is not None else today.month - 1 + ahead
        year, month = today.year + months // 12, months % 12 + 1
        if day.day <= monthrange(year, month)[1] and (found := date(year, month, day.day)) >= today:
            return _one(found)
    return None


def _month(day: Month, today: date) -> DateRange:
    year = day.year if day.year is not None else today.year + STEPS[day.which] * (day.months > 1)
    begin = date(year, day.month, 1)
    end = _months(begin, day.months)
    if day.year is None and day.which == "last" and begin >= today.replace(day=1):
        begin, end = _months(begin, -12), _months(end, -12)
    elif day.year is None and day.which != "last" and end <= today:
        begin, end = _months(begin, 12), _months(end, 12)
    return begin, end, "month"


def _year(day: Year, today: date) -> DateRange:
    year = day.year if day.year is not None else today.year
    if day.quarter is None:
        return date(year, 1, 1), date(year + 1, 1, 1), "year"
    begin = date(year, 3 * day.quarter - 2, 1)
    return begin, _months(begin, 3), "quarter"


def _period(day: Period, today: date) -> DateRange:
    step = STEPS[day.which]
    grain: Grain
    if day.unit == "day":
        return _one(today + timedelta(step))
    if day.unit == "week":
        begin = _monday(today) + timedelta(7 * step)
        end, grain = begin + timedelta(7), "week"
    elif day.unit == "month":
        begin = _months(today.replace(day=1), step)
        end, grain = _months(begin, 1), "month"
    elif day.unit == "quarter":
        begin = _months(date(today.year, (today.month - 1) // 3 * 3 + 1, 1), 3 * step)
        end, grain = _months(begin, 3), "quarter"
    else:
        begin = date(today.year + step, 1, 1)
        end, grain = date(today.year + step + 1, 1, 1), "year"
    return begin, end, grain


def _piece(day: PeriodPart, today: date) -> DateRange | None:
    whole = days_of(day.whole, today)
    if whole is None or whole[2] == "day":
        return whole
    begin, end, _ = whole
    third = (end - begin) // 3
    edges = {"start": (begin, begin + third), "middle": (begin + third, end - third), "end": (end - third, end)}
    return *edges[day.piece], "day"


def further(day: Ahead) -> Ahead:
    """The far end of a range."""
    count = day.count + day.more
    return Ahead(day.seconds * count / day.count, day.unit, count) if day.more else day


def _ahead(day: Ahead, today: date) -> date:
    if abs(day.seconds) > TOO_LONG:
        raise OverflowError
    months = day.count * MONTHS.get(day.unit, 0)
    if months and months == int(months):
        return _months(today, int(months))
    return today + timedelta(days=int(day.seconds // 86400))


def _monday(today: date) -> date:
    return today - timedelta(today.weekday())


def _months(day: date, months: int) -> date:
    """So many months later: the same day, or the month's last."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
