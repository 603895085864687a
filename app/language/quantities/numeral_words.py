"""Which word says which number, and what may follow it in a number of several words."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from typing import Literal

from rapidfuzz.distance import OSA

from app.language.quantities.words import Book, Phrases, book

Role = Literal["add", "times", "scale", "scales", "whole", "ordinal"]

SLIP = 7
"""From this length on a number word may hold one wrong, missing, doubled or swapped letter."""


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number word. `add` adds to a hundred or ten before it, `times` and `scale` multiply what stands before them,
    `scales` must have something before them, `whole` stands alone.
    """

    value: Decimal
    role: Role
    room: Decimal = Decimal(0)
    """What is added behind it must be below this."""
    about: bool = False
    weak: bool = False
    """Also a common word that is no number: it needs a number, a unit or a counted thing beside it."""
    language: str = ""
    ended: bool = False
    """Has an ending that only the last word of a number has: what stands behind it begins another number."""


@dataclass(frozen=True)
class NumeralWords:
    """The numeral words of all languages."""

    words: dict[str, Numeral]
    parts: dict[str, int]
    part_alone: frozenset[str]
    half: frozenset[str]
    and_part: Phrases[Decimal]
    """What adds a part of what stands before it: `and a half`."""
    point: frozenset[str]
    minus: frozenset[str]
    vague: frozenset[str]
    """Plurals that say many, and a number only behind a word such as `about`."""
    scale_few: frozenset[str]
    """Forms of a multiplier that stand behind two, three and four, or before them in a guess."""
    article: frozenset[str]
    of: frozenset[str]
    joins: frozenset[str]
    counted: frozenset[str]
    not_after: dict[str, frozenset[str]]
    kept: frozenset[str]
    """Weak words that are strong as soon as they are written with the letters of their own language."""
    slips: dict[str, tuple[str, ...]]
    """A long word with one letter left out -> the words that it may be."""
    tails: frozenset[str]
    never: frozenset[str]
    """Words a letter away from a number, or with what looks like its ending, that are others."""

    def get(self, fold: str) -> Numeral | None:
        """The numeral that a word says, also with one letter wrong where it is long."""
        found = self.words.get(fold)
        if found or len(fold) < SLIP - 1 or fold[-2:] not in self.tails or fold in self.never:
            return found
        tried = {fold, *_shorter(fold)} if len(fold) < 20 else ()
        near = {word for key in tried for word in self.slips.get(key, ())}
        best = sorted(word for word in near if OSA.distance(word, fold) == 1)
        return self.words[best[0]] if best else None


@cache
def numeral_words() -> NumeralWords:
    """The words, read once."""
    data = book()
    words = dict(_numerals(data))
    for fold in data.words("numerals.never"):
        words.pop(fold, None)
    for fold in data.words("numerals.weak") & words.keys():
        words[fold] = replace(words[fold], weak=True)
    # A Kazakh number with its endings is a letter away from words that are none.
    long = [
        word
        for word, one in words.items()
        if len(word) >= SLIP and one.role in ("add", "scale", "scales") and one.language != "kk"
    ]
    slips: dict[str, set[str]] = {}
    for word in long:
        for short in (word, *_shorter(word)):
            slips.setdefault(short, set()).add(word)
    not_after: dict[str, frozenset[str]] = {}
    for language in ("ru", "kk", "en"):
        rows = data.section("numerals.not_after", language) or {}
        not_after |= {word: frozenset(before.split()) for word, before in rows.items()}
    return NumeralWords(
        words=words,
        parts={form: int(key) for form, key in data.table("numerals.parts").items()},
        part_alone=data.words("numerals.part_alone"),
        half=data.words("numerals.half_prefix"),
        and_part=added_parts(data),
        point=data.words("numerals.point"),
        minus=data.words("numerals.minus"),
        vague=data.words("numerals.vague"),
        scale_few=data.words("numerals.scale_few"),
        article=data.words("numerals.article"),
        of=data.words("numerals.of"),
        joins=data.words("numerals.joins"),
        counted=data.words("numerals.counted"),
        not_after=not_after,
        kept=data.words("numerals.strong_with_letters"),
        slips={short: tuple(sorted(of)) for short, of in slips.items()},
        tails=frozenset(word[-2:] for word in long),
        never=data.words("numerals.never"),
    )


def _numerals(data: Book) -> Iterator[tuple[str, Numeral]]:
    roles: tuple[tuple[str, Role], ...] = (
        ("ordinal", "ordinal"), ("add", "add"), ("collective", "add"), ("times", "times"),
        ("scale", "scale"), ("scales", "scales"), ("whole", "whole"), ("pair", "add"),
    )  # fmt: skip
    last = [language for language in ("ru", "kk", "en") if data.section("numerals.ends_last", language)]
    for name, role in roles:
        stems = data.stems(f"numerals.{name}")
        for language, key, form in data.forms(f"numerals.{name}"):
            value = Decimal(key)
            room = _room(value, role, ten_joins=bool(data.section("numerals.ten_joins", language)))
            if name == "collective":
                room = Decimal(0)
            ended = language in last and form not in stems
            yield form, Numeral(value, role, room, name == "pair", language=language, ended=ended)


def _room(value: Decimal, role: Role, *, ten_joins: bool) -> Decimal:
    if role == "times" or (role == "add" and value >= 100 and value % 100 == 0):
        return Decimal(100) if value >= 100 else Decimal(0)
    joins = role == "add" and value % 10 == 0 and (20 <= value < 100 or (ten_joins and value == 10))
    return Decimal(10) if joins else Decimal(0)


def added_parts(data: Book) -> Phrases[Decimal]:
    """The phrases that add a half or a quarter."""
    parts = (("and_half", Decimal("0.5")), ("and_quarter", Decimal("0.25")))
    return Phrases([(data.split(f), part) for name, part in parts for _, _, f in data.forms(f"numerals.{name}")])


def _shorter(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))
