"""A logistic regression over a frozen dataclass of numbers: what `machine kb train` and `machine guard train` make."""

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

_STEEP = 30.0
"""Beyond it a probability is 0 or 1 to all its digits."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """Weights in the order of the fields of what they are of."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    factors: tuple[float, ...]
    base: float

    @classmethod
    def read(cls, data: Mapping[str, Any], of: "type[DataclassInstance]") -> "Logistic":
        """From a file's content: `base`, and under `weights` a row of mean, scale and factor for each field."""
        rows = [data["weights"][each.name] for each in fields(of)]
        means, scales, factors = (tuple(float(row[part]) for row in rows) for part in ("mean", "scale", "factor"))
        return cls(means, scales, factors, float(data["base"]))

    def of(self, features: "DataclassInstance") -> float:
        """The probability (0..1)."""
        rows = zip(astuple(features), self.means, self.scales, self.factors, strict=True)
        total = self.base + sum(factor * (value - mean) / scale for value, mean, scale, factor in rows)
        return 1 / (1 + math.exp(-max(-_STEEP, min(_STEEP, total))))
