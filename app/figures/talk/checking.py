"""Whether something is in the sum: «did you count the scales?», «where is the printer?». What he asks so is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.figures.shop.naming import Named
from app.figures.talk.aside import sentences
from app.figures.talk.held import Basket
from app.figures.talk.rejecting import wishes
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, listed, segments, tokens, written

_NEAR = 4
"""Words between a name and the one that asks where it is."""


@dataclass(frozen=True, slots=True)
class Checked:
    """`spans`: places of the names of what is looked for in a sum."""

    spans: tuple[tuple[int, int], ...]
    asks: bool
    """Whether it is asked if that is in it; else where it is left."""
    value: bool = False
    """Whether all of it was in it."""
    keys: tuple[str, ...] = ()
    """Of what was not, if anything was not."""


def checked(text: str, wanted: Wanted, before: Basket, apart: Sequence[tuple[int, int]] = ()) -> Checked | None:
    """None where nothing is wanted yet, or no name is looked for. `apart`: places of sentences that are about
    something else. Linear in the text."""
    if not before.items or not wanted.named:
        return None
    found = tokens(text)
    looked: list[Named] = []
    asks = False
    for first, last, mark in sentences(text, found):
        part = found[first:last]
        if any(start <= part[0].start < end for start, end in apart):
            continue
        here = [m for m in wanted.named if m.own and part[0].start <= m.start < part[-1].end]
        counts = any(token.raw in written("counting") for token in part) or _in_a_total(part)
        why = any(token.folded in listed("whys") or token.raw in written("whatfor") for token in part)
        question = "?" in mark or "yes_no" in asked([token.folded for token in part])
        if counts and question and not why and here and not wishes([token.folded for token in part]):
            looked, asks = [*looked, *here], True
        else:
            looked += [m for m in here if _left(text, part, m)]
    if not looked:
        return None
    held = {key for item in before.meant for key in (item.key, *item.open)} | set(before.plan)
    keys = [(m.key,) if m.key is not None else m.tied for m in looked]
    left = [each for each in keys if held.isdisjoint(each)]
    told = left or keys  # of several what was in it needs no word
    return Checked(tuple((m.start, m.end) for m in looked), asks, not left, tuple(k for each in told for k in each))


def _in_a_total(part: Sequence[Token]) -> bool:
    """«Is it within the sum?»"""
    return all(any(t.raw in words for t in part) for words in (written("holding"), written("sums")))


def _left(text: str, part: Sequence[Token], mention: Named) -> bool:
    """«Where are the scales?», «what has become of the plan?»: in a clause that says no more of it."""
    for first, last in segments(text, part):
        clause = part[first:last]
        if not clause[0].start <= mention.start < clause[-1].end:
            continue
        where = [n for n, token in enumerate(clause) if token.raw in written("wheregone")]
        named = [n for n, token in enumerate(clause) if mention.start <= token.start < mention.end]
        if where and named and min(abs(n - m) for n in where for m in named) <= _NEAR:
            return not any(listed(name).get(t.folded) for t in clause for name in ("taking", "payments"))
    return False
