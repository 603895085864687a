"""A logistic regression over a frozen dataclass of numbers: what `machine kb train` and `machine guard train` make."""

import math
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from functools import cache
from operator import attrgetter
from typing import Any, ClassVar, Protocol

_STEEP = 30.0
"""Beyond it a probability is 0 or 1 to all its digits."""


class Numbers(Protocol):
    """A dataclass whose fields are what is measured, each a number."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


@dataclass(frozen=True, slots=True)
class Logistic:
    """Weights in the order of the fields of what they are of."""

    means: tuple[float, ...]
    scales: tuple[float, ...]
    factors: tuple[float, ...]
    base: float

    @classmethod
    def read(cls, data: Mapping[str, Any], of: type[Numbers]) -> "Logistic":
        """From a file's content: `base`, and under `weights` a row of mean, scale and factor for each field."""
        rows = [data["weights"][each.name] for each in fields(of)]
        means, scales, factors = (tuple(float(row[part]) for row in rows) for part in ("mean", "scale", "factor"))
        return cls(means, scales, factors, float(data["base"]))

    def of(self, features: Numbers) -> float:
        """The probability (0..1)."""
        rows = zip(_values(type(features))(features), self.means, self.scales, self.factors, strict=True)
        total = self.base + sum(factor * (value - mean) / scale for value, mean, scale, factor in rows)
        return 1 / (1 + math.exp(-max(-_STEEP, min(_STEEP, total))))


@cache
def _values(kind: type[Numbers]) -> Callable[[Numbers], tuple[float, ...]]:
    """Reads the fields in their order; dataclasses.astuple copies each value, which is most of the work."""
    return attrgetter(*(each.name for each in fields(kind)))
