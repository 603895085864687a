"""Learning when nothing bears a sentence out (app/guardrail/checks/founded.py) from answers about small shops that are
true or false: by hand when what is looked at or those answers change (`machine guard train`), never on a server.
"""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray

from app.errors import ConfigError
from app.guardrail import Context
from app.guardrail.case import Case
from app.guardrail.checks.founded import FIELDS, standings
from app.guardrail.repair.repairs import repair

_SOFT = 2.0
"""The penalty on a weight."""
_ROUNDS = 60
_PLACES = 4
_ABOVE = 0.001
"""How far: honest sentences that nobody has written yet lie there too."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Taught:
    """The weights as a file's content, and what the line does: to sentences kept aside, shop by shop."""

    content: str
    honest: int
    refused: int
    false: int
    caught: int


@dataclass(frozen=True, slots=True)
class Shop:
    """The drafts about one shop: (draft, what it is judged against, whether it is honest)."""

    drafts: Sequence[tuple[str, Context, bool]]


def learn(shops: Sequence[Shop]) -> Taught:
    """Weights from the sentences of all shops. Raises ConfigError without sentences of both kinds in two shops."""
    tables = [_table(shop) for shop in shops]
    tables = [table for table in tables if len(table[1])]
    if len(tables) < 2 or any(not (table[1] == kind).any() for table in tables for kind in (0.0, 1.0)):
        raise ConfigError("learning needs drafts of two shops or more, true and false ones of each")
    counts = np.zeros(4, dtype=int)
    for number, (rows, false) in enumerate(tables):
        others = [table for place, table in enumerate(tables) if place != number]
        fitted = _fitted(*_joined(others))
        above = _chances(fitted, rows) >= _line(fitted, *_joined(others))
        counts += (int((~false.astype(bool)).sum()), int((above & (false == 0)).sum()), int(false.sum()),
                   int((above & (false == 1)).sum()))  # fmt: skip
    rows, false = _joined(tables)
    fitted = _fitted(rows, false)
    return Taught(_written(fitted, _line(fitted, rows, false)), *map(int, counts))


_Fitted = tuple[Matrix, Matrix, Matrix, float]
"""Means, scales, factors and the base."""


def _table(shop: Shop) -> tuple[Matrix, Matrix]:
    rows, false = [], []
    for draft, context, honest in shop.drafts:
        for _, standing in standings(Case(repair(draft, context)[0].text, context)):
            rows.append(astuple(standing))
            false.append(0.0 if honest else 1.0)
    return np.array(rows, dtype=float).reshape(-1, len(FIELDS)), np.array(false)


def _joined(tables: Sequence[tuple[Matrix, Matrix]]) -> tuple[Matrix, Matrix]:
    return np.concatenate([rows for rows, _ in tables]), np.concatenate([false for _, false in tables])


def _fitted(rows: Matrix, false: Matrix) -> _Fitted:
    """A logistic regression by Newton's method; true and false sentences weigh the same."""
    means, scales = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    scaled = np.c_[(rows - means) / scales, np.ones(len(rows))]
    weight = np.where(false == 1, 0.5 / false.mean(), 0.5 / (1 - false.mean()))
    factors, penalty = np.zeros(scaled.shape[1]), np.eye(scaled.shape[1]) * _SOFT
    penalty[-1, -1] = 0
    for _ in range(_ROUNDS):
        chance = 1 / (1 + np.exp(-scaled @ factors))
        curve = (scaled * (weight * chance * (1 - chance) + 1e-9)[:, None]).T @ scaled + penalty
        factors = factors - np.linalg.solve(curve, scaled.T @ (weight * (chance - false)) + penalty @ factors)
    return means, scales, factors[:-1], float(factors[-1])


def _chances(fitted: _Fitted, rows: Matrix) -> Matrix:
    means, scales, factors, base = fitted
    chances: Matrix = 1 / (1 + np.exp(-((rows - means) / scales @ factors + base)))
    return chances


def _line(fitted: _Fitted, rows: Matrix, false: Matrix) -> float:
    """Above all honest sentences: an owner pays for each that is refused."""
    return float(_chances(fitted, rows[false == 0]).max()) + _ABOVE


def _written(fitted: _Fitted, line: float) -> str:
    means, scales, factors, base = fitted
    lines = ["# Made by `machine guard train`: not written by hand.", f"base: {base:.{_PLACES}f}"]
    lines += [f"line: {line:.{_PLACES}f}", "weights:"]
    for name, mean, scale, factor in zip(FIELDS, means, scales, factors, strict=True):
        row = ", ".join(
            f"{part}: {value:.{_PLACES}f}"
            for part, value in zip(("mean", "scale", "factor"), (mean, scale, factor), strict=True)
        )
        lines.append(f"  {name}: {{{row}}}")
    return "\n".join((*lines, ""))
