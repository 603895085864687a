"""Clocks: when people answer, when they answer again, and which part of the day a customer is greeted by."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from app.dialogue.policy.hours import Hours, known_zone, time_of_day, zone_of
from app.errors import ConfigError

DAY, NIGHT, ALWAYS = Hours(time(9), time(21)), Hours(time(22), time(6)), Hours(time(9), time(9))
ALMATY, LONDON = ZoneInfo("Asia/Almaty"), ZoneInfo("Europe/London")


# From 23 o'clock on nobody is wished a good evening: it is night.
@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "night"), (4, "night"), (5, "morning"), (11, "morning"), (12, "day"), (17, "day"), (18, "evening"),
     (22, "evening"), (23, "night")],
)  # fmt: skip
def test_the_greeting_changes_at_these_hours(hour: int, part: str) -> None:
    assert time_of_day(datetime(2026, 3, 4, hour, 30)) == part


@pytest.mark.parametrize(
    ("hours", "clock", "there"),
    [
        (DAY, "08:59", False), (DAY, "09:00", True), (DAY, "20:59", True), (DAY, "21:00", False), (DAY, "00:00", False),
        (NIGHT, "21:59", False), (NIGHT, "22:00", True), (NIGHT, "23:59", True), (NIGHT, "00:00", True),
        (NIGHT, "05:59", True), (NIGHT, "06:00", False), (NIGHT, "12:00", False),
        (ALWAYS, "08:59", True), (ALWAYS, "09:00", True), (ALWAYS, "21:00", True), (ALWAYS, "00:00", True),
    ],
)  # fmt: skip
def test_people_answer_from_the_opening_up_to_the_closing(hours: Hours, clock: str, there: bool) -> None:
    now = datetime.combine(datetime(2026, 3, 4).date(), time.fromisoformat(clock), ALMATY)

    assert hours.working(now) == there
    assert hours.working(now.astimezone(UTC)) == there, "whatever clock the moment is told by"


@pytest.mark.parametrize(
    ("hours", "now", "opens"),
    [
        (DAY, "08:59", "09:00"), (DAY, "09:00", "09:00"), (DAY, "23:15", "09:00"),
        (Hours(time(9, 30), time(21)), "08:00", "09:30"), (Hours(time(9, 30), time(21)), "09:15", "09:30"),
    ],
)  # fmt: skip
def test_the_opening_is_told_to_the_minute(hours: Hours, now: str, opens: str) -> None:
    moment = datetime.combine(datetime(2026, 3, 4).date(), time.fromisoformat(now), ALMATY)

    assert hours.opening(moment.replace(second=41), ALMATY) == opens


def test_the_opening_is_told_by_the_customers_clock() -> None:
    assert DAY.opening(datetime(2026, 3, 4, 23, tzinfo=ALMATY), LONDON) == "04:00"


def test_the_opening_at_this_very_moment_is_tomorrows() -> None:
    # In London the clocks go forward in the night from 28 March: nine in Almaty is four there before it and five behind.
    assert DAY.opening(datetime(2026, 3, 28, 8, 59, 59, tzinfo=ALMATY), LONDON) == "04:00"
    assert DAY.opening(datetime(2026, 3, 28, 9, 0, tzinfo=ALMATY), LONDON) == "05:00"


@pytest.mark.parametrize("name", [None, "", "Mars/Olympus", "Asia", "../../etc/passwd", "/etc/passwd", "a" * 300, "\0"])
def test_what_is_no_zone_is_none_and_stops_a_start(name: str | None) -> None:
    assert known_zone(name) is None
    with pytest.raises(ConfigError, match="use an IANA name such as Asia/Almaty"):
        zone_of(str(name or ""))


def test_a_zone_is_known_by_its_name() -> None:
    assert known_zone("Asia/Almaty") == zone_of("Asia/Almaty") == ALMATY
