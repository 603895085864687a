"""What an embedder is worth beside words: the weight of its cosines, and whether the order of sections gains by it.

Every figure that is promised is of questions that had no part in choosing: each fifth of them is ordered with the
weight that fits the other four fifths best.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from app.evaluation.retrieval import Query
from app.knowledge.dense import Vectors, nearest
from app.knowledge.fusion import combine
from app.knowledge.retriever import Signals

FOLDS = 5
WEIGHTS = (0.0, 0.03, 0.06, 0.09, 0.12, 0.15, 0.18, 0.22, 0.26, 0.3, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0)
LEAST_GAIN = 0.005
"""Of MRR: below that nobody sees a difference."""
_DEPTH = 50  # ranks below count as not found
_Fit = TypeVar("_Fit")


@dataclass(frozen=True, slots=True)
class Quality:
    """How well sections are ordered, shares of 1."""

    mrr: float
    hit_1: float


@dataclass(frozen=True, slots=True)
class Weighing:
    """Words alone against words and meaning, on `questions` that have an answer."""

    questions: int
    words: Quality
    now: Quality
    """With the weight in use."""
    held_out: Quality
    """With the weight that the other questions chose."""
    weight: float
    """That all questions together choose."""
    gain: float
    """MRR of `held_out` over `words`."""
    error: float
    """Standard error of that gain."""

    @property
    def worth(self) -> bool:
        """Whether the gain is more than chance and large enough to see."""
        return self.weight > 0 and self.gain >= max(LEAST_GAIN, self.error)


def weigh(queries: Sequence[Query], signals: Sequence[Signals], ids: Sequence[str], now: float) -> Weighing | None:
    """`ids` are those of the sections in the order of the signals' arrays. None where no embedder gave similarities.

    Questions without an answer say nothing of an order and are left out.
    """
    asked = [
        (query, signal.lexical, signal.similarities)
        for query, signal in zip(queries, signals, strict=True)
        if query.expect and signal.similarities is not None
    ]
    if not asked:
        return None
    places = {name: place for place, name in enumerate(ids)}
    expected = [{places[wanted] for wanted in query.expect} for query, _, _ in asked]

    def ranks(weight: float) -> NDArray[np.float64]:
        """1 / rank of each question, 0 where it was not found."""
        return np.array(
            [
                _reciprocal(lexical, similarities, wanted, weight)
                for (_, lexical, similarities), wanted in zip(asked, expected, strict=True)
            ]
        )

    by_weight = {weight: ranks(weight) for weight in WEIGHTS}

    def choose(among: Sequence[int]) -> float:
        return max(WEIGHTS, key=lambda weight: (round(float(by_weight[weight][list(among)].mean()), 6), -weight))

    folds = folds_of([query.text for query, _, _ in asked])
    chosen = held_out(folds, choose)
    kept_aside = np.array([by_weight[weight][n] for n, weight in enumerate(chosen)])
    words = by_weight[0.0]
    return Weighing(
        len(asked),
        _quality(words),
        _quality(ranks(now)),
        _quality(kept_aside),
        choose(range(len(asked))),
        round(float((kept_aside - words).mean()), 4),
        round(float((kept_aside - words).std() / np.sqrt(len(asked))), 4),
    )


def folds_of(texts: Sequence[str]) -> list[int]:
    """Which fifth each text belongs to: by its own letters, so that adding questions moves none of the others."""
    return [hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0] % FOLDS for text in texts]


def held_out(folds: Sequence[int], choose: Callable[[Sequence[int]], _Fit]) -> list[_Fit]:
    """For each question what `choose` makes of the questions in the other folds; of all where there are no others."""
    made: dict[int, _Fit] = {}
    for fold in set(folds):
        others = [n for n, other in enumerate(folds) if other != fold]
        made[fold] = choose(others or range(len(folds)))
    return [made[fold] for fold in folds]


def _reciprocal(lexical: Vectors, similarities: Vectors, expected: set[int], weight: float) -> float:
    if weight == 0:  # words alone find nothing where no word is shared
        scores = np.where((lexical > 0) & np.isfinite(similarities), lexical, -np.inf).astype(np.float32)
    else:
        scores = combine(lexical, similarities, weight)
    order = nearest(scores, _DEPTH)
    return next((1 / rank for rank, place in enumerate(order, 1) if place in expected), 0.0)


def _quality(reciprocal: NDArray[np.float64]) -> Quality:
    return Quality(round(float(reciprocal.mean()), 4), round(float((reciprocal == 1).mean()), 4))
