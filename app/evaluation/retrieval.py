"""Measuring retrieval on questions whose section is known."""

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from app.errors import ConfigError
from app.knowledge.retriever import Retriever

_DEPTH = 50  # ranks below count as not found


@dataclass(frozen=True, slots=True)
class Query:
    """A question and the ids of the sections that answer it; `previous` is the user turn before it."""

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
    """Shares of 1; `p95_ms` is the time of one search."""

    queries: int
    hit_1: float
    hit_3: float
    hit_5: float
    mrr: float
    p95_ms: float
    misses: tuple[Miss, ...] = ()

    def as_json(self) -> dict[str, float | int]:
        """The report under the names that `machine kb eval --json` prints."""
        return {
            "queries": self.queries,
            "hit@1": self.hit_1,
            "hit@3": self.hit_3,
            "hit@5": self.hit_5,
            "mrr": self.mrr,
            "p95_ms": self.p95_ms,
        }


def read_queries(path: Path) -> list[Query]:
    """One JSON object a line: `{"query", "expect": [id, ...], "previous"?, "set"?}`.

    Raises ConfigError with the line.
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
            if not expect or not all(isinstance(wanted, str) for wanted in expect):
                raise TypeError
            queries.append(Query(query, tuple(expect), previous, str(raw.get("set", ""))))
        except (ValueError, KeyError, TypeError):
            raise ConfigError(
                f'{path.name}:{number}: not {{"query": text, "expect": [section id, ...]}}; correct the line'
            ) from None
    if not queries:
        raise ConfigError(f"{path.name}: holds no query")
    return queries


def evaluate_retrieval(retriever: Retriever, queries: Sequence[Query], today: date) -> RetrievalReport:
    """Searches every query. Raises ConfigError when an expected id is not in the knowledge base."""
    if not queries:
        raise ConfigError("there is no query to evaluate")
    known = {section.id for section in retriever.sections}
    unknown = sorted({wanted for query in queries for wanted in query.expect} - known)
    if unknown:
        raise ConfigError(f"the queries expect sections that the knowledge base has not: {', '.join(unknown[:5])}")
    ranks, times, misses = [], [], []
    for query in queries:
        started = time.perf_counter()
        found = retriever.explain(query.text, top_k=_DEPTH, today=today, previous=query.previous).passages
        times.append(time.perf_counter() - started)
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
        p95_ms=round(float(np.percentile(times, 95)) * 1000, 3),
        misses=tuple(misses),
    )


def _share(hits: Iterable[bool]) -> float:
    return round(float(np.mean(list(hits))), 4)
