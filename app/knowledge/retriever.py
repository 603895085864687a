"""Finding sections: queries in, passages out.

Words find, meaning finds beside them, the two are added up, and a reranker reads the best of the sum; each of the
models may be off, and a search in which one does not answer goes on without it. The whole index is one immutable
value, so a new one is swapped in by one assignment while searches on the old one finish (app/knowledge/shelf.py).
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from app.cpu import stretch
from app.deadline import Deadline
from app.figures.shop.catalogue import Catalogue
from app.figures.statements import Statements
from app.knowledge.bymeaning import MeaningSearch
from app.knowledge.bywords import ByWords, WordSearch
from app.knowledge.dense import Vectors, nearest
from app.knowledge.evidence import FEW, LEAST, weights
from app.knowledge.found import Asked, Explanation, Found
from app.knowledge.fusion import combine
from app.knowledge.glossary import needed, translated
from app.knowledge.models import Degraded, Models
from app.knowledge.naming import ThingNames
from app.knowledge.rerank import CANDIDATES, readable_text
from app.knowledge.sections import KnowledgeBase
from app.knowledge.text import words
from app.knowledge.twins import Twins
from app.language.brands import brands
from app.types import Passage, Section

__all__ = ["Asked", "Explanation", "Found", "Retriever", "Signals"]

_DEPTH = 50  # places that a passage is given in either list


@dataclass(frozen=True, slots=True)
class Signals:
    """What every section was given for a query, for calibration: arrays of shape (sections,)."""

    lexical: NDArray[np.float32]
    coverage: float
    similarities: Vectors | None
    """None without an embedder, or where it did not answer."""


class Retriever:
    """Searches one knowledge base.

    `spelling` and `query_context` are the flags of those names. A question finds nothing when the best sections cover
    less than `min_coverage` (0..1) of what it is about. With an embedder the section nearest in meaning is also enough
    from a cosine of `min_similarity`. With a reranker its threshold alone decides.

    With an embedder the construction embeds the parts of every section that its cache does not hold: it blocks, and
    raises Unavailable when the model fails.
    """

    def __init__(
        self,
        base: KnowledgeBase,
        *,
        today: date,
        min_coverage: float = 0.45,
        min_similarity: float = 1.0,
        spelling: bool = True,
        query_context: bool = True,
        models: Models | None = None,
    ) -> None:
        self.version = base.version
        self.shop = base.shop
        self.sections: Sequence[Section] = base.valid(today)
        self.catalogue = Catalogue.of(self.sections, today, base.units)
        self.statements = Statements.of(self.sections, today)
        self.brands = _brands(self.sections)
        """Of the shop, with Latin letters, lower case."""
        self._words = WordSearch(self.sections, spelling=spelling, query_context=query_context)
        self.translates = needed(self.sections)
        self._min_coverage = min_coverage
        self._min_similarity = min_similarity
        self._models = models or Models()
        self._places = {section.id: place for place, section in enumerate(self.sections)}
        self.names = ThingNames(base.names)
        self.in_its_words: Callable[[str], str] = (
            partial(translated, whole=True) if self.translates else self.names.understood
        )
        """A text with the names of things as the shop has them, an English one translated where no section is."""
        self.twins = Twins(self.sections)
        dense = self._models.dense if self.sections else None
        self._meaning = MeaningSearch(self.sections, dense) if dense else None

    def search(
        self, query: str, *, top_k: int, today: date, previous: str | None = None, without: Sequence[str] = ()
    ) -> tuple[Passage, ...]:
        """By words alone: the best `top_k` passages, best first; empty when nothing covers the question."""
        asked = Asked(query, previous, tuple(without))
        found = self._words.search(asked, today, top_k)
        if previous and not self._covers(found) and found.in_context != query:  # it did not belong to what came before
            found = self._words.search(replace(asked, previous=None), today, top_k)
        return found.passages(self.sections, top_k) if self._covers(found) else ()

    async def find(
        self,
        query: str,
        *,
        top_k: int,
        today: date,
        previous: str | None = None,
        without: Sequence[str] = (),
        deadline: Deadline | None = None,
    ) -> Found:
        """The search with every model that is switched on and answers in time; never raises for a model's sake."""
        asked = Asked(query, previous, tuple(without))
        return (await self.find_all([asked], top_k=top_k, today=today, deadline=deadline))[0]

    async def find_all(
        self, asked: Sequence[Asked], *, top_k: int, today: date, deadline: Deadline | None = None
    ) -> tuple[Found, ...]:
        """What each finds, in their order: the embedder is called once for all of them, and once more for those that
        did not belong to what came before. The reranker reads for each."""
        found = await self.explain_all(asked, top_k=top_k, today=today, deadline=deadline)
        leant = [n for n, each in enumerate(asked) if each.previous and not found[n].enough]
        again = [n for n in leant if found[n].in_context != found[n].query]
        second: dict[int, Explanation] = {}
        if again:
            alone = [replace(asked[n], previous=None) for n in again]
            explained = await self.explain_all(alone, top_k=top_k, today=today, deadline=deadline)
            second = dict(zip(again, explained, strict=True))
        return tuple(self._found(first, second.get(n)) for n, first in enumerate(found))

    async def explain(
        self, query: str, *, top_k: int, today: date, previous: str | None = None, deadline: Deadline | None = None
    ) -> Explanation:
        """The same search with what happened on the way, and passages even when they are not enough."""
        return (await self.explain_all([Asked(query, previous)], top_k=top_k, today=today, deadline=deadline))[0]

    async def explain_all(
        self, asked: Sequence[Asked], *, top_k: int, today: date, deadline: Deadline | None = None
    ) -> tuple[Explanation, ...]:
        """The searches of find_all, those that begin with what came before, as `explain` shows them."""
        searches = [_Search(each, top_k, today, deadline) for each in asked]
        for search in searches:
            with search.timed("lexical"):
                search.words = await stretch(partial(self._words.search, search.asked, today, max(top_k, _DEPTH)))
        await self._by_meaning([search for search in searches if words(search.words.natural)], deadline)
        return tuple([await self._explained(search) for search in searches])

    async def signals(self, asked: Asked, today: date) -> Signals:
        """What `explain` makes its order and its verdict from."""
        found = self._words.search(asked, today, _DEPTH)
        similarities = None
        if self._meaning and words(found.natural):
            with suppress(Degraded):
                (similarities,) = await self._meaning.similarities([found], today)
        return Signals(found.scores, found.coverage, similarities)

    def _covers(self, found: ByWords) -> bool:
        covers = bool(found.positions) and found.coverage > 0 and found.coverage >= self._min_coverage
        if not covers or found.exact or not found.evidence or len(self.sections) < FEW:
            return covers
        return any(not each.missing for each in found.evidence) or max(map(weights().of, found.evidence)) >= LEAST

    def _found(self, first: Explanation, second: Explanation | None) -> Found:
        if second is None:
            return Found(first.passages if first.enough else (), first.seconds, first.degraded, self.version)
        seconds = {
            stage: first.seconds.get(stage, 0.0) + second.seconds.get(stage, 0.0)
            for stage in {**first.seconds, **second.seconds}
        }
        degraded = tuple(dict.fromkeys((*first.degraded, *second.degraded)))
        return Found(second.passages if second.enough else (), seconds, degraded, self.version)

    async def _by_meaning(self, searches: "Sequence[_Search]", deadline: Deadline | None) -> None:
        """Gives them their similarities, where there is an embedder that answers. A smile is near to something too,
        so what has no word is not among them."""
        if self._meaning is None or not searches:
            return
        started = time.perf_counter()
        today = searches[0].today
        try:
            made = await self._meaning.similarities([search.words for search in searches], today, deadline)
        except Degraded as missing:
            made = []
            for search in searches:
                search.degraded.append(str(missing))
        for search, similarities in zip_longest(searches, made):
            search.similarities = similarities
            search.seconds["dense"] = time.perf_counter() - started

    async def _explained(self, search: "_Search") -> Explanation:
        by_words = search.words
        found = Explanation(
            search.asked.text,
            by_words.in_context,
            by_words.corrected,
            by_words.coverage,
            self._covers(by_words),
            by_words.passages(self.sections, search.kept),
        )
        if search.similarities is not None:
            found = await stretch(partial(self._added_up, found, search, search.similarities))
        if words(by_words.natural):
            found = await self._reread(found, search)
        top = found.passages[: search.top_k]
        return replace(found, passages=top, seconds=search.seconds, degraded=tuple(search.degraded))

    def _added_up(self, found: Explanation, search: "_Search", similarities: Vectors) -> Explanation:
        """Words and meaning in one order."""
        near = nearest(similarities, max(search.top_k, _DEPTH))
        if not near or self._meaning is None:
            return found
        scores = combine(search.words.scores, similarities, self._meaning.weight)
        if search.words.rejected is not None:
            scores = scores - search.words.rejected
        places = {"lexical": _ranks(search.words.positions), "dense": _ranks(near)}
        passages = tuple(
            Passage(
                self.sections[position],
                float(scores[position]),
                {stage: known[position] for stage, known in places.items() if position in known} | {"fused": rank},
            )
            for rank, position in enumerate(nearest(scores, search.kept), 1)
        )
        similarity = float(similarities[near[0]])
        enough = found.enough or similarity >= self._min_similarity
        return replace(found, passages=passages, similarity=similarity, enough=enough)

    async def _reread(self, found: Explanation, search: "_Search") -> Explanation:
        """With the reranker: its order of the best candidates, and its word on whether they are enough."""
        calls = self._models.rerank
        candidates = found.passages[:CANDIDATES]
        if calls is None or not candidates:
            return found
        with search.timed("rerank"):
            try:
                texts = [readable_text(passage.section) for passage in candidates]
                read = await calls.scores(search.words.natural, texts, search.deadline)
            except Degraded as missing:
                search.degraded.append(str(missing))
                return found
        kept = 1 - search.words.rejected if search.words.rejected is not None else None
        places = [self._places[passage.section.id] for passage in candidates]
        scores = [each if kept is None else each * float(kept[at]) for each, at in zip(read, places, strict=True)]
        order = sorted(range(len(scores)), key=lambda n: -scores[n])  # stable: equals keep their order
        passages = tuple(
            replace(candidates[n], score=scores[n], ranks={**candidates[n].ranks, "rerank": rank})
            for rank, n in enumerate(order, 1)
        )
        relevance = passages[0].score
        return replace(found, passages=passages, relevance=relevance, enough=relevance >= calls.threshold)


class _Search:
    """One search: what it was asked for, what its stages gave, and its notes."""

    words: ByWords

    def __init__(self, asked: Asked, top_k: int, today: date, deadline: Deadline | None) -> None:
        self.asked = asked
        self.top_k = top_k
        self.kept = max(top_k, CANDIDATES)  # passages that go from stage to stage
        self.today = today
        self.deadline = deadline
        self.similarities: Vectors | None = None
        self.seconds: dict[str, float] = {}
        self.degraded: list[str] = []

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = time.perf_counter() - started


def _brands(sections: Sequence[Section]) -> frozenset[str]:
    """Of sections in English every word has Latin letters, so they tell nothing of names."""
    own = (section for section in sections if section.language != "en")
    return brands(
        text
        for section in own
        for text in (
            section.title,
            section.text,
            *section.questions,
            *section.keywords,
            *(f.name for f in section.facts),
        )
    )


def _ranks(positions: Sequence[int]) -> dict[int, int]:
    return {position: place for place, position in enumerate(positions, 1)}
