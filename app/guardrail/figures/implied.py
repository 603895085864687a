"""Durations that are said without a number: «за час», «раз в день», «полгода»."""

from decimal import Decimal

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import ADJECTIVE, UNITS_OF_TIME, adjective_duration
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text

_LISTS = Lists("app.guardrail.figures", "implied.yaml")
_EVERY = _LISTS.word("every")
_HALF = _LISTS.row("half")
_WHOLE_DAYS = _LISTS.words("whole_days")
_IN = _LISTS.word("in")
_TIMES = _LISTS.word("times")
_EACH_BEHIND = _LISTS.word("each_behind")
_LASTING = _LISTS.row("lasting")
_WITHIN = _LISTS.word("within")

_DEADLINE = _LISTS.words("deadline")
_VAGUE = _LISTS.words("vague")
_FREQUENT = {word: int(minutes) for word, minutes in _LISTS.table("frequent").items()}


def implied(text: Text, found: list[Figure]) -> list[Figure]:
    """Durations without a number: «за час», «в течение суток», «раз в день», «полгода», «двухнедельный»."""
    made: list[Figure] = []
    taken = {i for f in found for i in range(f.first, f.last + 1)}
    tokens = text.tokens
    timed = {word for word in text.vocabulary if _is_timed(word)}
    for i, token in enumerate(tokens) if timed else ():
        if token.text not in timed or i in taken:
            continue
        adjective = adjective_duration(token.text)
        if adjective and adjective[2]:
            made.append(_duration(token, i, adjective[0], adjective[1]))
        elif token.text in _FREQUENT:
            made.append(_duration(token, i, "minute", _FREQUENT[token.text], "each"))
        elif token.text in UNITS_OF_TIME:
            unit, factor = UNITS_OF_TIME[token.text]
            j = i - 1
            while (
                j >= 0
                and tokens[j].kind == "w"
                and ADJECTIVE.search(tokens[j].text)
                and i - j < 3
                and not (tokens[j].text.startswith(_EVERY) or tokens[j].text in _DEADLINE or tokens[j].text in _VAGUE)
            ):
                j -= 1
            lead = tokens[j].text if j >= 0 else ""
            lead2 = tokens[j - 1].text if j >= 1 else ""
            if lead in _VAGUE or lead2 in _VAGUE:
                made.append(_duration(token, i, unit, -1, "vague"))
            elif token.text.startswith(_HALF) or token.text in _WHOLE_DAYS:
                made.append(_duration(token, i, unit, factor))
            elif (
                lead.startswith(_EVERY)
                or (lead == _IN and lead2 == _TIMES)
                or token.text.endswith(_EACH_BEHIND)
                or (i + 1 < len(tokens) and tokens[i + 1].text == _EACH_BEHIND)
                or lead == "every"
            ):
                made.append(_duration(token, i, unit, factor, "each"))
            elif (
                lead in _DEADLINE
                or lead.startswith(_LASTING)
                or (lead == "a" and lead2 in ("in", "within"))
                or (i + 1 < len(tokens) and tokens[i + 1].text == _WITHIN)
            ):
                made.append(_duration(token, i, unit, factor, "deadline"))
            else:
                made.append(_duration(token, i, unit, factor, "plain"))
    return made


def _is_timed(word: str) -> bool:
    return word in UNITS_OF_TIME or word in _FREQUENT or adjective_duration(word) is not None


def _duration(token: PlacedToken, i: int, unit: str, value: int, note: str | None = None) -> Figure:
    """`note`: how it is said without a number; None where the word itself holds one."""
    return Figure(
        "duration",
        Decimal(value),
        token.start,
        token.end,
        i,
        i,
        token.sentence,
        token.clause,
        unit=unit,
        implied=note is not None,
        note=note or "",
        text=token.text,
    )
