"""Amounts that are arithmetic over what is given: the last opinion on one that is no price and no sum found before.

A price of what is spoken of, times counts and lengths of time that were said (a started hour counted whole, a block of
minutes by which it is paid), with a percentage or half that a section gives; a sum or difference of two such amounts,
of amounts of the draft that are right, or of one and the customer's own. Whatever is reckoned with stands in a section,
the draft or the customer's words, and the draft names what it is of.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_CEILING, Decimal
from functools import cached_property
from itertools import combinations

from app.guardrail.allowed.model import Known, Price
from app.guardrail.case import Case
from app.guardrail.checks.fractions import written_parts
from app.guardrail.checks.lengths import shortest
from app.guardrail.checks.money.packages import Packages
from app.guardrail.checks.money.paid import agrees
from app.guardrail.checks.money.said import counted
from app.guardrail.checks.money.together import compares
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import UNITS_OF_TIME, same_unit
from app.guardrail.figures.read import figures
from app.guardrail.text.kin import any_akin
from app.guardrail.text.lexicon import PREPOSITIONS
from app.guardrail.text.words import Text, read

_MINUTES = {"hour": 60, "day": 1440, "week": 10080}
_MOST = 6
"""Things, counts, lengths, percentages and amounts at most that are reckoned with: more would bear anything out."""
_FEW = 3
"""Things at most of which two are added without being said themselves."""
_PRICED = 8
"""Things with a price at most, for any of them to be meant where none is named."""
_Term = tuple[Decimal, int, str]
"""(value, the product whose price it is made of, how often it is paid)"""
_Read = tuple[Text, tuple[Figure, ...]]
_ONCE = "once"


class Worked:
    """What can be worked out of one draft's context."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self.packages = Packages(case)
        self._shortest = shortest(case)
        """Minutes that anything is paid for at least."""

    def allows(self, f: Figure, bound: frozenset[int] | None, right: Sequence[Figure]) -> bool:
        """Whether an amount is the result of such a calculation; `right`: amounts of the draft that are."""
        terms = [term for term in self._terms(f, bound or frozenset()) if agrees(self._case, f, term[2], (term[1],))]
        if any(value == f.value for value, _, _ in terms) or self.packages.allows(f, bound or frozenset()):
            return True
        said = [g.value for g in right if g is not f and agrees(self._case, f, g.period or f.period or _ONCE)][-_MOST:]
        if any(f.value in _two(one, two) for one, two in combinations(said, 2)):
            return True
        if any(sum(three) == f.value for three in combinations(said, 3)):
            return True
        others = {value for value, _, _ in terms if value not in said}
        if any(f.value in _two(one, two) for one in said for two in (*others, *self._theirs)):
            return True
        if any(abs(p.amount - value) == f.value for _, p in self._least for value in self._theirs):
            return True
        apart = [(one[0], two[0]) for one, two in combinations(terms, 2) if one[1] != two[1]]
        few = len({n for _, n, _ in terms}) <= _FEW
        taken = compares(self._case.sentence_text(f.sentence))
        return few and any(f.value == one + two or (taken and f.value == abs(one - two)) for one, two in apart)

    def is_part(self, f: Figure, prices: Sequence[tuple[int, Price]], right: Sequence[Figure]) -> bool:
        """«Зал с ведущим: 30 000 ₸ за вечер и 12 000 ₸ за ведущего, вместе 42 000 ₸»: whether an amount that is one of
        `prices` makes with a right one the total that its sentence names. It is of what was asked about, or of nothing
        that is named right there but behind a preposition."""
        case = self._case
        beside = [g for g in case.money if g.sentence == f.sentence and g is not f][:_MOST]
        here = [m for m in case.mentions if not m.head and self._is_before(f, m.first)]
        if any(PREPOSITIONS.isdisjoint(t.text for t in case.text.tokens[max(0, m.first - 2) : m.first]) for m in here):
            return False
        meant = [p for n, p in prices if not here or n in case.asked | case.asked_before]
        paid = any(not p.least and (f.weak_period or f.period in (None, p.period)) for p in meant)
        others = [h for h in beside if h in right and h.value != f.value]
        return paid and any(g.value == f.value + h.value for h in others for g in beside if g is not h)

    def is_told_of(self, name: str) -> bool:
        """«Тариф «Полдня»», which has no price of its own: whether a section speaks of what is called so."""
        called = read(name, lexicon=self._case.lexicon).tokens
        return " ".join(t.key or t.text for t in called) in self._case.knowledge.quotes

    @property
    def _least(self) -> list[tuple[int, Price]]:
        """Sums from which something holds."""
        return [(n, p) for n, x in enumerate(self._case.knowledge.products) for p in x.prices if p.least]

    def _prices(self, bound: frozenset[int]) -> list[tuple[int, Price]]:
        """The prices of what the draft or the customer speaks of; of anything where nothing is named."""
        case, products = self._case, self._case.knowledge.products
        named = frozenset(n for m in case.mentions for n in m.products if not m.head)
        spoken = named | bound | case.asked | case.asked_before
        rows = [(n, p) for n, x in enumerate(products) for p in x.prices if p.amount and not p.least]
        if not any(n in spoken for n, _ in rows) and len({n for n, _ in rows}) <= _PRICED:
            return rows
        return [row for row in rows if row[0] in spoken]

    def _terms(self, f: Figure, bound: frozenset[int]) -> list[_Term]:
        """Prices times what was said, and the shares of that which are spoken of."""
        found: dict[_Term, None] = {}
        for n, p in self._prices(bound):
            for value, period in self._multiplied(f, n, p, self._shortest):
                found[value, n, period] = None
                found.update(dict.fromkeys((value * share, n, period) for share in self._shares))
            for value, period in self._multiplied(f, n, p, Decimal(0)) if self._shortest else ():
                # A share is added for less than the least time too: «за опоздание — половина».
                found.update(dict.fromkeys((value * share, n, period) for share in self._shares))
        return list(found)

    def _multiplied(self, f: Figure, n: int, p: Price, shortest: Decimal) -> Iterator[tuple[Decimal, str]]:
        """With each count and length that stands before the amount; where none does, with any that was said. A length
        is never less than the `shortest`."""
        here = [count for count in self._counted if self._is_before(f, count[2])]
        counts = [count for count, noun, _ in here if self._counts_it(noun, p)]
        if not here:
            counts = [1, *(count for count, noun in self._counts if self._counts_it(noun, p))]
        blocks = list(self._blocks(n, p))
        lengths = [g.value for g in self._timed if self._is_before(f, g.first)] if blocks else []
        spans = list(_times([max(length, shortest) for length in lengths or self._lengths], blocks))
        if not lengths:
            spans.insert(0, Decimal(1))
        for span in dict.fromkeys(spans or [Decimal(1)]):
            for count in counts or [1]:
                yield p.amount * span * count, p.period or _ONCE if span == 1 else _ONCE

    def _is_before(self, f: Figure, place: int) -> bool:
        """Whether a token stands between the amount before, or the beginning of the sentence, and an amount."""
        case = self._case
        low = max((g.last for g in case.money if g.sentence == f.sentence and g.last < f.first), default=-1)
        return low < place < f.first and case.text.tokens[place].sentence == f.sentence

    def _counts_it(self, noun: str | None, p: Price) -> bool:
        lexicon = self._case.lexicon
        return noun is None or p.unit is None or same_unit(noun, p.unit) or lexicon.unit(noun) is None

    @cached_property
    def _counted(self) -> list[tuple[int, str | None, int]]:
        return list(counted(*self._texts[0]))

    @cached_property
    def _counts(self) -> list[tuple[int, str | None]]:
        """Of the draft; of the customer where it has none."""
        theirs = (count for text in self._texts[1:] for count in counted(*text))
        return list(dict.fromkeys(count[:2] for count in self._counted or theirs))[:_MOST]

    def _blocks(self, n: int, p: Price) -> Iterator[Decimal]:
        """Minutes that a price is paid for: by its period, its unit («полчаса») or its name («за 15 минут»)."""
        if p.period in _MINUTES:
            yield Decimal(_MINUTES[p.period])
        elif p.unit == "@hour":
            yield Decimal(_MINUTES["hour"])
        elif p.unit in UNITS_OF_TIME and UNITS_OF_TIME[p.unit][0] == "minute":
            yield Decimal(UNITS_OF_TIME[p.unit][1])
        name = read(self._case.knowledge.products[n].name, lexicon=self._case.lexicon)
        yield from (g.value for g in figures(name) if g.kind == "duration" and g.unit == "minute" and g.value > 0)

    @cached_property
    def _timed(self) -> list[Figure]:
        """Lengths of time that the draft names."""
        return [g for g in self._case.figures if _is_length(g)]

    @cached_property
    def _lengths(self) -> list[Decimal]:
        """Of the draft; of the customer where it has none."""
        theirs = (g for _, row in self._texts[1:] for g in row if _is_length(g))
        return list(dict.fromkeys(g.value for g in (self._timed or theirs)))[:_MOST]

    @cached_property
    def _shares(self) -> list[Decimal]:
        """What is taken of a price, or left of it, or added to it, by the percentages that are spoken of."""
        case = self._case
        named = {g.value for g in case.figures if g.kind == "percent"}
        known = [k for k in case.knowledge.known if k.kind == "percent"]
        rates = [k.value for k in known if (k.value in named if named else self._is_spoken_of(k))]
        rates += written_parts(case)
        found = (share for rate in dict.fromkeys(rates[:_MOST]) for share in (rate, 100 - rate, 100 + rate))
        return [share / 100 for share in dict.fromkeys(found) if share > 0]

    def _is_spoken_of(self, k: Known) -> bool:
        """Whether a word is said of its name or clause that says what it is of."""
        return any_akin((k.name or k.keys) - self._case.lexicon.generic, self._words)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(t.key for text, _ in self._texts for t in text.tokens if t.key) - self._case.lexicon.generic

    @cached_property
    def _theirs(self) -> list[Decimal]:
        """The customer's sums of money."""
        return [g.value for _, row in self._texts[1:] for g in row if g.kind == "money"][:_MOST]

    @cached_property
    def _texts(self) -> list[_Read]:
        """The draft and the customer's last messages."""
        case = self._case
        return [(case.text, case.figures), *(case.heard(message)[:2] for message in case.told[-3:])]


def _two(one: Decimal, two: Decimal) -> tuple[Decimal, ...]:
    """Sum and difference; none of an amount with itself, which would be a multiple."""
    return () if one == two else (one + two, abs(one - two))


def _is_length(g: Figure) -> bool:
    return g.kind == "duration" and g.unit == "minute" and g.value > 0


def _times(lengths: Iterable[Decimal], blocks: Iterable[Decimal]) -> Iterator[Decimal]:
    """How many times a length holds a block: one that has begun is whole; halves as they are too."""
    for block in blocks:
        for length in lengths:
            yield (length / block).quantize(Decimal(1), ROUND_CEILING)
            if length > block and length * 2 % block == 0:
                yield length / block


def difference(case: Case, f: Figure) -> bool:
    """«на 5 100 ₸ меньше ваших 20 000 ₸»: between a price of ours and an amount of the customer's beside it."""
    beside = [m.value for m in case.money if m.sentence == f.sentence and m is not f][:_BESIDE]
    ours = [value for value in beside if value in case.prices]
    heard = [value for value in beside if value in case.numbers_heard and value not in case.prices]
    return any(abs(a - b) == f.value for a in ours for b in heard)


_BESIDE = 8
"""Amounts of the sentence that a difference may be one of."""
