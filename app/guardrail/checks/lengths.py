"""Lengths of time that follow from others, in check `term`: what is left to a term, what lies between two hours."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

from app.guardrail.allowed.model import Known
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LEAST = Lists("app.guardrail.checks", "lengths.yaml").pattern("least")
_REACH = 24
"""Characters before a length of time among which it is called the least."""
_DAY = 1440
_MOST = 8
"""Lengths and times of a customer's that are reckoned with."""


def worked_out(case: Case, f: Figure, known: Sequence[Known]) -> bool:
    """«Через четыре месяца» to somebody of eight, where a section asks for a year; «задержка два часа» to somebody who
    named both hours."""
    told = [g for message in case.told for g in case.heard(message)[1]]
    lengths = [g.value for g in told if g.kind == "duration" and g.unit == f.unit and not g.implied][:_MOST]
    if f.value in lengths:
        return False  # his own wish, said back
    if any(k.unit == f.unit and abs(k.value - length) == f.value for k in known for length in lengths):
        return True
    if f.unit != "minute":
        return False
    times = list(dict.fromkeys(g.value for g in told if g.kind == "time"))[:_MOST]
    return any((two - one) % _DAY == f.value for one, two in combinations(times, 2))


def beside_known(case: Case, f: Figure, given: set[Decimal]) -> bool:
    """«Въезд до 21:40» beside «закрываем в 22:00», where the section that has that hour gives twenty minutes: whether a
    time is so long before or after one of `given`."""
    known = case.knowledge.known
    for k in known:
        if k.kind == "duration" and k.unit == "minute" and 0 < k.value < _DAY:
            hours = {o.value for o in known if o.kind == "time" and o.page == k.page} & given
            if any((f.value - hour) % _DAY in (k.value, -k.value % _DAY) for hour in hours):
                return True
    return False


def shortest(case: Case) -> Decimal:
    """The longest of the least times that the sections in use ask for: what is shorter is paid as that."""
    known = [k for k in case.knowledge.known if k.kind == "duration" and k.unit == "minute" and k.text]
    places = ((k, k.page.find(k.text)) for k in known)
    least = [k.value for k, at in places if at > 0 and _LEAST.search(k.page[max(0, at - _REACH) : at])]
    return max(least, default=Decimal(0))
