"""What a clause says on an axis with two ends: included or paid for apart, needed or as one likes, lapsing or kept,
given back or not. Each end has its words, and a denial turns it into the other one."""

from collections.abc import Iterator, Sequence

from app.guardrail.statements.clauses import Clause
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "pairs.yaml")
_ABOUT = _LISTS.rows("about")
AXES = tuple(_ABOUT)
_Row = tuple[str, ...]


def _sequences(axis: str, end: str) -> tuple[_Row, ...]:
    return tuple(tuple(text.split()) for text in _LISTS.rows(axis)[end])


_ENDS = {axis: (_sequences(axis, "yes"), _sequences(axis, "no")) for axis in AXES}
_NAMED = 3
"""Letters of a beginning that tells a side by itself."""
TELLING = tuple(
    {word for ends in _ENDS.values() for rows in ends for row in rows for word in row if len(word) > _NAMED}
    | set(_LISTS.row("besides"))
)
"""Beginnings of the words by which these sides are told."""


def paired(clause: Clause, sentence: Sequence[str]) -> Iterator[tuple[str, str, bool]]:
    """(axis, the word that tells it, which end) of a clause; `sentence`: the words of all of its sentence."""
    for axis, (yes, no) in _ENDS.items():
        about = _ABOUT[axis]
        if about and not any(word.startswith(about) for word in sentence):
            continue
        one, other = _found(clause.text, yes), _found(clause.text, no)
        if other:
            yield axis, other, clause.denies and not one
        elif one:
            yield axis, one, not clause.denies


def _found(text: Sequence[str], rows: Sequence[_Row]) -> str:
    """The first word at which the beginnings of a row stand side by side; empty where none does."""
    first = tuple(row[0] for row in rows)
    for n, word in enumerate(text):
        if word.startswith(first) and any(_stands(text, n, row) for row in rows):
            return word
    return ""


def _stands(text: Sequence[str], place: int, row: _Row) -> bool:
    here = text[place : place + len(row)]
    return len(here) == len(row) and all(map(str.startswith, here, row))
