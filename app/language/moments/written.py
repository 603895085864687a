"""Dates in digits: `18.02`, `18/02/2027`, `18.2.27`, `2027-02-18`."""

from app.language.moments.time_words import counted, time_words
from app.language.quantities.marks import marks
from app.language.quantities.tokens import Text

MARKS = "./-"


def written(text: Text, place: int) -> tuple[tuple[int, int, int | None], int] | None:
    """((day, month, year or None), token behind) of the date in digits that begins at token `place`.

    Without a year both numbers have two digits and a dot or a slash between them: `1.5` is a number, `10-12` a range.
    """
    if place and text.glued(place) and (text.kind(place - 1) == "digits" or text.fold(place - 1) in ".,-/:№#_"):
        return None
    rows = [text.tokens[place].text]
    mark, at = text.fold(place + 1), place + 1
    if mark not in MARKS or not mark:
        return None
    while (
        len(rows) < 3
        and text.fold(at) == mark
        and text.glued(at)
        and text.glued(at + 1)
        and text.kind(at + 1) == "digits"
    ):
        rows.append(text.tokens[at + 1].text)
        at += 2
    if text.glued(at) and (
        text.kind(at) == "digits" or (text.fold(at) in ".,/:-" and text.glued(at + 1) and text.kind(at + 1) == "digits")
    ):
        return None
    if any(len(row) > 4 for row in rows):
        return None
    if len(rows) == 3:
        return _whole(rows, at)
    if len(rows) != 2 or mark == "-" or any(len(row) != 2 for row in rows):
        return None
    day, month = int(rows[0]), int(rows[1])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return None
    if text.near(at) and text.kind(at) != "digits" and _measured(text, at):
        return None
    dot = text.fold(at) == "." and text.glued(at) and text.fold(at + 1) in time_words().leads
    return (day, month, None), at + dot


def _measured(text: Text, at: int) -> bool:
    """Whether a unit or a sign of what is measured stands behind."""
    kind, fold = text.kind(at), text.fold(at)
    return fold == "%" or (text.glued(at) and kind == "word") or (counted(fold, kind) and _unit(fold))


def _unit(fold: str) -> bool:
    return fold in marks().measured or fold in marks().currencies or fold in marks().glued


def _whole(rows: list[str], at: int) -> tuple[tuple[int, int, int | None], int] | None:
    if len(rows[0]) == 4:
        year, month, day = (int(row) for row in rows)
    elif len(rows[0]) <= 2 and len(rows[2]) in (2, 4):
        day, month, year = (int(row) for row in rows)
        year += 2000 if len(rows[2]) == 2 else 0
        if day <= 12 < month:
            day, month = month, day
    else:
        return None
    if not (1 <= day <= 31 and 1 <= month <= 12 and 1900 <= year <= 2200):
        return None
    return (day, month, year), at
