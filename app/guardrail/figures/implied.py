"""Durations that are said without a number: «за час», «раз в день», «полгода»."""

from decimal import Decimal

from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import ADJECTIVE, UNITS_OF_TIME, adjective_duration
from app.guardrail.text.words import PlacedToken, Text

_DEADLINE = frozenset("за течение через кажд каждый каждую каждые раз на within".split())
_VAGUE = frozenset("несколько пару считанные пара couple few бирнеше".split())
_FREQUENT = {"ежечасно": 60, "ежедневно": 1440, "ежеминутно": 1, "еженедельно": 10080, "hourly": 60}


def implied(text: Text, found: list[Figure]) -> list[Figure]:
    """Durations without a number: «за час», «в течение суток», «раз в день», «полгода», «двухнедельный»."""
    made: list[Figure] = []
    taken = {i for f in found for i in range(f.first, f.last + 1)}
    tokens = text.tokens
    for i, token in enumerate(tokens):
        if token.kind != "w" or i in taken:
            continue
        adjective = adjective_duration(token.text)
        if adjective and adjective[2]:
            made.append(_duration(token, i, adjective[0], Decimal(adjective[1]), False, ""))
        elif token.text in _FREQUENT:
            made.append(_duration(token, i, "minute", Decimal(_FREQUENT[token.text]), True, "each"))
        elif token.text in UNITS_OF_TIME:
            unit, factor = UNITS_OF_TIME[token.text]
            j = i - 1
            while (
                j >= 0
                and tokens[j].kind == "w"
                and ADJECTIVE.search(tokens[j].text)
                and i - j < 3
                and not (tokens[j].text.startswith("кажд") or tokens[j].text in _DEADLINE or tokens[j].text in _VAGUE)
            ):
                j -= 1
            lead = tokens[j].text if j >= 0 else ""
            lead2 = tokens[j - 1].text if j >= 1 else ""
            if lead in _VAGUE or lead2 in _VAGUE:
                made.append(_duration(token, i, unit, Decimal(-1), True, "vague"))
            elif token.text.startswith(("полгод", "полуго", "пол")) or token.text in ("сутки", "суток", "таулик"):
                made.append(_duration(token, i, unit, Decimal(factor), False, ""))
            elif (
                lead.startswith("кажд")
                or (lead == "в" and lead2 == "раз")
                or token.text.endswith("сайын")
                or (i + 1 < len(tokens) and tokens[i + 1].text == "сайын")
                or lead == "every"
            ):
                made.append(_duration(token, i, unit, Decimal(factor), True, "each"))
            elif (
                lead in _DEADLINE
                or lead.startswith(("хоть", "занима", "займ", "длит", "потреб", "уйдет", "понадоб", "созыл"))
                or (lead == "a" and lead2 in ("in", "within"))
                or (i + 1 < len(tokens) and tokens[i + 1].text == "ишинде")
            ):
                made.append(_duration(token, i, unit, Decimal(factor), True, "deadline"))
            else:
                made.append(_duration(token, i, unit, Decimal(factor), True, "plain"))
    return made


def _duration(token: PlacedToken, i: int, unit: str, value: Decimal, implied: bool, note: str) -> Figure:
    return Figure(
        "duration", value, token.start, token.end, i, i, token.sentence, token.clause, unit=unit, implied=implied, note=note,
        text=token.text,
    )  # fmt: skip
