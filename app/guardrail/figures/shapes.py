"""Times, dates, phones and links: figures, and what is none, told by their shape alone."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from decimal import Decimal

from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import Text, covered

_LISTS = Lists("app.guardrail.figures", "shapes.yaml")
_UP_TO = _LISTS.pattern("up_to")
_PHONE = re.compile(r"(?<![\w+])(?:\+\s?\d|8|7)[ \-(]{0,2}\d{3}[ \-)]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)")
# As long as mail and DNS let a name be: each of n words would look at all that follows.
_LINK = re.compile(
    r"https?://\S+|www\.\S+|\b[\w.+-]{1,64}@[\w-]{1,63}\.[\w.]+|\b[a-z0-9-]{1,63}\.(?:kz|com|ru|net|org|io)\b\S*"
)
_LINK_SIGNS = ("http", "www", "@", ".kz", ".com", ".ru", ".net", ".org", ".io")
_CLOCK = re.compile(r"(?<![\d.,:])([01]?\d|2[0-4]):([0-5]\d)(?![\d:])")
_AT = _LISTS.row("at")
_POINTED = re.compile(r"\d[./:-]\d")
_MONTH_STEMS = _LISTS.row("month_stems")
_CLOCK_DOT = _LISTS.pattern("clock_dot")
_HOURS = _LISTS.pattern("hours")
_HOUR = _LISTS.pattern("hour")
_NOON = _LISTS.pattern("noon")
_BEFORE_NOON, _BEHIND_CLOCK = _LISTS.row("before_noon"), _LISTS.row("behind_clock")
_PARTED_HOUR = _LISTS.pattern("parted_hour")
_BEHIND_NOON = _LISTS.words("behind_noon")
_DATE = re.compile(r"(?<!\d)\d{1,2}[./]\d{1,2}[./](?:20)?\d{2}(?!\d)|(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)")
_DATE_WORD = _LISTS.pattern("date_word")
_YEAR = _LISTS.pattern("year")
_ALWAYS = _LISTS.pattern("always")
_AFTERNOON = _LISTS.row("afternoon")


def fixed(text: Text) -> tuple[list[Figure], list[tuple[int, int]]]:
    """Times, dates and what is no figure at all (phones, links): found by their shape."""
    folded = text.folded
    skip = [m.span() for m in _PHONE.finditer(folded)] + [
        m.span() for m in (_LINK.finditer(folded) if any(sign in folded for sign in _LINK_SIGNS) else ())
    ]
    taken = covered(skip)
    found: list[Figure] = []

    def add(kind: str, value: int, start: int, end: int) -> None:
        if not taken.isdisjoint(range(start, end)):
            return
        first, last, sentence, clause = _at(text, start, end)
        found.append(Figure(kind, Decimal(value), start, end, first, last, sentence, clause, text=folded[start:end]))

    for m in _ALWAYS.finditer(folded):
        add("always", 0, *m.span())
    skip += [(f.start, f.end) for f in found]
    taken |= covered(skip)
    if not any(map(str.isdigit, folded)):
        return found, skip
    pointed = _POINTED.search(folded) is not None
    for m in _DATE.finditer(folded) if pointed else ():
        add("date", 0, *m.span())
    for m in _DATE_WORD.finditer(folded) if any(stem in folded for stem in _MONTH_STEMS) else ():
        add("date", 0, *m.span())
    for m in _YEAR.finditer(folded) if "20" in folded or "19" in folded else ():
        add("date", 0, *(m.span(1) if m.group(1) else m.span()))
    skip += [(f.start, f.end) for f in found]
    taken |= covered((f.start, f.end) for f in found)
    times = []
    told = set[int]()
    for value, span in (*(_clocks(folded) if pointed else ()), *_spoken_hours(folded)):
        if told.isdisjoint(range(*span)):
            add("time", value, *span)
            times.append(span)
            told.update(range(*span))
    skip += times
    taken |= covered(times)
    for m in _HOURS.finditer(folded):
        if int(m[1]) <= 24 and int(m[2]) <= 24 and _between_hours(m.group()):
            for group in (1, 2):
                if m.start(group) not in taken:
                    hour = int(m[group])
                    add("time", hour * 60, *m.span(group))
            skip.append((m.start(1), m.end(2)))
            taken.update(range(m.start(1), m.end(2)))
    return found, skip


_Time = tuple[int, tuple[int, int]]
"""Minutes of the day, and where they stand."""


def _clocks(folded: str) -> Iterator[_Time]:
    """«09:30», and «в 9.30» behind a preposition."""
    for pattern in (_CLOCK, _CLOCK_DOT):
        for m in pattern.finditer(folded):
            if pattern is _CLOCK or folded[max(0, m.start() - 4) : m.start()].endswith(_AT):
                yield _on_the_clock(int(m[1]), folded, m.end()) * 60 + int(m[2]), m.span()


def _on_the_clock(hour: int, folded: str, place: int) -> int:
    """An hour as the clock of 24 has it, by what stands at a place behind it: «8:45 pm»."""
    if hour < 12 and folded.startswith(_BEHIND_CLOCK, place):
        return hour + 12
    return 0 if hour == 12 and folded.startswith(_BEFORE_NOON, place) else hour


def _spoken_hours(folded: str) -> Iterator[_Time]:
    """«в 7 вечера»"""
    for m in _HOUR.finditer(folded):
        hour = int(m[1]) % 24
        yield (hour + 12 if m[2] in _AFTERNOON and hour < 12 else hour) * 60, (m.start(1), m.end())
    for m in _NOON.finditer(folded):
        yield int(m[1]) % 12 * 60 + (720 if m[2] in _AFTERNOON else 0), m.span()
    for m in _PARTED_HOUR.finditer(folded):
        hour = int(m[2])
        if hour <= 24:
            yield (hour + 12 if m[1] in _BEHIND_NOON and hour < 12 else hour % 24) * 60, (m.start(2), m.end())


def _between_hours(phrase: str) -> bool:
    return _UP_TO.search(phrase) is not None


def _at(text: Text, start: int, end: int) -> tuple[int, int, int, int]:
    first = text.token_at(start)
    last = bisect_left(text.starts, end) - 1
    if first > last:
        first = 0
    head = text.tokens[first] if text.tokens else None
    return first, max(first, last), head.sentence if head else 0, head.clause if head else 0
