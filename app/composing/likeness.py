"""How well a passage fits words, and how good a find it is: what choosing among passages is reckoned with."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from app.composing.fitting import ROOT, same
from app.composing.section_words import content, vocabulary
from app.types import Passage, Step


def asked_for(passage: Passage, step: Step) -> str:
    """The question that found a passage, else what was searched; empty where nothing was."""
    number = passage.ranks.get("question")
    return step.queries[number - 1] if number and step.queries else step.query or ""


def share(part: str, passage: Passage) -> float:
    """Share (0..1) of the words of a part that stand in the section, whatever their endings."""
    wanted = _counted(part)
    held = vocabulary(passage.section)
    found = sum(times for word, times in wanted.items() if holds(word, held.get(word[:ROOT], ())))
    return found / wanted.total() if wanted else 0.0


@lru_cache(maxsize=256)
def _counted(part: str) -> Counter[str]:
    """A part is held against every passage."""
    return Counter(content(part))


def holds(word: str, among: Iterable[str]) -> bool:
    return any(same(word, other) for other in among)


def weight(passage: Passage) -> float:
    """How good a find is, so that shares of the best one's mean something.

    Scores of words do; those of a fusion lie close together and a reranker's far apart, so there the place counts.
    """
    place = passage.ranks.get("rerank") or passage.ranks.get("fused")
    return 1 / place if place else passage.score
