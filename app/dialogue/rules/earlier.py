"""Which of his earlier questions somebody means who says that it was not answered."""

import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache

from rapidfuzz import fuzz

from app.dialogue.hearing.asking import apart
from app.dialogue.hearing.text import fold
from app.dialogue.hearing.text import read as words_of
from app.reading.read import read

_QUOTED = re.compile(r"[\u00ab\u201c][^\u00ab\u201c\u00bb\u201d]*[\u00bb\u201d]")
_MESSAGES = 4
"""Messages of his that are looked at, the newest ones."""
_LEAST = 0.5
"""Share of the words of what he says now that his earlier question must hold."""
_ROOT = 4
"""Letters in which two forms of one word agree."""
_SAME = 80
"""The same for a slip of the finger (0..100)."""
_WORD = 3
_READ = 300
"""Characters of a message that are read again: what it asked stands at its beginning, or is asked once more."""


def questions_of(text: str) -> tuple[str, ...]:
    """What a message asks or wishes, clause by clause; all of it where nothing asks."""
    return _questions_of(text[:_READ])


@lru_cache(maxsize=512)
def _questions_of(text: str) -> tuple[str, ...]:
    """The same in every turn behind it."""
    clauses = read(text).clauses
    asked = tuple(part for clause in clauses if clause.mood in ("asked", "wished") for part in apart(clause.text))
    return asked or ((text.strip(),) if text.strip() else ())


def meant(about: str, written: Sequence[str]) -> str:
    """The newest of the earlier questions that the words `about` name; empty where none holds half of them.

    `written`: his earlier messages, the newest first.
    """
    wanted = _content(about)
    if not wanted:
        return ""
    best, held = "", 0.0
    for question in _asked(written):
        words = _content(question)
        share = sum(_holds(word, words) for word in wanted) / len(wanted)
        if share >= _LEAST and share > held:
            best, held = question, share
    return best


def left_open(written: Sequence[str], answer: str) -> str:
    """The question of his message before that our answer has least of; empty where he asked nothing."""
    asked = questions_of(written[0]) if written else ()
    said = _content(_QUOTED.sub(" ", answer))  # a question that is only repeated is not answered

    def answered(question: str) -> float:
        words = _content(question)
        return sum(_holds(word, said) for word in words) / len(words) if words else 1.0

    return min(asked, key=answered, default="")


def _asked(written: Sequence[str]) -> Iterator[str]:
    for text in written[:_MESSAGES]:
        yield from questions_of(text)


def _content(text: str) -> tuple[str, ...]:
    return tuple(fold(token.text) for token in words_of(text).tokens if len(token.text) >= _WORD)


def _holds(word: str, among: Collection[str]) -> bool:
    return any(word[:_ROOT] == other[:_ROOT] or fuzz.ratio(word, other) >= _SAME for other in among)
