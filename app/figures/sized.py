"""Which of several things that differ by their size is named, where a clause tells the size."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.shop.sizes import Size, told_in

_BESIDE = Decimal(2)


def sized(text: str, named: Sequence[Named], catalogue: Catalogue) -> tuple[tuple[Named, ...], frozenset[Decimal]]:
    """The mentions, of which one that may mean several sizes means that into which all fall that are told; and the
    numbers that told it, which count nothing. Linear."""
    if not any(_open(each, catalogue) for each in named):
        return tuple(named), frozenset()
    told = told_in(text, catalogue.units)
    found, used = [], set[Decimal]()
    for each in named:
        values = _values(each, told, catalogue) if _open(each, catalogue) else []
        key = _fitting(each, values, catalogue)
        found.append(each if key is None else replace(each, key=key, candidates=((key, 1.0),), own=True))
        used |= set(values) if key is not None else set()
    return tuple(found), frozenset(used)


def _open(named: Named, catalogue: Catalogue) -> bool:
    return named.key is None and len(named.tied) > 1 and any(key in catalogue.sizes for key in named.tied)


def _sizes(named: Named, catalogue: Catalogue) -> Mapping[str, Size]:
    """Of all that a mention may mean; empty where one has none, or they are measured in several ways."""
    rows = {key: catalogue.sizes[key] for key in named.tied if key in catalogue.sizes}
    return rows if len(rows) == len(named.tied) and len({size.measure for size in rows.values()}) == 1 else {}


def _values(named: Named, told: Sequence[tuple[str, Decimal]], catalogue: Catalogue) -> list[Decimal]:
    """The numbers of that measure, and those without one that lie among the sizes."""
    rows = tuple(_sizes(named, catalogue).values())
    return [v for of, v in told if rows and (of == rows[0].measure or (not of and _near(v, rows)))]


def _fitting(named: Named, values: Sequence[Decimal], catalogue: Catalogue) -> str | None:
    rows = _sizes(named, catalogue)
    held = [{key for key in rows if rows[key].holds(value)} or _below(value, rows, catalogue) for value in values]
    fits = set[str]().union(*held)
    return min(fits) if len(fits) == 1 and all(held) else None


def _below(value: Decimal, rows: Mapping[str, Size], catalogue: Catalogue) -> set[str]:
    """The greatest size, where each unit above it has a price of its own."""
    highest = max((size.high for size in rows.values() if size.high is not None), default=None)
    measure = next(iter(rows.values())).measure
    extra = any(offer.extra and any(price.unit == measure for price in offer.prices) for offer in catalogue.offers)
    if highest is None or value < highest or not extra or any(size.high is None for size in rows.values()):
        return set()
    return {key for key, size in rows.items() if size.high == highest}


def _near(value: Decimal, sizes: Sequence[Size]) -> bool:
    """Whether a number without a measure lies among the sizes, or little outside of an open one."""
    bounds = [bound for size in sizes for bound in (size.low, size.high) if bound is not None]
    least = min(bounds) / _BESIDE if any(size.low is None for size in sizes) else min(bounds)
    most = max(bounds) * _BESIDE if any(size.high is None for size in sizes) else max(bounds)
    return least <= value <= most
