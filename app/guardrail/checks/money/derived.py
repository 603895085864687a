"""Amounts that are right by another's: rounded, divided by months or people, a sum of what is said beside, a saving.

The second opinion on an amount that is no price of what is named and no sum that `sums.py` finds: it knows which other
amounts of the draft are right. Every figure that it reckons with was said: in a section, the draft or by the customer.
"""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

from app.guardrail.allowed.model import Price
from app.guardrail.case import Case
from app.guardrail.checks.fractions import shares
from app.guardrail.checks.lengths import shortest
from app.guardrail.checks.money.each import per_one
from app.guardrail.checks.money.elided import by_unit, told_behind, unnamed_before
from app.guardrail.checks.money.hedges import fits, hedge
from app.guardrail.checks.money.paid import agrees
from app.guardrail.checks.money.parts import named_parts
from app.guardrail.checks.money.said import counted, told_sums
from app.guardrail.checks.money.together import (
    compares,
    differences,
    of_named,
    of_prices,
    sums_of,
    with_prices,
    with_unsaid,
)
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import same_unit
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import Text

_LISTS = Lists("app.guardrail.checks.money", "derived.yaml")
_EACH = _LISTS.row("each")
_REDUCED = _LISTS.words("reduced")
_BY_MONTH = _LISTS.word("by_month")
_TOTAL = _LISTS.row("total")
_AT_ONCE = ("once", "total")

_PARTS = {("year", "month"): 12, ("month", "day"): 30, ("year", "day"): 365, ("month", "week"): 4, ("year", "week"): 52,
          ("half", "month"): 6, ("quarter", "month"): 3}  # fmt: skip
"""How many of the second are in the first."""
_MINUTES = {"hour": 60, "day": 1440, "week": 10080}
_SPANNED = {12: "year", 6: "half", 3: "quarter"}
_SAID = 8
"""Counts, lengths of time, amounts and names at most that are reckoned with: an answer speaks of two or three."""
_PRICES = 24
_SOLE = 3
"""Things with a price in the sections in use, at most, for one of them to be meant without its name."""
_Count = tuple[int, str | None]  # how many, and of what
_Candidate = tuple[Decimal, str]  # (value, how often it is paid, empty if at once)


class Derived:
    """What follows from the prices in use, the numbers that were said, and the amounts of the draft that are right."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.right: list[Figure] = []
        """The amounts of the draft that are right."""

    def believe(self, f: Figure) -> None:
        """An amount of the draft that is right may be reckoned with."""
        self.right.append(f)

    def allows(self, f: Figure, bound: frozenset[int] | None) -> bool:
        """Whether an amount follows from what is right, for what it is said of."""
        how = hedge(self._case, f)
        if bound:
            units = by_unit(self._case, f, bound)
            bound |= units
            one = not any(noun in self._units for _, noun in self._counts(f))
            if one and any(f.value == p.amount for n in units for p in self._case.knowledge.products[n].prices):
                return True
        named = self._wanted(f, bound)
        prices = self._prices(named)
        if any(f.value == p.amount and self._as_before(f, p) for p in prices):
            return True
        monthly = _BY_MONTH in self._case.clause_text(f.clause)  # how it is paid, not for how long
        for value, period in self._worked_out(f, named, prices, how):
            if fits(f.value, value, how) and (monthly or agrees(self._case, f, period, named)):
                return True
        return any(fits(f.value, value, how) for value in self._sums(f)) or self.compared(f, bound)

    def _wanted(self, f: Figure, bound: frozenset[int] | None) -> frozenset[int]:
        """What an amount may be reckoned from: what it is said of, else what is named or in use."""
        products = self._case.knowledge.products
        priced = frozenset(n for n, x in enumerate(products) if any(p.amount and not p.least for p in x.prices))
        near = [m for m in self._case.mentions if 0 <= f.sentence - m.sentence <= 1 and not m.head]
        named = frozenset(n for m in near for n in m.products) & priced
        case = self._case  # what was asked before is read last: «и доставка?» behind «касса в рассрочку?»
        wanted = (bound or frozenset()) & priced or named or (case.asked | case.asked_before) & priced or priced
        before = any(m.sentence == f.sentence and m.last < f.first and m.products & priced for m in near)
        if not before and len(priced) <= _SOLE:
            return priced  # the subject is left out: it is what all sections are about
        return wanted

    def _prices(self, named: frozenset[int]) -> list[Price]:
        products = self._case.knowledge.products
        return [p for n in sorted(named) for p in products[n].prices if p.amount and not p.least][:_PRICES]

    def _as_before(self, f: Figure, price: Price) -> bool:
        """«за год 149 000 ₸, это 12 400 ₸ в месяц вместо 14 900 ₸»: paid as the amount before it."""
        before = [g for g in self._case.money if g.sentence == f.sentence and g.last < f.first]
        low, length = before[-1].last if before else -1, _MINUTES.get(price.period or "")
        here = [
            g for g in self._case.figures_in.get(f.sentence, ()) if g.kind == "duration" and low < g.first < f.first
        ]
        if f.weak_period and any(g.value == length for g in here):
            return True  # «на сутки 9 000 ₸, на час 1 500 ₸»
        return f.weak_period and bool(before) and before[-1].period == price.period and not before[-1].weak_period

    def _worked_out(self, f: Figure, named: frozenset[int], prices: list[Price], how: str) -> Iterator[_Candidate]:
        yield from per_one(self._case, f, named, self.right, self._counted)
        rates, one = self._rates, f.each or (f.unit is not None and f.times <= 1)
        shared = any(t.text.startswith(_EACH) for t in self._case.sentence_tokens[f.sentence])
        for p in prices:
            period = p.period or "once"
            if how and not (f.unit and p.unit and not same_unit(f.unit, p.unit)):
                yield p.amount, period
            for value, spans in self._multiplied(p, one, f):
                yield value, spans
                for rate in rates:
                    yield value * (100 - rate) / 100, spans
            for rate in rates:
                yield p.amount * (100 - rate) / 100, period
            among = [n for n, noun in self._theirs if noun is None or p.unit is None or not same_unit(noun, p.unit)]
            yield from self._divided(f, p.amount, period, tuple(among) if shared else ())
            yield from ((p.amount * share, period) for share in self._shares)
        for value in told_sums(self._texts[1:]):
            yield from ((value * share, "once") for share in self._shares)
            if value in self._case.prices:  # «за 265 000 частями»: what is divided need not be named again
                yield from self._divided(f, value, "once")
        for g in self.right:
            if g is not f:
                if g.period == "month":
                    yield from ((g.value * n, _SPANNED.get(n, "total")) for n in self._whole(f))
                yield from self._divided(f, g.value, g.period or "once")
                if g.value not in self._least:
                    yield from ((g.value * share, g.period or "once") for share in self._shares)

    def _whole(self, f: Figure) -> tuple[int, ...]:
        """Months that an amount may be said for."""
        return (*(int(n) for n in self._spans("month")), *((12,) if f.period == "year" else ()))

    def _multiplied(self, p: Price, one: bool, f: Figure) -> Iterator[_Candidate]:
        """For so many (unless it is said for `one`), for so long: with both where both are said."""
        spans = self._spans(p.period) if p.period in (*_MINUTES, "month") else ()
        for n in (1,) if one else self._of(p, f) or (1,):
            for m in spans or (1,):
                if n * m > 1:
                    yield p.amount * n * m, "total" if spans else p.period or "once"

    def _divided(self, f: Figure, amount: Decimal, period: str, among: tuple[int, ...] = ()) -> Iterator[_Candidate]:
        """By month and day, and `among` as many as the customer named; to whole units, as people say it."""
        parts = [(n, spanned) for (whole, spanned), n in _PARTS.items() if whole == period]
        if period in _AT_ONCE:
            parts += [(int(m), "month") for m in self._lasting]
        parts += [(n, period) for n in among]
        for n, spanned in parts:
            unsaid = not f.period and spanned == "month" and period in _AT_ONCE
            if spanned not in (period, f.period) and not unsaid:
                continue
            yield amount / n, spanned
            yield (amount / n).quantize(Decimal(1), ROUND_HALF_UP), spanned

    def _sums(self, f: Figure) -> Iterator[Decimal]:
        """Of all right amounts said before it, here or in the sentence before too, where it is said to be a total; of
        those that are told behind it («всего 35 500 ₸: …»); and of one price for each thing that is named."""
        case = self._case
        behind = [g for g in self.right if g.sentence == f.sentence and g.start > f.start]
        if behind and told_behind(case, f):
            yield from self._added(f, behind)
        yield from named_parts(case, f)
        if unnamed_before(case, f):
            yield from sums_of(case.knowledge.products, case.asked)
        clause = case.clause_text(f.clause).split()
        if not any(word.startswith(_TOTAL) for word in clause):
            return
        before = [g for g in self.right if g.start < f.start]
        for least in (f.sentence, f.sentence - 1, 0):
            yield from self._added(f, [g for g in before if g.sentence >= least])
        if before and before[-1].sentence == f.sentence:
            yield from with_prices(case.knowledge.products, before[-1].value, before[-1].period)
        yield from of_named(self._case, f)
        parts = [g for g in before if g.sentence == f.sentence and g.period in (f.period, None)]
        named = {
            n
            for m in case.mentions
            if parts and m.last < parts[0].first and m.sentence == f.sentence and not m.head
            for n in m.products
        }
        added = sum((g.value * self._times(g) for g in parts), Decimal(0))
        yield from with_unsaid(case.knowledge.products, named, added, f.period, [g.value for g in parts])

    def _added(self, f: Figure, parts: list[Figure]) -> Iterator[Decimal]:
        if 2 <= len(parts) <= _SAID and all(not f.period or g.period in (f.period, None) for g in parts):
            yield sum((g.value * self._times(g) for g in parts), Decimal(0))

    def _times(self, g: Figure) -> int:
        """How many of what a price is the price of one of: «две кассы по 2 900 ₸»."""
        if g.value not in self._case.prices:
            return 1
        if g.times > 1:
            return g.times
        lead = [t for t in self._case.figures_in.get(g.sentence, ()) if t.last < g.first]
        last = lead[-1] if lead else None
        if last is not None and last.kind == "count" and last.clause == g.clause:
            return int(last.value)
        # «двое по 900 ₸»: a word for people, without a noun
        clauses = ((n, self._case.text.tokens[place].clause) for n, _, place in self._counted if place < g.first)
        return next((n for n, clause in reversed(list(clauses)) if clause == g.clause), 1)

    def compared(self, f: Figure, bound: frozenset[int] | None) -> bool:
        """Whether it is what two amounts differ by, where words compare them."""
        how = hedge(self._case, f)
        return any(fits(f.value, value, how) for value in self._differences(f, bound))

    def _differences(self, f: Figure, bound: frozenset[int] | None) -> Iterator[Decimal]:
        """Between two right amounts, or two prices that are paid as often, where words compare them."""
        if compares(self._case.clause_text(f.clause)):
            near = [g.value for g in self.right if g is not f and abs(g.sentence - f.sentence) <= 1]
            yield from differences(near[-_SAID:])
            yield from of_prices(self._case.knowledge.products, bound or frozenset())

    def _counts(self, f: Figure) -> tuple[_Count, ...]:
        """How many of what: numbers of the draft before an amount, and of the customer, of things and not of time."""
        said = dict.fromkeys((n, noun) for n, noun, place in self._counted if place < f.first)
        return (*list(said)[-_SAID:], *self._theirs)

    @cached_property
    def _counted(self) -> tuple[tuple[int, str | None, int], ...]:
        return tuple(counted(*self._texts[0]))

    @cached_property
    def _theirs(self) -> tuple[_Count, ...]:
        """Those of the customer alone."""
        return tuple(dict.fromkeys(count[:2] for said in self._texts[1:] for count in counted(*said)))[:_SAID]

    def _of(self, p: Price, f: Figure) -> tuple[int, ...]:
        """How many of what a price is paid for."""
        units = self._case.lexicon
        return tuple(
            n
            for n, noun in self._counts(f)
            if noun is None or p.unit is None or same_unit(noun, p.unit) or units.unit(noun) is None
        )

    @cached_property
    def _units(self) -> frozenset[str]:
        return frozenset(p.unit for product in self._case.knowledge.products for p in product.prices if p.unit)

    @cached_property
    def _shares(self) -> tuple[Decimal, ...]:
        return tuple(shares(self._case))[:_SAID]

    @cached_property
    def _least(self) -> frozenset[Decimal]:
        """Sums from which something holds, and that nothing costs: nobody pays a part of them."""
        prices = [p for product in self._case.knowledge.products for p in product.prices]
        return frozenset(p.amount for p in prices if p.least) - {p.amount for p in prices if not p.least}

    @cached_property
    def _lasting(self) -> tuple[Decimal, ...]:
        """Months that a section or the customer names."""
        lengths = [k for k in self._case.knowledge.known if k.kind == "duration" and k.unit == "month"]
        parts = {k.value for k in lengths if "@instalment" in k.keys | k.name}
        known = {k.value for k in lengths} | self._case.durations_heard
        return tuple(sorted(parts.union(m for m in self._spans("month") if m in known)))

    def _spans(self, period: str | None) -> tuple[Decimal, ...]:
        """Lengths of time that were said, in months or in the period that is paid for."""
        found = set()
        for g in (g for _, figures in self._texts for g in figures if g.kind == "duration" and not g.implied):
            if period == "month" and g.unit == "month":
                found.add(g.value)
            elif g.unit == "minute" and period in _MINUTES:
                found.add(max(g.value, shortest(self._case)) / _MINUTES[period])
        whole = sorted(n for n in found if n > 1 and n == int(n))
        return tuple(whole)[:_SAID]

    @cached_property
    def _texts(self) -> list[tuple[Text, tuple[Figure, ...]]]:
        """The draft and the customer's messages, each with its figures."""
        case = self._case
        return [(case.text, case.figures), *(case.heard(message)[:2] for message in case.told[-3:])]

    @cached_property
    def _rates(self) -> tuple[Decimal, ...]:
        """Percentages of the discounts in use where the draft speaks of one; where it names any, those alone."""
        case = self._case
        named = {f.value for f in case.figures if f.kind == "percent"}
        if not any("@discount" in keys for keys in case.sentence_keys) and not any(
            t.text in _REDUCED for t in case.text.tokens
        ):
            return ()
        known = {k.value for k in case.knowledge.known if k.kind == "percent" and "@discount" in k.context | k.keys}
        return tuple(sorted(known & named if named else known))[:_SAID]
