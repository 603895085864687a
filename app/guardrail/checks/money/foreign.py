"""Check `currency`, beside amounts.py: a sign of a currency that no figure is read with, «14 900 \u20aa»."""

import re
import unicodedata

from app.guardrail.case import Case, Problem
from app.guardrail.figures.measures import SIGNS

_SIGN = re.compile(r"[^\w\s\x00-\x7f]")
_MOST = 4


def foreign(case: Case) -> list[Problem]:
    """Signs of currencies that nothing is sold for here, unless a section writes them."""
    return [
        Problem("currency", f"{m.group()!r}: nothing costs that currency here", *m.span())
        for m in _SIGN.finditer(case.text.raw)
        if unicodedata.category(m.group()) == "Sc" and m.group() not in SIGNS and not _written(case, m.group())
    ][:_MOST]


def _written(case: Case, sign: str) -> bool:
    return any(sign in page for page in case.knowledge.folded)
