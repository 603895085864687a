"""From 23 o'clock on nobody is wished a good evening: it is night."""

from datetime import datetime

import pytest

from app.dialogue.hours import time_of_day


@pytest.mark.parametrize(
    ("hour", "part"),
    [(0, "night"), (4, "night"), (5, "morning"), (11, "morning"), (12, "day"), (17, "day"), (18, "evening"),
     (22, "evening"), (23, "night")],
)  # fmt: skip
def test_the_greeting_changes_at_these_hours(hour: int, part: str) -> None:
    assert time_of_day(datetime(2026, 3, 4, hour, 30)) == part
