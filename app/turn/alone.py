"""Who asks for the price of one thing hears what is said of that thing, and no list of prices that holds it too."""

from collections.abc import Sequence
from dataclasses import replace

from app.knowledge.retriever import Retriever
from app.types import Deciding, Passage, Section, Step

_FEW = 2
"""Things that a section may sell to be about one of them."""
_SAID = 0.6
"""How surely a section that holds the price of what is asked by its name is about it."""


def of_one(
    step: Step, passages: Sequence[Passage], deciding: tuple[Deciding, ...], found: Retriever
) -> tuple[Passage, ...]:
    """The passages, the thing's own first, where a price decides; as they are where none or more of it is asked."""
    prices = [each for each in deciding if each.kind == "price"]
    if step.reason != "price" or step.queries or not passages or len(deciding) != 1 or len(prices) != 1:
        return tuple(passages)
    ids = frozenset(prices[0].sections)
    own = [s for s in found.sections if s.id in ids and s.language == step.language and len(_sold(s)) <= _FEW]
    # Of several the one that says nothing else: with a service beside it, it is about both.
    least = min((len(_sold(section)) for section in own), default=0)
    alone = [section for section in own if len(_sold(section)) == least]
    alone = [section for section in alone if _titled(section, ids, found)] or alone
    if len(alone) != 1:
        return tuple(passages)
    most = max((passage.score for passage in passages), default=1.0)
    known = next((p for p in passages if p.section.id == alone[0].id), None) or Passage(alone[0], most)
    first = replace(known, score=max(known.score, most), answers=max(known.answers or 0.0, _SAID))
    lists = ids - {alone[0].id}
    rest = (p for p in passages if p.section.id not in lists and p.section.id != first.section.id)
    return (first, *rest)


def _titled(section: Section, ids: frozenset[str], found: Retriever) -> bool:
    """Whether its title names what those sections sell."""
    offers = (found.catalogue.get(n.key) for n in found.catalogue.named(section.title) if n.key is not None)
    return any(offer is not None and ids.issuperset(offer.sections) for offer in offers)


def _sold(section: Section) -> frozenset[str]:
    return frozenset(fact.name for fact in section.facts if fact.currency)
