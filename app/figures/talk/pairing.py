"""Which of what a text tells of places belongs to which name: before all of them, behind all, or clause by clause."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from app.figures.shop.naming import Named
from app.figures.sums.own_sums import operators
from app.figures.talk.places import BREAKS, Told
from app.figures.words import Token, tokens, written

_ENDS = frozenset(".;:!?\n")


@dataclass(frozen=True, slots=True)
class Paired:
    """Each name with how many places have it (None: all that are left), what says so, and where each part stands."""

    counts: tuple[tuple[Named, Decimal | None], ...]
    used: tuple[Told, ...]
    parts: tuple[tuple[int, int], ...]
    breaks: int = 0
    far: int = 0


def paired(text: str, named: Sequence[Named], told: Sequence[Told]) -> Paired | None:
    """Each name with what is told of its places, before all names or behind all: whichever stands nearer."""
    both = [p for lead in (True, False) for p in _tried(text, named, told, lead=lead)]
    both = both or list(_clause_by_clause(text, named, told)) or list(_beside_names(text, named, told))
    return min(both, key=lambda p: (p.breaks, not _whole(p, told), p.far), default=None)


def _whole(paired: Paired, told: Sequence[Told]) -> bool:
    """Whether what is left over is the number of all places."""
    total = sum((n or Decimal(0) for _, n in paired.counts), Decimal(0))
    rest = [said for said in told if said not in paired.used and said.number is not None and not said.one]
    return all(said.number == total for said in rest)


def _beside_names(text: str, named: Sequence[Named], told: Sequence[Told]) -> Iterator[Paired]:
    """«Two Rosts and a Start»: a name without a number beside another that has one is for one place."""
    counts: list[tuple[Named, Decimal | None]] = []
    used: list[Told] = []
    for mention in named:
        own = [s for s in told if s.number is not None and not s.one and touches(text, s, mention)]
        counts.append((mention, own[0].number if own else Decimal(1)))
        used += own[:1]
    if used and len(named) > 1 and all(said in used for said in told):
        yield Paired(tuple(counts), tuple(used), (), 0, 0)


_TIMES = " " + "".join(said for said, sign in operators().items() if sign == "×" and len(said) == 1)
"""What may stand between a number and the name that it is multiplied with."""


def touches(text: str, said: Told, mention: Named) -> bool:
    """Whether a number stands right beside a name, or is multiplied with it."""
    between = text[said.end : mention.start] if said.end <= mention.start else text[mention.end : said.start]
    return not between.strip(_TIMES) and min(said.end, mention.end) <= max(said.start, mention.start)


def _joining(text: str, start: int, end: int) -> list[Token]:
    """Words that join two names, in a clause that both stand in."""
    if not BREAKS.isdisjoint(text[start:end]):
        return []
    joins = written("joining") | written("turning") | written("adds")
    return [token for token in tokens(text) if start <= token.start < end and token.raw in joins]


def _clause_by_clause(text: str, named: Sequence[Named], told: Sequence[Told]) -> Iterator[Paired]:
    """«Rost for three, for the other two Start»: each name with what its own clause tells."""
    joints = [found[-1].start for a, b in pairwise(named) if (found := _joining(text, a.end, b.start))]
    cuts = sorted({-1, *(n for n, mark in enumerate(text) if mark in BREAKS), *joints, len(text)})
    rows: list[Paired] = []
    for mention in named:
        place = bisect_left(cuts, mention.start)
        start, end = cuts[place - 1], cuts[place]
        alone = sum(start < other.start < end for other in named) == 1
        here = [said for said in told if start < said.start and said.end <= end]
        sides = ([s for s in here if s.end <= mention.start], [s for s in here if s.start >= mention.end])
        made = [p for side, lead in zip(sides, (True, False), strict=True) if alone and side
                for p in _tried(text, (mention,), side, lead=lead)]  # fmt: skip
        rows += made[:1]
    if len(rows) == len(named):
        counts = tuple(each for row in rows for each in row.counts)
        used = tuple(said for row in rows for said in row.used)
        starts = [row.parts[0][0] for row in rows]
        yield Paired(counts, used, tuple(zip(starts, [*starts[1:], len(text)], strict=True)), 0, 0)


def _tried(text: str, named: Sequence[Named], told: Sequence[Told], *, lead: bool) -> Iterator[Paired]:
    edges = [0, *(m.end for m in named[:-1])] if lead else [m.end for m in named]
    ends = [m.start for m in named] if lead else [*(m.start for m in named[1:]), len(text)]
    gaps = [[s for s in told if a <= s.start and s.end <= b] for a, b in zip(edges, ends, strict=True)]
    strong = [[s for s in gap if not s.weak] for gap in gaps]
    gaps = strong if all(strong) else gaps
    if not all(gaps):
        return
    counts: list[tuple[Named, Decimal | None]] = []
    used: list[Told] = []
    parts: list[tuple[int, int]] = []
    breaks = far = 0
    for mention, gap in zip(named, gaps, strict=True):
        row = list(reversed(gap)) if lead else gap
        taken = [row[0]]
        for said in row[1:] if row[0].one and not row[0].weak else ():
            last = taken[-1]
            between = text[min(said.end, last.end) : max(said.start, last.start)]
            if not said.one or said.weak or not _ENDS.isdisjoint(between):
                break
            taken.append(said)
        near = text[row[0].end : mention.start] if lead else text[mention.end : row[0].start]
        breaks += sum(mark in BREAKS or mark in "+=" for mark in near)
        far += len(near)
        counts.append(
            (mention, None if row[0].number is None else Decimal(len(taken)) if row[0].one else row[0].number)
        )
        used += taken
        parts.append((min(mention.start, *(s.start for s in taken)), mention.end))
    starts = [start for start, _ in parts]
    yield Paired(tuple(counts), tuple(used), tuple(zip(starts, [*starts[1:], len(text)], strict=True)), breaks, far)
