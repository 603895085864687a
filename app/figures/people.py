"""Numbers that tell of a person: an age, a year of birth, a height. They count nothing that is sold."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, NumberLike, Read, exact
from app.figures.shop.catalogue import Catalogue
from app.figures.words import Token, listed, tokens, written

_OLDEST = 110
_BORN = (Decimal(1900), Decimal(2100))
_YEAR = "12"
_NEAR = 2
"""Words between a person and an age."""
_JOINED = 3
"""Words from one age to the next: «six and nine years»."""
_CUTS = frozenset(".!?;,:\n")


def of_people(read: Read, found: Sequence[Token], catalogue: Catalogue) -> dict[int, Decimal | None]:
    """Where a number of a person begins -> his age, None: another figure of his. Linear in the clause."""
    met: dict[int, Decimal | None] = {}
    spans = {d.start: d for d in read.durations[:MOST_READ]}
    for number in reversed(read.numbers[:MOST_READ]):
        if not exact(number):
            continue
        first, last = place_of(found, number.start), place_of(found, number.end)
        behind = found[last] if last < len(found) else None
        if number.start in spans:
            words = tokens(read.text[number.start : spans[number.start].end])
            onto = first > 0 and found[first - 1].folded in listed("onto")
            if words and words[-1].folded in listed("ages") and not onto and number.value <= _OLDEST:
                met[number.start] = number.value
            elif _BORN[0] <= number.value < _BORN[1]:
                met[number.start] = None
            continue
        year = behind is not None and listed("spans").get(behind.folded) == _YEAR
        born = year and _BORN[0] <= number.value < _BORN[1]
        if born or (first and found[first - 1].raw in written("bodily")):
            met[number.start] = None
        elif 0 < number.value <= _OLDEST and (
            (behind is not None and listed("ages").get(behind.folded) is not None)
            or _goes_on(read, found, last, met)
            or _of_person(read.text, found, number, (first, last), catalogue)
        ):
            met[number.start] = number.value
    return met


def _goes_on(read: Read, found: Sequence[Token], last: int, met: dict[int, Decimal | None]) -> bool:
    """«Six and nine years old»: it stands before another age."""
    ahead = found[last : last + _JOINED]
    joins = ahead and (ahead[0].raw in written("joining") or ahead[0].start in met)
    return bool(joins) and any(token.start in met for token in ahead[:2])


def _of_person(
    text: str, found: Sequence[Token], number: NumberLike, span: tuple[int, int], catalogue: Catalogue
) -> bool:
    """«My mother is 67»: a person stands before it, and behind it nothing that it may count."""
    first, last = span
    for place in range(first - 1, max(-1, first - 2 - _NEAR), -1):
        if not _CUTS.isdisjoint(text[found[place].end : found[place + 1].start]):
            return False
        if a_person(found[place]):
            break
        if found[place].number or catalogue.units.of(found[place].folded) is not None:
            return False
    else:
        return False
    behind = found[last] if last < len(found) else None
    if behind is None or not _CUTS.isdisjoint(text[number.end : behind.start]):
        return True
    counts = catalogue.units.of(behind.folded) is not None or any(
        n.start == behind.start for n in catalogue.named(text[: behind.end])
    )
    return not (counts or listed("percent").get(behind.folded) is not None)


def a_person(token: Token) -> bool:
    """Whether a word is what a person is called by those who are kin to him."""
    return listed("people").get(token.folded) is not None and token.folded not in listed("needing")


def with_kin(found: Sequence[Token]) -> bool:
    """«My wife and I», «us with my son»: who speaks, and one of his."""
    for first, joint, last in zip(found, found[1:], found[2:], strict=False):
        if joint.raw in written("withs") or joint.raw in written("joining"):
            pairs = ((first, last), (last, first))
            if any(one.raw in written("selves") and a_person(other) for one, other in pairs):
                return True
    return _told_apart(found)


def _told_apart(found: Sequence[Token]) -> bool:
    """«For me, with a husband», with a word between the two."""
    kin = list(_places(found))
    return any(
        n > 1 and found[n - 2].raw in written("selves") and found[n - 1].raw in written("owners") for n in kin
    ) or any(found[n - 3].raw in written("selves") and found[n - 2].raw in written("joining") for n in kin if n > 2)


def _places(found: Sequence[Token]) -> Iterator[int]:
    return (n for n, token in enumerate(found) if a_person(token))
