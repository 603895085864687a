"""Whether an amount is said as near another one: «около 190 тысяч», «чуть больше трёх тысяч», "just under 15,000"."""

from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "derived.yaml")
_EXACTLY = _LISTS.words("exactly")
_ABOUT = _LISTS.words("about")
_UNDER = _LISTS.words("under") | _LISTS.words("under_english")
_UNDER_PAIRS = _LISTS.words("under_pairs")
_UNDER_BEHIND = _LISTS.words("under_behind")
_LESS = _LISTS.words("less")
_OVER = _LISTS.words("over")
_ENDINGS = _LISTS.row("endings")
_OVER_PAIRS = _LISTS.words("over_pairs")
_OVER_BEHIND = _LISTS.words("over_behind")
_INVERTED = _LISTS.words("inverted")

_LEAD = 4
"""Words before an amount in which a hedge stands."""
_NEAR = Decimal("0.04")
_BESIDE = Decimal("0.1")
"""How far a hedged amount may be from the true one: on either side, and on the side that the hedge names."""
_DIGITS = 3
"""Digits of a rounded amount before its zeros."""


def hedge(case: Case, f: Figure) -> str:
    """`about`, `under` (the true one is less), `over` (it is more), or empty where an amount is said as it is."""
    tokens = case.text.tokens
    lead = [t.text for t in tokens[max(0, f.first - _LEAD) : f.first] if t.sentence == f.sentence]
    behind = [t.text for t in tokens[f.last + 1 : f.last + 4] if t.sentence == f.sentence]
    pairs = {f"{one} {two}" for one, two in pairwise(lead)}
    nearest = lead[-1] if lead else ""
    if nearest in _OVER or pairs & _OVER_PAIRS or _OVER_BEHIND.intersection(behind):
        return "over"
    if nearest in _LESS or pairs & _UNDER_PAIRS or _UNDER.intersection(lead) or _UNDER_BEHIND.intersection(behind):
        return "under"
    if _ABOUT.intersection(lead) or f.text.split(" ", 1)[0] in _INVERTED or f.text.endswith(_ENDINGS):
        return "about"
    return ""


def is_exact(case: Case, f: Figure) -> bool:
    """Whether an amount is said to be just that much: «ровно 25 000 ₸»."""
    tokens = case.text.tokens
    near = (*tokens[max(0, f.first - _LEAD) : f.first], *tokens[f.last + 1 : f.last + _LEAD])
    return any(t.text in _EXACTLY and t.sentence == f.sentence for t in near)


def fits(said: Decimal, true: Decimal, how: str) -> bool:
    """Whether an amount said with that hedge is a true one: without, it is that one itself."""
    if true <= 0:
        return False
    if said == true or not how:
        return said == true
    if said == true.quantize(Decimal(1), ROUND_HALF_UP):
        return True
    digits = len(str(int(said)).rstrip("0")) if said == int(said) else _DIGITS + 1
    if digits > _DIGITS:
        return False
    off = (said - true) / true
    if how == "under":
        return 0 <= off <= _BESIDE
    return -_BESIDE <= off <= 0 if how == "over" else abs(off) <= _NEAR
