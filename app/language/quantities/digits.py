"""Numbers in digits: groups of thousands, decimals, keycaps, fractions; and digits that are no numbers."""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from app.language.quantities.numeral_words import numeral_words
from app.language.quantities.tokens import Text
from app.language.quantities.words import book

_GROUPS = frozenset(".,'’")
_SPACES = frozenset(" \u00a0\u202f\u2009")
_KEYCAP = "\u20e3"
_VARIANT = "\ufe0f"
_TAIL = frozenset(".:-/_@,+\\")
LONG = 10
"""So many digits in a run name somebody or something: a phone, a person, an account."""


@dataclass(frozen=True, slots=True)
class Digits:
    """A number in digits and the token behind it."""

    value: Decimal
    end: int
    plain: bool = True
    """Whether it is nothing but digits, so that letters may follow."""


@dataclass(frozen=True)
class _Letters:
    behind: frozenset[str]
    before: frozenset[str]
    links: frozenset[str]
    """Letters that stand between two numbers written in one piece: `3x4`, `1h30m`."""
    vulgar: dict[str, Decimal]
    ten: str


@cache
def _letters() -> _Letters:
    data = book()
    signs = data.signs
    behind = set(data.words("measures")) | data.words("suffixes.glued_cardinal") | data.words("suffixes.glued_ordinal")
    for name in ("scale_marks", "scale_letters"):
        behind |= {data.fold(word) for row in signs[name].values() for word in row.split()}
    behind |= {data.fold(word) for name in ("large_letters", "money_letters") for word in signs[name]}
    codes = {data.fold(code) for code in signs["codes"].split()}
    behind |= data.table("money").keys() | data.table("cents").keys() | codes | data.table("units").keys()
    behind |= data.words("times.part_of") | data.words("times.hour_words")
    return _Letters(
        behind=frozenset(behind),
        before=frozenset(data.table("money").keys() | codes),
        links=frozenset(signs["times_signs"].split()) | {unit for unit in data.table("units") if len(unit) <= 3},
        vulgar={sign: _ratio(text) for sign, text in signs["vulgar"].items()},
        ten=str(signs["keycap_ten"]),
    )


def begins_figure(text: Text, place: int) -> bool:
    """Whether a number may begin with the sign at token `place`."""
    return text.fold(place) == "." or text.fold(place) == _letters().ten


def figure_at(text: Text, place: int) -> Digits | None:
    """The number that begins with the digits, the vulgar fraction or the keycap at token `place`."""
    token = text.tokens[place]
    letters = _letters()
    if token.kind != "digits":
        if token.text == ".":
            return _pointed(text, place)
        if token.text == letters.ten:
            return Digits(Decimal(10), place + 1, plain=False)
        half = letters.vulgar.get(token.text)
        return None if half is None else Digits(half, place + 1, plain=False)
    if len(token.text) >= LONG or _named(text, place):
        return None
    return _keycap(text, place) or _fraction(text, place) or _grouped(text, place)


def _pointed(text: Text, place: int) -> Digits | None:
    """`.77`, where the point begins what is written in one piece."""
    if text.glued(place) or not text.glued(place + 1) or text.kind(place + 1) != "digits":
        return None
    digits = text.tokens[place + 1].text
    more = text.glued(place + 2) and text.fold(place + 2) in (".", ",", ":", "/")
    return None if more or len(digits) >= LONG else Digits(Decimal(f"0.{digits}"), place + 2)


def past(text: Text, place: int) -> int:
    """The token behind all that is written in one piece with the one at `place`."""
    place += 1
    while text.glued(place) and (text.kind(place) != "sign" or text.tokens[place].text in _TAIL):
        place += 1
    return place


def unnamed(text: Text, place: int) -> bool:
    """Whether what stands behind a number in digits leaves it a number: `3D`, `1.2.3` and `18:30` are none."""
    if not text.glued(place):
        return True
    token = text.tokens[place]
    if token.kind == "word":
        if text.glued(place + 1) and text.kind(place + 1) == "digits":
            return token.fold in _letters().links
        if len(token.text) == 1 and token.text.isupper():
            return False
        return token.fold in _letters().behind or (len(token.text) > 2 and token.text.islower())
    following = text.kind(place + 1) if text.glued(place + 1) else None
    if token.text in "@_\\":
        return False
    if token.text == "-" and following == "word":
        letter = text.tokens[place + 1].text
        return not (len(letter) == 1 and letter.isupper() and letter.isascii())
    if token.text in ".:/" and following == "digits":
        return token.text == "/" and max(len(text.tokens[place + 1].text), len(text.tokens[place - 1].text)) > 2
    return True


def _named(text: Text, place: int) -> bool:
    """Whether what stands before the digits makes them part of a name, an address or a time."""
    before = text.tokens[place - 1] if place else None
    if before is None:
        return False
    if before.text in "#№":
        return True
    if not text.glued(place):
        return False
    if before.kind == "word":
        letters = _letters()
        product = before.fold in letters.links and text.glued(place - 1) and text.kind(place - 2) == "digits"
        return not product and before.fold not in letters.before
    if before.text in "_@\\":
        return True
    if before.text in "-/" and text.glued(place - 1) and text.kind(place - 2) == "word":
        return numeral_words().get(text.fold(place - 2)) is None
    return before.text == ":" and text.glued(place - 1) and text.kind(place - 2) == "digits"


def _keycap(text: Text, place: int) -> Digits | None:
    digits = ""
    while text.kind(place) == "digits" and len(text.tokens[place].text) == 1 and len(digits) < LONG:
        behind = place + 1 + (text.glued(place + 1) and text.tokens[place + 1].text == _VARIANT)
        if not (text.glued(behind) and text.tokens[behind].text == _KEYCAP):
            break
        digits += text.tokens[place].text
        place = behind + 1
        if not text.glued(place):
            break
    return Digits(Decimal(digits), place, plain=False) if digits else None


def _fraction(text: Text, place: int) -> Digits | None:
    """`1/2`, `2 1/2`, `1½`."""
    token = text.tokens[place]
    vulgar = _letters().vulgar
    if text.near(place + 1) and text.tokens[place + 1].text in vulgar:
        return Digits(Decimal(token.text) + vulgar[text.tokens[place + 1].text], place + 2, plain=False)
    half = _slashed(text, place)
    if half is not None:
        return Digits(half, place + 3, plain=False)
    if len(token.text) < 3 and text.near(place + 1) and text.kind(place + 1) == "digits":
        half = _slashed(text, place + 1)
        if half is not None:
            return Digits(Decimal(token.text) + half, place + 4, plain=False)
    return None


def _slashed(text: Text, place: int) -> Decimal | None:
    if not (text.fold(place + 1) == "/" and text.glued(place + 1) and text.glued(place + 2)):
        return None
    over, under = text.tokens[place], text.tokens[place + 2]
    if under.kind != "digits" or over.text[0] == "0" or under.text[0] == "0" or len(under.text) > 4:
        return None
    if text.glued(place + 3) and text.tokens[place + 3].text in "/.":
        return None
    a, b = Decimal(over.text), Decimal(under.text)
    fits = a < b and (b <= 10 or b in (100, 1000))
    return a / b if fits else None


def _grouped(text: Text, place: int) -> Digits | None:
    digits = text.tokens[place].text
    behind, mark = place + 1, ""
    if len(digits) <= 3 and unicodedata.digit(digits[0]) != 0:
        while (group := _group(text, behind, mark)) is not None:
            mark, behind = group
            digits += text.tokens[behind - 1].text
    tail = ""
    if text.fold(behind) in {".", ","} - {mark} and text.glued(behind) and text.glued(behind + 1):
        after = text.tokens[behind + 1]
        if after.kind == "digits" and len(after.text) < LONG:
            tail, behind = after.text, behind + 2
    return Digits(Decimal(f"{digits}.{tail or 0}") if tail else Decimal(digits), behind)


def _group(text: Text, behind: int, mark: str) -> tuple[str, int] | None:
    """The mark of a group of thousands and the token behind it, if one stands at token `behind`."""
    if text.glued(behind) and text.fold(behind) in _GROUPS:
        found, at = text.fold(behind), behind + 1
        if not text.glued(at):
            return None
    elif 0 < behind < len(text.tokens):
        found, at = text.source[text.tokens[behind - 1].end : text.tokens[behind].start], behind
        if found not in _SPACES:
            return None
    else:
        return None
    if text.kind(at) != "digits" or len(text.tokens[at].text) != 3 or (mark and mark != found):
        return None
    return found, at + 1


def _ratio(text: str) -> Decimal:
    over, _, under = str(text).partition("/")
    return Decimal(over) / Decimal(under or 1)
