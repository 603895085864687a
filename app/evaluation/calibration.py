"""What the models of a search are worth, and where to draw the line below which it finds nothing.

From an owner's questions with and without an answer: one line for each kind of score (Calibration), the weight of the
embedder (Weighing), and the lines together (Verdicts).
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from app.errors import ConfigError
from app.evaluation.retrieval import Query, check_expected, explain_all
from app.evaluation.verdicts import Thresholds, Verdicts, judge
from app.evaluation.weighing import Quality, Weighing, weigh
from app.knowledge.retriever import Asked, Explanation, Retriever


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


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """Everything that the questions say of the models in use."""

    lines: tuple[Calibration, ...]
    weighing: Weighing | None
    """None without an embedder."""
    verdicts: Verdicts
    reranked: Quality | None
    """The order with every model that is on; None without a reranker."""

    def settings(self) -> dict[str, float]:
        """What to put below `retriever:`, each with its value; nothing of an embedder that is to be left out."""
        chosen = {"min_coverage": self.verdicts.line.min_coverage}
        if self.weighing and self.weighing.worth:
            chosen |= {"meaning_weight": self.weighing.weight, "min_similarity": self.verdicts.line.min_similarity}
        threshold = next((line for line in self.lines if line.setting == "retriever.rerank_threshold"), None)
        return chosen | ({"rerank_threshold": threshold.best_youden.value} if threshold else {})

    def as_json(self) -> dict[str, Any]:
        """As `machine kb calibrate --json` prints it."""
        shown = asdict(self)
        if self.weighing:
            shown["weighing"]["worth"] = self.weighing.worth
        return shown | {"settings": self.settings()}


async def calibrate(
    retriever: Retriever, queries: Sequence[Query], today: date, *, top_k: int, now: Mapping[str, float]
) -> CalibrationReport:
    """`now` are the values in use: min_coverage, and with models min_similarity, meaning_weight, rerank_threshold.

    For a line of its own a search counts as answerable when its best `top_k` passages hold an expected section: where
    they do not, finding nothing would have been the honest answer. Raises ConfigError where a model did not answer, or
    where the questions are all of one kind.
    """
    check_expected(retriever, queries)
    searched = [found for found, _ in await explain_all(retriever, queries, today, top_k)]
    signals = [await retriever.signals(Asked(query.text, query.previous), today) for query in queries]
    if missing := sorted({name for found in searched for name in found.degraded}):
        raise ConfigError(
            f"a model did not answer every question ({', '.join(missing)}), so nothing can be said; "
            "raise retriever.model_timeout_s and try again"
        )
    labels = [
        any(passage.section.id in query.expect for passage in found.passages)
        for query, found in zip(queries, searched, strict=True)
    ]
    scores: dict[str, list[float | None]] = {
        "min_coverage": [found.coverage for found in searched],
        "rerank_threshold": [found.relevance for found in searched],
        "min_similarity": [found.similarity for found in searched],
    }
    lines = [
        _calibration(name, [0.0 if score is None else score for score in given], labels, now[name])
        for name, given in scores.items()
        if any(score is not None for score in given)
    ]
    if all(query.expect for query in queries):
        raise ConfigError('every question has an answer; add questions that nothing answers, with "expect": []')
    reread = any(found.relevance is not None for found in searched)
    return CalibrationReport(
        tuple(lines),
        weigh(queries, signals, [section.id for section in retriever.sections], now["meaning_weight"]),
        judge(queries, signals, Thresholds(now["min_coverage"], now["min_similarity"])),
        _order(queries, searched) if reread else None,
    )


def _order(queries: Sequence[Query], searched: Sequence[Explanation]) -> Quality:
    found = [
        next((rank for rank, passage in enumerate(each.passages, 1) if passage.section.id in query.expect), 0)
        for query, each in zip(queries, searched, strict=True)
        if query.expect
    ]
    known = len(found) or 1
    return Quality(
        round(sum(1 / rank for rank in found if rank) / known, 4), round(sum(rank == 1 for rank in found) / known, 4)
    )


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
