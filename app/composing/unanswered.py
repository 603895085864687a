"""Which of several questions an answer leaves out: said, so that nobody takes silence for a no."""

from collections.abc import Sequence

from app.composing.fitting import folded, same
from app.language.words import questions
from app.types import Deciding, Passage

_COVERED = 0.5
"""Share of a question's words from which what is said is about it."""


def leaves_out(asked: Sequence[str], deciding: Sequence[Deciding], passages: Sequence[Passage]) -> bool:
    """Whether one of the questions is answered by nothing of what is said; no where nothing is said at all."""
    answers = [*(each.said for each in deciding), *(_words(passage) for passage in passages)]
    if len(asked) < 2 or not answers:
        return False
    held = [folded(answer) for answer in answers]
    return any(all(_share(question, words) < _COVERED for words in held) for question in asked)


def _words(passage: Passage) -> str:
    section = passage.section
    return " ".join((section.title, section.text, *section.questions, *section.keywords))


def _share(question: str, words: Sequence[str]) -> float:
    wanted = [word for word in folded(question) if word not in questions()["empty"] | questions()["asks"]]
    return sum(any(same(word, other) for other in words) for word in wanted) / len(wanted) if wanted else 1.0
