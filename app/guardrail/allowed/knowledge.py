"""What all sections in use say together, and which words tell their products apart."""

from dataclasses import replace
from functools import lru_cache

from app.guardrail.allowed.hired import hired
from app.guardrail.allowed.model import AllowedByKnowledge, Page, Product
from app.guardrail.allowed.page import model_names, page
from app.guardrail.figures.figure import Figure
from app.guardrail.statements.knowledge import Stock
from app.guardrail.text.kin import ROOT, root
from app.guardrail.text.lexicon import QUALIFIERS, UNSAID, Lexicon
from app.types import Passage, Section


def of(passages: tuple[Passage, ...], lexicon: Lexicon, stock: Stock | None = None) -> AllowedByKnowledge:
    """Everything that the sections in use say to a shop's customers; cached. `stock`: the whole knowledge."""
    sections = tuple(dict.fromkeys(passage.section for passage in passages))
    names = {fact.name for section in sections for fact in section.facts}
    return _together(sections, lexicon, hired(stock, lexicon) & names if stock else frozenset())


@lru_cache(maxsize=512)
def _together(sections: tuple[Section, ...], lexicon: Lexicon, only: frozenset[str]) -> AllowedByKnowledge:
    """`only`: names of what is hired out and not sold."""
    pages, brands = [page(section, lexicon) for section in sections], lexicon.names
    merged: dict[str, Product] = {}
    for product in (product for p in pages for product in p.products):
        old = merged.get(product.name)
        if old is None:
            merged[product.name] = product
        else:
            prices = tuple(dict.fromkeys((*old.prices, *product.prices)))
            merged[product.name] = replace(old, weak=old.weak | product.weak, prices=prices)
    for name in only & merged.keys():
        core = merged[name].core - UNSAID
        merged[name] = replace(merged[name], core=core or merged[name].core)
    products = tuple(_told_apart(product, tuple(merged.values()), pages, brands) for product in merged.values())
    index: dict[str, list[int]] = {}
    for number, product in enumerate(products):
        for k in product.keys | product.core:
            index.setdefault(k, []).append(number)
    roots: dict[str, list[str]] = {}
    for k in dict.fromkeys(k for product in products if not product.latin for k in sorted(product.core)):
        if len(k) >= ROOT and k[0] not in "@#":
            roots.setdefault(root(k)[:ROOT], []).append(k)
    models = frozenset().union(*(p.models for p in pages), model_names(brands))
    return AllowedByKnowledge(
        products=products,
        known=tuple(k for p in pages for k in p.known),
        free=tuple(f for p in pages for f in p.free),
        models=models,
        numbers=frozenset().union(*(p.numbers for p in pages)),
        quotes=frozenset().union(*(p.quotes for p in pages)),
        brands=frozenset(brands).union(*(p.brands for p in pages)),
        folded=tuple(p.folded for p in pages),
        keys=frozenset().union(*(p.keys for p in pages)),
        discounted=any(p.discounted for p in pages),
        limits=frozenset().union(*(p.limits for p in pages)),
        index={k: tuple(v) for k, v in index.items()},
        roots={k: tuple(v) for k, v in roots.items()},
    )


def _told_apart(product: Product, others: tuple[Product, ...], pages: list[Page], brands: tuple[str, ...]) -> Product:
    """A Latin name's words that other names share («D-POS») or that stand everywhere («Dukenta») do not tell it."""
    if not product.latin:
        return product
    own = product.core - QUALIFIERS
    names = {brand.lower() for brand in brands}
    shared = {k for k in own if any(k in o.core and o.core - QUALIFIERS != own for o in others)}
    often = {k: sum(k in p.keys for p in pages) for k in own if not k.startswith("#")}
    everywhere = {k for k, n in often.items() if n > min(often.values())} | (own & names)
    left = {k for k in own - shared - everywhere if not k.startswith("#")}
    return replace(product, core=product.core - shared - everywhere) if left else product


def priced_by_name(knowledge: AllowedByKnowledge, figure: Figure) -> frozenset[int]:
    """«60 000 залога»: the products with a word of whose names an amount is said as if it were a count of them."""
    if figure.kind != "count" or figure.unit is None:
        return frozenset()
    named = (n for n in knowledge.index.get(figure.unit, ()) if figure.unit in knowledge.products[n].core)
    return frozenset(n for n in named if any(p.amount == figure.value for p in knowledge.products[n].prices))
