"""Where to draw the line below which a search finds nothing, from questions with and without an answer."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from app.errors import ConfigError
from app.evaluation.retrieval import Query, check_expected, explain_all
from app.knowledge.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Threshold:
    """A line and what it does to the labelled questions: `answered` rightly let through, `wrongly` let through."""

    value: float
    f1: float
    youden: float
    """Share rightly let through minus share wrongly let through, -1..1."""
    answered: int
    wrongly: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """One setting, measured: `answerable` questions had an expected section among the passages, the others none."""

    setting: str
    answerable: int
    others: int
    auc: float
    """How often an answerable question scores above another one: 0.5 is chance, 1 is a clean cut."""
    best_f1: Threshold
    best_youden: Threshold
    now: Threshold

    def as_json(self) -> dict[str, Any]:
        """As `machine kb calibrate --json` prints it."""
        return asdict(self)


async def calibrate(
    retriever: Retriever, queries: Sequence[Query], today: date, *, top_k: int, now: dict[str, float]
) -> list[Calibration]:
    """A calibration per setting of `now` (its value in use) that a model gave scores for.

    A search counts as answerable when its best `top_k` passages hold an expected section: where they do not, finding
    nothing would have been the honest answer. Raises ConfigError where no model is on, where one did not answer, or
    where the questions are all of one kind.
    """
    check_expected(retriever, queries)
    searched = [found for found, _ in await explain_all(retriever, queries, today, top_k)]
    if missing := sorted({name for found in searched for name in found.degraded}):
        raise ConfigError(
            f"a model did not answer every question ({', '.join(missing)}), so nothing can be said; "
            "raise retriever.model_timeout_s and try again"
        )
    labels = [
        any(passage.section.id in query.expect for passage in found.passages)
        for query, found in zip(queries, searched, strict=True)
    ]
    scores = {
        "rerank_threshold": [found.relevance for found in searched],
        "min_similarity": [found.similarity for found in searched],
    }
    made = [
        _calibration(name, [0.0 if score is None else score for score in scores[name]], labels, value)
        for name, value in now.items()
        if any(score is not None for score in scores[name])
    ]
    if not made:
        raise ConfigError("no model is switched on; set retriever.embedder or retriever.reranker (docs/retrieval.md)")
    return made


def _calibration(setting: str, scores: list[float], labels: list[bool], now: float) -> Calibration:
    right = sorted(score for score, label in zip(scores, labels, strict=True) if label)
    wrong = sorted(score for score, label in zip(scores, labels, strict=True) if not label)
    if not right or not wrong:
        raise ConfigError(
            f"{len(right)} questions found their section and {len(wrong)} did not; a line needs both kinds: "
            'add questions that nothing answers, with "expect": []'
        )
    lines = [threshold(right, wrong, value) for value in _candidates(scores)]
    pairs = sum(2 * bisect_left(wrong, score) + wrong.count(score) for score in right)
    return Calibration(
        setting=f"retriever.{setting}",
        answerable=len(right),
        others=len(wrong),
        auc=round(pairs / (2 * len(right) * len(wrong)), 4),
        best_f1=max(lines, key=lambda line: line.f1),
        best_youden=max(lines, key=lambda line: line.youden),
        now=threshold(right, wrong, now),
    )


def threshold(right: Sequence[float], wrong: Sequence[float], value: float) -> Threshold:
    """What a line at `value` does: scores of at least that much pass. Both lists ascending, neither empty."""
    answered = len(right) - bisect_left(right, value)
    wrongly = len(wrong) - bisect_left(wrong, value)
    f1 = 2 * answered / (answered + wrongly + len(right))
    return Threshold(value, round(f1, 4), round(answered / len(right) - wrongly / len(wrong), 4), answered, wrongly)


def _candidates(scores: Sequence[float]) -> list[float]:
    """The lowest score, at which all pass, and the middle of every gap, widest gaps first: of equals the safest."""
    distinct = sorted(set(scores))
    gaps = sorted(pairwise(distinct), key=lambda pair: pair[0] - pair[1])
    return [_between(low, high) for low, high in gaps] + [distinct[0]]


def _between(low: float, high: float) -> float:
    """The middle, in few digits where they are enough to tell the two apart."""
    middle = (low + high) / 2
    return next((short for digits in (2, 3, 4) if low < (short := round(middle, digits)) < high), middle)
