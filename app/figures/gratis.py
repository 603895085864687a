"""«Is delivery free for 160,000?» is a yes or a no, and «without the discount» the sum as it would be without it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from app.figures.case import Case
from app.figures.decided import Decided, YesNo
from app.figures.pricing import prices
from app.figures.saying import template
from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import money
from app.figures.statements import Statements
from app.figures.talk.paidover import amount_told
from app.figures.words import asked_by, common, listed, tokens, written


def free_for(case: Case) -> list[YesNo]:
    """Whether an order of the amount that the clause tells makes free what it asks about."""
    if not _asks_free(case.wanted.words):
        return []
    named = (case.catalogue.get(m.key) for m in case.wanted.named if m.key is not None)
    offers = [offer for offer in named if offer is not None and offer.free_from] or [
        offer for offer in case.focus if offer.free_from and not case.wanted.keys
    ]
    amount = amount_told(case.read)
    if amount is None or len(offers) != 1:
        return []
    figure = min(offers[0].free_from, key=lambda each: each.amount)
    sentence = figure.sentence(case.language) or _said(case, offers[0])
    return [YesNo(amount >= figure.amount, offers[0].name, figure.sections, sentence)]


def unless_free(case: Case, free: Sequence[YesNo], statements: Statements | None) -> list[Decided]:
    """The prices that are asked for; none where it is told, here or by the section, when it costs nothing."""
    return [] if free or _said_free(case, statements) else prices(case)


def _said_free(case: Case, statements: Statements | None) -> bool:
    """Whether the clause asks for something for nothing of which the sections that price it tell when it is that."""
    if statements is None or not _asks_free(case.wanted.words):
        return False
    sections = {
        section
        for offer in (*case.named, *case.tied) or case.focus
        for figure in offer.prices
        for section in figure.sections
    }
    rows = (row for row in statements.rows if row.section in sections)
    return any(_asks_free(clause) for row in rows for clause in row.clauses)


def _asks_free(words: Iterable[str]) -> bool:
    return any(listed("freewords").get(word) is not None for word in words)


def _said(case: Case, offer: Offer) -> str:
    figure = min(offer.free_from, key=lambda each: each.amount)
    shown = money(figure.amount, figure.fact.currency or "", case.language)
    return str(template(case.language, "free")).format(name=offer.name, amount=shown)


def undiscounted(case: Case) -> Case:
    """The case as it is asked: where that is without a discount, of a shop that gives none."""
    found = tokens(case.read.text)
    said = [t for t in found if t.folded not in common() or listed("without").get(t.folded) is not None]
    pairs = any(
        listed("without").get(a.folded) is not None and "discount" in asked_by(b.folded) for a, b in pairwise(said)
    )
    without = pairs or any(token.raw in written("undiscounted") for token in found)
    if not without:
        return case
    asks = (case.wanted.asks - {"discount", "saving"}) | {"price"}
    none = replace(case.catalogue, reductions=())
    return replace(case, catalogue=none, wanted=replace(case.wanted, asks=asks))
