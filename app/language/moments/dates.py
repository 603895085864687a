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
)
from app.language.moments.time_words import time_words
from app.language.quantities.marks import bounds
from app.language.quantities.reading import Reading
from app.language.quantities.stretches import Stretch
from app.language.quantities.unit_words import unit_words


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
