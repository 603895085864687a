"""The words of a text, in one spelling, and what parts them."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from app.packaged import packaged

_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W_]+(?:['\u2019`-][^\W_]+)*")
_FOLD = str.maketrans(
    "\u0451\u04d9\u0493\u049b\u04a3\u04e9\u04b1\u04af\u04bb\u0456\u2019`",
    "\u0435\u0430\u0433\u043a\u043d\u043e\u0443\u0443\u0445\u0438''",
)
_STRONG = frozenset(".!?\u2026;\n")
_WEAK = frozenset(",:()\u2014\u2013")
_NONE, _WEAKLY, _STRONGLY = range(3)
_ITEM = re.compile(r"[0-9]{1,2}")
_INSET = re.compile(r"\((\s*[^\W_]+(?: [^\W_]+)?\s*)\)(?=\s*[^\W_])")
"""A word or two in brackets, in the middle of what is said."""
_SHORT_LINE = 2.0  # words a line, at most, where somebody sends one line for each breath


class Token(NamedTuple):
    """A word or a number at `start`..`end`; `word` is its one spelling. `cut`: 0 nothing parts it from the one before,
    1 a comma or its like does, 2 a sentence ends before it. `mark`: "?" or "!" if that stands behind it. `item`: it
    only numbers what a list asks or tells.
    """

    word: str
    start: int
    end: int
    cut: int
    mark: str
    item: bool = False


@lru_cache(maxsize=1)
def abbreviations() -> frozenset[str]:
    """Words whose dot ends no sentence, in small letters."""
    row = packaged("app.reading", "words", "abbreviations.yaml")["abbreviations"]
    return frozenset(fold(str(word)) for word in row.split())


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """The one spelling of a word or a text: small letters, as a Russian keyboard has them. Keeps the length."""
    low = word.lower()
    if len(low) != len(word):
        low = "".join(small if len(small := each.lower()) == 1 else each for each in word)
    return low.translate(_FOLD)


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(fold(match.group()) for match in _WORD.finditer(text))


def tokens(text: str) -> tuple[Token, ...]:
    """The tokens of a text. Lines of a word or two are one breath: their ends part nothing."""
    found = list(_WORD.finditer(text))
    lines = sum(1 for line in text.split("\n") if any(each.isalnum() for each in line))
    breath = lines > 1 and len(found) <= _SHORT_LINE * lines
    items = _items(text, found)
    gaps = _INSET.sub(lambda inset: f" {inset[1]} ", text)
    result: list[Token] = []
    for place, match in enumerate(found):
        before = gaps[found[place - 1].end() : match.start()] if place else ""
        behind = text[match.end() : found[place + 1].start()] if place + 1 < len(found) else text[match.end() :]
        initial = match.group()[0].isupper()
        cut = _cut(before, result[-1] if result else None, breath=breath, initial=initial)
        cut = _STRONGLY if place in items else _NONE if place - 1 in items else cut
        mark = "?" if "?" in behind else "!" if "!" in behind else ""
        result.append(Token(fold(match.group()), match.start(), match.end(), cut, mark, place in items))
    return tuple(result)


def _items(text: str, found: Sequence[re.Match[str]]) -> frozenset[int]:
    """The places of the numbers of a list, «1) ... 2) ...»: from one on, each with a sign and a word behind it."""
    places: list[int] = []
    for place, match in enumerate(found[:-1]):
        signed = text[match.end() : found[place + 1].start()].rstrip() in (")", ".", ".)")
        if signed and _ITEM.fullmatch(match.group()) and int(match.group()) == len(places) + 1:
            places.append(place)
    return frozenset(places if len(places) > 1 else ())


def _cut(gap: str, before: Token | None, *, breath: bool, initial: bool) -> int:
    if before is None:
        return _STRONGLY
    if gap == " ":
        return _NONE
    signs = frozenset(gap)
    if breath:
        signs -= {"\n"}
    if signs & _STRONG:
        # The dot of an abbreviation ends nothing before a small letter, nor does one within a name.
        if signs & _STRONG == {"."} and not initial and (gap == "." or before.word in abbreviations()):
            return _NONE
        return _STRONGLY
    if signs & _WEAK or " - " in gap:
        return _WEAKLY
    return _NONE
