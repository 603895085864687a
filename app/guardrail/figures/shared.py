"""Numbers of a text that have the unit of another beside them."""

from dataclasses import replace
from decimal import Decimal

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import UNITS_OF_TIME, adjective_duration
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import Text

_LISTS = Lists("app.guardrail.figures", "shared.yaml")
_BETWEEN = _LISTS.words("between")
_LEADING = _LISTS.words("leading")
_THOUSAND = _LISTS.word("thousand")
_UP_TO = _LISTS.words("up_to")


def share(text: Text, found: list[Figure]) -> list[Figure]:
    """«2–5 дней», «от 3 500 до 6 900 ₸», «5 или 10 %»: the first number has the second's unit; and so it has in a list
    («на гитару с 7, на ударные с 8 лет»)."""
    for i in range(len(found) - 2, -1, -1):
        one, two = found[i], found[i + 1]
        if (
            one.kind not in ("bare", "count")
            or two.kind not in ("money", "percent", "duration")
            or one.sentence != two.sentence
        ):
            continue
        if _listed(text, one, two):
            found[i] = replace(one, kind=two.kind, value=one.value * _factor(text, two), unit=two.unit)
            continue
        between = text.tokens[one.last + 1 : two.first]
        if any(t.text == "—" and text.folded[t.start - 1 : t.start] == " " for t in between):
            continue
        if one.kind == "count" or len(between) > 2 or not all(t.text in _BETWEEN for t in between) or not between:
            continue
        ratio = _factor(text, two) if two.kind == "duration" else Decimal(1)
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


def _listed(text: Text, one: Figure, two: Figure) -> bool:
    """Whether a number without a noun stands in a list, behind the same word as a length of time behind it."""
    if one.kind != "bare" or two.kind != "duration" or not one.first or one.last + 1 == len(text.tokens):
        return False
    tokens = text.tokens
    lead, ends = tokens[one.first - 1].text, tokens[one.last + 1].text == ","
    return ends and lead in _LEADING and tokens[two.first - 1].text == lead
