"""Passages that answer the kind of question that was asked: a section's own questions say which kind it answers.

«What is your telephone?» asks about the shop; a section on telephones of customers holds the same words, and its
questions ask something else.
"""

from collections.abc import Sequence
from functools import lru_cache

from app.composing.fitting import folded
from app.packaged import packaged
from app.types import Passage, Section, Step
from app.understanding.acts import Classifier

_KINDS = ("about_us",)
"""Acts whose questions only sections of their own answer."""
_OURS = frozenset({"discount_request"})
"""What is asked of our own prices: a section without one tells of those that a shop makes for its customers."""
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


def compatible(step: Step, passages: Sequence[Passage], *, reduces: bool = False) -> tuple[Passage, ...]:
    """Those of the passages that answer what was asked; all of them where the kind of question tells nothing.

    `reduces`: whether the shop states its own reductions as facts.
    """
    if step.reason in _OURS and reduces:
        passages = [each for each in passages if each.section.facts or not _between(_asked(step, each), step)]
    act = next((act for act in _KINDS if act in step.intents), None)
    if act is None or not _OTHERS.isdisjoint(step.intents):
        return _preferred(step, passages)
    answering = [p for p in passages if _answers(p.section, act) >= _LEAST or _of_another(step, p, act)]
    return tuple(sorted(answering, key=lambda passage: _answers(passage.section, act) < _PLAINLY))


def _asked(step: Step, passage: Passage) -> str:
    number = passage.ranks.get("question")
    return step.queries[number - 1] if number and step.queries else step.query or ""


def _of_another(step: Step, passage: Passage, act: str) -> bool:
    """Whether a passage was found for one of several questions, and that one is of another kind."""
    apart = "question" in passage.ranks and bool(step.queries)
    return apart and Classifier.load().scored(_asked(step, passage)).of(act) < _LEAST


def _between(asked: str, step: Step) -> bool:
    """Whether a question is between the customer and us, not between him and those whom he serves: in its words, or
    because the words that were searched are the flow's own."""
    said = folded(asked)
    words, endings = _addressing()
    flows = bool(step.counted) and not set(said) <= set(folded(step.counted))
    return flows or any(word in words or word.endswith(endings) for word in said)


@lru_cache(maxsize=1)
def _addressing() -> tuple[frozenset[str], tuple[str, ...]]:
    data = packaged("app.turn", "compatible.yaml")["between"]
    return frozenset(folded(data["words"])), folded(data["endings"])


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
