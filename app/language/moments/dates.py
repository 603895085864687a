"""Days and longer periods at a place of a text: `tomorrow`, `on Friday`, `18 February`, `next week`."""

from collections.abc import Mapping
from dataclasses import replace

from app.language.moments.ahead import length_at
from app.language.moments.parts import (
    Ahead,
    Date,
    Day,
    Days,
    Edge,
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
from app.language.moments.time_words import counted, time_words
from app.language.moments.written import written
from app.language.quantities.marks import bounds
from app.language.quantities.reading import Reading
from app.language.quantities.stretches import Stretch
from app.language.quantities.unit_words import Unit, unit_words

YEARS = (1900, 2200)
SEASON = 3
Said = tuple[Day, int, bool]
"""A day, the token behind it, and whether it stands without a preposition or a neighbour."""
LONG: tuple[Unit, ...] = ("week", "month", "quarter", "year")


class Dates:
    """Reads them off one text."""

    def __init__(self, reading: Reading, lengths: Mapping[int, Stretch]) -> None:
        self.reading, self.text, self.words, self.units = reading, reading.text, time_words(), unit_words()
        self.lengths = lengths
        self._seen: dict[tuple[int, bool], Said | None] = {}

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
        if led and text.fold(begin) in words.words["the"] and text.near(begin + 1):
            begin += 1
        found = self._day(begin, led=led)
        if found is None and begin > place:
            found = self._day(place, led=False)
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
            found_day = self._day(begin, led=True)
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
        low = self._day(begin, led=opened) or self._bare(begin)
        if low is None or not text.near(low[1]):
            return None
        joiner = text.fold(low[1])
        if not ((opened and joiner in words.until) or joiner in bounds().dashes):
            return None
        high = self._day(low[1] + 1, led=True) if text.near(low[1] + 1) else None
        if high is None or type(high[0]) is not type(low[0]) or isinstance(high[0], Ahead | Lasting | Now):
            return None
        first, second = low[0], high[0]
        if isinstance(first, Date) and isinstance(second, Date):
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

    def _day(self, place: int, *, led: bool) -> Said | None:
        """What begins at `place` without a preposition; looked at once, though several rules ask."""
        key = (place, led)
        if key not in self._seen:
            self._seen[key] = self._said(place, led=led) if 0 <= place < len(self.text.tokens) else None
        return self._seen[key]

    def _said(self, place: int, *, led: bool) -> Said | None:
        text, words = self.text, self.words
        if found := words.now.at(text, place):
            return Now(), found[1], True
        if found := words.days.at(text, place):
            return Offset(int(found[0])), found[1], True
        if text.kind(place) == "digits" and (figures := written(text, place)):
            return Date(*figures[0]), figures[1], True
        if date := self._dated(place, led=led):
            return date
        which = words.which.get(text.fold(place), "")
        begin = place + bool(which)
        if which and not text.near(begin):
            return None
        return self._named(begin, which, led=led) or (self._piece(place) if not which else None)

    def _named(self, place: int, which: Which, *, led: bool) -> Said | None:
        """A weekday, a weekend, a month, a season or a period by its name."""
        text, words, fold = self.text, self.words, self.text.fold(place)
        if fold in words.weekdays:
            last = place + 1
            last += text.fold(last) == "." and text.glued(last) and len(fold) < 4
            last += text.fold(last) in words.words["day_word"]
            after = words.which.get(text.fold(last), "") if text.near(last) else ""
            if after and self.units.units.get(text.fold(last + 1), ("",))[0] == "week":
                return Weekday(words.weekdays[fold], "this" if after == "this" else after), last + 2, True
            weak = fold in words.weak_weekdays and not led and not which
            return Weekday(words.weekdays[fold], which), last, not weak
        if found := words.weekend.at(text, place):
            return Weekend(which), found[1], True
        if fold in words.months:
            return self._month(place, which, led=led)
        if fold in words.seasons:
            return Month(words.seasons[fold], None, which, SEASON), place + 1, True
        unit = self.units.units.get(fold)
        if which and unit and unit[0] in LONG and unit[1] == 1:
            return Period(unit[0], which), place + 1, True
        return None

    def _month(self, place: int, which: Which, *, led: bool) -> Said | None:
        """`in March`, `March 2027`, `March 20th`."""
        text, fold = self.text, self.text.fold(place)
        month, last = self.words.months[fold], place + 1
        last += text.fold(last) == "." and text.glued(last) and len(fold) < 5
        day = self.reading.found.get(last) if text.near(last) and fold.isascii() else None
        if day and 1 <= day.value <= 31 and day.value == int(day.value) and day.scale == 1:
            last = day.last
            last += text.fold(last) == "," and self._year(last + 1) is not None
            year = self._year(last)
            return Date(int(day.value), month, year and year[0]), year[1] if year else last, True
        year = self._year(last)
        weak = fold in self.words.weak_months and not (led or which or year)
        return Month(month, year and year[0], which), year[1] if year else last, not weak

    def _year(self, place: int, *, named: bool = False) -> tuple[int, int] | None:
        """(year, token behind) of a year in four digits or in words; `named`: the word for a year must follow."""
        text, near = self.text, place == 0 or self.text.near(place)
        found = self.reading.found.get(place) if near else None
        if found is None or not YEARS[0] <= found.value <= YEARS[1] or found.value != int(found.value):
            return None
        last = found.last
        word = text.near(last) and text.fold(last) in self.words.words["of_year"]
        if named and not word:
            return None
        last += word
        last += word and text.fold(last) == "." and text.glued(last) and len(text.fold(last - 1)) == 1
        return int(found.value), last

    def _dated(self, place: int, *, led: bool) -> Said | None:
        """`18 February 2027`, `20th of March`, `on the 18th`, `the year 2027`, `third quarter`."""
        text, words = self.text, self.words
        if year := self._year(place, named=True):
            return Year(year[0]), year[1], True
        found = self.reading.found.get(place)
        if found is None or found.value != int(found.value) or found.scale != 1:
            return None
        if led and not found.spelled and not found.suffix and (year := self._year(place)) and not self._counts(year[1]):
            return Year(year[0]), year[1], text.fold(place - 1).isascii()
        value, at = int(found.value), found.last
        at += text.fold(at) in self.units.of
        fold = text.fold(at) if text.near(at) else ""
        if 1 <= value <= 31 and fold in words.months:
            last = at + 1
            last += text.fold(last) == "." and text.glued(last) and len(fold) < 4
            last += text.fold(last) == "," and self._year(last + 1) is not None
            year = self._year(last)
            return Date(value, words.months[fold], year and year[0]), year[1] if year else last, True
        if 1 <= value <= 31 and fold in words.words["of_month"] and (found.ordinal or led or not found.spelled):
            return Date(value), at + 1, True
        if 1 <= value <= 4 and self.units.units.get(fold, ("",))[0] == "quarter":
            year = self._year(at + 1)
            ordinal = found.ordinal or year
            return (Year(year and year[0], value), year[1] if year else at + 1, True) if ordinal else None
        dated = led or found.suffix in words.words["date_suffix"]
        if dated and found.ordinal and found.suffix and 1 <= value <= 31 and not self._counts(at):
            return Date(value), at, True
        return None

    def _counts(self, place: int) -> bool:
        return self.text.near(place) and self.text.kind(place) == "word" and counted(self.text.fold(place), "word")

    def _piece(self, place: int) -> Said | None:
        """`at the end of the month`, `beginning of next week`."""
        text, words = self.text, self.words
        start, end = words.start_of.at(text, place), words.end_of.at(text, place)
        if not (start or end):
            return None
        at = (start or end or ("", 0))[1]
        at += text.fold(at) in self.units.article
        which = words.which.get(text.fold(at), "")
        at += bool(which)
        unit = self.units.units.get(text.fold(at))
        if unit is None or unit[0] not in LONG or not text.near(at):
            return None
        return Period(unit[0], which or "this", "start" if start else "end"), at + 1, True
