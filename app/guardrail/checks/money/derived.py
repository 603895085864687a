"""Amounts that are right by another's: rounded, divided by months or people, a sum of what is said beside, a saving.

The second opinion on an amount that is no price of what is named and no sum that `sums.py` finds: it knows which other
amounts of the draft are right. Every figure that it reckons with was said: in a section, the draft or by the customer.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import product as choices

from app.guardrail.allowed.model import Price
from app.guardrail.case import Case
from app.guardrail.checks.money.elided import by_unit
from app.guardrail.checks.money.hedges import fits, hedge
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import same_unit
from app.guardrail.figures.numerals import numbers
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import Text

_LISTS = Lists("app.guardrail.checks.money", "derived.yaml")
_DIFFERING = _LISTS.row("differing")
_EACH = _LISTS.row("each")

_PARTS = {("year", "month"): 12, ("month", "day"): 30, ("year", "day"): 365, ("month", "week"): 4, ("year", "week"): 52,
          ("half", "month"): 6, ("quarter", "month"): 3}  # fmt: skip
"""How many of the second are in the first."""
_MINUTES = {"hour": 60, "day": 1440, "week": 10080}
_SAID = 8
"""Counts, lengths of time, amounts and names at most that are reckoned with: an answer speaks of two or three."""
_ROWS = 64
"""Choices of prices for the things that are named together."""
_PRICES = 24
_SOLE = 3
"""Things with a price in the sections in use, at most, for one of them to be meant without its name."""
_Candidate = tuple[Decimal, str]
"""(value, how often it is paid, empty if at once)"""


class Derived:
    """What follows from the prices in use, the numbers that were said, and the amounts of the draft that are right."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._right: list[Figure] = []

    def believe(self, f: Figure) -> None:
        """An amount of the draft that is right may be reckoned with."""
        self._right.append(f)

    def allows(self, f: Figure, bound: frozenset[int] | None) -> bool:
        """Whether an amount follows from what is right, for what it is said of."""
        how = hedge(self._case, f)
        if bound:
            units = by_unit(self._case, f, bound)
            bound |= units
            if any(f.value == p.amount for n in units for p in self._case.knowledge.products[n].prices):
                return True
        prices = self._prices(f, bound)
        if any(f.value == p.amount and self._as_before(f, p) for p in prices):
            return True
        for value, period in self._worked_out(f, prices, how):
            if fits(f.value, value, how) and (not f.period or f.weak_period or f.period == period):
                return True
        return any(fits(f.value, value, how) for value in (*self._sums(f), *self._differences(f)))

    def _prices(self, f: Figure, bound: frozenset[int] | None) -> list[Price]:
        """The prices that an amount may be reckoned from: of what it is said of, else of what is named or in use."""
        products = self._case.knowledge.products
        priced = frozenset(n for n, x in enumerate(products) if any(p.amount and not p.least for p in x.prices))
        named = frozenset(
            n for m in self._case.mentions if 0 <= f.sentence - m.sentence <= 1 and not m.head for n in m.products
        )
        wanted = ((bound or frozenset()) & priced) or (named & priced) or (self._case.asked & priced) or priced
        before = any(m.sentence == f.sentence and m.last < f.first and not m.head for m in self._case.mentions)
        if not before and len(priced) <= _SOLE:
            wanted = priced  # the subject is left out: it is what all sections are about
        return [p for n in sorted(wanted) for p in products[n].prices if p.amount and not p.least][:_PRICES]

    def _as_before(self, f: Figure, price: Price) -> bool:
        """«за год 149 000 ₸, это 12 400 ₸ в месяц вместо 14 900 ₸»: paid as the amount before it."""
        before = [g for g in self._case.money if g.sentence == f.sentence and g.last < f.first]
        return f.weak_period and bool(before) and before[-1].period == price.period and not before[-1].weak_period

    def _worked_out(self, f: Figure, prices: list[Price], how: str) -> Iterator[_Candidate]:
        rates, one = self._rates, f.each or (f.unit is not None and f.times <= 1)
        shared = any(t.text.startswith(_EACH) for t in self._case.sentence_tokens[f.sentence])
        for p in prices:
            period = p.period or "once"
            if how and not (f.unit and p.unit and not same_unit(f.unit, p.unit)):
                yield p.amount, period
            for value, spans in self._multiplied(p, one):
                yield value, spans
                for rate in rates:
                    yield value * (100 - rate) / 100, spans
            for rate in rates:
                yield p.amount * (100 - rate) / 100, period
            other = f.unit is None or p.unit is None or not same_unit(f.unit, p.unit)
            yield from self._divided(p.amount, period, shared and other)
        for g in self._right:
            if g is not f:
                yield from self._divided(g.value, g.period or "once", False)

    def _multiplied(self, p: Price, one: bool) -> Iterator[_Candidate]:
        """For so many (unless it is said for `one`), for so long: with both where both are said."""
        spans = self._spans(p.period) if p.period in (*_MINUTES, "month") else ()
        for n in (1,) if one else self._counts or (1,):
            for m in spans or (1,):
                if n * m > 1:
                    yield p.amount * n * m, "total" if spans else p.period or "once"

    def _divided(self, amount: Decimal, period: str, among: bool) -> Iterator[_Candidate]:
        """By month and day, and `among` as many as the customer named; to whole units, as people say it."""
        parts = [(n, spanned) for (whole, spanned), n in _PARTS.items() if whole == period]
        if period in ("once", "total"):
            parts += [(int(m), "month") for m in self._lasting]
        parts += [(n, period) for n in (self._theirs if among else ())]
        for n, spanned in parts:
            yield amount / n, spanned
            yield (amount / n).quantize(Decimal(1), ROUND_HALF_UP), spanned

    def _sums(self, f: Figure) -> Iterator[Decimal]:
        """Of all right amounts beside it in its sentence, before or behind it or around, or before it in the draft;
        and of one price for each thing that is named."""
        right = sorted((g for g in self._right if g is not f), key=lambda g: g.start)
        here = [g for g in right if g.sentence == f.sentence]
        before = [g for g in here if g.start < f.start]
        behind = [g for g in here if g.start > f.start]
        earlier = [g for g in right if g.start < f.start]
        near = [g for g in earlier if g.sentence >= f.sentence - 1]
        for parts in (before, behind, here, near, earlier):
            if 2 <= len(parts) <= _SAID and all(not f.period or g.period in (f.period, None) for g in parts):
                yield sum((g.value * self._times(g) for g in parts), Decimal(0))
        yield from self._together(f)

    def _times(self, g: Figure) -> int:
        """How many of what a price is the price of one of: «две кассы по 2 900 ₸»."""
        if g.value not in self._case.prices:
            return 1
        if g.times > 1:
            return g.times
        lead = [t for t in self._case.figures_in.get(g.sentence, ()) if t.last < g.first]
        last = lead[-1] if lead else None
        return int(last.value) if last is not None and last.kind == "count" and last.clause == g.clause else 1

    def _together(self, f: Figure) -> Iterator[Decimal]:
        case = self._case
        products = case.knowledge.products
        named = [m for m in case.mentions if m.sentence == f.sentence and m.last < f.first and m.products]
        rows = [
            [p.amount * self._before(m.first) for n in sorted(m.products) for p in products[n].prices if not p.least]
            for m in named
            if not m.head
        ]
        rows = [list(dict.fromkeys(row)) for row in rows if row]
        size = 1
        for row in rows:
            size *= len(row)
        if 2 <= len(rows) <= _SAID and size <= _ROWS:
            for chosen in choices(*rows):
                yield sum(chosen, Decimal(0))

    def _before(self, place: int) -> int:
        """How many of a thing are named: the number right before it."""
        found = {last: value for last, value in self._numbers if last in (place - 1, place)}
        return int(next(iter(found.values()), Decimal(1)))

    @cached_property
    def _numbers(self) -> list[tuple[int, Decimal]]:
        return [(n.last, n.value) for n in numbers(self._case.text) if n.value == int(n.value) and 1 < n.value <= 99]

    def _differences(self, f: Figure) -> Iterator[Decimal]:
        """Between two right amounts, where words compare them; the threshold that is said counts as one."""
        words = (t.text for t in self._case.sentence_tokens[f.sentence])
        if not any(word.startswith(_DIFFERING) for word in words):
            return
        near = [g.value for g in self._right if g is not f and abs(g.sentence - f.sentence) <= 1][-_SAID:]
        for i, one in enumerate(near):
            for two in near[i + 1 :]:
                yield abs(one - two)

    @cached_property
    def _counts(self) -> tuple[int, ...]:
        """How many of something: numbers of the draft and the customer that measure neither money nor time."""
        said = {n for text, figures in self._texts for n in _bare(text, figures)}
        return tuple(sorted(said))[:_SAID]

    @cached_property
    def _theirs(self) -> tuple[int, ...]:
        """Those of the customer alone."""
        return tuple(sorted({n for text, figures in self._texts[1:] for n in _bare(text, figures)}))[:_SAID]

    @cached_property
    def _lasting(self) -> tuple[Decimal, ...]:
        """Months that a section or the customer names."""
        known = {k.value for k in self._case.knowledge.known if k.kind == "duration" and k.unit == "month"}
        known |= self._case.durations_heard
        return tuple(m for m in self._spans("month") if m in known)

    def _spans(self, period: str | None) -> tuple[Decimal, ...]:
        """Lengths of time that were said, in months or in the period that is paid for."""
        found = set()
        for g in (g for _, figures in self._texts for g in figures if g.kind == "duration" and not g.implied):
            if period == "month" and g.unit == "month":
                found.add(g.value)
            elif g.unit == "minute" and period in _MINUTES:
                found.add(g.value / _MINUTES[period])
        whole = sorted(n for n in found if n > 1 and n == int(n))
        return tuple(whole)[:_SAID]

    @cached_property
    def _texts(self) -> list[tuple[Text, tuple[Figure, ...]]]:
        """The draft and the customer's messages, each with its figures."""
        case = self._case
        return [(case.text, case.figures), *(case.heard(message)[:2] for message in case.told[-3:])]

    @cached_property
    def _rates(self) -> tuple[Decimal, ...]:
        """Percentages of the discounts in use where the draft speaks of one."""
        case = self._case
        if not any("@discount" in keys for keys in case.sentence_keys):
            return ()
        return tuple(
            sorted({k.value for k in case.knowledge.known if k.kind == "percent" and "@discount" in k.context | k.keys})
        )[:_SAID]


def _bare(text: Text, figures: tuple[Figure, ...]) -> Iterator[int]:
    taken = {
        place
        for f in figures
        if f.kind not in ("count", "bare") or f.value > 999 or f.period is not None
        for place in range(f.first, f.last + 1)
    }
    for n in numbers(text):
        if n.first not in taken and n.value == int(n.value) and 1 < n.value <= 999:
            yield int(n.value)
