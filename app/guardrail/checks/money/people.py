"""Prices by the head: what is paid for each visit or lesson is paid for each person, unless a group is meant."""

from app.guardrail.allowed.model import Price
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.numerals import word_value
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "people.yaml")
_ONES = _LISTS.row("ones")
_PEOPLE = _LISTS.row("people")
_GROUP = _LISTS.pattern("group")
_LEADS, _COLLECTIVE, _BETWEEN, _EACH = map(_LISTS.words, ("leads", "collective", "between", "each"))
_REACH = 6
"""Words around an amount among which it is said for how many people it is."""


def by_head(case: Case, f: Figure, price: Price) -> bool:
    """«5 000 ₸ с человека» of what is paid by the visit: whether one of it is for one person."""
    if not (f.unit and price.unit and f.unit.startswith(_PEOPLE) and price.unit.startswith(_ONES)):
        return False
    written = f"{price.amount:,.0f}".replace(",", " ")
    return not any(written in page and _GROUP.search(page) for page in case.knowledge.folded)


def people(case: Case, f: Figure, prices: list[Price]) -> int:
    """How many people a price that is for one of them is said for («на троих день выйдет 5 000 ₸»); else 0."""
    if f.each or (f.unit or "").startswith(_PEOPLE):
        return 0
    if not all(p.unit and p.unit.startswith((*_ONES, *_PEOPLE)) for p in prices):
        return 0
    tokens, (low, high) = case.text.tokens, case.text.bounds(f.sentence)
    amounts = [g for g in case.money if g.sentence == f.sentence and g is not f]
    low = max([low, f.first - _REACH, *(g.last + 1 for g in amounts if g.last < f.first)])
    high = min([high, f.last + _REACH, *(g.first for g in amounts if g.first > f.last)])
    around = [*range(low, f.first), *range(f.last + 1, high)]
    if any(tokens[n].text in _EACH for n in around):
        return 0
    return max((_of(case, n) for n in around if tokens[n].clause == f.clause), default=0)


def _of(case: Case, place: int) -> int:
    """The number of people at a place: «на троих», "for the two of you"."""
    token = case.text.tokens[place]
    lead = place - 1
    while lead > 0 and case.text.tokens[lead].text in _BETWEEN:
        lead -= 1
    if token.text not in _COLLECTIVE or lead < 0 or case.text.tokens[lead].text not in _LEADS:
        return 0
    value = word_value(token.text, token.sentence in case.text.kazakh)
    return int(value) if value else 2
