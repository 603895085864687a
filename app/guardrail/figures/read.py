"""What each number of a text measures: money, a percentage, a duration, a count, a time of day, a date."""

import re
from dataclasses import replace
from decimal import Decimal

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.implied import implied
from app.guardrail.figures.measures import ADJECTIVE, CURRENCIES, SIGNS, UNITS_OF_TIME, adjective_duration
from app.guardrail.figures.numerals import Number, numbers
from app.guardrail.figures.periods import attach
from app.guardrail.figures.shapes import fixed
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
_THOUSAND = _LISTS.word("thousand")
_UP_TO = _LISTS.words("up_to")

_ADDRESS = _LISTS.words("address")
_LABELS = _LISTS.words("labels")
_BETWEEN = _LISTS.words("between")
_WORKING = _LISTS.pattern("working")


def figures(text: Text, models: frozenset[tuple[str, str]] = frozenset()) -> tuple[Figure, ...]:
    """Every figure of a text, in order. `models` are (word, number) pairs that are names («print», «80»)."""
    shaped, skip = fixed(text)
    skip += _names(text, models)
    found: list[Figure] = []
    for number in numbers(text, skip):
        figure = _classify(text, number)
        if figure is not None:
            found.append(figure)
    found = _share(text, found)
    found += implied(text, [*found, *shaped])
    found += shaped
    found.sort(key=lambda f: f.start)
    return attach(text, found)


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
        head = re.match(r"\d+", token.text)
        short = head.group() if head else ""
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


def _classify(text: Text, n: Number) -> Figure | None:
    tokens = text.tokens
    token = tokens[n.first]
    before = tokens[n.first - 1] if n.first else None
    place = n.last + 1
    if place < len(tokens) and tokens[place].text == "." and n.spelled and not _ends_sentence(text, place):
        place += 1
    after = tokens[place] if place < len(tokens) and tokens[place].sentence == token.sentence else None

    def made(kind: str, value: Decimal, last: int, **more: object) -> Figure:
        end = max(n.end, tokens[last].end)
        return Figure(
            kind,
            value,
            n.start,
            end,
            n.first,
            last,
            token.sentence,
            token.clause,
            text=text.folded[n.start : end],
            **more,  # type: ignore[arg-type]
        )

    if (
        before is not None
        and before.text in SIGNS
        and not n.spelled
        and (n.first < 2 or tokens[n.first - 2].kind != "n")
    ):
        return replace(made("money", n.value, n.last, currency=SIGNS[before.text]), start=before.start)
    if after is not None:
        if after.text == "%" or after.text.startswith(_PERCENT):
            return made("percent", n.value, place)
        if after.text in SIGNS or after.text in CURRENCIES:
            return made("money", n.value, place, currency=SIGNS.get(after.text) or CURRENCIES[after.text])
        if after.text == "-" and place + 1 < len(tokens):
            adjective = tokens[place + 1]
            stem = adjective_duration(adjective.text)
            if stem:
                return made("duration", n.value * stem[1], place + 1, unit=stem[0])
            if adjective.kind == "w" and adjective.start == after.end and after.start == n.end:
                if adjective.text in _NUMERAL_ENDINGS or n.value >= 500:
                    return _bare(text, n, made, place + 2)
                return None  # «4-я», «1-го»
    if before is not None and (before.text in _ADDRESS or before.text in _LABELS) and not n.spelled:
        return None
    if before is not None and before.text == "." and n.first > 1 and tokens[n.first - 2].text in _ADDRESS:
        return None
    place, working = _over_adjectives(text, place, token)
    unit = tokens[place] if place < len(tokens) and tokens[place].sentence == token.sentence else None
    if unit is not None and unit.kind == "w":
        if unit.text in UNITS_OF_TIME:
            name, factor = UNITS_OF_TIME[unit.text]
            return made("duration", n.value * factor, place, unit=name, working=working)
        if unit.text in CURRENCIES:
            return made("money", n.value, place, currency=CURRENCIES[unit.text])
        if unit.key and unit.key not in ("@price", "@pay") and _is_noun(unit) and not unit.latin:
            return made("count", n.value, place, unit=unit.key)
        if unit.key and unit.latin and unit.key not in ("@price", "@pay"):
            return made("count", n.value, place, unit=unit.key)
    if n.spelled and n.value < 100:  # «один из», «два» without a noun
        near = before is not None and (before.text in _NEAR or before.key in text.lexicon.counted)
        return made("bare", n.value, n.last) if near else None
    return _bare(text, n, made, n.last + 1)


def _bare(text: Text, n: Number, made: object, place: int) -> Figure | None:
    """A number with nothing beside it. List numbering is none; anything else is judged by the checks."""
    tokens = text.tokens
    token = tokens[n.first]
    start = text.sentences[token.sentence][0] if text.sentences else 0
    following = tokens[place].text if place < len(tokens) else ""
    head = n.first == 0 or tokens[n.first - 1].text == "\n" or token.start == start
    if following in (".", ")") and n.value < 100 and head and not n.spelled:
        return None
    return made("bare", n.value, n.last)  # type: ignore[operator,no-any-return]


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


def _share(text: Text, found: list[Figure]) -> list[Figure]:
    """«2–5 дней», «от 3 500 до 6 900 ₸», «5 или 10 %»: the first number has the second's unit."""
    for i in range(len(found) - 2, -1, -1):
        one, two = found[i], found[i + 1]
        if (
            one.kind not in ("bare", "count")
            or two.kind not in ("money", "percent", "duration")
            or one.sentence != two.sentence
        ):
            continue
        between = text.tokens[one.last + 1 : two.first]
        if any(t.text == "—" and text.folded[t.start - 1 : t.start] == " " for t in between):
            continue
        if one.kind == "count" or len(between) > 2 or not all(t.text in _BETWEEN for t in between) or not between:
            continue
        ratio = Decimal(1)
        if two.kind == "duration":
            factor = _factor(text, two)
            ratio = factor
        value = one.value * ratio
        if two.kind == "money" and _THOUSAND in two.text and one.value < 1000:
            value *= 1000
        ranged = between[0].text in _UP_TO
        found[i] = replace(
            one, low=ranged, kind=two.kind, value=value, unit=two.unit, currency=two.currency, working=two.working
        )
    return found


def _factor(text: Text, figure: Figure) -> Decimal:
    word = text.tokens[figure.last].text
    if word in UNITS_OF_TIME:
        return Decimal(UNITS_OF_TIME[word][1])
    adjective = adjective_duration(word)
    return Decimal(adjective[1]) if adjective else Decimal(1)
