"""The sections that tell of what is sold, by its keys."""

from collections.abc import Sequence
from functools import partial

from app.knowledge.retriever import Retriever
from app.types import Language, Section

_SAID = 2
"""Sections of one question that are said."""
_PIECE = "@piece"


def goods(keys: Sequence[str], found: Retriever) -> bool:
    """Whether all of them are sold by the piece: of a service or a plan, other sections tell as well."""
    offers = [found.catalogue.get(key) for key in keys]
    return all(offer is not None and any(p.unit == _PIECE for p in offer.prices) for offer in offers)


def sections_of(keys: Sequence[str], found: Retriever) -> frozenset[str]:
    offers = (found.catalogue.get(key) for key in keys)
    return frozenset(section for offer in offers if offer is not None for section in offer.sections)


def own_sections(keys: Sequence[str], language: Language, found: Retriever) -> tuple[Section, ...]:
    """For each thing the section that says most of it alone, in that language where there is one; where one tells of
    several of them, such sections alone."""
    held: dict[str, int] = {}
    sections = {section.id: section for section in found.sections}
    for key in keys:
        of = [sections[name] for name in sections_of((key,), found) if name in sections]
        if of:
            best = min(of, key=partial(_rank, key, language, found))
            held[best.id] = held.get(best.id, 0) + 1
    most = max(held.values(), default=0)
    return tuple(sections[name] for name, count in held.items() if most == 1 or count > 1)[:_SAID]


def _rank(key: str, language: Language, found: Retriever, section: Section) -> tuple[bool, bool, bool, int]:
    return section.language != language, section.language != "ru", not _titled(section, key, found), len(section.facts)


def _titled(section: Section, key: str, found: Retriever) -> bool:
    """Whether its title speaks of the thing."""
    return any(key in (named.key, *named.tied) for named in found.catalogue.named(section.title) if named.candidates)
