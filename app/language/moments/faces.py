"""A time of the clock at a place of a text, as it is written or said: `18:30`, `half past two`, `ten to five`."""

from dataclasses import dataclass, replace

from app.language.moments.parts import Clock, Half
from app.language.moments.time_words import counted, time_words
from app.language.quantities.grammar import number_at
from app.language.quantities.raw_number import RawNumber
from app.language.quantities.reading import Reading
from app.language.quantities.unit_words import unit_words

HOUR, MINUTES = 60, 24 * 60


@dataclass(frozen=True, slots=True)
class Face:
    """A clock and the token behind it. `sure`: it is one by its own form, without a preposition."""

    clock: Clock
    last: int
    sure: bool = False


class Faces:
    """Reads them off one text."""

    def __init__(self, reading: Reading) -> None:
        self.reading, self.text, self.words = reading, reading.text, time_words()

    def at(self, place: int, *, led: bool, end: bool = False) -> Face | None:
        """The clock that begins at token `place`; `led`: a preposition of the clock stands before it; `end`: it may be
        one end of a range, where `10 to 12` is two clocks.
        """
        face = self._named(place) or self._digital(place, led=led) or self._fraction(place, led=led, end=end)
        face = face or self._hour(place, led=led)
        lasts = self.text.fold(place - 1) in self.words.words["over_days"] if place else False
        return self._halved(face, led=led and not lasts) if face else None

    def number(self, place: int) -> RawNumber | None:
        """The whole number at a place, also where its word is a common one."""
        found = self.reading.found.get(place)
        if found is None and self.text.kind(place) == "word" and self.text.fold(place) in self.words.numeral_starts:
            found = number_at(self.text, place, sure=True)
        return found if found and not found.ordinal and found.value == int(found.value) and found.scale == 1 else None

    def _named(self, place: int) -> Face | None:
        for phrases, hour in ((self.words.noon, 12), (self.words.midnight, 0)):
            if found := phrases.at(self.text, place):
                return Face(Clock(hour, 0, "exact"), found[1], sure=True)
        return None

    def _digital(self, place: int, *, led: bool) -> Face | None:
        """`18:30`, and behind a preposition `18.30`, `18-30`, `18 30`."""
        text = self.text
        if text.kind(place) != "digits" or len(text.tokens[place].text) > 2 or place + 2 > len(text.tokens):
            return None
        hour, mark, at = int(text.tokens[place].text), text.fold(place + 1), place + 2
        if led and text.kind(place + 1) == "digits" and text.near(place + 1):
            if self.dated(place + 2):
                return None
            mark, at = " ", place + 1
        elif not (mark and mark in ":.-" and text.glued(place + 1) and text.glued(at)):
            return None
        if text.kind(at) != "digits" or len(text.tokens[at].text) != 2 or (mark != ":" and not led):
            return None
        minute = int(text.tokens[at].text)
        if hour > 24 or minute >= HOUR or (mark in ".- " and minute % 5) or (hour == 24 and minute):
            return None
        if mark == "-" and minute <= 24 and minute > hour:
            return None
        if text.glued(at + 1) and (text.kind(at + 1) == "digits" or text.fold(at + 1) in (":", "/")):
            return None
        if mark != ":" and self._more(at + 1):
            return None
        last = self._word(at + 1, "hour_words")
        if text.fold(last) == ":" and text.glued(last) and text.glued(last + 1) and text.kind(last + 1) == "digits":
            last += 2
        last = self._suffixed(last)
        exact: Half = "exact" if text.tokens[place].text[0] == "0" else ""
        return Face(Clock(hour % 24, minute, exact), last, sure=mark == ":")

    def dated(self, place: int) -> bool:
        """Whether a month stands at a place, so that the number before it is a day and no minutes."""
        return self.text.fold(place) in self.words.months and self.text.near(place)

    def _more(self, place: int) -> bool:
        """Whether a date, a version or a sum goes on here."""
        return self.text.glued(place) and (self.text.kind(place) == "digits" or self.text.fold(place) in ("%", "."))

    def _suffixed(self, last: int) -> int:
        """The token behind an ending: of a case, behind a hyphen."""
        text = self.text
        tied = text.fold(last) == "-" and text.glued(last) and text.glued(last + 1) and text.kind(last + 1) == "word"
        return last + 2 if tied and len(text.fold(last + 1)) <= 3 else last

    def _word(self, place: int, name: str) -> int:
        """The token behind a word of a list, if one stands here."""
        return place + (self.text.fold(place) in self.words.words[name] and self.text.near(place))

    def _fraction(self, place: int, *, led: bool, end: bool) -> Face | None:
        """`half past two`, `ten to five`; Russian counts towards the next hour: `half of the seventh`."""
        text, lists, fold = self.text, self.words.words, self.text.fold(place)
        if fold in lists["half_words"]:
            hour = next(
                h for word, h in self.words.ordinals.items() if fold.endswith(word) and len(fold) - len(word) <= 4
            )
            return self._before(hour, 30, place + 1)
        ordinal = self.words.ordinals.get(text.fold(place + 1))
        if ordinal and text.near(place + 1) and fold in lists["half_to"] | lists["quarter_to_next"]:
            return self._before(ordinal, 30 if fold in lists["half_to"] else 45, place + 2)
        if fold in lists["before_hour"]:
            return self._short_of(place + 1)
        if found := self.words.half_past.at(text, place):
            oclock = self._oclock(found[1])
            return Face(Clock(oclock.clock.hour, 30), oclock.last, sure=True) if oclock else None
        return self._minutes(place, led=led, end=end)

    def _minutes(self, place: int, *, led: bool, end: bool) -> Face | None:
        text, lists = self.text, self.words.words
        at = place + (text.fold(place) in unit_words().article and text.fold(place + 1) in lists["quarter"])
        minutes, spelled = self._count(at)
        if minutes is None:
            return None
        last = self._word(spelled, "minute_words")
        ordinal = self.words.ordinals.get(text.fold(last))
        if ordinal and last > spelled and text.near(last):
            return self._before(ordinal, HOUR - minutes, last + 1)
        past = text.fold(last) in lists["past_hour"]
        if not (past or (text.fold(last) in lists["to_hour"] and not end)) or not text.near(last):
            return None
        hour = self._oclock(last + 1)
        named = last > spelled or text.fold(at) in lists["quarter"]
        if hour is None or (not named and (minutes % 5 or not self._spoken(at, hour, led=led))):
            return None
        if past:
            return Face(replace(hour.clock, minute=minutes), hour.last, sure=True)
        return self._before(hour.clock.hour, minutes, hour.last)

    def _spoken(self, place: int, hour: Face, *, led: bool) -> bool:
        """Whether `ten to five` is a time: said in words or behind a preposition, and nothing is counted by it."""
        text, last = self.text, hour.last
        counts = text.near(last) and text.kind(last) == "word" and counted(text.fold(last), "word")
        counts = counts and not self.words.part_of.at(text, last)
        return (led or text.kind(place) == "word") and not counts

    def _short_of(self, place: int) -> Face | None:
        """What stands behind the word for `short of`: minutes, then the hour."""
        minutes, last = self._count(place)
        if minutes is None:
            return None
        hour = self._oclock(self._word(last, "minute_words"))
        if hour is None and minutes > 20 and minutes % 10 and self.text.kind(place) == "word":
            return self._before(minutes % 10, minutes - minutes % 10, last)
        return self._before(hour.clock.hour, minutes, hour.last) if hour else None

    def _count(self, place: int) -> tuple[int | None, int]:
        """Minutes said in words or digits, and the token behind them."""
        if self.text.fold(place) in self.words.words["quarter"]:
            return 15, place + 1
        found = self.number(place)
        return (int(found.value), found.last) if found and 0 < found.value < HOUR else (None, place)

    def _oclock(self, place: int) -> Face | None:
        found = self.number(place) if self.text.near(place) else None
        if noon := self._named(place):
            return noon
        if found is None and self.text.fold(place) in self.words.words["one_hour"]:
            return Face(Clock(1), place + 1)
        if found is None or not 0 < found.value <= 24:
            return None
        return Face(Clock(int(found.value)), self._word(found.last, "hour_words"))

    def _before(self, hour: int, minutes: int, last: int) -> Face:
        """The clock `minutes` before an hour."""
        total = (hour * HOUR - minutes) % MINUTES
        return Face(Clock(total // HOUR, total % HOUR), last, sure=True)

    def _hour(self, place: int, *, led: bool) -> Face | None:
        """A whole hour, with minutes behind it where they are said: `six`, `15 hours 20 minutes`."""
        text = self.text
        if led and text.fold(place) in self.words.words["one_hour"]:
            minutes, behind = self._count(place + 1) if text.near(place + 1) else (None, place)
            word = self._word(behind, "minute_words")
            if minutes is not None and (word > behind or (minutes % 5 == 0 and self._ends(word))):
                return Face(Clock(1, minutes), word)
            return Face(Clock(1), place + 1)
        found = self.number(place)
        if found is None or not 0 <= found.value <= 24:
            return None
        hour = int(found.value) % 24
        exact: Half = "exact" if text.tokens[place].text[0] == "0" else ""
        last = self._word(found.last, "hour_words")
        named = last > found.last
        minutes, behind = self._count(last) if text.near(last) else (None, last)
        word = self._word(behind, "minute_words")
        bare = led and minutes is not None and minutes >= 10 and self._ends(word) and not self.dated(word)
        if minutes is not None and ((named and word > behind) or bare):
            return Face(Clock(hour, minutes, exact), word)
        if led and self._zero(last):
            return Face(Clock(hour, 0, exact), last + 2)
        return Face(Clock(hour, None, exact), last)

    def _zero(self, place: int) -> bool:
        return all((found := self.reading.found.get(place + n)) and found.value == 0 for n in (0, 1))

    def _ends(self, place: int) -> bool:
        return (
            not self.text.near(place) or self.text.kind(place) == "sign" or self.text.fold(place) in self.words.starts
        )

    def _halved(self, face: Face, *, led: bool) -> Face:
        """With the half of the day that stands behind it: `in the morning`, `pm`. A word that is a unit too, as in the
        Russian `3 of the day`, says how long where nothing says that it is a clock: behind `for` it does not.
        """
        text, last = self.text, face.last
        found = self.words.part_of.at(text, last) if text.near(last) else None
        if found is None or (face.clock.half == "exact" and face.clock.hour == 0):
            return face
        hour = led or text.fold(last - 1) in self.words.words["hour_words"] or face.sure
        if not hour and text.fold(last) in unit_words().units:
            return face
        last = found[1]
        last += text.fold(last) == "." and text.fold(last - 2) == "." and text.glued(last)
        return Face(replace(face.clock, half=found[0]), last, sure=True)
