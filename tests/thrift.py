"""What the tests spare in an ordinary run: examples of a law, kinds of a kind, and the slower of two readers of YAML."""

from collections.abc import Sequence
from typing import Any

import pytest
import yaml
from _pytest.mark import ParameterSet
from hypothesis import HealthCheck, settings

_ALL = 100
"""Examples of a law that names no number, in a full run."""
_ORDINARY = 40

# How soon examples are made says nothing of the service, and much of what runs beside.
_UNHURRIED = (HealthCheck.too_slow,)
settings.register_profile("full", max_examples=_ALL, suppress_health_check=_UNHURRIED)
settings.register_profile("ordinary", max_examples=_ORDINARY, suppress_health_check=_UNHURRIED)


def choose(*, full: bool) -> None:
    """Before the tests are read: how much is tried of each law."""
    settings.load_profile("full" if full else "ordinary")


def most(count: int) -> int:
    """`count` examples in a full run; in an ordinary one its share of them."""
    return max(10, count * settings().max_examples // _ALL)


def parsed(text: str) -> Any:
    """As yaml.safe_load, five times as fast."""
    return yaml.load(text, Loader=yaml.CSafeLoader)


def thinned(values: Sequence[object], every: int) -> list[ParameterSet]:
    """All the values, of which an ordinary run tries each such one."""
    marks = [() if number % every == 0 else (pytest.mark.long,) for number in range(len(values))]
    return [pytest.param(value, marks=mark) for value, mark in zip(values, marks, strict=True)]
