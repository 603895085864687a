"""A total whose parts are told behind it by name alone: «18 800 ₸: день и залог», «36 000 ₸ — месяц и доставка»."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure

_LENGTHS = {"hour": ("minute", 60), "day": ("minute", 1440), "week": ("minute", 10080), "month": ("month", 1)}
_TELLS = frozenset(":(=\u2014\u2013-")
_MOST = 4
"""Parts of a total, and more prices of one than are looked at."""
_PRICES = 12


def named_parts(case: Case, f: Figure) -> Iterator[Decimal]:
    """One price of each thing and of each length of time that is named behind an amount; none where one has its own."""
    tokens = case.text.tokens
    behind = next((t for t in tokens[f.last + 1 : f.last + 2] if t.text in _TELLS and t.sentence == f.sentence), None)
    if behind is None or any(m.sentence == f.sentence and m is not f for m in case.money):
        return
    rows = [row for row in (*_lengths(case, f), *_things(case, f)) if row]
    if 2 <= len(rows) <= _MOST:
        for chosen in product(*rows):
            yield sum(chosen, Decimal(0))


def _lengths(case: Case, f: Figure) -> Iterator[list[Decimal]]:
    """The prices for each length of time, of what was asked about where something was."""
    products = case.knowledge.products
    asked = [products[n] for n in sorted(case.asked)]
    asked = asked if any(p.period in _LENGTHS for x in asked for p in x.prices) else list(products)
    for g in case.figures_in.get(f.sentence, ()):
        if g.kind == "duration" and g.first > f.last and g.clause <= f.clause + 2:
            yield [
                p.amount * g.value / _LENGTHS[p.period][1]
                for x in asked
                for p in x.prices
                if p.period in _LENGTHS and g.unit == _LENGTHS[p.period][0] and not g.value % _LENGTHS[p.period][1]
            ][:_PRICES]


def _things(case: Case, f: Figure) -> Iterator[list[Decimal]]:
    products = case.knowledge.products
    for m in case.mentions:
        if m.sentence == f.sentence and m.first > f.last and not m.head and m.products:
            yield [p.amount for n in sorted(m.products) for p in products[n].prices if p.amount and not p.least][
                :_PRICES
            ]
