"""Times of the clock with what stands around them: prepositions, ranges, `until` and `after`."""

from dataclasses import replace

from app.language.moments.faces import HOUR, Face, Faces
from app.language.moments.parts import Clock, Edge, Element
from app.language.moments.time_words import counted, time_words
from app.language.moments.written import written
from app.language.quantities.grammar import HALF, number_at
from app.language.quantities.marks import bounds, marks
from app.language.quantities.reading import Reading
from app.language.quantities.unit_words import unit_words

SHORT = 5
"""Hours up to which a time with both its units behind a soft preposition is a length."""
CASED = 12
"""Two hours with what stands behind them have fewer tokens."""


class Clocks:
    """Reads them off one text."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.text, self.words = reading, reading.text, time_words()
        self.faces = Faces(reading)

    def at(self, place: int) -> Element | None:
        """The clock that begins at token `place`, its preposition included."""
        return self._range(place) or self._cased(place) or self._edged(place) or self._led(place) or self._own(place)

    def _range(self, place: int) -> Element | None:
        """`from 10 to 12`, `10:00-12:00`, `3-4pm`; a bare `10-12` only beside a day."""
        text, words = self.text, self.words
        between = text.fold(place) in words.words["between"]
        soft = text.fold(place) in words.words["since_soft"]
        opened = (between or soft or text.fold(place) in words.since) and text.near(place + 1)
        led = None if opened else words.clock_on.at(text, place)
        begin = led[1] if led and text.near(led[1]) else place + opened
        if not opened and text.kind(begin) != "digits":
            return None
        hour = opened and text.fold(begin) in words.words["one_hour"]
        low = self.faces.at(begin, led=hour, end=True)
        if low is None or not text.near(low.last):
            return None
        joiner, high_at = text.fold(low.last), low.last + 1
        dashed = joiner in bounds().dashes
        if not (dashed or (opened and joiner in words.until)):
            return None
        high = self.faces.at(high_at, led=opened, end=True) if text.near(high_at) else None
        if high is None:
            return None
        followed = not high.sure and self._counted(high)
        if followed and (between or soft or dashed or not opened or self._measured(high.last)):
            return None
        if self._chained(place, high.last):
            return None
        sure = low.sure or high.sure
        lone = sure or (opened and not dashed and not between and not soft and not followed) or begin > place + opened
        if not opened and not sure and (low.clock.hour >= high.clock.hour or not self._plain(begin)):
            return None
        first, second = _together(low.clock, high.clock)
        return Element(place, high.last, clock=first, until=second, lone=lone)

    def _cased(self, place: int) -> Element | None:
        """Two hours side by side, as Kazakh has it: the first ends as `from`, the second stands before `until`, or
        both before `between`; without a day they may be amounts.
        """
        text, words = self.text, self.words
        ends = words.ending_before | words.words["between_behind"]
        if ends.isdisjoint(text.folds[place : place + CASED]):
            return None
        if self.text.kind(place) != "digits" and place not in self.reading.found:
            return None
        low = self.faces.at(place, led=False, end=True)
        if low is None or not text.near(low.last):
            return None
        joined = text.fold(low.last) in words.words["between_joins"]
        if not joined and not text.fold(low.last - 1).endswith(words.from_endings):
            return None
        begin = low.last + joined
        high = self.faces.at(begin, led=False, end=True) if text.near(begin) else None
        if high is None or not text.near(high.last):
            return None
        if text.fold(high.last) not in (words.words["between_behind"] if joined else words.ending_before):
            return None
        first, second = _together(low.clock, high.clock)
        return Element(place, high.last + 1, clock=first, until=second, lone=low.sure or high.sure)

    def _plain(self, place: int) -> bool:
        return self.text.kind(place) == "digits"

    def _chained(self, first: int, last: int) -> bool:
        """Whether digits and marks go on on either side: a date or a code."""
        text = self.text
        before = first > 1 and text.glued(first) and text.fold(first - 1) in ".-/:" and text.kind(first - 2) == "digits"
        return before or (
            text.glued(last) and text.fold(last) in "-/." and text.glued(last + 1) and text.kind(last + 1) == "digits"
        )

    def _edged(self, place: int) -> Element | None:
        """`until six`, `after three`, `since 9 am`."""
        text, words = self.text, self.words
        options: list[tuple[Edge, int]] = []
        for edge, phrases in (("before", words.before), ("after", words.after)):
            if found := phrases.at(text, place):
                options.append(("before" if edge == "before" else "after", found[1]))
        since = text.fold(place) in words.since
        if since:
            options.append(("after", place + 1))
        for edge, begin in options:
            if not text.near(begin):
                continue
            face = self.faces.at(begin, led=not since)
            if face is None or (not face.sure and self._counted(face)):
                continue
            if since and text.fold(face.last) in words.until and self.faces.number(face.last + 1):
                continue
            return Element(place, face.last, clock=face.clock, edge=edge, lone=face.sure or not since)
        return None

    def named(self, place: int) -> Element | None:
        """Behind its noun or an adjective of the day, as Kazakh has it: `hour at ten`, `evening at six`."""
        text, words = self.text, self.words
        half = words.part_before.get(text.fold(place), "")
        begin = place + bool(half)
        noun = text.fold(begin) in words.words["clock_noun"]
        number = self.reading.ends.get(begin) if noun and not half else None
        if number and not number.low.suffix:
            return None
        begin += noun
        if begin == place or not text.near(begin):
            return None
        if noun and (hours := self._cased(begin)):
            return replace(hours, first=place, lone=True)
        face = self._half_past(begin) or self.faces.at(begin, led=True)
        if face is None or (not noun and not face.sure and not self._where(face) and self._counted(face)):
            return None
        clock, last = replace(face.clock, half=half or face.clock.half), face.last
        if (part := unit_words().and_part.at(text, last)) and text.near(last):
            clock, last = replace(clock, minute=int(part[0] * HOUR)), part[1]
        minutes = self.faces.number(last) if text.near(last) else None
        if minutes and text.fold(minutes.last) in words.words["minute_words"]:
            gone, count = text.fold(minutes.last + 1), int(minutes.value)
            if gone in words.words["gone"] and count < HOUR:
                clock, last = replace(clock, minute=count), minutes.last + 2
            elif gone in words.words["left"] and 0 < count < HOUR:
                clock, last = replace(clock, hour=(clock.hour - 1) % 24, minute=HOUR - count), minutes.last + 2
        return self._ending(Element(place, last, clock=clock))

    def _where(self, face: Face) -> bool:
        """Whether the hour has the ending of when: what stands behind it is not counted by it."""
        return self.text.fold(face.last - 1).endswith(self.words.at_endings)

    def _half_past(self, place: int) -> Face | None:
        """An hour with its half, which is a number too: `at six and a half`."""
        found = number_at(self.text, place, sure=True)
        if found is None or found.value % 1 != HALF or not 0 < found.value < 24:
            return None
        return Face(Clock(int(found.value), 30), found.last)

    def _led(self, place: int) -> Element | None:
        """`at six`, `by 18:30`; behind a softer preposition only beside a day."""
        text, words = self.text, self.words
        found = words.clock_on.at(text, place)
        soft = None if found else words.clock_soft.at(text, place)
        begin = (found or soft or ("", 0))[1]
        if not begin or not text.near(begin):
            return None
        face = self.faces.at(begin, led=True)
        if face is None or (not face.sure and self._counted(face)):
            return None
        if soft and face.clock.minute and face.clock.hour <= SHORT and self._spelled_out(begin, face.last):
            return None
        weak = text.fold(begin) in words.words["one_hour_weak"]
        lone = face.sure or face.clock.minute is not None or bool(found and not weak)
        return self._ending(Element(place, face.last, clock=face.clock, lone=lone))

    def _spelled_out(self, first: int, last: int) -> bool:
        """Whether both units stand behind their numbers: `for 1 h 30 min` says how long."""
        words, folds = self.words.words, self.text.folds[first:last]
        return not words["hour_words"].isdisjoint(folds) and not words["minute_words"].isdisjoint(folds)

    def _own(self, place: int) -> Element | None:
        """A clock by its own form; any other hour only beside a day, at the end of what is said."""
        text = self.text
        face = self.faces.at(place, led=False)
        if face is None:
            return None
        if self._chained(place, face.last) or (
            place and text.glued(place) and text.kind(place) == "digits" and text.fold(place - 1) in ".-/,"
        ):
            return None
        if face.sure:
            return self._ending(Element(place, face.last, clock=face.clock))
        if self._counted(face):
            return None
        return self._ending(Element(place, face.last, clock=face.clock, lone=False))

    def _counted(self, face: Face) -> bool:
        text, last = self.text, face.last
        if not text.near(last):
            return False
        kind, fold = text.kind(last), text.fold(last)
        if kind == "sign":
            return counted(fold, kind) or (fold == "-" and text.glued(last) and text.glued(last + 1))
        if kind == "digits":
            return not (self.faces.dated(last + 1) or written(text, last))
        ending = fold in self.words.ending_before | self.words.ending_after or fold in self.words.words["gone"]
        return not ending and counted(fold, kind)

    def _measured(self, place: int) -> bool:
        """Whether what stands here is counted for certain: a unit, money, people."""
        return self.text.kind(place) != "word" or any(
            self.text.fold(place) in words for words in marks().beside.values()
        )

    def _ending(self, element: Element) -> Element:
        """With a postposition: `five until`, as Kazakh has it."""
        fold = self.text.fold(element.last)
        if not self.text.near(element.last):
            return element
        if fold in self.words.ending_before:
            return replace(element, last=element.last + 1, edge="before")
        if fold in self.words.ending_after:
            return replace(element, last=element.last + 1, edge="after")
        return element


def _together(low: Clock, high: Clock) -> tuple[Clock, Clock]:
    """Two ends of a range: the half of the day that one names is the other's too."""
    if high.half in ("am", "pm") and not low.half and low.hour <= high.hour:
        low = replace(low, half=high.half)
    return low, high
