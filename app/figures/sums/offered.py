"""Whether an amount that a customer writes is offered to be confirmed, or only stands beside what he asks."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from app.figures.read import Read
from app.figures.words import Token, asked, asked_by, collective, common, listed, segments, tokens

_FEW = 3
"""Words of a clause behind that asks nothing but whether it is right,"""
_BESIDE = 1
"""and words beside an amount that nothing explains, where a question mark alone asks."""
_ENDS = frozenset(".!?")


def said_as_sums(read: Read, starts: Sequence[int], names: Sequence[tuple[int, int]]) -> Mapping[int, bool]:
    """Place of an amount -> whether words ask if it is right (True) or a question mark alone does; others are absent.

    An amount beside another question (how it is paid, whether it can be in parts, what it includes) is not offered.
    """
    text = read.text
    found = tokens(text) if starts else ()
    parts = segments(text, found)
    offered: dict[int, bool] = {}
    for number, (first, last) in enumerate(parts):
        begin = found[first].start
        end = found[parts[number + 1][0]].start if number + 1 < len(parts) else len(text) + 1
        here = [start for start in starts if begin <= start < end]
        if not here:
            continue
        part = found[first:last]
        mark = text[part[-1].end : end]
        behind = found[slice(*parts[number + 1])] if number + 1 < len(parts) else ()
        near = _ENDS.isdisjoint(mark) or (mark.strip() == "." and len(behind) == 1)  # «307,000. Right?»
        sure = _confirms(part) or (near and len(behind) <= _FEW and _confirms(behind))
        alone = "?" in mark and len(_unexplained(part, names)) <= _BESIDE
        if _asks_else(_outside(part, names)) or not (sure or alone):
            continue
        offered |= dict.fromkeys(here, sure)
    return offered


def _confirms(part: Sequence[Token]) -> bool:
    words = [token.folded for token in part]
    if "confirm" in asked(words) or "everything" in asked(words):
        return True
    return bool(words) and any(listed("affirmed").get(word) is not None for word in (words[0], words[-1]))


def _asks_else(part: Sequence[Token]) -> bool:
    words = [token.folded for token in part]
    kinds = asked(words) & {"instalment", "included", "discount", "cheapest"}
    once = any(listed("onetime").get(word) is not None for word in words)
    can = any(b in listed("can") and a not in listed("that_is") for a, b in pairwise(("", *words)))
    return bool(kinds) or once or can


def _outside(part: Sequence[Token], names: Sequence[tuple[int, int]]) -> list[Token]:
    return [token for token in part if not any(start <= token.start < end for start, end in names)]


def _unexplained(part: Sequence[Token], names: Sequence[tuple[int, int]]) -> list[Token]:
    return [
        token
        for token in _outside(part, names)
        if not token.number
        and token.folded not in common()
        and token.folded not in listed("small")
        and token.folded not in collective()
        and not asked_by(token.folded)
        and listed("spans").get(token.folded) is None
    ]
