"""Check `contradicted`, beside contradicted.py: a name with its number is one that a section has.

«Windows 7» beside «Windows 10 и новее», «с автоотрезом» of a model whose sibling has that.
"""

import re
from collections.abc import Iterator
from itertools import chain, islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import content
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "numbered.yaml")
_UPWARDS = tuple(map(fold, _LISTS.row("upwards")))
_INCLUDES = tuple(map(fold, _LISTS.row("includes")))
_NUMBERED = re.compile(r"\b([a-z][a-z]*(?:-[a-z]+)?)[ -]?(\d{1,4})\b(?![ ,.]?\d|\s*(?:%|\u20b8|kzt|tenge))", re.I)
"""A Latin name and its number: «Windows 10», «D-Scan 2»."""
_PIECE = re.compile(r"[,;:()\u2014\u2013.!?\n]\s|[.!?]$")
_SAYS = 0.6
_PIECES = 8
"""Of a sentence, and names in it, that are looked at."""
_Name = tuple[str, int]


def numbered(case: Case) -> list[Problem]:
    """A number of a name that the sections have only with others."""
    found = (
        Problem("contradicted", f"{name!r}: {reason}", said.start, said.end)
        for said in case.claimed
        if not said.refuses
        for name, reason in islice(chain(_strangers(case, said), _siblings(said)), 1)
    )
    return list(islice(found, 4))


def _strangers(case: Case, said: Claimed) -> Iterator[tuple[str, str]]:
    """A version below the least one that a section names."""
    named = sorted(_names(fold(said.text)))[:_PIECES]
    if not named or any(clause.denies for clause in said.clauses):
        return
    texts = [fold(page.section.text) for page in said.near]
    for name, number in named:
        known = [(n, text) for text in texts for other, n in _names(text) if other == name]
        least = [n for n, text in known if _open_above(text, name, n)]
        if known and least and number < min(least) and all(n != number for n, _ in known):
            yield f"{name} {number}", f"a section says from {min(least)} on"


def _open_above(text: str, name: str, number: int) -> bool:
    behind = re.search(re.escape(name) + rf"[ -]?{number}\b(.{{0,24}})", text)
    return behind is not None and any(word.startswith(_UPWARDS) for word in behind[1].split())


def _siblings(said: Claimed) -> Iterator[tuple[str, str]]:
    """What a section says of its sibling alone, said of it."""
    for piece in _PIECE.split(said.text)[:_PIECES]:
        named = _names(fold(piece))
        if len(named) != 1:
            continue
        words = {key for _, key in content(piece)} - {key for name, _ in named for _, key in content(name)}
        (mine,) = named
        for key in sorted(words & said.keys):
            if said.weights[key] < _SAYS:
                continue
            places = list(_included(said, key, mine[0])) or list(_beside(said, key, mine[0]))
            if places and all(names and mine not in names for names, _ in places):
                yield f"{mine[0]} {mine[1]}", f"a section says {places[0][1]!r}"


def _included(said: Claimed, key: str, name: str) -> Iterator[tuple[frozenset[_Name], str]]:
    """For each list of what a thing includes: the numbered names of that kind. Its section has the thing's name."""
    for page in said.near:
        if key not in page.title:
            continue
        for stated in page.sentences:
            folded = fold(stated.text)
            if any(word.startswith(_INCLUDES) for word in folded.split()):
                yield frozenset(each for each in _names(folded) if each[0] == name), stated.text


def _beside(said: Claimed, key: str, name: str) -> Iterator[tuple[frozenset[_Name], str]]:
    """For each piece of a section that has a word: the numbered names of that kind that stand there."""
    for page in said.near:
        for stated in page.sentences:
            if key not in stated.keys:
                continue
            for piece in _PIECE.split(fold(stated.text)):
                if any(other == key for _, other in content(piece)):
                    yield frozenset(each for each in _names(piece) if each[0] == name), stated.text


def _names(folded: str) -> frozenset[_Name]:
    return frozenset((name, int(number)) for name, number in _NUMBERED.findall(folded))
