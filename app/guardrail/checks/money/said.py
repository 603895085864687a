"""How many of what a text speaks of, as far as it measures neither money nor time; and a customer's sums."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import same_unit
from app.guardrail.figures.numerals import numbers
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import Text

_LISTS = Lists("app.guardrail.checks.money", "derived.yaml")
_BOTH_WAYS = frozenset(tuple(pair.split()) for pair in _LISTS.row("both_ways"))
"""Words that stand side by side where a way is gone twice."""

MANY = 1000
"""A number of things is less: from here on it may be money."""


def counted(text: Text, figures: tuple[Figure, ...]) -> Iterator[tuple[int, str | None, int]]:
    """Each number of things, with its noun if it has one, and its place; words such as «двоих» stand alone."""
    taken: set[int] = set()
    for f in figures:
        taken.update(range(f.first, f.last + 1))
        bare = f.kind in ("count", "bare") and f.period is None and f.currency is None
        if bare and f.value == int(f.value) and 1 < f.value < MANY:
            yield int(f.value), f.unit, f.first
    for n in numbers(text):
        behind = text.tokens[n.last + 1].text if n.last + 1 < len(text.tokens) else ""
        if behind == "-":
            continue  # "two-screen"
        if n.spelled and n.first not in taken and n.value == int(n.value) and 1 < n.value < MANY:
            yield int(n.value), None, n.first

    for one, two in pairwise(text.tokens):
        if (one.text, two.text) in _BOTH_WAYS:
            yield 2, None, text.bounds(one.sentence)[0]


def packed(case: Case, f: Figure) -> bool:
    """«За 3 штуки» where a section says that the pack has three."""
    if f.times < _PACK or f.unit is None:
        return False
    counts = (k for k in case.knowledge.known if k.kind == "count" and k.value == f.times and k.unit)
    return any(same_unit(f.unit, str(k.unit)) for k in counts)


_PACK = 2
_SUMS = 8
"""Of a message, at most."""


def told_sums(messages: Sequence[tuple[Text, tuple[Figure, ...]]]) -> tuple[Decimal, ...]:
    """Sums of the newest of a customer's messages: «заказ на 44 000, какая предоплата?»."""
    figures = messages[-1][1] if messages else ()
    return tuple(g.value for g in figures if g.kind in ("money", "bare") and g.value >= MANY)[:_SUMS]
