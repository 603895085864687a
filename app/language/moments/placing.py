"""Where a moment lies in time, from the moment of reading: half-open stretches in the reader's time zone."""

from datetime import UTC, date, datetime, time, timedelta

from app.language.moments.days import TOO_LONG, Grain, days_of, further
from app.language.moments.parts import Ahead, Clock, Days, Element, Lasting, Now, PeriodPart, Weekday

OPEN = timedelta(days=7)
"""How far a day that only begins something reaches."""
AFTERNOON = range(1, 8)
"""Bare hours that mean the afternoon."""


def placed(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    """(from, to, grain) of an element; None where there is no such day."""
    try:
        found = _placed(one, at)
    except (ValueError, OverflowError):
        return None
    return found if found and found[0] < found[1] else None


def _placed(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    if isinstance(one.day, Now):
        begin = at.replace(second=0, microsecond=0)
        return begin, _later(begin, 60), "minute"
    if isinstance(one.day, Lasting):
        return _lasting(one.day, at)
    if isinstance(one.day, Ahead) and one.day.unit in ("second", "minute", "hour") and one.clock is None:
        if abs(one.day.seconds) > TOO_LONG:
            return None
        ends = sorted(int(each.seconds) for each in (one.day, further(one.day)) if abs(each.seconds) <= TOO_LONG)
        begin, end = (_later(at, seconds).replace(second=0, microsecond=0) for seconds in (ends[0], ends[-1]))
        return begin, _later(end, 60), "minute"
    if one.clock is None and one.part is None:
        return _days(one, at)
    return _hours(one, at)


def _days(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    if one.day is None:
        return None
    since = isinstance(one.day, Days) and one.day.low == one.day.high
    days = days_of(one.day, at.date())
    if days is None:
        return None
    low, high, grain = days
    if one.edge == "before":
        end = high if isinstance(one.day, PeriodPart) and one.day.piece == "end" else low
        return at, _midnight(end, at), grain
    if one.edge == "after":
        begin = low if since else high
        return _midnight(begin, at), _midnight(begin + OPEN, at), grain
    return _midnight(low, at), _midnight(high, at), grain


def _hours(one: Element, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    today = at.date()
    if isinstance(one.day, Days) and isinstance(one.day.low, Weekday):
        return None
    if isinstance(one.day, Weekday) and not one.day.which and one.day.day == today.weekday():
        begin, end, grain = _on(one, today, at)
        if (end if one.edge == "before" else begin) >= at:
            return (at if one.edge == "before" else begin), end, grain
    days = days_of(one.day, today) if one.day is not None else (today, today + timedelta(1), "day")
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
        end = part.low if one.edge == "before" else part.high
        return _at(day, part.low * 60, at), _at(day, end * 60, at), "hour"
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


def _lasting(day: Lasting, at: datetime) -> tuple[datetime, datetime, Grain] | None:
    if abs(day.seconds) > TOO_LONG:
        return None
    other = _later(at, int(day.seconds))
    grain: Grain = "minute" if day.unit == "second" else day.unit
    return (at, other, grain) if day.seconds > 0 else (other, at, grain)


def _later(at: datetime, seconds: int) -> datetime:
    """So many seconds later, also across a change of the clocks."""
    return (at.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(at.tzinfo)


def _midnight(day: date, at: datetime) -> datetime:
    return datetime.combine(day, time(), at.tzinfo)


def _at(day: date, minutes: int, at: datetime) -> datetime:
    """A time of the clock on a day; beyond its end on the next one."""
    days, rest = divmod(minutes, 24 * 60)
    return datetime.combine(day + timedelta(days), time(rest // 60, rest % 60), at.tzinfo)
