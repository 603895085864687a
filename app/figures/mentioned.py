"""Which mentions of a clause name what is sold: no bare unit, no set of things, no noun whose full name follows it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.sums.fitting import bounded
from app.figures.words import Token, asked_by, common, listed, tokens, written
from app.language.numerals import numbers

_PIECE = "@piece"
_BEFORE = 4
"""Words before a mention: a number, its unit, and what joins the two."""
_FEW = 2
"""Things of one section: one and a pack of it."""
_CUTS = frozenset(".!?;,")


def mentioned(text: str, found: Sequence[Token], catalogue: Catalogue) -> tuple[tuple[Named, ...], tuple[Named, ...]]:
    """All the mentions of a clause, and those that name what it is about. Linear in the clause."""
    things = (n for n in catalogue.named(text) if not _is_unit(n, text, catalogue))
    every = tuple(_told_apart(text, _listed(text, found, [n for n in things if not _is_a_set(n, found)]), catalogue))
    return every, tuple(n for n in _in_full(every, found, catalogue) if n.own or not _only_asks(n, text))


def _listed(text: str, found: Sequence[Token], mentions: Sequence[Named]) -> Iterator[Named]:
    """«X + launch»: what a plus adds to a name is named, though by a word of another's text or by half a name."""
    certain = False
    for mention in mentions:
        place = place_of(found, mention.start)
        while place and found[place - 1].folded in common() and "+" not in text[found[place - 1].end : mention.start]:
            place -= 1
        before = found[place - 1] if place else None
        plus = before is not None and ("+" in text[before.end : mention.start] or before.folded in listed("adds"))
        if not (mention.own and mention.unique) and _number(text[mention.start : mention.end]):
            continue  # «plus two sellers»: a number is no name
        if certain and plus and len(mention.tied) == 1 and not (mention.own and mention.unique):
            yield replace(mention, key=mention.tied[0], own=True)
        else:
            yield mention
        certain |= mention.own and mention.unique


def _told_apart(text: str, mentions: Iterable[Named], catalogue: Catalogue) -> Iterator[Named]:
    """«Bonuses for my customers, how much is the module?»: of all modules the one that another word may mean too."""
    every = tuple(mentions)
    words = [token.folded for token in tokens(text)]
    open_ = any(word in listed(name) for word in words for name in ("alternatives", "others", "choosing"))
    for mention in every:
        tied = set(mention.tied)
        plans = any((offer := catalogue.get(key)) is not None and bounded(offer) for key in tied)
        if mention.own and mention.key is None and len(tied) > 1 and not (open_ or plans):
            others = [set(other.tied) & tied for other in every if not (other.own or _idle(other, text))]
            meant = [both for both in others if both]
            if len(meant) == 1 and len(meant[0]) == 1:
                mention = replace(mention, key=min(meant[0]))  # noqa: PLW2901
        yield mention


def _idle(mention: Named, text: str) -> bool:
    """Whether it is a number or only asks, and names nothing."""
    return _only_asks(mention, text) or _number(text[mention.start : mention.end])


def _number(said: str) -> bool:
    """Whether it is a word for a number and nothing else."""
    return said.isalpha() and bool(numbers(said))


def _is_unit(named: Named, text: str, catalogue: Catalogue) -> bool:
    """A mention that may be what is counted alone: «tills» of a shop that sells none by that name."""
    said = [token.folded for token in tokens(text[named.start : named.end])]
    return named.key is None and all(catalogue.units.of(word) is not None for word in said)


def _is_a_set(named: Named, found: Sequence[Token]) -> bool:
    """«Two sets», «a set»: a common word, though a plan may be called so."""
    place = place_of(found, named.start)
    token, before = found[place], found[place - 1] if place else None
    if token.end < named.end or token.folded not in listed("sets") or not token.raw.isascii():
        return False
    return token.raw.endswith("s") or (before is not None and (before.number or before.folded in listed("articles")))


def _in_full(mentions: Sequence[Named], found: Sequence[Token], catalogue: Catalogue) -> Iterator[Named]:
    """Without the noun whose full name follows its count: «scanners, 4 pieces, D-Scan 2» are one thing."""
    whole: Named | None = None
    for mention, following in zip(mentions, (*mentions[1:], None), strict=False):
        here, whole = whole or mention, None
        meant = following.tied if following is not None else ()
        if following is not None and len(meant) == 1 and meant[0] in (here.key, *here.tied):
            between = [t for t in found if here.end <= t.start < following.start]
            pieces = [t for t in between if catalogue.units.of(t.folded) == _PIECE]
            if pieces and all(t.number or t in pieces for t in between):
                whole = replace(following, key=meant[0])
                continue
        yield here


def _only_asks(named: Named, text: str) -> bool:
    """«The cheapest» names nothing, though a section may be known by that."""
    return all(asked_by(token.folded) for token in tokens(text[named.start : named.end]))


def listed_beside(text: str, found: Sequence[Token], mentions: Sequence[Named]) -> tuple[Named, ...]:
    """What is called by no word of its name, but listed with what is: «a jackhammer and a grinder» are both wanted."""
    sure = [m.own and m.unique for m in mentions]
    return tuple(
        replace(m, own=True)
        if m.key is not None and not m.own
        and any(sure[n] and _joined(text, found, *sorted((m, mentions[n]), key=_start)) for n in (place - 1, place + 1)
                if 0 <= n < len(mentions))
        else m
        for place, m in enumerate(mentions)
    )  # fmt: skip


def _start(mention: Named) -> int:
    return mention.start


def _joined(text: str, found: Sequence[Token], one: Named, other: Named) -> bool:
    """Whether nothing but «and», a comma or a number stands between two mentions."""
    between = [token for token in found if one.end <= token.start < other.start]
    joins = [t for t in between if t.raw in written("joining") or listed("adds").get(t.folded) is not None]
    marks = set(text[one.end : other.start]) & set(".!?;,+")
    counts = all(t in joins or t.number or numbers(t.raw) for t in between)
    return counts and marks <= {",", "+"} and bool(joins or marks)


def counted_so(text: str, found: Sequence[Token], mention: Named, catalogue: Catalogue) -> bool:
    """«10 lessons with a trainer»: what is called by no word of its name, behind so many of its unit."""
    offers = [o for key in mention.tied if mention.own or len(mention.tied) <= _FEW if (o := catalogue.get(key))]
    units = {price.unit for offer in offers for price in offer.prices}
    place = place_of(found, mention.start)
    ahead = list(found[max(0, place - _BEFORE) : place])
    for number, noun in pairwise(ahead):
        counts = number.number or bool(numbers(number.raw))
        if counts and (unit := catalogue.units.of(noun.folded)) is not None and unit in units:
            return _CUTS.isdisjoint(text[noun.end : mention.start])
    return False


def place_of(found: Sequence[Token], at: int) -> int:
    """The first token that begins at `at` or later; binary, so that a clause of numbers stays cheap."""
    low, high = 0, len(found)
    while low < high:
        middle = (low + high) // 2
        if found[middle].start < at:
            low = middle + 1
        else:
            high = middle
    return low
