"""Days and longer periods at a place of a text: `tomorrow`, `on Friday`, `18 February`, `next week`."""

from collections.abc import Mapping
from dataclasses import replace

from app.language.moments.ahead import length_at
from app.language.moments.day_names import DayNames, Said
from app.language.moments.parts import (
    Ahead,
    Date,
    Days,
    Edge,
    Element,
    Lasting,
    Now,
    Weekday,
    Weekend,
    Weekly,
)
from app.language.moments.time_words import time_words
from app.language.quantities.marks import bounds
from app.language.quantities.reading import Reading
from app.language.quantities.stretches import Stretch
from app.language.quantities.unit_words import unit_words

SHORT = 3
"""An abbreviated weekday has no more letters."""


class Dates:
    """Reads them off one text."""

    def __init__(self, reading: Reading, lengths: Mapping[int, Stretch]) -> None:
        self.reading, self.text, self.words, self.units = reading, reading.text, time_words(), unit_words()
        self.lengths = lengths
        self.names = DayNames(reading)

    def at(self, place: int) -> Element | None:
        """The day or period that begins at token `place`, its preposition included."""
        return (
            length_at(self.text, self.lengths, place)
            or self._weekly(place)
            or self._between(place)
            or self._edged(place)
            or self._plain(place)
        )

    def _plain(self, place: int) -> Element | None:
        text, words = self.text, self.words
        led = text.fold(place) in words.at_day and text.near(place + 1)
        begin = place + led
        the = text.fold(begin) in words.words["the"]
        if the and text.near(begin + 1):
            begin += 1
        found = self.names.at(begin, led=led)
        if found is None and begin > place:
            found = self.names.at(place, led=False)
            begin = place
        if found is None:
            return None
        day, last, lone = found
        return self._ending(Element(place, last, day=day, lone=lone))

    def _ending(self, element: Element) -> Element:
        fold = self.text.fold(element.last)
        if self.text.near(element.last) and fold in self.words.ending_before:
            return replace(element, last=element.last + 1, edge="before")
        if self.text.near(element.last) and fold in self.words.ending_after:
            return replace(element, last=element.last + 1, edge="after")
        return element

    def _edged(self, place: int) -> Element | None:
        """`before Friday`, `after 5 March`, `since Monday`."""
        text, words = self.text, self.words
        edges: tuple[tuple[Edge, int | None], ...] = (
            ("before", found[1] if (found := words.before.at(text, place)) else None),
            ("after", found[1] if (found := words.after.at(text, place)) else None),
            ("", place + 1 if text.fold(place) in words.since else None),
        )
        for edge, begin in edges:
            if begin is None or not text.near(begin):
                continue
            found_day = self.names.at(begin, led=True)
            if found_day is not None:
                day, last, _ = found_day
                since = not edge and not isinstance(day, Ahead | Lasting)
                return Element(place, last, day=Days(day, day) if since else day, edge=edge or "after")
        return None

    def _weekly(self, place: int) -> Element | None:
        """`every Friday`, `on Mondays and Thursdays`, `on weekdays`."""
        text, words = self.text, self.words
        last = self._repeated(place)
        if last is None and text.fold(place) in words.at_day and text.near(place + 1):
            plural = text.fold(place + 1) in words.words["weekly_in"]
            last = place + 2 if plural else self._repeated(place + 1)
        if last is None:
            return None
        while text.near(last + 1) and text.fold(last) in words.words["list_joins"]:
            more = self._repeated(last + 1) or self._weekday(last + 1)
            if more is None:
                break
            last = more
        return Element(place, last, day=Weekly())

    def _repeated(self, place: int) -> int | None:
        """The token behind the days that begin here and come again."""
        text, lists, fold = self.text, self.words.words, self.text.fold(place)
        if found := self.words.weekly.at(text, place):
            return None if place in self.reading.ends else found[1]
        if fold in lists["weekly_days"]:
            return place + 1
        if fold in lists["every"]:
            second = self.reading.found.get(place + 1)
            begin = second.last if second and second.ordinal else place + 1
            return self._weekday(begin + (text.fold(begin) in lists["other"]))
        if fold in lists["weekly_led"]:
            named = text.fold(place + 1)
            if named in lists["weekly_days"]:
                return place + 2
            return self._weekday(place + 1) if len(named) <= SHORT or named in self.words.weekend_starts else None
        if text.fold(place) not in self.words.weekdays and text.fold(place) not in self.words.weekend_starts:
            return None
        last = self._weekday(place)
        behind = last is not None and text.near(last) and text.fold(last) in lists["weekly_behind"]
        return last + 1 if last is not None and behind else None

    def _weekday(self, place: int) -> int | None:
        """The token behind the weekday or weekend at a place."""
        found = self.names.at(place, led=True) if self.text.near(place) or place == 0 else None
        return found[1] if found and isinstance(found[0], Weekday | Weekend) else None

    def _between(self, place: int) -> Element | None:
        """`from 5 to 10 March`, `from Monday to Friday`, `13-15 July`."""
        text, words = self.text, self.words
        opened = text.fold(place) in words.since and text.near(place + 1)
        begin = place + opened
        low = self.names.at(begin, led=opened) or self._bare(begin)
        if low is None or not text.near(low[1]) or not text.near(low[1] + 1):
            return None
        joiner = text.fold(low[1])
        dated = isinstance(low[0], Date) and low[0].month is not None
        spoken = opened or (dated and joiner in bounds().joiners)
        if not ((spoken and joiner in words.until) or joiner in bounds().dashes):
            return None
        high = self.names.at(low[1] + 1, led=True) if text.near(low[1] + 1) else None
        if high is None and isinstance(low[0], Date) and low[0].month is not None and low[0].year is None:
            high = self._bare(low[1] + 1)
        if high is None or type(high[0]) is not type(low[0]) or isinstance(high[0], Ahead | Lasting | Now):
            return None
        first, second = low[0], high[0]
        if not opened and isinstance(second, Date) and second.month is None and not dated:
            return None
        if isinstance(first, Date) and isinstance(second, Date):
            second = second if second.month is not None else Date(second.day, first.month)
            first = Date(
                first.day, first.month or second.month, first.year or (second.year if first.month is None else None)
            )
        return Element(place, high[1], day=Days(first, second))

    def _bare(self, place: int) -> Said | None:
        """A number that is a day only together with the month behind the other end."""
        found = self.reading.found.get(place)
        if found is None or not 1 <= found.value <= 31 or found.value != int(found.value) or found.scale != 1:
            return None
        return Date(int(found.value)), found.last, False
