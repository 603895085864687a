"""Amounts that are right although they are no price of what is named beside: a sum that it reaches or does not, and
what an earlier answer of ours gave.
"""

from app.guardrail.allowed.model import Price
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "reached.yaml")
_MORE, _LESS, _NOT, _FROM = map(_LISTS.words, ("more", "less", "not", "from"))
_SUMS = frozenset({"@price", "@pay", "@order"})
"""Keys of any sum."""
_LEAD = 3
"""Words before an amount that say of what it is the price."""


def reaches(case: Case, f: Figure, bound: frozenset[int] | None, same: list[tuple[int, Price]]) -> bool:
    """«Он дороже 150 000 ₸», of a sum from which something holds: whether what is named costs more, or less.

    Where several are named, it is said of one whose price makes it so, unless that one is named first and the other
    is what the sum is for.
    """
    least = {n for n, p in same if p.least}
    lead = [t.text for t in case.text.tokens[max(0, f.first - 2) : f.first] if t.clause == f.clause]
    if not least or not lead or lead[-1] not in _MORE | _LESS or _NOT.intersection(lead):
        return False
    named = [m for m in case.mentions if m.last < f.first and 0 <= f.sentence - m.sentence <= 1 and not m.head]
    near = [m for m in named if m.clause == f.clause] or named
    products = {n for m in near for n in m.products} or set(bound or ())
    prices = [p.amount for n in products - least for p in case.knowledge.products[n].prices if p.amount and not p.least]
    over = lead[-1] in _MORE
    if not named and _names_what_holds(case, f, least):
        prices = [p.amount for x in case.knowledge.products for p in x.prices if p.amount and not p.least]
    prices += [m.value for m in case.money if m.sentence == f.sentence and m.last < f.first]  # judged by themselves
    return any(price > f.value if over else price < f.value for price in prices)


def begins(case: Case, f: Figure, same: list[tuple[int, Price]]) -> bool:
    """«От 150 000 ₸ доставляем бесплатно», whatever else is named: the sum, and all that holds from it."""
    lead = case.text.tokens[f.first - 1] if f.first else None
    if lead is None or lead.text not in _FROM or lead.clause != f.clause:
        return False
    said = case.clause_keys(f.clause)
    return any(p.least and case.knowledge.products[n].keys - _SUMS <= said for n, p in same)


def _names_what_holds(case: Case, f: Figure, least: set[int]) -> bool:
    """«Сумма больше 100 000 ₸, поэтому рассрочка есть»: of what the customer named, which needs no saying."""
    said = case.sentence_keys[f.sentence] - _SUMS
    return any(said & case.knowledge.products[n].keys for n in least)


def said_before(case: Case, f: Figure) -> bool:
    """«Вместе с кассой за 8 000 ₸»: an earlier answer of ours, which was judged when it went out, gave this amount for
    a thing that is called by the same word right before it here."""
    tokens = case.text.tokens[max(0, f.first - _LEAD) : f.first]
    before = {t.key for t in tokens if t.clause == f.clause and t.key} - case.lexicon.generic
    if not before:
        return False
    for text, figures in case.earlier:
        for g in figures:
            if g.kind == "money" and g.value == f.value and (f.period in (None, g.period) or f.weak_period):
                inside = {t.key for t in text.tokens if t.sentence == g.sentence and t.key}
                if before & inside:
                    return True
    return False
