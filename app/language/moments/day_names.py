"""A day or a longer period by its name, without what stands before it: `Friday`, `18 February`, `next week`."""

from typing import Literal

from app.language.moments.parts import (
    Date,
    Day,
    Month,
    Now,
    Offset,
    Period,
    PeriodPart,
    Weekday,
    Weekend,
    Which,
    Year,
)
from app.language.moments.time_words import counted, time_words
from app.language.moments.written import written
from app.language.quantities.reading import Reading
from app.language.quantities.unit_words import Unit, unit_words

YEARS = (1900, 2200)
SEASON = 3
Said = tuple[Day, int, bool]
"""A day, the token behind it, and whether it stands without a preposition or a neighbour."""
_PIECES: dict[str, Literal["start", "middle", "end"]] = {"start": "start", "middle": "middle", "end": "end"}
LONG: tuple[Unit, ...] = ("week", "month", "quarter", "year")


class DayNames:
    """Reads them off one text."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.text, self.words, self.units = reading, reading.text, time_words(), unit_words()
        self._seen: dict[tuple[int, bool], Said | None] = {}

    def at(self, place: int, *, led: bool) -> Said | None:
        """What begins at `place` without a preposition; looked at once, though several rules ask."""
        key = (place, led)
        if key not in self._seen:
            self._seen[key] = self._said(place, led=led) if 0 <= place < len(self.text.tokens) else None
        return self._seen[key]

    def _said(self, place: int, *, led: bool) -> Said | None:
        """A day as it is said; the first of the ways to say one that fits."""
        text, words = self.text, self.words
        if found := words.now.at(text, place):
            return Now(), found[1], True
        if found := words.days.at(text, place):
            named = text.fold(found[1]) in words.words["day_word"] and text.near(found[1])
            return Offset(int(found[0])), found[1] + named, True
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
            which = "" if text.fold(place - 1) in words.words["coming"] else which
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
        behind = last + (text.fold(last) in self.words.words["the"])
        before = fold.isascii() or fold.endswith(self.words.month_of)
        day = self.reading.found.get(behind) if text.near(last) and before else None
        if day and 1 <= day.value <= 31 and day.value == int(day.value) and day.scale == 1:
            last = day.last
            last += 2 * (not fold.isascii() and text.fold(last) == "-" and text.glued(last) and text.glued(last + 1))
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
        alone = led or found.suffix in words.words["date_suffix"]
        dated = alone or text.fold(place - 1) in words.words["the"]
        if dated and found.ordinal and found.suffix and 1 <= value <= 31 and not self._counts(at):
            return Date(value), at, alone
        return None

    def _counts(self, place: int) -> bool:
        return self.text.near(place) and self.text.kind(place) == "word" and counted(self.text.fold(place), "word")

    def _piece(self, place: int) -> Said | None:
        """`at the end of the month`, `beginning of next week`."""
        text, words = self.text, self.words
        found = words.pieces.at(text, place)
        if found is None:
            return None
        at = found[1] + (text.fold(found[1]) in self.units.article or text.fold(found[1]) in words.words["the"])
        which = words.which.get(text.fold(at), "")
        at += bool(which)
        unit, month = self.units.units.get(text.fold(at)), words.months.get(text.fold(at))
        if not text.near(at) or (month is None and (unit is None or unit[0] not in (*LONG, "day"))):
            return None
        whole = Month(month, None, which) if month is not None else Period(unit[0] if unit else "day", which or "this")
        return PeriodPart(whole, _PIECES[found[0]]), at + 1, True
