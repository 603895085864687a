"""What of a clause no figure explains: the words that are left, and what is asked for that is none of ours."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from app.figures.read import MOST_READ, Read
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.words import Token, asked_by, collective, common, listed, written


def objects_of(found: Sequence[Token], read: Read, named: Sequence[Named], catalogue: Catalogue) -> Iterator[str]:
    """What something is asked for, and no product or unit: «a discount on furniture»."""
    spans = [(n.start, n.end) for n in named]
    spans += [(d.start, d.end) for d in read.durations[:MOST_READ]]
    spans += [(m.start, m.end) for m in read.money[:MOST_READ]]
    numbers = {number.start for number in read.numbers}
    for before, token in pairwise(found):
        if before.folded in listed("onto") and token.start not in numbers and token.folded not in common():
            known = catalogue.units.of(token.folded) is not None or token.number
            if not known and not any(start <= token.start < end for start, end in spans):
                yield token.raw


def rest_of(read: Read, found: Sequence[Token], named: Sequence[Named], catalogue: Catalogue) -> Iterator[str]:
    spans = [(n.start, n.end) for n in named if n.own or n.unique]
    spans += [(d.start, d.end) for d in read.durations[:MOST_READ]]
    spans += [(m.start, m.end) for m in read.money[:MOST_READ]]
    spans += [(n.start, n.end) for n in read.numbers[:MOST_READ]]
    for token in found:
        word = token.folded
        if token.number or _small(word) or asked_by(word) or catalogue.units.of(word):
            continue
        if token.raw in written("allplaces"):
            continue
        known = listed("percent").get(word) or listed("spans").get(word)
        if not known and not any(start <= token.start < end for start, end in spans):
            yield token.raw


def _small(word: str) -> bool:
    """Whether a folded word says nothing by itself."""
    return word in common() or word in listed("small") or word in collective() or word in listed("suiting")
