"""What a whole knowledge base only hires out: there «прокат» is said of nothing in particular."""

from collections.abc import Iterator
from functools import lru_cache

from app.guardrail.allowed.page import name_of
from app.guardrail.statements.knowledge import Stock
from app.guardrail.text.lexicon import QUALIFIERS, UNSAID, Lexicon
from app.guardrail.text.words import read
from app.types import Fact

_Name = tuple[frozenset[str], frozenset[str]]
"""All keys of a name, and those that tell it from others."""


@lru_cache(maxsize=8)
def hired(stock: Stock, lexicon: Lexicon) -> frozenset[str]:
    """Names of the facts that are a rent of what no other fact gives a price for without the rent."""
    rents: list[tuple[str, _Name]] = []
    others: dict[str, list[_Name]] = {}
    for fact in _priced(stock):
        keys, core, _, _ = name_of(read(fact.name, lexicon=lexicon))
        if core & UNSAID:
            rents.append((fact.name, (keys, core - QUALIFIERS)))
        else:
            for key in core:
                others.setdefault(key, []).append((keys, core))
    return frozenset(name for name, (keys, core) in rents if not _sold(keys, core, others))


def _sold(keys: frozenset[str], core: frozenset[str], others: dict[str, list[_Name]]) -> bool:
    """Whether another fact is called so but for the rent."""
    rows = [others.get(key, []) for key in core]
    return any(core <= theirs and telling <= keys for theirs, telling in min(rows, key=len, default=[]))


def _priced(stock: Stock) -> Iterator[Fact]:
    for statements in stock.all:
        for page in statements.pages:
            yield from (fact for fact in page.section.facts if fact.currency is not None)
