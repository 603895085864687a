"""Where a moment lies in time, from the moment of reading: half-open stretches in the reader's time zone."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Literal

from app.language.moments.parts import (
    Ahead,
    Clock,
    Date,
    Day,
    Days,
    Element,
    Lasting,
    Month,
    Now,
    Offset,
    Period,
    Weekday,
    Weekend,
    Which,
    Year,
)

Grain = Literal["minute", "hour", "day", "week", "month", "quarter", "year"]
Stretch = tuple[date, date, Grain]
"""First day, the day behind the last, what they are."""

STEPS: dict[Which, int] = {"": 0, "this": 0, "next": 1, "last": -1}
OPEN = timedelta(days=7)
"""How far a day that only begins something reaches."""
AFTERNOON = range(1, 8)
"""Bare hours that mean the afternoon."""
THIRD = 10
"""Days of a month's beginning or end."""
LEAP = 8
"""So many years lie at most between two 29ths of February."""
TOO_LONG = Decimal(10**11)


def placed(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    """(from, to, grain) of an element; None where there is no such day."""
    try:
        return _placed(one, at)
    except (ValueError, OverflowError):
        return None


def _placed(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    if isinstance(one.day, Now):
        begin = at.replace(second=0, microsecond=0)
        return begin, _later(begin, 60), "minute"
    if isinstance(one.day, Lasting):
        return _lasting(one.day, at)
    if isinstance(one.day, Ahead) and one.day.unit in ("second", "minute", "hour") and one.clock is None:
        if abs(one.day.seconds) > TOO_LONG:
            return None
        begin = _later(at, int(one.day.seconds)).replace(second=0, microsecond=0)
        return begin, _later(begin, 60), "minute"
    if one.clock is None and one.part is None:
        return _days(one, at)
    return _hours(one, at)


def _days(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    if one.day is None:
        return None
    since = isinstance(one.day, Days) and one.day.low == one.day.high
    days = _day(one.day, at.date())
    if days is None:
        return None
    low, high, grain = days
    if one.edge == "before":
        return (at, _midnight(low, at), grain) if _midnight(low, at) > at else None
    if one.edge == "after":
        begin = low if since else high
        return _midnight(begin, at), _midnight(begin + OPEN, at), grain
    return _midnight(low, at), _midnight(high, at), grain


def _hours(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    today = at.date()
    days = _day(one.day, today) if one.day is not None else (today, today + timedelta(1), "day")
    if days is None:
        return None
    low = days[0]
    begin, end, grain = _on(one, low, at)
    if one.day is None and end <= at:
        begin, end, grain = _on(one, low + timedelta(1), at)
    if one.edge == "before":
        begin = max(at, _midnight(low, at)) if one.day is not None and low >= today else at
        if begin >= end:
            return None
    return begin, end, grain


def _on(one: Element, day: date, at: datetime) -> tuple[datetime, datetime, Grain]:
    """The hours of an element on one day."""
    if one.clock is None:
        part = one.part
        if part is None:
            return _midnight(day, at), _midnight(day + timedelta(1), at), "day"
        return _at(day, part.low * 60, at), _at(day, part.high * 60, at), "hour"
    low, minute = _minutes(one.clock), one.clock.minute is not None
    if one.until is not None:
        high = _minutes(one.until)
        if high <= low and high <= 12 * 60 and one.until.half in ("", "exact"):
            high += 12 * 60
        if high <= low:
            high += 24 * 60
        grain: Grain = "minute" if (minute and one.clock.minute) or one.until.minute else "hour"
        return _at(day, low, at), _at(day, high, at), grain
    grain = "minute" if minute else "hour"
    if one.edge == "before":
        return _at(day, low, at), _at(day, low, at), grain
    if one.edge == "after":
        return _at(day, low, at), _midnight(day + timedelta(1), at), grain
    return _at(day, low, at), _at(day, low + (1 if minute else 60), at), grain


def _minutes(clock: Clock) -> int:
    """Minutes since midnight: a bare hour from 1 to 7 is the afternoon."""
    hour = clock.hour
    afternoon = (clock.half == "pm" and hour < 12) or (not clock.half and hour in AFTERNOON)
    night = clock.half == "night" and 8 <= hour < 12
    if afternoon or night:
        hour += 12
    elif (clock.half in ("am", "night") and hour == 12) or hour == 24:
        hour = 0
    return hour * 60 + (clock.minute or 0)


def _day(day: Day, today: date) -> Stretch | None:
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
        return _one(_ahead(day, today))
    if isinstance(day, Period):
        return _period(day, today)
    if isinstance(day, Days):
        return _span(day, today)
    return None


def _span(day: Days, today: date) -> Stretch | None:
    low, high = _day(day.low, today), _day(day.high, today)
    if low is None or high is None:
        return None
    if high[1] <= low[0]:
        high = _day(day.high, low[0])
    return (low[0], high[1], low[2]) if high is not None and high[1] > low[0] else None


def _one(day: date) -> Stretch:
    return day, day + timedelta(1), "day"


def _weekday(day: Weekday, today: date) -> date:
    if not day.which:
        return today + timedelta((day.day - today.weekday() - 1) % 7 + 1)
    return _monday(today) + timedelta(day.day + 7 * STEPS[day.which])


def _date(day: Date, today: date) -> Stretch | None:
    if day.year is not None and day.month is not None:
        return _one(date(day.year, day.month, day.day))
    tries = range(LEAP + 1) if day.month is not None else range(4)
    for ahead in tries:
        months = day.month - 1 + 12 * ahead if day.month is not None else today.month - 1 + ahead
        year, month = today.year + months // 12, months % 12 + 1
        if day.day <= monthrange(year, month)[1] and (found := date(year, month, day.day)) >= today:
            return _one(found)
    return None


def _month(day: Month, today: date) -> Stretch:
    year = day.year if day.year is not None else today.year + STEPS[day.which] * (day.months > 1)
    begin = date(year, day.month, 1)
    end = _months(begin, day.months)
    if day.year is None and day.which == "last" and begin >= today.replace(day=1):
        begin, end = _months(begin, -12), _months(end, -12)
    elif day.year is None and day.which != "last" and end <= today:
        begin, end = _months(begin, 12), _months(end, 12)
    return begin, end, "month"


def _year(day: Year, today: date) -> Stretch:
    year = day.year if day.year is not None else today.year
    if day.quarter is None:
        return date(year, 1, 1), date(year + 1, 1, 1), "year"
    begin = date(year, 3 * day.quarter - 2, 1)
    return begin, _months(begin, 3), "quarter"


def _period(day: Period, today: date) -> Stretch:
    step = STEPS[day.which]
    grain: Grain
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
    piece = timedelta({"week": 2, "month": THIRD, "quarter": 30}.get(day.unit, 90))
    if day.piece == "start":
        return begin, begin + piece, "day"
    if day.piece == "end":
        return end - piece - timedelta(day.unit == "week"), end, "day"
    return begin, end, grain


def _ahead(day: Ahead, today: date) -> date:
    if day.unit in ("month", "quarter", "year") and day.count == int(day.count):
        return _months(today, int(day.count) * {"month": 1, "quarter": 3, "year": 12}[day.unit])
    if abs(day.seconds) > TOO_LONG:
        raise OverflowError
    return today + timedelta(days=int(day.seconds // 86400))


def _lasting(day: Lasting, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    if abs(day.seconds) > TOO_LONG:
        return None
    other = _later(at, int(day.seconds))
    grain: Grain = "minute" if day.unit == "second" else day.unit
    return (at, other, grain) if day.seconds > 0 else (other, at, grain)


def _monday(today: date) -> date:
    return today - timedelta(today.weekday())


def _months(day: date, months: int) -> date:
    """So many months later: the same day, or the month's last."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    if not 1 <= year <= 9999:
        raise OverflowError
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _later(at: datetime, seconds: int) -> datetime:
    """So many seconds later, also across a change of the clocks."""
    return (at.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(at.tzinfo)


def _midnight(day: date, at: datetime) -> datetime:
    return datetime.combine(day, time(), at.tzinfo)


def _at(day: date, minutes: int, at: datetime) -> datetime:
    """A time of the clock on a day; beyond its end on the next one."""
    days, rest = divmod(minutes, 24 * 60)
    return datetime.combine(day + timedelta(days), time(rest // 60, rest % 60), at.tzinfo)
