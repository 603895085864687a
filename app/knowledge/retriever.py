"""Finding sections: a query in, passages out. The whole index is one immutable value, so a new one is swapped in
by one assignment while searches on the old one finish."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.knowledge.context import content_words, in_context
from app.knowledge.lexical import LexicalIndex, best
from app.knowledge.sections import KnowledgeBase
from app.knowledge.spelling import Spelling
from app.types import Passage, Section

_SHORT = 3  # content words


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query was searched, stage by stage, for `machine kb explain`."""

    query: str
    in_context: str
    corrected: str
    coverage: float
    """Share (0..1) of the query's content words that the best section is about."""
    enough: bool
    """Whether that is enough to answer from: if not, the machine says that it does not know."""
    passages: tuple[Passage, ...]


class Retriever:
    """Searches one knowledge base.

    `spelling` and `query_context` are the flags of those names. A question of up to three content words finds nothing
    when the best section covers less than `min_coverage` (0..1) of them; a longer one, which may tell a story around
    its question, when the section covers none.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        *,
        today: date,
        min_coverage: float = 0.5,
        spelling: bool = True,
        query_context: bool = True,
    ) -> None:
        self.version = base.version
        self.sections: Sequence[Section] = base.valid(today)
        self._index = LexicalIndex(self.sections)
        self._spelling = (
            Spelling(" ".join((s.title, s.text, *s.questions, *s.keywords)) for s in self.sections)
            if spelling
            else None
        )
        self._min_coverage = min_coverage
        self._query_context = query_context

    def search(self, query: str, *, top_k: int, today: date, previous: str | None = None) -> tuple[Passage, ...]:
        """The best `top_k` passages, best first; empty when nothing covers the question well enough."""
        found = self.explain(query, top_k=top_k, today=today, previous=previous)
        if not found.enough and found.in_context != query:  # it did not belong to what came before
            found = self.explain(query, top_k=top_k, today=today)
        return found.passages if found.enough else ()

    def explain(self, query: str, *, top_k: int, today: date, previous: str | None = None) -> Explanation:
        """The same search with what happened on the way, passages included even when they are not enough."""
        whole = in_context(query, previous) if self._query_context else query
        corrected = self._spelling.correct(whole) if self._spelling else whole
        scores = self._index.scores(corrected, today)
        positions = best(scores, top_k)
        about = content_words(corrected)
        coverage = self._index.coverage(about, positions[0]) if positions else 0.0
        enough = coverage >= self._min_coverage if len(about) <= _SHORT else coverage > 0
        passages = tuple(
            Passage(self.sections[position], float(scores[position]), {"lexical": rank})
            for rank, position in enumerate(positions, 1)
        )
        return Explanation(query, whole, corrected, coverage, bool(passages) and enough, passages)
