"""Lengths of time from now or up to now: `in an hour`, `2 days ago`, `the last 3 days`; rests without a unit."""

from collections.abc import Mapping
from decimal import Decimal

from app.language.moments.parts import Ahead, Element, Lasting
from app.language.moments.time_words import counted, time_words
from app.language.quantities.marks import bound_of
from app.language.quantities.reading import Reading
from app.language.quantities.stretches import RESTS, Stretch, rest_at
from app.language.quantities.tokens import Text
from app.language.quantities.unit_words import unit_words


def length_at(text: Text, lengths: Mapping[int, Stretch], place: int) -> Element | None:
    """The one that begins at token `place`; `lengths` are the text's lengths of time by their first token."""
    return _led(text, lengths, place) or _followed(text, lengths, place)


def _led(text: Text, lengths: Mapping[int, Stretch], place: int) -> Element | None:
    """Behind a word: `in 2 days`, `within a week`, `the last 3 days`."""
    words = time_words()

    def at(begin: int) -> Stretch | None:
        return lengths.get(begin) if text.near(begin) else None

    if text.fold(place) in words.into and (length := at(place + 1)):
        return _made(place, length.last, length, 1)
    if (found := words.during.at(text, place)) and (length := at(found[1])):
        return Element(place, length.last, day=Lasting(length.seconds, length.unit), counts=True)
    begin = place + (text.fold(place) in words.words["over"])
    which = words.which.get(text.fold(begin), "")
    if which in ("next", "last") and (length := at(begin + 1)) and not length.bare:
        sign = 1 if which == "next" else -1
        return Element(place, length.last, day=Lasting(sign * length.seconds, length.unit), counts=True)
    return None


def _followed(text: Text, lengths: Mapping[int, Stretch], place: int) -> Element | None:
    """Before a word or around it: `2 days ago`, `2 days later`; Russian also says `minutes in twenty`."""
    words, length = time_words(), lengths.get(place)
    if length is None:
        return None
    if text.fold(place + 1) in words.into:
        return _made(place, length.last, length, 1)
    if not text.near(length.last):
        return None
    if found := words.ago.at(text, length.last):
        return _made(place, found[1], length, -1)
    found = words.after_in.at(text, length.last)
    return _made(place, found[1], length, 1) if found else None


def _made(first: int, last: int, length: Stretch, sign: int) -> Element:
    more = Decimal(0)
    if length.high is not None and length.seconds:
        more = sign * (length.high / unit_words().seconds[length.unit] - length.count)
    day = Ahead(sign * length.seconds, length.unit, sign * length.count, more)
    return Element(first, last, day=day, counts=True)


def with_rests(reading: Reading, lengths: tuple[Stretch, ...]) -> tuple[Stretch, ...]:
    """The lengths, with minutes behind hours and seconds behind minutes that are said without a word for them."""
    return tuple(_with_rest(reading, one) for one in lengths)


def _with_rest(reading: Reading, one: Stretch) -> Stretch:
    text, units = reading.text, unit_words()
    unit, rest = RESTS.get(one.unit), rest_at(reading, one.last)
    if unit is None or rest is None or one.high is not None or text.fold(one.last - 1) not in units.units:
        return one
    if (
        (one.bare and not rest.low.spelled)
        or not _ends(text, rest.last)
        or text.fold(one.first - 1) in time_words().now
    ):
        return one
    seconds = one.seconds + rest.value * units.seconds[unit]
    bound = bound_of(text, one.first, rest.last) if one.bound == "exact" else one.bound
    return Stretch(one.first, rest.last, seconds, None, unit, bound, seconds / units.seconds[unit])


def _ends(text: Text, place: int) -> bool:
    """Whether nothing is counted by the number that ends before `place`."""
    if not text.near(place):
        return True
    fold, kind = text.fold(place), text.kind(place)
    if kind != "word":
        return fold in ",.!?;)" and not (text.glued(place + 1) and text.kind(place + 1) == "digits")
    return fold in time_words().words["of_length"] or not counted(fold, kind)
