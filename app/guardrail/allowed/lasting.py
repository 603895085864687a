"""For how long a thing that is paid once is bought: «Свободный на год». That length is a part of its name and no period
of its price: «годовой стоит 348 000 ₸» is paid once, «348 000 ₸ в месяц» is wrong all the same.
"""

from functools import lru_cache

from app.guardrail.allowed.model import Product
from app.guardrail.figures.measures import adjective_duration
from app.guardrail.figures.read import figures
from app.guardrail.text.words import read

_LENGTHS = {("minute", 1440): "day", ("minute", 10080): "week", ("month", 1): "month", ("month", 3): "quarter",
            ("month", 6): "half", ("month", 12): "year"}  # fmt: skip
AT_ONCE = frozenset({"once", "total", ""})
"""Periods of what is paid in one sum."""


def lasts(product: Product) -> str | None:
    """The period that something paid once is for, by its name; None where its name has none or it is paid otherwise."""
    return _named(product.name) if any(price.period == "once" for price in product.prices) else None


@lru_cache(maxsize=4096)
def _named(name: str) -> str | None:
    text = read(name)
    found = [(g.unit or "", int(g.value)) for g in figures(text) if g.kind == "duration"]
    adjectives = (adjective_duration(token.text) for token in text.tokens)
    found += [(unit, length) for unit, length, _ in filter(None, adjectives)]
    return next((_LENGTHS[length] for length in found if length in _LENGTHS), None)
