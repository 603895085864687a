"""Clocks: when people answer, the customer's time zone, and the time of day to greet with."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.errors import ConfigError
from app.types import TimeOfDay


@dataclass(frozen=True, slots=True)
class Hours:
    """When people answer, every day, in `timezone` (IANA). `open` == `close` means round the clock."""

    open: time = time(9)
    close: time = time(21)
    timezone: str = "Asia/Almaty"

    def working(self, now: datetime) -> bool:
        local = now.astimezone(zone_of(self.timezone)).time()
        if self.open == self.close:
            return True
        if self.open < self.close:
            return self.open <= local < self.close
        return local >= self.open or local < self.close

    def opening(self, now: datetime, zone: ZoneInfo) -> str:
        """The next opening as `HH:MM` on the customer's clock."""
        local = now.astimezone(zone_of(self.timezone))
        opens = local.replace(hour=self.open.hour, minute=self.open.minute, second=0, microsecond=0)
        if opens <= local:
            opens += timedelta(days=1)
        return opens.astimezone(zone).strftime("%H:%M")


def time_of_day(local: datetime) -> TimeOfDay:
    if 5 <= local.hour < 12:
        return "morning"
    if 12 <= local.hour < 18:
        return "day"
    return "evening" if 18 <= local.hour < 23 else "night"


@lru_cache(maxsize=512)
def known_zone(name: str | None) -> ZoneInfo | None:
    """The zone of an IANA name; None for anything else, however odd."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):  # unknown, a directory, a path outside the database
        return None


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name. Raises ConfigError for anything else."""
    zone = known_zone(name)
    if zone is None:
        raise ConfigError(f"the timezone {name!r} is unknown; use an IANA name such as Asia/Almaty")
    return zone
