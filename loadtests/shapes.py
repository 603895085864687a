"""How many customers are in conversation at which moment of a run."""

from collections.abc import Callable

OVERLOAD = 4.0
"""Times the steady number of customers."""
_PEAK = 2.0
_QUIET = 0.3


def _steady(_share: float) -> float:
    return 1.0


def _overload(_share: float) -> float:
    return OVERLOAD


def _rush(share: float) -> float:
    """A morning: quiet, a steep rise to twice the steady level, a slow fall."""
    if share < 0.25:
        return _QUIET
    if share < 0.35:
        return _QUIET + (share - 0.25) / 0.1 * (_PEAK - _QUIET)
    if share < 0.55:
        return _PEAK
    return max(_QUIET, _PEAK - (share - 0.55) / 0.3 * (_PEAK - _QUIET))


SHAPES: dict[str, Callable[[float], float]] = {
    "steady": _steady,
    "rush": _rush,
    "overload": _overload,
    "soak": _steady,
}


def customers_at(shape: str, share: float, users: int) -> int:
    """Customers when `share` (0..1) of the run has passed; at least one. Raises KeyError for an unknown shape."""
    return max(1, round(users * SHAPES[shape](share)))


def users_for(per_minute: float, think_s: float, answer_s: float) -> int:
    """Customers who together write `per_minute` messages, each after `think_s` and an answer of `answer_s`."""
    return max(1, round(per_minute * (think_s + answer_s) / 60))
