"""Sums and differences of prices: of things that are asked about together, or compared."""

from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from itertools import combinations, product

from app.guardrail.allowed.model import Product
from app.guardrail.case import Case
from app.guardrail.checks.money.said import MANY
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_DIFFERING = Lists("app.guardrail.checks.money", "derived.yaml").row("differing")

_FEW = 5
"""Things with a price at most whose prices are compared or added: of more, any number would be a difference."""
_SAID, _ROWS = 8, 64
"""Things that are named together, and choices of prices for them."""
_TWO = 2
_MONTHS = {"year": 12, "half": 6, "quarter": 3}


def compares(text: str) -> bool:
    """Whether words of a clause or sentence compare one amount with another."""
    return any(word.startswith(_DIFFERING) for word in text.split())


def differences(amounts: Sequence[Decimal]) -> Iterator[Decimal]:
    """Between any two of some amounts."""
    return (abs(one - two) for one, two in combinations(amounts, 2))


def with_prices(products: Sequence[Product], amount: Decimal, period: str | None) -> Iterator[Decimal]:
    """Of a right amount and another price beside it: «2 700 ₸, вместе с тарифом 17 600 ₸».."""
    if len(products) <= _FEW:
        prices = (p for x in products for p in x.prices if not p.least and p.period == period and p.amount != amount)
        yield from (amount + p.amount for p in prices)


def of_prices(products: Sequence[Product], bound: frozenset[int]) -> Iterator[Decimal]:
    """Between a price of what is `bound` (of anything, if nothing is) and another's that is paid as often; and what a
    longer time saves against so many months."""
    rows = {n: [p for p in x.prices if p.amount and not p.least] for n, x in enumerate(products)}
    rows = {n: row for n, row in rows.items() if row}
    for n, row in rows.items():
        for one, two in product(row, row):
            if one.period == "month" and two.period in _MONTHS:
                yield abs(one.amount * _MONTHS[two.period] - two.amount)
        if len(rows) <= _FEW and (n in bound or not bound):
            others = [p for m, row in rows.items() if m != n for p in row]
            yield from (abs(p.amount - q.amount) for p in row for q in others if p.period == q.period)


def sums_of(products: Sequence[Product], asked: frozenset[int]) -> Iterator[Decimal]:
    """Of one price for each of the things asked about, or of the two that all is about, paid as often."""
    if len(asked) < _TWO and len(products) == _TWO:
        asked = frozenset(range(_TWO))
    rows = [[p for p in products[n].prices if p.amount and not p.least] for n in sorted(asked)]
    rows = [row for row in rows if row]
    if 2 <= len(rows) <= _FEW and all(len(row) <= 2 for row in rows):
        for chosen in product(*rows):
            if len({p.period for p in chosen}) == 1:
                yield sum((p.amount for p in chosen), Decimal(0))


def with_unsaid(
    products: Sequence[Product], named: Collection[int], added: Decimal, period: str | None, said: Collection[Decimal]
) -> Iterator[Decimal]:
    """«На «Росте» десять входят, ещё двое по 900 ₸, всего 16 700 ₸»: the price of what is named, which is left out, and
    what is `said` to be added to it."""
    if said:
        for n in sorted(named)[:_FEW]:
            prices = (p for p in products[n].prices if p.amount and not p.least and p.amount not in said)
            yield from (p.amount + added for p in prices if p.period == period)


def of_named(case: Case, f: Figure) -> Iterator[Decimal]:
    """The sums of one price of each thing that is named before an amount, as many as are named."""
    products = case.knowledge.products
    named = [m for m in case.mentions if m.sentence == f.sentence and m.last < f.first and m.products and not m.head]
    rows: dict[frozenset[int], list[Decimal]] = {}
    for m in sorted(named, key=lambda m: len(m.products)):
        if any(m.products & others for others in rows):
            continue  # «принтер D-Print 80»: named twice
        prices = (p for n in sorted(m.products) for p in products[n].prices if p.amount and not p.least)
        rows.setdefault(m.products, list(dict.fromkeys(p.amount * _before(case, m.first) for p in prices)))
    told = [row for row in rows.values() if row]
    size = 1
    for row in told:
        size *= len(row)
    if 2 <= len(told) <= _SAID and size <= _ROWS:
        for chosen in product(*told):
            yield sum(chosen, Decimal(0))


def _before(case: Case, place: int) -> int:
    """How many of a thing are named: the number right before it."""
    found = [g for g in case.figures if g.kind in ("count", "bare") and place - 1 <= g.first <= place]
    return int(found[0].value) if found and 1 < found[0].value < MANY and found[0] not in case.money else 1
