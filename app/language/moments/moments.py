"""What a text says about when, in order: days, parts of the day and clocks, neighbours put together."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from app.language.moments.ahead import with_rests
from app.language.moments.clocks import Clocks
from app.language.moments.dates import Dates
from app.language.moments.parts import (
    Date,
    DayPart,
    Days,
    Element,
    Month,
    Offset,
    Period,
    PeriodPart,
    Weekday,
    Weekend,
    Weekly,
    Year,
)
from app.language.moments.time_words import time_words
from app.language.quantities.reading import Reading, read
from app.language.quantities.stretches import Stretch, stretches
from app.language.quantities.tokens import Text

_JOINS = ",("
LEAD = 3
"""A preposition stands at most this many tokens before the day or the clock."""
_HALVES = {
    DayPart(6, 12): "am",
    DayPart(12, 18): "pm",
    DayPart(18, 24): "pm",
    DayPart(0, 6): "night",
    DayPart(13, 18): "pm",
    DayPart(12, 14): "pm",
}

AHEAD = 7
"""A word that makes a number a date or a clock stands fewer tokens behind it."""
FILLED = 4
"""At most so many tokens stand between a day and its hours that only introduce them."""
APART = 4
"""At most so many words of any kind stand between a day and its range of hours."""
SHORT = 7
"""A text of fewer tokens may be nothing but a range of hours."""


@dataclass(frozen=True)
class Moments:
    """The elements of a text; `taken` are the tokens whose numbers are dates or clocks and no amounts."""

    text: Text
    elements: tuple[Element, ...]
    taken: frozenset[int]
    lengths: tuple[Stretch, ...]


@lru_cache(maxsize=4)
def moments(source: str) -> Moments:
    """What `source` says about when. The last few are kept, as `read` keeps its readings."""
    reading = read(source)
    lengths = with_rests(reading, stretches(reading))
    elements = tuple(_joined(reading.text, list(_elements(reading, lengths))))
    taken = {place for one in elements if not one.counts for place in range(one.first, one.last)}
    return Moments(reading.text, elements, frozenset(taken), lengths)


def _elements(reading: Reading, lengths: tuple[Stretch, ...]) -> Iterator[Element]:
    text, words = reading.text, time_words()
    by_first = {one.first: one for one in lengths}
    clocks, dates = Clocks(reading), Dates(reading, by_first)
    says = _says(reading, by_first)
    place, end = 0, len(text.tokens)
    while place < end:
        led = text.tokens[place].fold in words.leads and any(says[place + 1 : place + 1 + LEAD])
        if place in reading.joins or not (says[place] or led):
            place += 1
            continue
        one = dates.at(place) or clocks.named(place) or _part(text, place) or clocks.at(place)
        if one is None or _hyphened(text, one.first):
            place += 1
            continue
        yield one
        place = one.last


def _says(reading: Reading, lengths: Mapping[int, Stretch]) -> list[bool]:
    """Whether a day or a clock may begin at each token; at a number only where something near it says when."""
    text, words = reading.text, time_words()
    reach = [0]
    for fold in text.folds:
        reach.append(reach[-1] + (fold in words.about))
    end, says = len(text.tokens), []
    for place, token in enumerate(text.tokens):
        says.append(token.fold in words.named or token.fold in words.visited or place in lengths)
        if says[place] or not (token.kind == "digits" or place in reading.found):
            continue
        near = reach[min(place + AHEAD, end)] - reach[max(place - LEAD, 0)] > 0
        written = token.kind == "digits" and text.glued(place + 1) and text.folds[place + 1] in ":./-"
        dashed = text.fold(place + 1) == "-" and not (text.fold(place + 3) == "-" and 4 in _lengths(text, place))
        says[place] = near or (written and (not dashed or end < SHORT))
    return says


def _lengths(text: Text, place: int) -> tuple[int, int]:
    """How many digits the first and the last part of a date with dashes would have."""
    return len(text.fold(place)), len(text.fold(place + 4))


def _hyphened(text: Text, place: int) -> bool:
    """Whether a hyphen ties the word to another one."""
    tied = text.fold(place - 1) == "-" and text.glued(place) and text.glued(place - 1)
    return tied and text.kind(place) == "word" and text.kind(place - 2) == "word"


def _part(text: Text, place: int) -> Element | None:
    """A part of the day: `in the evening`, `after lunch`; a bare noun only beside a day or behind a preposition."""
    words = time_words()
    edged = words.before.at(text, place)
    if edged and text.near(edged[1]) and (until := words.parts.at(text, edged[1])):
        own = words.parts.at(text, place)
        return Element(place, own[1], part=own[0]) if own else Element(place, until[1], part=until[0], edge="before")
    led = (text.fold(place) in words.at_day or text.fold(place) in words.words["the"]) and text.near(place + 1)
    which = words.which.get(text.fold(place + led), "")
    behind = words.clock_on.at(text, place)
    begins = (place, place + led, place + led + (which == "this"), behind[1] if behind else place)
    for begin in dict.fromkeys(begins):
        found = words.parts.at(text, begin)
        if found is None or (begin > place and not text.near(begin)):
            continue
        lone = begin > place or text.fold(begin) not in words.parts_led
        day = Offset(0) if which == "this" and begin == place + led + 1 else None
        return Element(place, found[1], day=day, part=found[0], lone=lone)
    return None


def _joined(text: Text, found: list[Element]) -> Iterator[Element]:
    at = 0
    while at < len(found):
        one = found[at]
        at += 1
        while at < len(found) and (both := _both(text, one, found[at]) or _apart(text, found, at, one)) is not None:
            one, at = both, at + 1
        if one.lone:
            yield one
        elif _all(text, one):
            yield replace(one, counts=True)


def _all(text: Text, one: Element) -> bool:
    """Whether a range of hours is all that the text says."""
    return (
        one.until is not None
        and one.first == 0
        and one.last >= len(text.tokens) - 1
        and one.clock is not None
        and one.clock.hour > 7
    )


def _both(text: Text, one: Element, other: Element) -> Element | None:
    """The two as one, if they are neighbours and say different things about the same moment."""
    between = range(one.last, other.first)
    if not _filled(text, between):
        return None
    if one.counts or other.counts or any(each.edge and not (each.clock or each.part) for each in (one, other)):
        return None
    if one.clock and other.clock and not between:
        return _from_to(text, one, other)
    if (one.clock or other.clock) and isinstance(one.day or other.day, Month | Period | PeriodPart | Year):
        return None
    if (one.clock and other.clock) or (one.part and other.part and one.part != other.part):
        return None
    day = one.day or other.day
    if one.day and other.day and any(isinstance(each.day, Weekly) for each in (one, other)):
        if not all(isinstance(each.day, Weekly | Weekday | Weekend | Days) for each in (one, other)):
            return None
        day = Weekly()
    elif one.day and other.day:
        if isinstance(one.day, Period) and one.day.unit == "week" and isinstance(other.day, Weekday) and not between:
            return replace(other, first=one.first, day=Weekday(other.day.day, one.day.which))
        if isinstance(other.day, Period) and other.day.unit == "week" and isinstance(one.day, Weekday) and not between:
            return replace(one, last=other.last, day=Weekday(one.day.day, other.day.which))
        if not _same(one, other):
            return None
        day = other.day if isinstance(one.day, Weekday) else one.day
    listed = any(text.fold(place) in _JOINS for place in between)
    if listed and not (one.day and other.day) and not (other.lone and other.clock):
        return None
    edge = one.edge or other.edge
    both = replace(
        one, last=other.last, day=day, part=one.part or other.part, clock=one.clock or other.clock,
        until=one.until or other.until, edge=edge, lone=True,
    )  # fmt: skip
    return _halved(both)


def _filled(text: Text, between: range) -> bool:
    """Whether nothing stands between two neighbours, a comma, or words that only introduce hours."""
    words, place = time_words(), between.start
    if len(between) > FILLED or not all(text.near(at) for at in range(between.start, between.stop + 1)):
        return False
    while place < between.stop:
        found = words.filled.at(text, place)
        if not found and not (text.fold(place) in _JOINS or text.fold(place) in words.words["fillers"]):
            return False
        place = found[1] if found else place + 1
    return place == between.stop and sum(text.fold(at) in _JOINS for at in between) < 2


def _apart(text: Text, found: list[Element], at: int, one: Element) -> Element | None:
    """A day and its hours with a few words between them, unless the second has a nearer neighbour."""
    other, words = found[at], time_words()
    day, hours = (one, other) if one.day else (other, one)
    if not day.day or hours.day or day.clock or day.part or day.edge or day.counts or not (hours.clock and hours.lone):
        return None
    if not isinstance(day.day, Weekly) and not (hours.until and isinstance(day.day, Offset | Weekday | Date)):
        return None
    between = range(one.last, other.first)
    if len(between) > APART or not all(text.near(place) for place in range(one.last, other.first + 1)):
        return None
    numerals, breaks = words.numeral_starts, words.words["breaks"]
    if any(text.kind(p) != "word" or text.fold(p) in numerals or text.fold(p) in breaks for p in between):
        return None
    if at + 1 < len(found) and _both(text, other, found[at + 1]):
        return None
    return _halved(replace(hours, first=one.first, last=other.last, day=day.day))


def _from_to(text: Text, one: Element, other: Element) -> Element | None:
    """Two hours of which the first ends as `from` and the second stands before `until`, as in Kazakh."""
    opens = text.fold(one.last - 1).endswith(time_words().from_endings)
    if not opens or one.edge or one.until or other.until or other.edge != "before":
        return None
    return replace(one, last=other.last, until=other.clock, lone=one.lone or other.lone)


def _same(one: Element, other: Element) -> bool:
    """Whether a weekday and a date or an offset may be the same day."""
    kinds = (Weekday, Date, Offset)
    if not (isinstance(one.day, kinds) and isinstance(other.day, kinds)):
        return False
    return isinstance(one.day, Weekday) != isinstance(other.day, Weekday)


def _halved(one: Element) -> Element:
    """A part of the day says which half of it the clock means."""
    if one.clock is None or one.part is None:
        return one
    half = _HALVES.get(one.part, "")
    clock = one.clock if one.clock.half else replace(one.clock, half=half)  # type: ignore[arg-type]
    until = one.until if one.until is None or one.until.half else replace(one.until, half=half)  # type: ignore[arg-type]
    return replace(one, clock=clock, until=until, part=None)
