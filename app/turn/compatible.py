"""Passages that answer the kind of question that was asked: a section's own questions say which kind it answers.

«What is your telephone?» asks about the shop; a section on telephones of customers holds the same words, and its
questions ask something else.
"""

from collections.abc import Sequence
from functools import lru_cache

from app.types import Passage, Section, Step
from app.understanding.acts import Classifier

_KINDS = ("about_us",)
"""Acts whose questions only sections of their own answer."""
_OTHERS = frozenset({"price", "comparison"})
"""Beside these a question about the shop is one about its goods."""
_LEAST = 0.25
"""Probability of the act that one of the section's questions must reach."""
_PLAINLY = 0.6
"""From which it comes before those that only may."""
_PREFERRED = ("invoice", "demo", "payment")
"""Acts whose own sections come first, where they are not far behind."""
_BEHIND = 0.4
"""Share of the best passage's score."""
_QUESTIONS = 6
"""Of a section that are looked at."""


def compatible(step: Step, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """Those of the passages that answer what was asked; all of them where the kind of question tells nothing."""
    act = next((act for act in _KINDS if act in step.intents), None)
    if act is None or not _OTHERS.isdisjoint(step.intents):
        return _preferred(step, passages)
    answering = [passage for passage in passages if _answers(passage.section, act) >= _LEAST]
    return tuple(sorted(answering, key=lambda passage: _answers(passage.section, act) < _PLAINLY))


def _preferred(step: Step, passages: Sequence[Passage]) -> tuple[Passage, ...]:
    act = next((act for act in _PREFERRED if act == step.reason or act in step.intents), None)
    if act is None or not passages:
        return tuple(passages)
    near = [p for p in passages if p.score >= _BEHIND * passages[0].score and _answers(p.section, act) >= _LEAST]
    return (*near, *(passage for passage in passages if passage not in near))


@lru_cache(maxsize=4096)
def _answers(section: Section, act: str) -> float:
    """How likely (0..1) a section answers such questions."""
    classifier = Classifier.load()
    return max(
        (classifier.scored(text).of(act) for text in (section.title, *section.questions[:_QUESTIONS])), default=0
    )
