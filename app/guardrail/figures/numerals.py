"""Numbers in a text, however they are written: digits with any grouping, number words in three languages and all
Russian cases, multipliers («12 тыс.», «5к», «1,2 млн», «он бес мың»), and what only looks like a number.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text, covered


@dataclass(frozen=True, slots=True)
class Number:
    """A number at tokens `first`..`last` (both included)."""

    value: Decimal
    first: int
    last: int
    start: int
    end: int
    spelled: bool
    """Whether words took part: «двенадцать», «12 тыс.»."""
    grouped: bool
    """Whether the digits are grouped in threes."""


_LISTS = Lists("app.guardrail.figures", "numerals.yaml")
_RUSSIAN = {word: Decimal(value) for word, value in _LISTS.table("numbers").items()}
_KAZAKH = {word: Decimal(value) for word, value in _LISTS.table("kazakh").items()}
_PARTS = {word: Decimal(value) for word, value in _LISTS.table("parts").items()}
_KAZAKH_ENDING = _LISTS.pattern("kazakh_ending")
_TIMES = _LISTS.pattern("times")
_ALSO_LETTERS = _LISTS.words("also_letters")
_GLUED = _LISTS.words("glued")
_CODES = _LISTS.words("codes")
_SUFFIXES = _LISTS.words("suffixes")
_MONEY = _LISTS.words("money")
_TEN_OR_HE = _LISTS.words("ten_or_he")
_THOUSANDS = _LISTS.row("thousands")
_AND_A_HALF, _HALF = frozenset(tuple(pair.split()) for pair in _LISTS.row("and_a_half")), Decimal("0.5")
_DOTTED = _LISTS.words("dotted")
_INVERTED = _LISTS.words("inverted")
_INVERTED_LEADS = _LISTS.words("inverted_leads")


def digits(written: str) -> tuple[Decimal, bool]:
    """Value of digits as written, and whether they are grouped in threes: «12 000», «12.000», «12'000», «99,5»."""
    grouped = False
    text = written
    if " " in text or "'" in text:
        text, grouped = text.replace(" ", "").replace("'", ""), True
    parts = re.split(r"[.,]", text)
    if len(parts) > 1 and all(len(p) == 3 for p in parts[1:]) and 1 <= len(parts[0]) <= 3 and parts[0].strip("0"):
        text, grouped = "".join(parts), True
    else:
        text = text.replace(",", ".")
    try:
        return Decimal(text), grouped
    except InvalidOperation:  # digits of two scripts in one number
        return Decimal(0), grouped


@lru_cache(maxsize=4096)
def word_value(word: str, kazakh: bool) -> Decimal | None:
    """Value of a single folded number word."""
    if word in _PARTS:
        return _PARTS[word]
    if word in _RUSSIAN and not (kazakh and word in _TEN_OR_HE):
        return _RUSSIAN[word]
    if word in _KAZAKH:
        return _KAZAKH[word]
    if kazakh:
        bare = _KAZAKH_ENDING.sub("", word)
        if bare in _KAZAKH and bare != word:
            return _KAZAKH[bare]
    return None


@lru_cache(maxsize=8192)
def _may_count(word: str) -> bool:
    """Whether a word can begin a number, in any language."""
    return word_value(word, True) is not None or word in _TEN_OR_HE or _TIMES.fullmatch(word) is not None


def multiplier(token: PlacedToken, glued: bool) -> int:
    """1000 or 1 000 000 for a word that multiplies, 0 otherwise. A lone «к» or «т» does only right behind digits."""
    found = _TIMES.fullmatch(token.text)
    if not found:
        return 0
    if found["m"]:
        return 1_000_000
    return 1000 if glued or token.text not in _ALSO_LETTERS else 0


def numerals(text: Text) -> int:
    """How many words and digits of a text may be a number, each by itself: it has no more of those."""
    counting = {word for word in text.vocabulary if _may_count(word)}
    return sum(1 for token in text.tokens if token.kind == "n" or token.text in counting)


def numbers(text: Text, skip: Iterable[tuple[int, int]] = ()) -> Iterator[Number]:
    """Every number of a text in order, without those inside the character spans `skip` (names, phones, times)."""
    tokens = text.tokens
    blocked = covered(skip)
    counting = {word for word in text.vocabulary if _may_count(word)}
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind == "s" or (token.kind == "w" and token.text not in counting):
            i += 1
            continue
        if token.start in blocked:
            i += 1
            continue
        number = _digits_at(text, i) if token.kind == "n" else _words_at(text, i)
        if number is None:
            i += 1
            continue
        yield number
        i = number.last + 1


def _digits_at(text: Text, i: int) -> Number | None:
    tokens = text.tokens
    token = tokens[i]
    before = tokens[i - 1] if i else None
    if before is not None and before.end == token.start and before.kind == "w" and before.text not in _GLUED:
        return None  # a code: A4, B12
    value, grouped = digits(token.text)
    last, spelled = i, False
    # Digits, then multipliers, then perhaps a rest: «12 тыс. 500».
    while last + 1 < len(tokens) and tokens[last + 1].kind == "w":
        following = tokens[last + 1]
        glued = following.start == tokens[last].end or (following.text in _DOTTED and _dot_money(tokens, last + 2))
        times = multiplier(following, glued)
        if not times:
            if glued and following.text not in _SUFFIXES and following.text in _CODES:
                return None  # 1С, 3x, 2Б
            break
        value, spelled, last = value * times, True, last + 1
        if last + 1 < len(tokens) and tokens[last + 1].text == ".":
            last += 1
        rest = tokens[last + 1] if last + 1 < len(tokens) else None
        if rest is not None and rest.kind == "n" and rest.text.isdigit() and len(rest.text) <= 3 and times == 1000:
            value, last = value + digits(rest.text)[0], last + 1
    return Number(value, i, last, token.start, tokens[last].end, spelled, grouped)


def _dot_money(tokens: tuple[PlacedToken, ...], i: int) -> bool:
    """«15 т. тг», «15 т тенге»."""
    while i < len(tokens) and tokens[i].text == ".":
        i += 1
    return i < len(tokens) and tokens[i].text in _MONEY


def _words_at(text: Text, i: int) -> Number | None:
    tokens = text.tokens
    total = Decimal(0)
    group = Decimal(0)
    seen = False
    lowest: int | None = None
    last = i
    place = i
    while place < len(tokens):
        token = tokens[place]
        if token.text == "-" and seen and place + 1 < len(tokens):
            place += 1
            continue
        if token.kind != "w":
            break
        kazakh = token.sentence in text.kazakh
        times = multiplier(token, False)
        if times and not seen and token.text in _INVERTED:
            turned = _turned(text, place)
            if turned is not None:
                return turned
        if times:
            group = (group if seen and group else Decimal(1)) * times
            total, group, seen, lowest = total + group, Decimal(0), True, None
            last = place
            place += 1
            continue
        value = word_value(token.text, kazakh)
        if value is None or (
            value == 10 and token.text in _TEN_OR_HE and not kazakh and not _kazakh_follows(tokens, place)
        ):
            break
        size = 1 if value < 10 else 10 if value < 100 else 100
        if lowest is not None and size >= lowest and not (value == 100 and group and group < 10):
            break  # «два три»: two numbers
        if value == 100 and group and group < 10:
            group *= 100
        elif value >= 10 and group and group < 10 and value < 100:
            break
        else:
            group += value
        seen, lowest, last = True, size, place
        place += 1
    if not seen:
        return None
    half = tuple(token.text for token in tokens[last + 1 : last + 3]) in _AND_A_HALF
    value, last = total + group + (_HALF if half else 0), last + 2 * half
    return Number(value, i, last, tokens[i].start, tokens[last].end, True, False)


def _turned(text: Text, place: int) -> Number | None:
    """«тысяч сто пятьдесят», «тысячи четыре»: the plural before its number says that it is about so many."""
    at = place + 1
    if at < len(text.tokens) and text.tokens[at].text in _INVERTED_LEADS:  # «тысяч на двадцать»
        at += 1
    following = text.tokens[at] if at < len(text.tokens) else None
    if following is None or following.sentence != text.tokens[place].sentence:
        return None
    if following.kind == "n" or following.text in _INVERTED or word_value(following.text, False) is None:
        return None
    n = _words_at(text, at)
    if n is None or n.value >= 1000:
        return None
    start = text.tokens[place].start
    return Number(n.value * multiplier(text.tokens[place], False), place, n.last, start, n.end, True, False)


def _kazakh_follows(tokens: tuple[PlacedToken, ...], i: int) -> bool:
    return i + 1 < len(tokens) and (tokens[i + 1].text in _KAZAKH or tokens[i + 1].text.startswith(_THOUSANDS))
