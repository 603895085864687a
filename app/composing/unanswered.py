"""Which of several questions an answer leaves out: said, so that nobody takes silence for a no."""

from collections.abc import Sequence

from app.composing.fitting import folded, same
from app.language.words import questions
from app.types import Deciding, Passage

_PRICED = frozenset({"price", "sum", "confirmed", "corrected", "instalment"})
_COVERED = 0.5
"""Share of a question's words from which what is said is about it."""


def leaves_out(asked: Sequence[str], deciding: Sequence[Deciding], passages: Sequence[Passage]) -> bool:
    """Whether one of the questions is answered by nothing of what is said; no where nothing is said at all."""
    answers = [*(each.said for each in deciding), *(_words(passage) for passage in passages)]
    if len(asked) < 2 or not answers:
        return False
    held = [folded(answer) for answer in answers]
    priced = any(each.kind in _PRICED for each in deciding)
    asking = [question for question in asked if _asks(question) and not (priced and _costs(question))]
    return any(all(_share(question, words) < _COVERED for words in held) for question in asking)


def _asks(question: str) -> bool:
    return "?" in question or not questions()["asks"].isdisjoint(folded(question))


def _costs(question: str) -> bool:
    """Whether it asks what something costs: what that is the facts have decided, by whatever name."""
    return not questions()["costs"].isdisjoint(folded(question))


def _words(passage: Passage) -> str:
    section = passage.section
    return " ".join((section.title, section.text, *section.questions, *section.keywords))


def _share(question: str, words: Sequence[str]) -> float:
    wanted = [word for word in folded(question) if word not in questions()["empty"] | questions()["asks"]]
    return sum(any(same(word, other) for other in words) for word in wanted) / len(wanted) if wanted else 1.0
