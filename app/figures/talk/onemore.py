"""What is no part of what a message asks: the plan that one more seller is for, a number of ours that it doubts."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from types import MappingProxyType

from app.figures.read import MOST_READ, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.talk.aside import sentences
from app.figures.talk.plans import main_offers
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, listed, tokens, written

_BESIDE = 1
"""Words of such a question beside the number and what it counts."""


def of_one_more(read: Read, wanted: Wanted, catalogue: Catalogue) -> list[tuple[int, int]]:
    """Places of the plan, with the word that leads to it, in «what does one more seller on Start cost?». Linear."""
    extras = [m for m in wanted.named if m.key is not None and (o := catalogue.get(m.key)) is not None and o.extra]
    plans = {offer.key for offer in main_offers(catalogue)}
    led = [m for m in wanted.named if m.own and m.key in plans]
    if not extras or not led:
        return []
    found = tokens(read.text)
    spans: list[tuple[int, int]] = []
    for first, last, _ in sentences(read.text, found):
        part = found[first:last]
        kinds = asked([token.folded for token in part])
        here = [m for m in led if part[0].start <= m.start < part[-1].end]
        if "price" not in kinds or "sum" in kinds or len(here) != 1:
            continue
        if not any(part[0].start <= m.start < part[-1].end for m in extras):
            continue
        ahead = [token for token in part if token.end <= here[0].start][-1:]
        if ahead and (ahead[0].folded in listed("onto") or ahead[0].raw in written("inplaces")):
            spans.append((ahead[0].start, here[0].end))
            spans += [(t.start, t.end) for t in part if listed("adding").get(t.folded) is not None]
    return spans


def of_one(read: Read, wanted: Wanted, before: Wanted, catalogue: Catalogue) -> tuple[Read, Wanted]:
    """Where the plan has been set aside: of one more one is meant, however many were told."""
    if wanted == before:
        return read, wanted
    extras = [n for n, m in enumerate(wanted.named) if (o := catalogue.get(m.key or "")) is not None and o.extra]
    counts = {**dict.fromkeys(extras, Decimal(1)), **wanted.counts}
    return read, replace(wanted, counts=MappingProxyType(counts))


def doubted(read: Read, _wanted: Wanted, catalogue: Catalogue) -> list[tuple[int, int]]:
    """Places of the numbers in «what three shops?», «why four shops?»: we said so, and not he. Linear in the text."""
    found = tokens(read.text)
    numbers = {n.start: n.end for n in read.numbers[:MOST_READ] if exact(n)}
    spans: list[tuple[int, int]] = []
    for first, last, mark in sentences(read.text, found):
        part = found[first:last]
        if "?" not in mark or not _wonders(part[0]) or asked([t.folded for t in part[1:]]):
            continue
        inside = [t for t in part if any(start <= t.start < end for start, end in numbers.items())]
        units = [b for a, b in pairwise(part) if a in inside and catalogue.units.of(b.folded) is not None]
        if inside and units and len(part) - 1 - len(inside) - len(units) <= _BESIDE:
            spans += [(t.start, t.end) for t in inside]
    return spans


def _wonders(token: Token) -> bool:
    return any(token.folded in listed(name) for name in ("whys", "wondering", "choosing")) and (
        token.raw not in written("counts")
    )
