"""Up to how many a price holds: told in the section that prices a thing, by the unit that is counted there."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from app.figures.shop.facts import SENTENCE, Figure, Units, behind
from app.figures.words import tokens, written
from app.language.numerals import numbers
from app.types import Fact, Section

_NEAR = 2
"""Words behind a number among which its unit stands."""
_LEAST = 1


class Priced(Protocol):
    """What of an offer is asked for here."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def prices(self) -> tuple[Figure, ...]: ...
    @property
    def limits(self) -> tuple[Figure, ...]: ...


def bounds_of(offers: Sequence[Priced], sections: Iterable[Section], units: Units) -> Mapping[str, tuple[Figure, ...]]:
    """Key of a thing -> up to how many of a unit its price holds, where no fact says so.

    Read from a section that prices nothing else, and from a sentence that writes its price and no other's. What a
    thing is paid for each of bounds nothing: more of it are paid for. Linear in the length of the sections.
    """
    of_section: dict[str, list[Priced]] = {}
    for offer in offers:
        for id_ in dict.fromkeys(s for price in offer.prices for s in price.sections):
            of_section.setdefault(id_, []).append(offer)
    found: dict[str, dict[tuple[str, Decimal], Figure]] = {}
    for section in sections:
        own = of_section.get(section.id, ())
        for sentence in SENTENCE.split(section.text) if own else ():
            offer_ = own[0] if len(own) == 1 else _priced_in(sentence, own)
            for unit, word, amount in _stated(sentence, units) if offer_ is not None else ():
                if offer_ is None or any(figure.unit == unit for figure in (*offer_.prices, *offer_.limits)):
                    continue
                known = found.setdefault(offer_.key, {})
                before = known.get((unit, amount))
                said = (section.language, sentence.strip())
                if before is None:
                    fact = Fact(offer_.name, amount, unit=word, kind="limit")
                    known[unit, amount] = Figure(fact, "limit", (section.id,), unit, None, (said,))
                elif before.sentence(section.language) is None:
                    sections_ = tuple(dict.fromkeys((*before.sections, section.id)))
                    known[unit, amount] = replace(before, said=(*before.said, said), sections=sections_)
    return MappingProxyType({key: _closest(rows.values()) for key, rows in found.items()})


def _priced_in(sentence: str, offers: Sequence[Priced]) -> Priced | None:
    """The only one whose price the sentence writes."""
    found = [o for o in offers if any(next(behind(p.amount, sentence), None) is not None for p in o.prices)]
    return found[0] if len(found) == 1 else None


def _stated(sentence: str, units: Units) -> Iterator[tuple[str, str, Decimal]]:
    """(key of a unit, its word, up to how many of it) as a sentence says it."""
    found = tokens(sentence)
    for number in numbers(sentence):
        if number.high is not None or number.value <= _LEAST or number.bound not in ("at_most", "exact"):
            continue
        ahead = [token for token in found if token.start >= number.end]
        for place, token in enumerate(ahead[:_NEAR]):
            unit = units.of(token.folded) or units.meant(token.raw)
            if unit is None or (unit.startswith("@") and unit != units.person()):
                continue
            behind_ = ahead[place + 1].raw if place + 1 < len(ahead) else ""
            if number.bound == "at_most" or behind_ in written("upto_behind"):
                yield unit, units.name(unit), number.value
            break


def _closest(figures: Iterable[Figure]) -> tuple[Figure, ...]:
    """One of each unit: the least that any sentence states."""
    least: dict[str | None, Figure] = {}
    for figure in figures:
        known = least.get(figure.unit)
        least[figure.unit] = figure if known is None or figure.amount < known.amount else known
    return tuple(least.values())
