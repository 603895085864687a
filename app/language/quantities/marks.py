"""What stands beside a number: scale marks and endings behind digits, words that make it about, at least, at most."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Literal, cast

from app.language.quantities.tokens import Text
from app.language.quantities.words import LANGUAGES, Book, Phrases, book

Bound = Literal["exact", "about", "at_least", "at_most"]
_BOUNDS = ("about", "at_least", "at_most")


@dataclass(frozen=True)
class Marks:
    """Scale marks behind digits, endings of digits, words beside which a weak numeral is one."""

    spaced: dict[str, Decimal]
    glued: dict[str, Decimal]
    large: dict[str, Decimal]
    money: dict[str, Decimal]
    cardinal: frozenset[str]
    ordinal: frozenset[str]
    glued_cardinal: frozenset[str]
    glued_ordinal: frozenset[str]
    currencies: frozenset[str]
    beside: dict[str, frozenset[str]]
    """By the language of the numeral: what it may stand before where it is also a common word."""
    measured: frozenset[str]
    """Units of time and currencies."""


@cache
def marks() -> Marks:
    """The marks, read once."""
    data = book()

    def scales(name: str) -> dict[str, Decimal]:
        return {data.fold(w): Decimal(value) for value, row in data.signs[name].items() for w in row.split()}

    spaced = scales("scale_marks")
    currencies = data.table("money").keys() | {data.fold(code) for code in data.signs["codes"].split()}
    return Marks(
        spaced=spaced,
        glued=spaced | scales("scale_letters"),
        large={letter: Decimal(value) for letter, value in data.signs["large_letters"].items()},
        money={letter: Decimal(value) for letter, value in data.signs["money_letters"].items()},
        cardinal=data.words("suffixes.cardinal"),
        ordinal=data.words("suffixes.ordinal"),
        glued_cardinal=data.words("suffixes.glued_cardinal"),
        glued_ordinal=data.words("suffixes.glued_ordinal"),
        currencies=frozenset(currencies | set(data.signs["currencies"])),
        beside={language: frozenset(_beside(data, language)) for language in LANGUAGES},
        measured=frozenset(currencies | data.table("units").keys()),
    )


def _beside(data: Book, language: str) -> set[str]:
    names = ("units", "money", "cents", "numerals.counted")
    return {form for name in names for _, _, form in data.forms(name, language)}


@dataclass(frozen=True)
class Bounds:
    """Words before and behind a number that say how exact it is, and what joins the two ends of a range."""

    before: Phrases[str]
    after: Phrases[str]
    between: dict[str, frozenset[str]]
    """What opens a range -> what joins its ends."""
    joiners: frozenset[str]
    dashes: frozenset[str]
    from_endings: tuple[str, ...]
    """Of the low end where no word stands between the two, which then stand before one of `until`."""
    until: frozenset[str]


@cache
def bounds() -> Bounds:
    """The words, read once."""
    data = book()
    before = [(data.split(form), name) for name in _BOUNDS for _, _, form in data.forms(f"marks.{name}")]
    before += [((sign,), "about") for sign in data.signs["about_signs"].split()]
    after = [(data.split(form), name) for name in _BOUNDS for _, _, form in data.forms(f"marks.after_{name}")]
    between: dict[str, frozenset[str]] = {}
    for language in LANGUAGES:
        for pair in data.section("marks.between", language) or ():
            opener, joiner = pair.split()
            between[data.fold(opener)] = between.get(data.fold(opener), frozenset()) | {data.fold(joiner)}
    return Bounds(
        before=Phrases(before, backwards=True),
        after=Phrases(after),
        between=between,
        joiners=data.words("marks.joiners"),
        dashes=frozenset(data.signs["dashes"].split()),
        from_endings=tuple(data.words("times.from_endings")),
        until=data.words("times.ending_before"),
    )


@cache
def bounding() -> frozenset[str]:
    """Each word of what says how exact a number is, or opens and joins a range; folded as the book folds."""
    data, known = book(), bounds()
    names = [f"marks.{after}{name}" for name in _BOUNDS for after in ("", "after_")]
    words = {word for name in names for _, _, form in data.forms(name) for word in data.split(form)}
    return frozenset(words | known.joiners | set(known.between) | set().union(*known.between.values()))


def bound_of(text: Text, first: int, last: int) -> Bound:
    """How exact the number at tokens `first`..`last` (exclusive) is, by the words around it."""
    found = bounds().before.at(text, first - 1) if text.near(first) else None
    if found is None and text.near(last):
        found = bounds().after.at(text, last)
    return cast(Bound, found[0]) if found else "exact"
