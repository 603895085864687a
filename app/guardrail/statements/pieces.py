"""A sentence cut into the words of its clauses, each with the mark that it ends with."""

import re
from collections.abc import Iterator

from app.guardrail.text.folding import fold, folded
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.statements", "clauses.yaml")


def _folded(name: str) -> frozenset[str]:
    return frozenset(map(fold, _LISTS.words(name)))


LACKING, JOINING, NEITHER, PLAIN = map(_folded, ("lacking", "joining", "neither", "plain"))
_AND, _TURNING, _ASIDES = map(_folded, ("and", "turning", "asides"))
WORD = re.compile(r"[^\W\d_]+|[^\w\s]|\n")
_ENDS = frozenset(",;:()\u2014\u2013.!?\n")
_STRESS = dict.fromkeys((0x300, 0x301))
JOINED, _AGAIN = "and", "again"
_BARE_DENIAL = 3
"""Words of «и не паяем»."""


def pieces_of(text: str) -> list[tuple[list[str], str]]:
    """(words, mark) of each clause."""
    return _with_their_objects(_without_asides(_pieces(text)))


def unstressed(text: str) -> str:
    """Without the accents that tell how a word is said: «бо́льшая» is one word."""
    return text.translate(_STRESS) if any(mark in text for mark in "\u0300\u0301") else text


def _pieces(text: str) -> Iterator[tuple[list[str], str]]:
    """(words, the mark that the clause ends with). What is not there may be a list: each of its items is a clause."""
    lists = not LACKING.isdisjoint(map(folded, WORD.findall(text)))
    words: list[str] = []
    heard = ""
    for match in WORD.finditer(text):
        found = match[0]
        before, word = heard, folded(found)
        heard = word
        spaced = found == "-" and text[match.start() - 1 : match.start()] == " "
        joined = lists and word in JOINING
        again = word in PLAIN and before in _AND and not PLAIN.isdisjoint(map(folded, words))
        lead = [words.pop()] if again else []  # «не лечим глаза и не выдаём справки»: each denial has its own
        if found in _ENDS or spaced or joined or again or word in _TURNING:
            if words:
                yield words, JOINED if joined else _AGAIN if again else found
            words = [*lead, found] if word in NEITHER or again else []
        elif found[0].isalpha():
            words.append(found)
    if words:
        yield words, "."


def _without_asides(pieces: Iterator[tuple[list[str], str]]) -> list[tuple[list[str], str]]:
    """«Наличные, увы, не берём» is one clause."""
    made: list[tuple[list[str], str]] = []
    aside = False
    for words, mark in pieces:
        between = bool(made) and made[-1][1] == "," and mark == ","
        if between and not aside and _ASIDES.issuperset(map(folded, words)):
            aside = True
        elif aside:
            made[-1] = ([*made[-1][0], *words], mark)
            aside = False
        else:
            made.append((words, mark))
    return made


def _with_their_objects(pieces: list[tuple[list[str], str]]) -> list[tuple[list[str], str]]:
    """«Пластик не клеим и не паяем»: a second denial without an object of its own has that of the first."""
    made: list[tuple[list[str], str]] = []
    for words, mark in pieces:
        if made and made[-1][1] == _AGAIN and len(words) <= _BARE_DENIAL:
            made[-1] = ([*made[-1][0], *words], mark)
        else:
            made.append((words, mark))
    return made
