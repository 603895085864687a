"""Whether a new knowledge base is found as well as the one in use, on the questions of both."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from app.evaluation.retrieval import Query, RetrievalReport, evaluate_retrieval, read_queries
from app.knowledge.retriever import Retriever

LOSS = 0.02
"""How much mrr and hit@3 may fall: below that it is chance on a hundred questions."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both versions on the questions whose sections both have; `whole` is the new one on all of its questions.

    `before` and `after` are None where there is no version in use, or no such question.
    """

    whole: RetrievalReport | None
    before: RetrievalReport | None = None
    after: RetrievalReport | None = None
    gone: int = 0
    """Questions of the version in use whose sections the new one has not."""
    unknown: tuple[str, ...] = ()
    """Sections that the new version's own questions expect, and that it has not or that have expired."""

    def worse(self) -> list[str]:
        """In what the new version is worse by more than LOSS, in words; empty when in nothing."""
        if self.before is None or self.after is None:
            return []
        pairs = (("mrr", self.before.mrr, self.after.mrr), ("hit@3", self.before.hit_3, self.after.hit_3))
        return [
            f"{name} falls from {old:.4f} to {new:.4f} on {self.after.queries} questions, by more than {LOSS}"
            for name, old, new in pairs
            if old - new > LOSS + 1e-9
        ]

    def as_json(self) -> dict[str, Any]:
        """The figures under their names in `machine kb eval --json`."""
        reports = {"whole": self.whole, "before": self.before, "after": self.after}
        rest = {"gone": self.gone, "unknown": list(self.unknown)}
        return {name: each.as_json() for name, each in reports.items() if each} | rest


def questions_of(folder: Path) -> list[Query]:
    """The evaluation questions that lie beside a knowledge base (`eval/*.jsonl`), those with an answer."""
    found = [query for path in sorted(folder.glob("eval/*.jsonl")) for query in read_queries(path, unanswerable=True)]
    return [query for query in found if query.expect]


def compare(
    new: Retriever, used: Retriever | None, own: Sequence[Query], others: Sequence[Query], today: date
) -> Comparison:
    """Searches with both. `own` are the new version's questions, `others` those of the one in use.

    Not from an event loop.
    """
    sections = {section.id for section in new.sections}
    unknown = tuple(sorted({wanted for query in own for wanted in query.expect} - sections))
    own = [query for query in own if set(query.expect) <= sections]
    asked = {(query.text, query.previous): query for query in (*others, *own)}  # where both have it, the new one's word
    known = {section.id for section in used.sections} if used else set()
    both = [query for query in asked.values() if set(query.expect) <= sections & known]
    gone = sum(not set(query.expect) <= sections for query in others)
    found = Comparison(evaluate_retrieval(new, own, today) if own else None, gone=gone, unknown=unknown)
    if used is None or not both:
        return found
    before, after = (evaluate_retrieval(retriever, both, today) for retriever in (used, new))
    return replace(found, before=before, after=after)
