"""The price of one of many: «8 уроков за 60 000 ₸, один выходит 7 500 ₸», «по 11 000 ₸ за каждый»."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal

from app.guardrail.allowed.model import Product
from app.guardrail.case import Case
from app.guardrail.checks.money.said import MANY
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import same_unit
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "each.yaml")
_EACH = _LISTS.row("each")
_ONE = _LISTS.words("one")
_BEFORE = _LISTS.words("before")
Count = tuple[int, str | None, int]
Paid = tuple[Decimal, str]
_MOST = 8
"""Things and counts that are divided by: an answer speaks of two or three."""


def per_one(
    case: Case, f: Figure, named: Iterable[int], right: Sequence[Figure], said: Iterable[Count]
) -> Iterator[Paid]:
    """(value, how often it is paid) of one of what an amount is the price of, where the draft says that it is for one.

    That amount is the `right` one before it, else a price of the `named` products. `said`: (how many, of what, place)
    of the draft. How many there are, the draft tells and a section with it, or a product's name, or a section.
    """
    if not _says_one(case, f):
        return
    products = case.knowledge.products
    told = [n for n, noun, place in said if place < f.first and n != f.value and _told(case, n, noun)]
    prices = {p.amount for n in named for p in products[n].prices}
    before = [g for g in right if g is not f and g.start < f.start and f.sentence - g.sentence <= 1][-1:]
    before = [g for g in before if told or g.value in prices]
    for g in before:
        priced = [x for n, x in enumerate(products) if n in named and any(p.amount == g.value for p in x.prices)]
        for many in told[-_MOST:] or [n for x in priced[:_MOST] for n in holds(case, x)]:
            yield from _shared(g.value, many, g.period or "once")
    if not before:
        meant = [products[n] for n in sorted(named)]
        numbers = {f"#{n}" for n in (*case.numbers_heard, *(n for n, _, _ in said))}
        for product in [x for x in meant if x.keys & numbers] or meant[:_MOST]:
            for many in holds(case, product)[:_MOST]:
                for p in product.prices:
                    if p.amount and not p.least:
                        yield from _shared(p.amount, many, p.period or "once")


def _shared(amount: Decimal, many: int, period: str) -> Iterator[Paid]:
    for paid in {period, "once"}:
        yield amount / many, paid
        yield (amount / many).quantize(Decimal(1), ROUND_HALF_UP), paid


def _says_one(case: Case, f: Figure) -> bool:
    """Whether words around an amount say that it is for one."""
    tokens = case.sentence_tokens[f.sentence]
    before = case.text.tokens[f.first - 1].text if f.first else ""
    return f.each or before in _BEFORE or any(t.text in _ONE or t.text.startswith(_EACH) for t in tokens)


def holds(case: Case, product: Product) -> list[int]:
    """How many of something a product is, by its name or by the sections where they speak of it."""
    named = [int(key[1:]) for key in product.keys if key.startswith("#") and key[1:].isdigit()]
    told = [int(k.value) for k in case.knowledge.known if k.kind == "count" and product.core & (k.context | k.keys)]
    return sorted({n for n in (named or told) if 1 < n < MANY})


def _told(case: Case, many: int, noun: str | None) -> bool:
    """Whether a section or the name of a product has so many of them."""
    if any(f"#{many}" in product.keys for product in case.knowledge.products):
        return True
    counts = (k for k in case.knowledge.known if k.kind == "count" and k.value == many)
    return any(noun is None or k.unit is None or same_unit(noun, k.unit) for k in counts)
