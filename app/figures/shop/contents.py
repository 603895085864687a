"""What a thing that is sold holds of the other things: a kit's own section says it, by their names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from app.figures.shop.facts import SENTENCE, Figure
from app.figures.shop.naming import Named
from app.figures.words import tokens, written
from app.types import Language, Section


class Sold(Protocol):
    """What of an offer is asked for here."""

    @property
    def key(self) -> str: ...
    @property
    def prices(self) -> tuple[Figure, ...]: ...


@dataclass(frozen=True, slots=True)
class Contents:
    """`keys`: what is in it. `said`: the sentence that tells so, by language; `sections`: their ids."""

    keys: frozenset[str] = frozenset()
    said: Mapping[Language, str] = field(default_factory=dict)
    sections: tuple[str, ...] = ()


def contents_of(
    offers: Sequence[Sold], sections: Iterable[Section], find: Callable[[str], Sequence[Named]]
) -> Mapping[str, Contents]:
    """Key of a thing -> what it holds: read from the sections that price nothing but it.

    Only what is paid as it is itself is held in it: a plan holds no module that is paid month by month. `find`: the
    names of a text. Linear in the length of the sections.
    """
    of_section: dict[str, list[Sold]] = {}
    paid: dict[str, frozenset[object]] = {}
    for offer in offers:
        paid[offer.key] = frozenset((price.unit, price.fact.period) for price in offer.prices)
        for id_ in dict.fromkeys(s for price in offer.prices for s in price.sections):
            of_section.setdefault(id_, []).append(offer)
    found: dict[str, Contents] = {}
    for section in sections:
        own = of_section.get(section.id, ())
        if len(own) != 1:
            continue
        key = own[0].key
        for sentence in filter(str.strip, SENTENCE.split(section.text)):
            if not any(token.raw in written("holding") for token in tokens(sentence)):
                continue
            held = {n.key for n in find(sentence) if n.own and n.key is not None and n.key != key}
            held = {each for each in held if paid.get(each) == paid[key]}
            if held:
                known = found.get(key, Contents())
                said = {section.language: sentence.strip(), **known.said}
                keys = known.keys | {each for each in held if each is not None}
                found[key] = Contents(keys, said, tuple(dict.fromkeys((*known.sections, section.id))))
    return MappingProxyType(found)
