"""A total that is said behind its parts: «стрижка 6 000 ₸, окрашивание 18 000 ₸. Вместе 24 000 ₸»."""

from decimal import Decimal
from itertools import combinations

from app.guardrail.case import Case
from app.guardrail.checks.money.sums import Sums
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "totals.yaml")
_TOTAL = _LISTS.words("total")
_LEAD = 4
"""Words before an amount among which one says that it is a total."""
_MOST = 6
"""Parts of a total that are looked at."""


def not_the_sum(case: Case, f: Figure, sums: Sums) -> bool:
    """Whether an amount that is said to be the total of two or more right ones before it is the sum of none of them.

    Nothing is said where a discount, a count or a length of time may stand between: other rules reckon with those.
    """
    tokens = case.text.tokens
    lead = {t.text for t in tokens[max(0, f.first - _LEAD) : f.first] if t.sentence == f.sentence}
    if not lead & _TOTAL:
        return False
    parts = [g for g in case.money if g.start < f.start and 0 <= f.sentence - g.sentence <= 1][-_MOST:]
    if len(parts) < 2 or any(not sums.believed(g) or g.times > 1 or g.period != parts[0].period for g in parts):
        return False
    between = [g for g in case.figures if 0 <= f.sentence - g.sentence <= 1 and g not in case.money]
    if any(g.value > 1 and g.kind in ("percent", "count", "duration", "bare") for g in between):
        return False
    values = [g.value for g in parts]
    added = {sum(some, Decimal(0)) for n in range(2, len(values) + 1) for some in combinations(values, n)}
    return f.value not in added
