"""Things that are sold for a time as their names say it: «a pass for a year» beside «a pass», paid by the month."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from app.figures.read import exact, months
from app.figures.shop.facts import Figure
from app.figures.words import common, folded, listed, same
from app.language.durations import durations
from app.types import Section

_ONCE = frozenset({"once", None})
_SEVERAL = 2


class Lasts(Protocol):
    """What of an offer is asked for here."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def prices(self) -> tuple[Figure, ...]: ...
    @property
    def sections(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Lasting:
    """Months -> what is sold for so long. `called`: months -> the one that its section calls by the time alone."""

    offers: Mapping[Decimal, tuple[Lasts, ...]] = field(default_factory=dict)
    called: Mapping[Decimal, str] = field(default_factory=dict)
    monthly: tuple[Lasts, ...] = ()

    def length(self, key: str) -> Decimal | None:
        """Months that a thing is sold for by its name."""
        return next((length for length, row in self.offers.items() for offer in row if offer.key == key), None)

    def instead(self, offer: Lasts, length: Decimal) -> str | None:
        """Key of the same thing for another time; None where there is none, or it may be of several things."""
        own = _content(offer.name)
        found = [other for other in self.offers.get(length, ()) if other.key != offer.key]
        found = [other for other in found if self._same(own, _content(other.name), offer)]
        return found[0].key if len(found) == 1 else None

    def by_month(self, offer: Lasts) -> str | None:
        """Key of what is paid by the month, of a thing for a longer time."""
        own = _content(offer.name)
        found = [other for other in self.monthly if _within(own, _content(other.name))]
        return found[0].key if len(found) == 1 else None

    def _same(self, own: Sequence[str], other: Sequence[str], offer: Lasts) -> bool:
        if not other:
            return False
        if self.length(offer.key) is not None:
            return _within(own, other) and _within(other, own)
        alike = [each for each in self.monthly if _within(other, _content(each.name))]
        return _within(other, own) and len(alike) < _SEVERAL


def lasting_of(offers: Sequence[Lasts], sections: Iterable[Section]) -> Lasting:
    """Linear in the length of the sections."""
    rows: dict[Decimal, list[Lasts]] = {}
    monthly = [offer for offer in offers if any(price.fact.period == "month" for price in offer.prices)]
    by_section: dict[str, list[Lasts]] = {}
    for offer in offers:
        if not all(price.fact.period in _ONCE for price in offer.prices):
            continue
        length = said_length(offer.name)
        if length is None or length <= 1:
            continue
        rows.setdefault(length, []).append(offer)
        for id_ in offer.sections:
            by_section.setdefault(id_, []).append(offer)
    calls: dict[Decimal, set[str]] = {}
    for section in sections:
        own = by_section.get(section.id, [])
        for phrase in section.keywords if len(own) == 1 else ():
            length = said_length(phrase)
            if length is not None and not _content(phrase) and said_length(own[0].name) == length:
                calls.setdefault(length, set()).add(own[0].key)
    called = {length: min(keys) for length, keys in calls.items() if len(keys) == 1}
    called |= {n: row[0].key for n, row in rows.items() if len(row) == 1 and n not in calls}
    return Lasting(
        MappingProxyType({n: tuple(row) for n, row in rows.items()}), MappingProxyType(called), tuple(monthly)
    )


def said_length(text: str) -> Decimal | None:
    """Months of the one length of time that a name says."""
    found = [m for d in durations(text) if exact(d) and (m := months(d)) is not None]
    words = [Decimal(n) for word in folded(text) if (n := listed("spans").get(word)) is not None]
    return found[0] if len(found) == 1 else words[0] if len(words) == 1 else None


def _content(name: str) -> list[str]:
    """The words of a name without the length of time."""
    spans = [(d.start, d.end) for d in durations(name)]
    text = "".join(c if not any(a <= n < b for a, b in spans) else " " for n, c in enumerate(name))
    known: Callable[[str], bool] = lambda word: word in common() or listed("spans").get(word) is not None  # noqa: E731
    return [word for word in folded(text) if not known(word) and not word.isdigit()]


def _within(few: Sequence[str], many: Sequence[str]) -> bool:
    return all(any(same(word, other) for other in many) for word in few)
