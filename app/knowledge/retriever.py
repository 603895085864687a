"""Finding sections: a query in, passages out.

Words find, meaning finds beside them, the two lists are fused, and a reranker reads the best of them; each of the
models may be off, and a search in which one does not answer goes on without it. The whole index is one immutable
value, so a new one is swapped in by one assignment while searches on the old one finish (app/knowledge/shelf.py).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.cpu import stretch
from app.deadline import Deadline
from app.figures.shop.catalogue import Catalogue
from app.figures.statements import Statements
from app.knowledge.context import content_words, in_context
from app.knowledge.dense import DenseIndex, natural_text, nearest
from app.knowledge.fusion import fuse
from app.knowledge.lexical import LexicalIndex, best
from app.knowledge.models import Degraded, Models
from app.knowledge.rerank import CANDIDATES, readable_text
from app.knowledge.sections import KnowledgeBase
from app.knowledge.spelling import Spelling
from app.knowledge.text import words
from app.types import Passage, Section

_SHORT = 3  # content words
_DEPTH = 50  # of each list that is fused
_LONGEST = 2000  # characters of a query, and of what came before it: more has no more to ask


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: `passages` best first, empty when nothing answers the question well enough."""

    passages: tuple[Passage, ...]
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time per stage that ran: lexical, dense, rerank."""
    degraded: tuple[str, ...] = ()
    """Models that this search did without, as `part:reason`, such as `dense:timeout` (app/knowledge/models.py)."""
    version: str = ""
    """Of the knowledge base that was searched: a newer one may have been swapped in meanwhile."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a query was searched, stage by stage, for `machine kb explain`."""

    query: str
    in_context: str
    corrected: str
    coverage: float
    """Share (0..1) of the query's content words that the lexically best section is about."""
    enough: bool
    """Whether that is enough to answer from: if not, the machine says that it does not know."""
    passages: tuple[Passage, ...]
    similarity: float | None = None
    """Cosine (-1..1) of the section nearest in meaning; None without an embedder."""
    relevance: float | None = None
    """The reranker's score (0..1) of the best passage; None without a reranker."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    degraded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Lexical:
    """The words' half of a search: `scores` of all sections, `positions` of the best, best first."""

    in_context: str
    corrected: str
    natural: str
    scores: NDArray[np.float32]
    positions: list[int]
    coverage: float
    enough: bool


class Retriever:
    """Searches one knowledge base.

    `spelling` and `query_context` are the flags of those names. A question of up to three content words finds nothing
    when the best section covers less than `min_coverage` (0..1) of them; a longer one, which may tell a story around
    its question, when the section covers none. With an embedder the section nearest in meaning is also enough from a
    cosine of `min_similarity`. With a reranker its threshold alone decides.

    With an embedder the construction embeds every section that its cache does not hold: it blocks, and raises
    Unavailable when the model fails.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        *,
        today: date,
        min_coverage: float = 0.5,
        min_similarity: float = 1.0,
        spelling: bool = True,
        query_context: bool = True,
        models: Models | None = None,
    ) -> None:
        self.version = base.version
        self.sections: Sequence[Section] = base.valid(today)
        self.catalogue = Catalogue.of(self.sections, today)
        self.statements = Statements.of(self.sections, today)
        self._index = LexicalIndex(self.sections)
        self._spelling = (
            Spelling(" ".join((s.title, s.text, *s.questions, *s.keywords)) for s in self.sections)
            if spelling
            else None
        )
        self._min_coverage = min_coverage
        self._min_similarity = min_similarity
        self._query_context = query_context
        self._models = models or Models()
        self._dense: DenseIndex | None = None
        if self._models.dense and self.sections:
            vectors = self._models.dense.section_vectors([natural_text(section) for section in self.sections])
            self._dense = DenseIndex(self.sections, vectors)

    def search(self, query: str, *, top_k: int, today: date, previous: str | None = None) -> tuple[Passage, ...]:
        """By words alone, without the models: the best `top_k` passages, best first; empty when nothing covers
        the question well enough."""
        found = self._by_words(query, previous, today, top_k)
        if not found.enough and found.in_context != query:  # it did not belong to what came before
            found = self._by_words(query, None, today, top_k)
        return self._lexical_passages(found, top_k) if found.enough else ()

    async def find(
        self, query: str, *, top_k: int, today: date, previous: str | None = None, deadline: Deadline | None = None
    ) -> Found:
        """The search with every model that is switched on and answers in time; never raises for a model's sake."""
        found = await self.explain(query, top_k=top_k, today=today, previous=previous, deadline=deadline)
        seconds, degraded = found.seconds, found.degraded
        if not found.enough and found.in_context != query:
            found = await self.explain(query, top_k=top_k, today=today, deadline=deadline)
            stages = {**seconds, **found.seconds}
            seconds = {stage: seconds.get(stage, 0.0) + found.seconds.get(stage, 0.0) for stage in stages}
            degraded = tuple(dict.fromkeys((*degraded, *found.degraded)))
        return Found(found.passages if found.enough else (), seconds, degraded, self.version)

    async def explain(
        self, query: str, *, top_k: int, today: date, previous: str | None = None, deadline: Deadline | None = None
    ) -> Explanation:
        """The same search with what happened on the way, passages included even when they are not enough."""
        search = _Search(top_k, today, deadline)
        with search.timed("lexical"):
            lexical = await stretch(lambda: self._by_words(query, previous, today, max(top_k, _DEPTH)))
        found = Explanation(
            query,
            lexical.in_context,
            lexical.corrected,
            lexical.coverage,
            lexical.enough,
            self._lexical_passages(lexical, search.kept),
        )
        if words(lexical.natural):  # a smile is near to something too
            found = await self._by_meaning(found, lexical, search)
            found = await self._reread(found, lexical, search)
        return replace(found, passages=found.passages[:top_k], seconds=search.seconds, degraded=tuple(search.degraded))

    def _by_words(self, query: str, previous: str | None, today: date, count: int) -> _Lexical:
        query, previous = query[:_LONGEST], previous and previous[:_LONGEST]
        whole = in_context(query, previous) if self._query_context else query
        corrected = self._spelling.correct(whole) if self._spelling else whole
        scores = self._index.scores(corrected, today)
        positions = best(scores, count)
        about = content_words(corrected)
        coverage = self._index.coverage(about, positions[0]) if positions else 0.0
        enough = coverage >= self._min_coverage if len(about) <= _SHORT else coverage > 0
        said = query if whole == query else f"{previous}\n{query}"  # a model needs no word said three times
        natural = said.encode("utf-8", "replace").decode()  # half an emoji is no failure of the model
        return _Lexical(whole, corrected, natural, scores, positions, coverage, bool(positions) and enough)

    def _lexical_passages(self, found: _Lexical, count: int) -> tuple[Passage, ...]:
        return tuple(
            Passage(self.sections[position], float(found.scores[position]), {"lexical": rank})
            for rank, position in enumerate(found.positions[:count], 1)
        )

    async def _by_meaning(self, found: Explanation, lexical: _Lexical, search: "_Search") -> Explanation:
        """With the embedder: the two lists fused. Without it or its answer: what was given."""
        calls, index = self._models.dense, self._dense
        if calls is None or index is None:
            return found
        with search.timed("dense"):
            try:
                similarities = await calls.model.call(
                    lambda: index.similarities(calls.embedder.query(lexical.natural), search.today), search.deadline
                )
            except Degraded as missing:
                search.degraded.append(str(missing))
                return found
        near = nearest(similarities, max(search.top_k, _DEPTH))
        if not near:
            return found
        places = {"lexical": _places(lexical.positions), "dense": _places(near)}
        fused = fuse(lexical.positions, near)[: search.kept]
        passages = tuple(
            Passage(
                self.sections[position],
                score,
                {stage: known[position] for stage, known in places.items() if position in known} | {"fused": rank},
            )
            for rank, (position, score) in enumerate(fused, 1)
        )
        similarity = float(similarities[near[0]])
        enough = found.enough or similarity >= self._min_similarity
        return replace(found, passages=passages, similarity=similarity, enough=enough)

    async def _reread(self, found: Explanation, lexical: _Lexical, search: "_Search") -> Explanation:
        """With the reranker: its order of the best candidates, and its word on whether they are enough."""
        calls = self._models.rerank
        candidates = found.passages[:CANDIDATES]
        if calls is None or not candidates:
            return found
        with search.timed("rerank"):
            try:
                texts = [readable_text(passage.section) for passage in candidates]
                scores = await calls.scores(lexical.natural, texts, search.deadline)
            except Degraded as missing:
                search.degraded.append(str(missing))
                return found
        order = sorted(range(len(scores)), key=lambda n: -scores[n])  # stable: equals keep their fused order
        passages = tuple(
            replace(candidates[n], score=scores[n], ranks={**candidates[n].ranks, "rerank": rank})
            for rank, n in enumerate(order, 1)
        )
        relevance = passages[0].score
        return replace(found, passages=passages, relevance=relevance, enough=relevance >= calls.threshold)


class _Search:
    """One search: what it was asked for, and its notes: seconds per stage, and the models it did without."""

    def __init__(self, top_k: int, today: date, deadline: Deadline | None) -> None:
        self.top_k = top_k
        self.kept = max(top_k, CANDIDATES)  # passages that go from stage to stage
        self.today = today
        self.deadline = deadline
        self.seconds: dict[str, float] = {}
        self.degraded: list[str] = []

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = time.perf_counter() - started


def _places(positions: Sequence[int]) -> dict[int, int]:
    return {position: place for place, position in enumerate(positions, 1)}
