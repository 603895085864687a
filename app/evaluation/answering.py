"""Learning when a section answers (app/knowledge/evidence.py) from questions whose section is known: by hand when the
evidence or those questions change (`machine kb train`), never on a server."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.errors import ConfigError
from app.evaluation.retrieval import Query
from app.knowledge.bywords import WordSearch
from app.knowledge.evidence import FIELDS
from app.knowledge.found import Asked
from app.types import Section

_LOOKED_AT = 3
"""Best sections of each question that are learnt from."""
_FOLDS = 10
_SOFT = 0.1
"""How little a weight may grow for one example (the inverse of the penalty)."""
_LINES = (0.05, 0.09, 0.12, 0.2, 0.4)
_PLACES = 4


@dataclass(frozen=True, slots=True)
class Cut:
    """What a probability as the line does to questions kept aside: shares (0..1)."""

    at: float
    lost: float
    """Of the best sections that answer."""
    wrong: float
    """Of those that do not, those let through."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """The weights as a file's content, and what lines do to the questions that were kept aside."""

    content: str
    lines: tuple[Cut, ...]


def learn(sections: Sequence[Section], queries: Sequence[Query], today: date) -> Learnt:
    """Weights from the best sections of each question. Raises ConfigError without scikit-learn or examples of both."""
    try:
        from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - an extra, and slow to read
        from sklearn.model_selection import GroupKFold, cross_val_predict  # noqa: PLC0415
    except ImportError:
        raise ConfigError("learning needs scikit-learn; install the package with [semantic]") from None
    search = WordSearch(sections, spelling=True, query_context=True)
    rows, right, groups, first = [], [], [], []
    for number, query in enumerate(queries):
        found = search.search(Asked(query.text, query.previous), today, _LOOKED_AT)
        for place, (position, evidence) in enumerate(zip(found.positions, found.evidence, strict=False)):
            rows.append(astuple(evidence))
            right.append(sections[position].id in query.expect)
            groups.append(number)
            first.append(place == 0)
    answers, best = np.array(right), np.array(first)
    if not answers.any() or answers.all():
        raise ConfigError("learning needs questions with a section and questions without one")
    matrix = np.array(rows)
    means, scales = matrix.mean(axis=0), matrix.std(axis=0) + 1e-9
    machine = LogisticRegression(C=_SOFT, max_iter=1000)
    scaled = (matrix - means) / scales
    aside = cross_val_predict(machine, scaled, answers, groups=groups, cv=GroupKFold(_FOLDS), method="predict_proba")
    machine.fit(scaled, answers)
    lines = tuple(_line(at, aside[best, 1], answers[best]) for at in _LINES)
    return Learnt(_written(means, scales, machine.coef_[0], float(machine.intercept_[0])), lines)


def _line(at: float, chances: NDArray[np.float64], right: NDArray[np.bool_]) -> Cut:
    return Cut(at, float((chances[right] < at).mean()), float((chances[~right] >= at).mean()))


def _written(means: NDArray[np.float64], scales: NDArray[np.float64], factors: NDArray[np.float64], base: float) -> str:
    lines = ["# Made by `machine kb train`: not written by hand.", f"base: {base:.{_PLACES}f}", "weights:"]
    for row in zip(FIELDS, means, scales, factors, strict=True):
        name, mean, scale, factor = row
        lines.append(
            f"  {name}: {{mean: {mean:.{_PLACES}f}, scale: {scale:.{_PLACES}f}, factor: {factor:.{_PLACES}f}}}"
        )
    return "\n".join((*lines, ""))
