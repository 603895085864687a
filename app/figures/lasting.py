"""How long something is paid for, and which lengths of time are not: ages, dates, what is asked about."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, DurationLike, Read, months
from app.figures.words import Token, asked, listed, segments, tokens, written

LONGEST = 60
"""Months: for longer nobody pays ahead, and «then» of one language begins as «ten» does."""
_AROUND = 12
"""Words on each side of a length of time."""
_PAID = frozenset({"price", "sum", "instalment", "discount", "cheapest", "saving"})
_MONTH = "1"
_ASKS_PRICE = frozenset({"price", "sum"})
_CUTS = frozenset(".!?;,:\n")


def rate(read: Read, found: Sequence[Token]) -> Decimal | None:
    """Months of «a year», «yearly», where no length of time was read."""
    spans = [(d.start, d.end) for d in read.durations[:MOST_READ] if (months(d) or 0) <= LONGEST]
    for place, token in enumerate(found):
        word = listed("spans").get(token.folded)
        inside = any(start <= token.start < end for start, end in spans) or token.raw in written("lookalike")
        if word is not None and not inside and not _till(read.text, found, (place, place + 1)):
            return Decimal(word)
    return None


def asked_a_month(read: Read, found: Sequence[Token]) -> bool:
    """«For the first 3 months, how much a month?»: the length is told in one clause, what is paid asked in another."""
    spans = [(d.start, d.end) for d in read.durations[:MOST_READ]]
    for first, last in segments(read.text, found) if spans else ():
        part = found[first:last]
        long_ = any(part[0].start <= start < part[-1].end for start, _ in spans)
        month = any(listed("spans").get(token.folded) == _MONTH for token in part)
        if month and not long_ and asked([token.folded for token in part]) & _ASKS_PRICE:
            return True
    return False


def dates(read: Read, found: Sequence[Token]) -> Iterator[tuple[int, int]]:
    """Places of the lengths of time that end at a date, said with a number or without."""
    spans = [(d.start, d.end) for d in read.durations[:MOST_READ]]
    for start, end in spans:
        if _till(read.text, found, (place_of(found, start), place_of(found, end))):
            yield start, end
    for place, token in enumerate(found):
        if listed("spans").get(token.folded) is not None and _till(read.text, found, (place, place + 1)):
            yield token.start, token.end


def unpaid(text: str, found: Sequence[Token], length: DurationLike) -> bool:
    """Whether nothing is paid for a length of time: it is somebody's age, or ends at a date."""
    return _age(text, found, length) or _till(text, found, (place_of(found, length.start), place_of(found, length.end)))


def _till(text: str, found: Sequence[Token], span: tuple[int, int]) -> bool:
    """«In two months we open», «a year later»: a date, whatever the length to it."""
    first, last = span
    ahead = found[first - 1] if first and not _cut(text, found[first - 1], found[first]) else None
    behind = found[last] if last < len(found) and not _cut(text, found[last - 1], found[last]) else None
    if ahead is not None and listed("one").get(ahead.folded) is not None and first > 1:
        ahead = found[first - 2]  # «after one year»
    if ahead is not None and ahead.raw in written("aftertime"):
        return True
    if behind is not None and behind.raw in written("aftertimebehind"):
        return True
    if ahead is None or ahead.raw not in written("withintime"):
        return False
    return not asked([token.folded for token in _clause(text, found, span)]) & _PAID


def _clause(text: str, found: Sequence[Token], span: tuple[int, int]) -> Sequence[Token]:
    """The words around a place, up to the marks on both sides and no farther than a few: many lengths stay cheap."""
    first, last = span
    least, most = max(0, first - _AROUND), min(len(found), last + _AROUND)
    while first > least and not _cut(text, found[first - 1], found[first]):
        first -= 1
    while last < most and not _cut(text, found[last - 1], found[last]):
        last += 1
    return found[first:last]


def _cut(text: str, one: Token, other: Token) -> bool:
    """Whether a mark stands between two words."""
    return not _CUTS.isdisjoint(text[one.end : other.start])


def _age(text: str, found: Sequence[Token], length: DurationLike) -> bool:
    """«My son is 6 years old»: years that nothing is paid for."""
    words = tokens(text[length.start : length.end])
    first = place_of(found, length.start)
    paid = first > 0 and found[first - 1].folded in listed("onto")
    return bool(words) and words[-1].folded in listed("ages") and not paid
