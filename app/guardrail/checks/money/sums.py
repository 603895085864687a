"""Sums and multiples: «2 × 14 900 = 29 800 ₸», twelve months, two products together, a discount that is known."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from itertools import combinations

from app.guardrail.case import Case, Problem
from app.guardrail.checks.money.paid import agrees
from app.guardrail.checks.money.together import compares
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import same_unit
from app.guardrail.subject.binding import Binding
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "sums.yaml")
_BY_MONTH = _LISTS.word("by_month")
_YEAR = _LISTS.row("year")
_HALF = _LISTS.word("half")

_TIMES = _LISTS.words("times")
_PLUS = _LISTS.words("plus")
_MINUS = _LISTS.words("minus")
_EQUAL = _LISTS.words("equal")
Amount = tuple[Decimal, frozenset[str], frozenset[tuple[int, Decimal]]]
"""(value, periods that it can be said for, the (product, price) pairs that it is made of)"""

_NUMBERS = ("money", "bare", "count", "duration", "percent")
_SPANS = {12: "year", 6: "half", 3: "quarter"}
_Said = tuple[frozenset[int], tuple[int, ...], tuple[int, ...], tuple[int, str] | None]
_COUNTS = 12
_MONTHS = 6
"""Counts and spans that prices are multiplied with: an answer speaks of two or three."""
_LIMIT = 24
"""Prices at most that sums are made of: more would make every number a sum of something."""


class Sums:
    """What can be worked out from the prices in use and the counts that were said."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._believed: list[tuple[Decimal, str | None, frozenset[tuple[int, Decimal]]]] = []
        self._worked_out: dict[_Said, tuple[list[Amount], list[Amount]]] = {}
        self._hourly = any(p.unit == "@hour" for product in case.knowledge.products for p in product.prices)
        self._equal: set[int] = set()
        """Starts of results of equations that hold and have an amount in them."""

    def believe(self, f: "Figure", products: frozenset[int]) -> None:
        """An amount that was found right may be reckoned with further."""
        self._believed.append((f.value, f.period, frozenset((n, f.value) for n in products)))

    def believed(self, f: "Figure") -> bool:
        """Whether that amount was found right."""
        return any(value == f.value for value, _, _ in self._believed)

    def equations(self) -> Iterator[Problem]:
        """Written equations that do not hold."""
        case = self._case
        tokens = case.text.tokens
        for place, token in enumerate(tokens):
            if token.text not in _EQUAL:
                continue
            numbers = [f for f in case.figures_in.get(token.sentence, ()) if f.kind in _NUMBERS]
            right = next((f for f in numbers if f.first > place), None)
            left = [f for f in numbers if f.last < place]
            terms = self._terms(left, place)
            if right is None or len(terms) < 2:
                continue
            if any(f.kind == "percent" for f, _ in terms):
                continue
            total, product = Decimal(0), None
            for f, operator in terms:
                value = self._written(f)
                if product is None:
                    product = value
                elif operator == "×":
                    product *= value
                else:
                    total += product
                    product = value if operator == "+" else -value
            total += product or 0
            if total != right.value:
                said = case.text.raw[terms[0][0].start : right.end]
                reason = f"the sum is wrong: {said!r} makes {total.normalize():f}"
                yield Problem("amount", reason, right.start, right.end)
            elif any(f in case.money or f.value in case.prices for f, _ in terms):
                self._equal.add(right.start)  # of a price of ours, or of an amount that is judged by itself

    def _written(self, f: "Figure") -> Decimal:
        if f.kind != "duration":
            return f.value
        first = self._case.text.tokens[f.first]
        return Decimal(first.text) if first.kind == "n" and first.text.isdigit() else f.value

    def _terms(self, left: "list[Figure]", place: int) -> "list[tuple[Figure, str]]":
        """Operands before an equals sign with the operator in front of each, as far as operators stand there."""
        tokens = self._case.text.tokens
        terms: list[tuple[Figure, str]] = []
        for n in range(len(left) - 1, -1, -1):
            f = left[n]
            if not n:
                terms.insert(0, (f, ""))
                break
            between = [t.text for t in tokens[left[n - 1].last + 1 : f.first]]
            operator = next(
                (
                    name
                    for name, signs in (("×", _TIMES), ("+", _PLUS), ("-", _MINUS))
                    if any(t in signs for t in between)
                ),
                "",
            )
            terms.insert(0, (f, operator))
            if not operator:
                break
        return terms

    def allows(self, f: "Figure", bound: frozenset[int] | None, binding: Binding) -> bool:
        """Whether an amount can be worked out, with its period, from what it is said of."""
        if f.start in self._equal:
            return True
        case = self._case
        by_month = _BY_MONTH in case.clause_text(f.clause)  # how it is paid, not for how long
        for value, periods, used in self._results(f, bound):
            named = {n for n, _ in used}
            if value == f.value and (by_month or "" in periods or any(agrees(case, f, p, named) for p in periods)):
                if bound and not named & bound:
                    continue
                if binding.every and bound and len(named) > 1 and not bound <= named:
                    continue
                return True
        return False

    def _results(self, f: "Figure", bound: frozenset[int] | None) -> Iterator[Amount]:
        """Every amount that can be worked out and could be `f`. Of sums and differences only those that give its value
        are made: the second term is looked up by what is missing."""
        case = self._case
        relevant = set(bound or ()) | {n for m in case.mentions for n in m.products if not m.head} | case.asked
        if not relevant:
            products = len(case.knowledge.products)
            relevant = set(range(products)) if products <= 8 else set()
        counts, months, rates = self._counts(f), self._months(f), self._rates
        differing = compares(case.sentence_text(f.sentence))
        said = (f.times, f.unit) if f.times > 1 and f.unit else None
        plain, multiples = self._multiples(frozenset(relevant), counts, months, said)
        yield from multiples
        extended = [*plain, *((a, frozenset({p or ""}), u) for a, p, u in self._believed)]
        by_value: dict[Decimal, list[Amount]] = {}
        for two in extended:
            by_value.setdefault(two[0], []).append(two)
        for one in (*extended, *multiples):
            for missing in (f.value - one[0], one[0] - f.value, one[0] + f.value):
                for two in by_value.get(missing, ()):
                    if one is not two:
                        yield _plus(one, two)
                        yield _minus(one, two) if differing else _NOTHING
        if len(plain) <= 10:
            for one, two, three in combinations(extended[:14], 3):
                if one[0] + two[0] + three[0] == f.value:
                    yield _plus(_plus(one, two), three)
        for amount, span, used in self._believed:
            for n in (*counts, *months):
                yield amount * n, frozenset({span or ""} if n in counts else {"year"} if n == 12 else {"total"}), used
            for rate in rates:
                yield amount * (100 - rate) / 100, frozenset({span or ""}), used

    def _multiples(
        self,
        relevant: frozenset[int],
        counts: tuple[int, ...],
        months: tuple[int, ...],
        said: tuple[int, str] | None,
    ) -> tuple[list[Amount], list[Amount]]:
        """The prices, and their multiples by counts, months and rates: once for all amounts that share these."""
        key = (relevant, counts, months, said)
        if key not in self._worked_out:
            self._worked_out[key] = self._multiplied(*key)
        return self._worked_out[key]

    def _multiplied(
        self,
        relevant: frozenset[int],
        counts: tuple[int, ...],
        months: tuple[int, ...],
        said: tuple[int, str] | None,
    ) -> tuple[list[Amount], list[Amount]]:
        products = self._case.knowledge.products
        base = [
            (p.amount, p.period or "", frozenset({(n, p.amount)}), p.unit)
            for n in sorted(relevant)
            for p in products[n].prices
            if p.amount
        ][:_LIMIT]
        found: list[Amount] = []
        for amount, period, used, unit in base:
            multiples = [said[0]] if said and unit and same_unit(said[1], unit) else list(counts)
            for n in multiples:
                found.append((amount * n, frozenset({period}), used))
                for rate in self._rates:
                    found.append((amount * n * (100 - rate) / 100, frozenset({period}), used))
            if period == "month":
                for m in months:
                    spans = frozenset({_SPANS.get(m, "total")})
                    found.append((amount * m, spans, used))
                    for n in multiples:
                        found.append((amount * m * n, spans, used))
            for m in self._parts if period == "once" else ():
                found.append((Decimal(round(amount / m)), frozenset({"month"}), used))
            for rate in self._rates:
                found.append((amount * (100 - rate) / 100, frozenset({period}), used))
        return [(amount, frozenset({period}), used) for amount, period, used, _ in base], found

    def _counts(self, f: "Figure") -> tuple[int, ...]:
        """Counts said in the draft near the amount, else anywhere in it, else those the customer gave."""
        case = self._case
        here: set[int] = set()
        everywhere: set[int] = set()
        previous = max((m.end for m in case.money if m.end <= f.start and m.sentence == f.sentence), default=-1)
        for g in case.figures:
            if g.kind == "duration" and g.unit == "minute" and g.value % 60 == 0 and 60 < g.value <= 6000:
                if self._hourly:
                    everywhere.add(int(g.value / 60))
                continue
            most = 100_000 if g.kind == "count" else 999
            if g.kind in ("count", "bare") and g.value == int(g.value) and 1 < g.value <= most and g not in case.money:
                everywhere.add(int(g.value))
                counted = g.unit is not None and case.lexicon.unit(g.unit) is not None
                if (
                    g.kind == "count"
                    and counted
                    and g.sentence == f.sentence
                    and g.start > previous
                    and g.start < f.start
                ):
                    here.add(int(g.value))
        if f.times > 1:
            here.add(f.times)
        if here:
            return tuple(sorted(here))[:_COUNTS]
        heard = {int(v) for v in case.numbers_heard if v == int(v) and 1 < v <= 999}
        return tuple(sorted(everywhere | heard))[:_COUNTS]

    @cached_property
    def _parts(self) -> tuple[int, ...]:
        """Months of an instalment plan that the draft names."""
        if "@instalment" not in frozenset().union(*self._case.sentence_keys):
            return ()
        known = self._case.knowledge.known
        return tuple(
            int(k.value) for k in known if k.unit == "month" and k.value >= 1 and "@instalment" in k.keys | k.name
        )

    def _months(self, f: "Figure") -> tuple[int, ...]:
        case = self._case
        months = {
            int(g.value)
            for g in case.figures
            if g.kind == "duration" and g.unit == "month" and g.value > 1 and g.value <= 36
        }
        if f.period == "year" or any(word in case.text.folded for word in _YEAR):
            months.add(12)
        if f.period == "half" or _HALF in case.text.folded:
            months.add(6)
        if f.period == "quarter":
            months.add(3)
        return tuple(sorted(months))[-_MONTHS:]

    @cached_property
    def _rates(self) -> tuple[Decimal, ...]:
        """Percentages that may be taken off: those of the sections' discounts and of the policy, said in the draft."""
        case = self._case
        known = {k.value for k in case.knowledge.known if k.kind == "percent" and "@discount" in k.context | k.keys}
        known |= set(case.context.discounts)
        said = {g.value for g in case.figures if g.kind == "percent"}
        return tuple(sorted(known & said))


_NOTHING: Amount = (Decimal(-1), frozenset(), frozenset())


def _plus(one: Amount, two: Amount) -> Amount:
    if one[2] & two[2]:  # twice the same is a multiple, which needs a count
        return _NOTHING
    return one[0] + two[0], _periods(one[1], two[1]), one[2] | two[2]


def _minus(one: Amount, two: Amount) -> Amount:
    if one[2] == two[2]:  # three shops less two shops is no sum of prices
        return _NOTHING
    return abs(one[0] - two[0]), _periods(one[1], two[1]), one[2] | two[2]


def _periods(one: frozenset[str], two: frozenset[str]) -> frozenset[str]:
    """A sum of monthly prices is monthly; of a monthly and a single price it is paid at once."""
    common = one & two
    return common or frozenset({"once", "total"})
