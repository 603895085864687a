"""A choice among what was offered: «the second one», «the 80», «Mini», said in full so that it is read as a name."""

from collections.abc import Sequence
from itertools import pairwise

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.main import says_nothing
from app.figures.shop.naming import Named
from app.figures.talk.picking import by_full_number, by_number, in_place
from app.figures.words import Token, folded, listed, tokens, written
from app.language.numerals import numbers

_BREAKS = frozenset(".!?;,\n")
_MOST_KINDS = 4
"""Things of which one of each is taken."""
_BRIEF = 3
"""Words of a message that only calls one of several."""
_BEHIND = 3
"""Words up to a unit: a name, a plus, a number."""


def chosen(
    text: str,
    offered: Sequence[str],
    named: Sequence[Named],
    catalogue: Catalogue,
    *,
    known: Sequence[Sequence[str]] = (),
    near: Sequence[str] = (),
) -> str:
    """The text with the full names of what it chooses of `offered` (keys, in the order that they were offered in).

    `known`: keys of what is wanted already, then of what was taken back; a name of several things is that of the only
    one of them. `near`: keys of all of the kinds that were spoken of, which a number tells apart.
    """
    found, several = tokens(text), len(offered) > 1
    among = (*known[:1], offered, *known[1:])
    taken = [(n.start, n.end) for n in named if n.own]
    words = [token.folded for token in found if token.folded not in listed("totals")]
    all_ = any(listed("others").get(word) is not None for word in words)
    described = [n for n in catalogue.named(text) if not n.own and n not in named and _stands_alone(text, found, n)]
    things = [n for n in (*named, *described) if n.own or not numbers(text[n.start : n.end])]  # «два» is no «Duo»
    spans = by_full_number(text, named, catalogue)
    if not all_ and not spans:
        spans = [s for n in things if (s := _unclear(found, n, offered, among, catalogue)) is not None]
    spans = spans or [s for n in things if (s := _in_order(text, found, n, offered, catalogue)) is not None]
    taken += [(start, end) for start, end, _ in spans]
    picks = by_number(text, offered, near, named, catalogue)
    if not (spans or picks) and several and not any(n.key in offered for n in named):
        picks = in_place(text, offered, catalogue)
    spans += [s for s in picks if not any(start <= s[0] < end for start, end in taken)]
    for start, end, name in sorted(spans, reverse=True):
        behind = next((token for token in found if token.start >= end), None)
        if behind is not None and behind.raw in written("stand_in"):
            end = behind.end  # noqa: PLW2901 - «the wireless one»: it counts none
        text = f"{text[:start]}{name}{text[end:]}"
    return text


def of_each_kind(text: str, offered: Sequence[str], catalogue: Catalogue) -> str:
    """The text with the full names of all that a name may mean, for «two scanners, one of each kind»."""
    found = tokens(text)
    place = next((n for n, (a, b) in enumerate(pairwise(found)) if _each(a) and b.raw in written("sorts")), None)
    if place is None:
        return text
    first = place
    while first and (found[first - 1].folded in listed("each") or found[first - 1].raw in written("perkind")):
        first -= 1
    number = found[first - 1] if first and (found[first - 1].number or _one(found[first - 1])) else None
    first -= number is not None
    if first and found[first - 1].folded in listed("each"):
        first -= 1
    unclear = [m for m in catalogue.named(text) if m.own and m.key is None and 1 < len(m.tied) <= _MOST_KINDS]
    offers = [o for key in (unclear[-1].tied if unclear else offered[:_MOST_KINDS]) if (o := catalogue.get(key))]
    if len(offers) < 2:
        return text
    each = number.raw if number is not None and number.number else "1"
    names = " + ".join(f"{each} {offer.name}" for offer in offers)
    start, end = (unclear[-1].start, unclear[-1].end) if unclear else (found[first].start, found[first].start)
    before = [token for token in found if token.end <= start][-1:]
    start = before[0].start if before and (before[0].number or numbers(before[0].raw)) else start
    rest = (
        f"{text[end : found[first].start]}{text[found[place + 1].end :]}" if end <= found[first].start else text[end:]
    )
    return f"{text[:start]}{names} {rest}"


def _each(token: Token) -> bool:
    return any(listed(name).get(token.folded) is not None for name in ("every", "eachof"))


def _one(token: Token) -> bool:
    return listed("one").get(token.folded) is not None or bool(numbers(token.raw))


def named_more(text: str, catalogue: Catalogue) -> str:
    """The text with the full name of what «one more till», «a second seller» cost, where that is sold by itself."""
    found = tokens(text)
    for place in range(len(found) - 1, 0, -1):
        unit = catalogue.units.of(found[place].folded)
        if unit is None or not (names := catalogue.more_of(unit)):
            continue
        first = place - 1
        number = found[first].raw if found[first].number else ""
        if (count := _above(text, found, place, unit, catalogue)) is not None:
            text = f"{text[: found[first].start]}{count} {names[0]}{text[found[place].end :]}"
            continue
        if first and (number or listed("one").get(found[first].folded) is not None):
            first -= 1
        word = found[first].folded
        more = word in listed("more") or (not number and int(listed("ordinals").get(word) or "0") > 1)
        if more and _BREAKS.isdisjoint(text[found[first].end : found[place].start]):
            text = f"{text[: found[first].start]}{number} {names[0]}{text[found[place].end :]}".lstrip()
    return text


def _above(text: str, found: Sequence[Token], place: int, unit: str, catalogue: Catalogue) -> str | None:
    """«Start + 1 seller», where two are included: how many more are meant; None where they may be all."""
    value = next(iter(numbers(found[place - 1].raw)), None)
    if value is None or place < _BEHIND - 1:
        return None
    ahead = found[place - 2]
    if ahead.raw in written("tops"):
        return str(value.value)  # «and buy two more»
    gap = text[ahead.end : found[place - 1].start]
    last = found[place - 3] if ahead.folded in _plus() and place >= _BEHIND else ahead if gap.strip() == "+" else None
    named = (m for m in catalogue.named(text[: last.end]) if m.own and m.end == last.end) if last is not None else ()
    offer = next((o for m in named if m.key is not None and (o := catalogue.get(m.key)) is not None), None)
    limit = offer.limit(unit) if offer is not None else None
    return str(value.value) if limit is not None and value.value <= limit.amount else None


def _plus() -> frozenset[str]:
    return frozenset(listed("adds").words_of("adds"))


def _with_its_number(found: Sequence[Token], mention: Named) -> int:
    """Where «with two screens» begins: so many of what it is like, and not of it."""
    led = [token for token in found if token.end <= mention.start][-2:]
    is_led = len(led) > 1 and led[0].raw in written("withs") and (led[1].number or bool(numbers(led[1].raw)))
    return led[0].start if is_led else mention.start


def _unclear(
    found: Sequence[Token],
    mention: Named,
    offered: Sequence[str],
    known: Sequence[Sequence[str]],
    catalogue: Catalogue,
) -> tuple[int, int, str] | None:
    """A mention of several things, one of which was offered, or is held; or what only one of the offered is like."""
    if not mention.own and len(mention.tied) == 1 and mention.tied[0] in offered and len(offered) > 1:
        like = catalogue.get(mention.tied[0])
        return (_with_its_number(found, mention), mention.end, like.name) if like is not None else None
    if mention.key is not None or not mention.candidates or not mention.own:
        return None
    both = next((b for among in known if len(b := [k for k in mention.tied if k in among]) == 1), [])
    offer = catalogue.get(both[0]) if both else None
    return (mention.start, mention.end, offer.name) if offer is not None else None


def _stands_alone(text: str, found: Sequence[Token], mention: Named) -> bool:
    """«Two wireless, and scales»: what a thing is like stands for it, with no noun behind it that it tells of."""
    ahead = [token for token in found if token.end <= mention.start][-1:]
    counted = any(token.number or numbers(token.raw) for token in ahead)
    briefly = len(found) <= _BRIEF and len(mention.tied) == 1
    if not (counted or briefly or mention.unique) or all(
        says_nothing(word) for word in folded(text[mention.start : mention.end])
    ):
        return False
    behind = next((token for token in found if token.start >= mention.end), None)
    if behind is None or not _BREAKS.isdisjoint(text[mention.end : behind.start]):
        return True
    return says_nothing(behind.folded) or behind.raw in written("joining") or behind.raw in written("stand_in")


def _in_order(
    text: str, found: Sequence[Token], mention: Named, offered: Sequence[str], catalogue: Catalogue
) -> tuple[int, int, str] | None:
    """«The second scanner», of several that were offered or told apart."""
    ahead = [token for token in found if token.end <= mention.start][-1:]
    which = listed("ordinals").get(ahead[0].folded) if ahead and mention.key is None and mention.own else None
    alike = [key for key in offered if key in mention.tied]
    if which is None or len(alike) < 2 or int(which) > len(alike) or text[ahead[0].end : mention.start].strip():
        return None
    offer = catalogue.get(alike[int(which) - 1])
    return (ahead[0].start, mention.end, offer.name) if offer is not None else None
