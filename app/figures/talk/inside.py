"""What a message says to be in a kit, or asks whether it is: that orders nothing, whatever its price is alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.talk.aside import sentences
from app.figures.talk.held import Basket
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, listed, tokens, written

_NEAR = 2
"""Words between «in» and the kit's name, or between «one more» and a thing."""


@dataclass(frozen=True, slots=True)
class Inside:
    """`kit`: key of the thing that holds them. `value`: whether all that was asked for is in it; None: nobody asks."""

    kit: str
    spans: tuple[tuple[int, int], ...]
    """Places of what is said to be in it,"""
    keys: frozenset[str]
    """and the keys of that."""
    parts: tuple[tuple[int, int], ...]
    """Places of the sentences that say so: that a thing is there already takes nothing back."""
    value: bool | None = None
    blamed: bool = False
    """Whether it was counted beside the kit, and he asks why."""


def inside(text: str, wanted: Wanted, before: Basket, catalogue: Catalogue) -> Inside | None:
    """None where no kit is wanted or named, or nothing is said of what it holds. Linear in the text."""
    kits = [key for key in (*wanted.keys, *reversed(before.keys)) if key in catalogue.contents]
    if not kits or not wanted.named:
        return None
    kit = kits[0]
    held = catalogue.contents[kit].keys
    found = tokens(text)
    there: list[Named] = []
    missing: list[Named] = []
    parts: list[tuple[int, int]] = []
    asks = blamed = False
    for first, last, mark in sentences(text, found):
        part = found[first:last]
        here = [m for m in wanted.named if m.own and part[0].start <= m.start < part[-1].end and m.key != kit]
        here = [m for m in here if not _more(part, m)]
        if not here or not _of_contents(part, wanted, kit):
            continue
        words = [token.folded for token in part]
        in_it = [m for m in here if not held.isdisjoint((m.key,) if m.key is not None else m.tied)]
        there += in_it
        parts.append((part[0].start, part[-1].end))
        question = "?" in mark or "yes_no" in asked(words)
        asks |= question
        missing += [m for m in here if m not in in_it] if question else []
        blamed |= any(t.folded in listed("whys") or t.raw in written("whatfor") for t in part)
    if not (there or missing):
        return None
    keys = {key for m in there for key in (m.key, *m.tied) if key is not None and key in held}
    value = not missing if asks and not (there and missing) and not blamed else None
    return Inside(
        kit, tuple((m.start, m.end) for m in (*there, *missing)), frozenset(keys), tuple(parts), value, blamed
    )


def _more(part: Sequence[Token], mention: Named) -> bool:
    """«And one more scanner»: beside what is in the kit."""
    ahead = [token for token in part if token.end <= mention.start][-_NEAR:]
    return any(token.folded in listed("more") for token in ahead)


def _of_contents(part: Sequence[Token], wanted: Wanted, kit: str) -> bool:
    """Whether a sentence is about what something holds: by its verb, or «in» before the kit's name."""
    if any(token.raw in written("holding") for token in part):
        return True
    for mention in wanted.named:
        if mention.key == kit and part[0].start <= mention.start < part[-1].end:
            ahead = [token for token in part if token.end <= mention.start][-_NEAR:]
            if any(token.raw in written("insideof") for token in ahead):
                return True
    return False
