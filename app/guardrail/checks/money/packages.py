"""A package against as many single ones: «десять часов по одному вышли бы 60 000 ₸, пакетом вы сэкономите 9 000 ₸», and
what is left of it after some of them; a longer time against so many months.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property

from app.guardrail.allowed.lasting import lasts
from app.guardrail.allowed.model import Price, Product
from app.guardrail.case import Case
from app.guardrail.checks.money.each import holds
from app.guardrail.checks.money.said import counted
from app.guardrail.checks.money.together import compares
from app.guardrail.figures.figure import Figure

_MONTHS = {"year": 12, "half": 6, "quarter": 3}
_HOUR = 60
_MOST = 6
"""Numbers said, and packages, at most that are reckoned with."""


class Packages:
    """What follows from the packages of one draft's context."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def allows(self, f: Figure, bound: frozenset[int]) -> bool:
        """Whether an amount is so many single ones, what a package saves against them, or what of it is left. The
        package is spoken of, and whoever reckons says how many."""
        case, products = self._case, self._case.knowledge.products
        spoken = bound | case.asked | case.asked_before | {n for m in case.mentions for n in m.products if not m.head}
        comparing = compares(case.sentence_text(f.sentence))
        for package in (products[n] for n in sorted(spoken)[:_MOST]):
            if comparing and any(f.value == saved for saved in self._months(package)):
                return True
            for whole in _at_once(package):
                for single, many in self._singles(package):
                    used = [n for n in self._said if n <= many]
                    left = [whole.amount - n * single.amount for n in used if n < many]
                    several = [n * single.amount for n in used]
                    if f.value in left or (f.value in several and not self._is_its_price(f, package)):
                        return f.period in (None, "once") or f.weak_period
                    if comparing and f.value == abs(many * single.amount - whole.amount):
                        return True
        return False

    def is_single(self, f: Figure, prices: list[tuple[int, Price]], bound: frozenset[int]) -> bool:
        """«Четыре часа по 6 000 ₸» of a package: whether an amount said for each is the price of a single one."""
        products = self._case.knowledge.products
        packages = [products[n] for n in bound if not self._is_its_price(f, products[n])]
        singles = [single for package in packages for single, _ in self._singles(package)]
        return f.each and any(p in singles for _, p in prices)

    def _is_its_price(self, f: Figure, package: Product) -> bool:
        """Whether an amount is said of the package itself: that is named between the amount before it and it."""
        case = self._case
        low = max((g.last for g in case.money if g.sentence == f.sentence and g.last < f.first), default=-1)
        named = (m for m in case.mentions if m.sentence == f.sentence and low < m.first and m.last < f.first)
        return any(case.knowledge.products[n] is package for m in named for n in m.products)

    def _singles(self, package: Product) -> Iterator[tuple[Price, int]]:
        """The price of a single one of what a package has, and how many it has."""
        many = holds(self._case, package)
        for product in self._case.knowledge.products if many and _at_once(package) else ():
            if product is package or any(key.startswith("#") for key in product.keys):
                continue
            # «Пакет 10 часов переговорной» is of «Переговорная»: its own words are the package's.
            if product.core & package.core:
                singles = (p for p in product.prices if p.amount and not p.least and (p.unit or p.period == "hour"))
                yield from ((p, n) for p in singles for n in many[:_MOST])

    def _months(self, longer: Product) -> Iterator[Decimal]:
        """What a longer time saves against so many months of the same."""
        months = _MONTHS.get(lasts(longer) or "", 0)
        for product in self._case.knowledge.products if months else ():
            if product.core & longer.core:
                monthly = [p.amount * months for p in product.prices if p.period == "month" and p.amount]
                yield from (abs(one - two.amount) for one in monthly for two in _at_once(longer))

    @cached_property
    def _said(self) -> list[int]:
        """How many the draft or the customer names, of hours too."""
        case = self._case
        texts = [(case.text, case.figures), *(case.heard(message)[:2] for message in case.told[-2:])]
        found = [n for text, figures in texts for n, _, _ in counted(text, figures)]
        lengths = (g.value for _, figures in texts for g in figures if g.kind == "duration" and g.unit == "minute")
        found += [int(length) // _HOUR for length in lengths if length > _HOUR and length % _HOUR == 0]
        return list(dict.fromkeys(found))[:_MOST]


def _at_once(product: Product) -> list[Price]:
    return [p for p in product.prices if p.period in (None, "once") and p.amount and not p.least]
