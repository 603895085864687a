"""Lengths of time from now or up to now: `in an hour`, `2 days ago`, `the last 3 days`."""

from collections.abc import Mapping
from decimal import Decimal

from app.language.moments.parts import Ahead, Element, Lasting
from app.language.moments.time_words import time_words
from app.language.quantities.stretches import Stretch
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
        more = sign * (length.high - length.seconds) / unit_words().seconds[length.unit]
    day = Ahead(sign * length.seconds, length.unit, sign * length.count, more)
    return Element(first, last, day=day, counts=True)
