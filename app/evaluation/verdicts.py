"""Enough to answer from, or not: the lines of coverage and similarity together, drawn and tried on other questions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.evaluation.retrieval import Query
from app.evaluation.weighing import folds_of, held_out
from app.knowledge.retriever import Signals

NEVER = 1.0
"""The `min_similarity` that no section reaches."""
_COVERAGES = tuple(round(0.2 + 0.02 * step, 2) for step in range(41))
_STEPS = 40  # similarities that are tried: of the questions themselves


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is enough: a coverage of at least the first, or a cosine of at least the second."""

    min_coverage: float
    min_similarity: float = NEVER


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares of 1: questions with an answer that are enough, and questions without one that are too."""

    answered: float
    falsely: float


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The same questions judged with the lines in use, and, held out, with lines that the other questions drew."""

    now: Rates
    words: Rates
    """Held out, by coverage alone."""
    models: Rates | None
    """Held out, by coverage or similarity; None without an embedder."""
    line: Thresholds
    """That all questions together draw: with a similarity only where that is better than coverage alone."""


def judge(queries: Sequence[Query], signals: Sequence[Signals], now: Thresholds) -> Verdicts:
    """`queries` hold questions of both kinds: with an expected section, and without one."""
    known = np.array([bool(query.expect) for query in queries])
    coverage = np.array([signal.coverage for signal in signals])
    cosines = np.array([_nearest(signal) for signal in signals])
    embedded = any(signal.similarities is not None for signal in signals)

    def share(enough: np.ndarray) -> Rates:
        return Rates(round(float(enough[known].mean()), 4), round(float(enough[~known].mean()), 4))

    def choose(among: Sequence[int], similarities: Sequence[float]) -> Thresholds:
        rows = np.array(among)
        best, found = -2.0, now
        for similarity in similarities:
            by_meaning = _reaches(cosines[rows], similarity)
            for least in _COVERAGES:
                enough = (coverage[rows] >= least) | by_meaning
                value = _youden(enough, known[rows])
                if value > best + 1e-9 or (value > best - 1e-9 and _nearer(least, found, similarity)):
                    best, found = value, Thresholds(least, similarity)
        return found

    def kept_aside(similarities: Sequence[float]) -> Rates:
        lines = held_out(folds_of([query.text for query in queries]), lambda among: choose(among, similarities))
        enough = [
            c >= line.min_coverage or s >= line.min_similarity < NEVER
            for c, s, line in zip(coverage, cosines, lines, strict=True)
        ]
        return share(np.array(enough))

    tried = (NEVER, *_candidates(cosines)) if embedded else (NEVER,)
    words, models = kept_aside((NEVER,)), kept_aside(tried) if embedded else None
    better = models is not None and models.answered - models.falsely > words.answered - words.falsely
    return Verdicts(
        now=share((coverage >= now.min_coverage) | _reaches(cosines, now.min_similarity)),
        words=words,
        models=models,
        line=choose(range(len(queries)), tried if better else (NEVER,)),
    )


def _youden(enough: np.ndarray, known: np.ndarray) -> float:
    right = float(enough[known].mean()) if known.any() else 1.0
    wrong = float(enough[~known].mean()) if not known.all() else 0.0
    return right - wrong


def _reaches(cosines: np.ndarray, line: float) -> np.ndarray:
    return (cosines >= line) & (line < NEVER)


def _nearer(coverage: float, found: Thresholds, similarity: float) -> bool:
    """Of equal lines of one similarity the one nearest to the middle of what can be covered."""
    return similarity == found.min_similarity and abs(coverage - 0.5) < abs(found.min_coverage - 0.5)


def _nearest(signal: Signals) -> float:
    return -1.0 if signal.similarities is None else float(signal.similarities.max(initial=-1.0))


def _candidates(cosines: np.ndarray) -> list[float]:
    found = {round(float(value), 4) for value in np.quantile(cosines, np.linspace(0.3, 1, _STEPS))}
    return sorted((value for value in found if -1 < value < NEVER), reverse=True)
