"""What each number of a text measures: money, a percentage, a duration, a count, a time of day, a date."""

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from functools import cached_property
from itertools import islice

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.implied import implied
from app.guardrail.figures.measures import ADJECTIVE, CURRENCIES, SIGNS, UNITS_OF_TIME, adjective_duration
from app.guardrail.figures.numerals import Number, numbers, word_value
from app.guardrail.figures.periods import attach
from app.guardrail.figures.shapes import fixed
from app.guardrail.figures.shared import share
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text

_LISTS = Lists("app.guardrail.figures", "read.yaml")
_MEASURES = _LISTS.row("measures")
_PERCENT = _LISTS.row("percent")
_NUMERAL_ENDINGS = _LISTS.words("numeral_endings")
_NEAR = _LISTS.words("near")
_FULL = _LISTS.word("full")
_CALENDAR = _LISTS.row("calendar")
_EACH = _LISTS.row("each")
_TURNED = _LISTS.words("turned")
_TURNED_LEADS = _LISTS.words("turned_leads")

_ADDRESS = _LISTS.words("address")
_LABELS = _LISTS.words("labels")
_WORKING = _LISTS.pattern("working")
_HOURS, _BEFORE_NOON, _AT_NIGHT, _ALSO_DAYS = map(_LISTS.words, ("hours", "before_noon", "at_night", "also_days"))
_PARTS_OF_DAY = _BEFORE_NOON | _AT_NIGHT | _ALSO_DAYS | _LISTS.words("behind_noon")
_NOON, _EARLY = 12, 5
_FOR_SO_MANY, _SUFFIX = _LISTS.row("for_so_many"), 3


def figures(
    text: Text, models: frozenset[tuple[str, str]] = frozenset(), most: int | None = None
) -> tuple[Figure, ...]:
    """Every figure of a text, in order. `models` are (word, number) pairs that are names («print», «80»); no more than
    the first `most` of its numbers are read.
    """
    shaped, measured = parts(text, models)
    found = share(text, list(islice(measured, most)))
    found += implied(text, [*found, *shaped])
    found += shaped
    found.sort(key=lambda f: f.start)
    return attach(text, found)


def parts(text: Text, models: frozenset[tuple[str, str]]) -> tuple[list[Figure], Iterator[Figure]]:
    """(figures that are told by their shape, those of its numbers in order, each read when it is asked for)"""
    shaped, skip = fixed(text)
    read = (_classify(text, number) for number in numbers(text, (*skip, *_names(text, models))))
    return shaped, (figure for figure in read if figure is not None)


def _names(text: Text, models: frozenset[tuple[str, str]]) -> list[tuple[int, int]]:
    """Digits that belong to a name: known ones («D-Print 80»), or behind a capitalised Latin word («Windows 10»)."""
    found = []
    tokens = text.tokens
    for i in range(1, len(tokens)):
        token = tokens[i]
        if token.kind != "n":
            continue
        j = i - 1
        if tokens[j].text == "-" and j:
            j -= 1
        word = tokens[j]
        if word.kind != "w" or not word.latin:
            continue
        short = re.match(r"\d*", token.text)[0]  # type: ignore[index]
        if (word.text, short) in models and len(short) < len(token.text):
            found.append((token.start, token.start + len(short)))
        elif (word.text, token.text) in models:
            found.append((token.start, token.end))
        elif word.upper and token.text.isdigit() and len(token.text) <= 2:
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            measured = following is not None and (
                following.text in CURRENCIES or following.text in SIGNS or following.text in UNITS_OF_TIME
                or following.text == "%" or following.text.startswith(_MEASURES)
            )  # fmt: skip
            if not measured:
                found.append((token.start, token.end))
    return found


class _At:
    """A number with what stands around it: the token before it, and from `place` on those behind."""

    def __init__(self, text: Text, n: Number) -> None:
        self.text, self.n, self.tokens = text, n, text.tokens
        self.token = self.tokens[n.first]
        self.before = self.tokens[n.first - 1] if n.first else None
        self.place = n.last + 1
        dot = self.place < len(self.tokens) and self.tokens[self.place].text == "."
        if dot and n.spelled and not _ends_sentence(text, self.place):
            self.place += 1
        self.place += text.folded.startswith("+", n.end) and not n.spelled  # «5+ лет»
        self.after = self.of_sentence(self.place)

    def of_sentence(self, place: int) -> PlacedToken | None:
        """The token at a place, if it is of the number's sentence."""
        token = self.tokens[place] if place < len(self.tokens) else None
        return token if token is not None and token.sentence == self.token.sentence else None

    @cached_property
    def hyphened(self) -> PlacedToken | None:
        """The word behind a hyphen behind it."""
        dash = self.after is not None and self.after.text == "-" and self.place + 1 < len(self.tokens)
        return self.tokens[self.place + 1] if dash else None

    @cached_property
    def ending(self) -> str:
        """«я» of «4-я»: what is glued to it and is no adjective of a duration; else empty."""
        word, dash = self.hyphened, self.after
        if word is None or dash is None or word.kind != "w" or adjective_duration(word.text):
            return ""
        return word.text if word.start == dash.end and dash.start == self.n.end else ""

    def made(
        self,
        kind: str,
        last: int,
        value: Decimal | None = None,
        *,
        currency: str | None = None,
        unit: str | None = None,
    ) -> Figure:
        n, token = self.n, self.token
        end = max(n.end, self.tokens[last].end)
        return Figure(
            kind,
            n.value if value is None else value,
            n.start,
            end,
            n.first,
            last,
            token.sentence,
            token.clause,
            currency,
            unit,
            text=self.text.folded[n.start : end],
        )


def _classify(text: Text, n: Number) -> Figure | None:
    at = _At(text, n)
    figure = _signed(at) or _of_the_day(at) or _followed(at)
    if figure is not None or _is_no_figure(at):
        return figure
    return _turned(at) or _counted(at) or _alone(at)


def _signed(at: _At) -> Figure | None:
    """Money with its sign before it."""
    n, before = at.n, at.before
    if before is None or before.text not in SIGNS or n.spelled:
        return None
    if n.first >= 2 and at.tokens[n.first - 2].kind == "n":
        return None
    return replace(at.made("money", n.last, currency=SIGNS[before.text]), start=before.start)


def _of_the_day(at: _At) -> Figure | None:
    """«До шести вечера», «в два часа дня»: an hour in words; «три дня» without its hours is a length."""
    n, place = at.n, at.place
    if not n.spelled or n.value != int(n.value) or not 0 < n.value <= _NOON or at.after is None:
        return None
    said = at.after.text in _HOURS
    part = at.of_sentence(place + said)
    if part is None or part.text not in _PARTS_OF_DAY or (part.text in _ALSO_DAYS and not said):
        return None
    hour = int(n.value) % _NOON
    late = part.text not in _BEFORE_NOON and (part.text not in _AT_NIGHT or hour > _EARLY)
    return at.made("time", place + said, Decimal((hour + _NOON * late) * 60))


def _followed(at: _At) -> Figure | None:
    """What the sign or word right behind a number makes of it."""
    after, place = at.after, at.place
    if after is None:
        return None
    if after.text == "%" or after.text.startswith(_PERCENT):
        return at.made("percent", place)
    if after.text in SIGNS or after.text in CURRENCIES:
        return at.made("money", place, currency=SIGNS.get(after.text) or CURRENCIES[after.text])
    stem = adjective_duration(at.hyphened.text) if at.hyphened is not None else None
    if stem:
        return at.made("duration", place + 1, at.n.value * stem[1], unit=stem[0])
    return _bare(at, place + 2) if at.ending in _NUMERAL_ENDINGS or (at.ending and at.n.value >= 500) else None


def _is_no_figure(at: _At) -> bool:
    """«4-я», a house, a step: numbers that measure nothing."""
    if at.ending:
        return True
    n, before = at.n, at.before
    if before is None:
        return False
    if (before.text in _ADDRESS or before.text in _LABELS) and not n.spelled:
        return True
    return before.text == "." and n.first > 1 and at.tokens[n.first - 2].text in _ADDRESS


def _counted(at: _At) -> Figure | None:
    """A number before a noun, with adjectives between: time, money or things."""
    place, working = _over_adjectives(at.text, at.place, at.token)
    unit = at.of_sentence(place)
    if unit is None or unit.kind != "w":
        return None
    if unit.text in UNITS_OF_TIME:
        name, factor = UNITS_OF_TIME[unit.text]
        return replace(at.made("duration", place, at.n.value * factor, unit=name), working=working)
    if unit.text in CURRENCIES:
        return at.made("money", place, currency=CURRENCIES[unit.text])
    noun = unit.key and unit.key not in ("@price", "@pay") and (unit.latin or _is_noun(unit))
    return at.made("count", place, unit=_of_so_many(at, unit)) if noun else None


def _of_so_many(at: _At, unit: PlacedToken) -> str:
    """«Алты адамдық» is for six people: the suffix says what it holds."""
    known = at.text.lexicon.key(unit.text[:-_SUFFIX]) if unit.text.endswith(_FOR_SO_MANY) else ""
    return known if known.startswith("@") else unit.key


def _turned(at: _At) -> Figure | None:
    """«дня три», «минут за двадцать»: the unit stands before its number, of which it is about so many."""
    place = at.n.first - 1
    if place >= 1 and at.tokens[place].text in _TURNED_LEADS:
        place -= 1
    unit = at.tokens[place] if place >= 0 else at.token
    if unit.text not in _TURNED or unit.clause != at.token.clause:
        return None
    if place and (at.tokens[place - 1].kind == "n" or word_value(at.tokens[place - 1].text, False) is not None):
        return None  # «2 дня, три кассы»
    name, factor = UNITS_OF_TIME[unit.text]
    made = at.made("duration", at.n.last, at.n.value * factor, unit=name)
    return replace(made, start=unit.start, first=place, text=at.text.folded[unit.start : made.end])


def _alone(at: _At) -> Figure | None:
    n, before = at.n, at.before
    if n.spelled and n.value < 100:  # «один из», «два» without a noun
        near = before is not None and (before.text in _NEAR or before.key in at.text.lexicon.counted)
        return at.made("bare", n.last) if near else None
    return _bare(at, n.last + 1)


def _bare(at: _At, place: int) -> Figure | None:
    """A number with nothing beside it. List numbering is none; anything else is judged by the checks."""
    n, token, tokens = at.n, at.token, at.tokens
    start = at.text.sentences[token.sentence][0] if at.text.sentences else 0
    following = tokens[place].text if place < len(tokens) else ""
    head = n.first == 0 or tokens[n.first - 1].text == "\n" or token.start == start
    if following in (".", ")") and n.value < 100 and head and not n.spelled:
        return None
    return at.made("bare", n.last)


def _ends_sentence(text: Text, place: int) -> bool:
    token = text.tokens[place]
    return token.end >= text.sentences[token.sentence][1]


def _over_adjectives(text: Text, place: int, token: PlacedToken) -> tuple[int, str]:
    """The place behind up to two adjectives («3 полных рабочих дня»), and which days were meant."""
    working = ""
    for _ in range(3):
        if place + 1 >= len(text.tokens):
            break
        word = text.tokens[place]
        if word.kind != "w" or word.sentence != token.sentence or word.text in UNITS_OF_TIME:
            break
        if word.text in CURRENCIES or not (ADJECTIVE.search(word.text) or word.text == _FULL):
            break
        if _WORKING.search(word.text):
            working = "working"
        elif word.text.startswith(_CALENDAR):
            working = "calendar"
        place += 1
    return place, working


_NO_NOUN = _LISTS.words("no_noun")


def _is_noun(token: PlacedToken) -> bool:
    return token.key not in _NO_NOUN and token.text not in _NO_NOUN and not token.text.startswith(_EACH)
