"""Measuring retrieval on questions whose section is known."""

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import ConfigError
from app.knowledge.retriever import Explanation, Retriever

_DEPTH = 50  # ranks below count as not found


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the ids of the sections that answer it, none where nothing does; `previous` is the user turn
    before it."""

    text: str
    expect: tuple[str, ...]
    previous: str | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Miss:
    """A question whose best section was another: `rank` 0 means not found."""

    query: Query
    found: str
    rank: int


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """Shares of 1; `p95_ms` is the time of one search, `stage_p95_ms` that of its stages."""

    queries: int
    hit_1: float
    hit_3: float
    hit_5: float
    mrr: float
    p95_ms: float
    misses: tuple[Miss, ...] = ()
    degraded: int = 0
    """Searches that had to do without a model."""
    stage_p95_ms: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The report under the names that `machine kb eval --json` prints; the last two only with a model."""
        models = {"degraded": self.degraded, "stage_p95_ms": dict(self.stage_p95_ms)}
        return {
            "queries": self.queries,
            "hit@1": self.hit_1,
            "hit@3": self.hit_3,
            "hit@5": self.hit_5,
            "mrr": self.mrr,
            "p95_ms": self.p95_ms,
        } | (models if len(self.stage_p95_ms) > 1 or self.degraded else {})


def read_queries(path: Path, *, unanswerable: bool = False) -> list[Query]:
    """One JSON object a line: `{"query", "expect": [id, ...], "previous"?, "set"?}`.

    With `unanswerable` a question may expect nothing: `"expect": []`. Raises ConfigError with the line.
    """
    queries = []
    try:
        lines = path.read_text("utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"queries file {str(path)!r} cannot be read: {error}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            raw = json.loads(line)
            expect = [raw["expect"]] if isinstance(raw["expect"], str) else raw["expect"]
            query, previous = raw["query"], raw.get("previous")
            if not (isinstance(query, str) and isinstance(previous, str | None) and isinstance(expect, list)):
                raise TypeError
            if not (expect or unanswerable) or not all(isinstance(wanted, str) for wanted in expect):
                raise TypeError
            queries.append(Query(query, tuple(expect), previous, str(raw.get("set", ""))))
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                f'{path.name}:{number}: not {{"query": text, "expect": [section id, ...]}}; correct the line'
            ) from None
    if not queries:
        raise ConfigError(f"{path.name}: holds no query")
    return queries


def check_expected(retriever: Retriever, queries: Sequence[Query]) -> None:
    """Raises ConfigError where there is no query, or an expected id is not in the knowledge base."""
    if not queries:
        raise ConfigError("there is no query to evaluate")
    known = {section.id for section in retriever.sections}
    unknown = sorted({wanted for query in queries for wanted in query.expect} - known)
    if unknown:
        raise ConfigError(f"the queries expect sections that the knowledge base has not: {', '.join(unknown[:5])}")


async def explain_all(
    retriever: Retriever, queries: Sequence[Query], today: date, top_k: int = _DEPTH
) -> list[tuple[Explanation, float]]:
    """Every query searched, one after the other, with the seconds that each took."""
    found = []
    for query in queries:
        started = time.perf_counter()
        explained = await retriever.explain(query.text, top_k=top_k, today=today, previous=query.previous)
        found.append((explained, time.perf_counter() - started))
    return found


def evaluate_retrieval(retriever: Retriever, queries: Sequence[Query], today: date) -> RetrievalReport:
    """Searches every query with the models that are switched on. Raises ConfigError for an unknown expected id.

    Not from a running event loop: it has one of its own.
    """
    check_expected(retriever, queries)
    searched = asyncio.run(explain_all(retriever, queries, today))
    ranks, misses = [], []
    for query, (explained, _) in zip(queries, searched, strict=True):
        found = explained.passages
        rank = next((place for place, passage in enumerate(found, 1) if passage.section.id in query.expect), 0)
        ranks.append(rank)
        if rank != 1:
            misses.append(Miss(query, found[0].section.id if found else "", rank))
    return RetrievalReport(
        queries=len(ranks),
        hit_1=_share(0 < rank <= 1 for rank in ranks),
        hit_3=_share(0 < rank <= 3 for rank in ranks),
        hit_5=_share(0 < rank <= 5 for rank in ranks),
        mrr=round(float(np.mean([1 / rank if rank else 0.0 for rank in ranks])), 4),
        p95_ms=_p95_ms([seconds for _, seconds in searched]),
        misses=tuple(misses),
        degraded=sum(bool(explained.degraded) for explained, _ in searched),
        stage_p95_ms=_stages([explained for explained, _ in searched]),
    )


def _stages(found: Sequence[Explanation]) -> dict[str, float]:
    names = dict.fromkeys(stage for explained in found for stage in explained.seconds)
    return {name: _p95_ms([e.seconds[name] for e in found if name in e.seconds]) for name in names}


def _p95_ms(seconds: Sequence[float]) -> float:
    return round(float(np.percentile(seconds, 95)) * 1000, 3)


def _share(hits: Iterable[bool]) -> float:
    return round(float(np.mean(list(hits))), 4)
