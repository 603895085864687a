"""What a number of a clause counts: the unit or the product behind it, else what stands before it."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, Read
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.words import LANGUAGES, Token, asked_by, common, data, fold, listed, written

_BREAKS = frozenset(".!?;,\n+=")
_NEAR = 2  # words between a number and what it counts
_FAR = 4  # words between a name and the number that is set for it
_MOST_SET = 100  # a greater number behind a name is an amount, or a model's
_LEADS = 4
"""Words that lead from a unit to its number."""
_PIECE = "@piece"
MOST_KINDS = 20
"""Kinds of things in one order,"""
KINDS = 2
"""and digits of their number."""


def counted(
    text: str, found: Sequence[Token], span: tuple[int, int], named: Sequence[Named], catalogue: Catalogue
) -> tuple[str | int | None, str]:
    """Key of the unit, or the place of the product, that a number counts; else the noun that is neither."""
    first, last = span
    spare = ""
    for place in range(last, min(len(found), last + _NEAR + 1)):
        token = found[place]
        between = text[found[place - 1].end : token.start] if place > 0 else ""
        broken = not _BREAKS.isdisjoint(between) or (place > last and ":" in between)
        if broken or token.folded in listed("separators") or token.number or listed("percent").get(token.folded):
            break
        if token.raw in written("denying"):
            break  # «two, not four»
        product = next((n for n, m in enumerate(named) if m.start <= token.start < m.end and (m.own or m.unique)), None)
        unit = catalogue.units.of(token.folded)
        if unit == _PIECE and product is None:
            own = _unit_before(text, found, span, named, catalogue)
            return own or _pieces(text, token, found[first - 1] if first else None, named), ""
        if unit is not None and (product is None or named[product].key is None or _whole(named[product], token)):
            return unit, ""
        if product is not None:
            return product, ""
        light = token.folded in common() or asked_by(token.folded) or token.folded in listed("setting")
        if light or listed("taking").get(token.folded) is not None:
            break
        spare = spare or token.raw
    before = _before(text, found, first, named, catalogue) if first and first < len(found) else None
    return (None, spare) if before is None or (spare and isinstance(before, str)) else (before, "")


def _unit_before(
    text: str, found: Sequence[Token], span: tuple[int, int], named: Sequence[Named], catalogue: Catalogue
) -> str | None:
    """The unit that «tills, five pieces» are: what stands before the number, where nothing is named right behind."""
    first, last = span
    places = range(first - 1, max(-1, first - 2 - _NEAR), -1)
    ahead = next((found[place] for place in places if found[place].folded not in common()), None)
    if ahead is None:
        return None
    ends = found[last].end
    parted = not _BREAKS.isdisjoint(text[ahead.end : found[first].start])
    inside = any(n.own and n.start <= ahead.start < n.end for n in named)
    behind = any(n.start >= ends and not text[ends : n.start].strip() for n in named)
    unit = catalogue.units.of(ahead.folded)
    return None if parted or inside or behind or unit == _PIECE else unit


def _pieces(text: str, token: Token, before: Token | None, named: Sequence[Named]) -> str | int:
    """What «3 pieces» are of: the product named before them, else the one behind, else anything."""
    ends = [n for n, mention in enumerate(named) if before is not None and mention.end <= before.end]
    starts = [n for n, mention in enumerate(named) if mention.start >= token.end]
    if ends and starts and before is not None and named[ends[-1]].end < before.start:
        behind = text[token.end : named[starts[0]].start]
        if _BREAKS.isdisjoint(behind) and not behind.strip():
            return starts[0]  # «the tills, 6 pieces of X»: X, and not what stands far before
    return ends[-1] if ends else starts[0] if starts else _PIECE


def _before(
    text: str, found: Sequence[Token], first: int, named: Sequence[Named], catalogue: Catalogue
) -> str | int | None:
    """What stands before its number: «shops: 3», «Rost x2»."""
    token, between = found[first - 1], text[found[first - 1].end : found[first].start]
    if not _BREAKS.isdisjoint(between):
        return None
    if (unit := _roughly(text, found, first, named, catalogue)) is not None:
        return unit
    if first > 1 and listed("eachof").get(found[first - 2].folded) is not None:
        return None  # «for each shop two»: so many for each of them
    own = any(mention.unique and mention.own and mention.start <= token.start < mention.end for mention in named)
    if not own and (unit := catalogue.units.of(token.folded)) is not None:
        return _of_pieces(text, found, first - 1, named, catalogue) if unit == _PIECE else unit
    if token.folded in _times() or between.strip().lower() in _times():
        ends = [n for n, mention in enumerate(named) if mention.end <= token.end]
        return ends[-1] if ends else None
    return _set_for(text, found, first, named, catalogue)


def _roughly(text: str, found: Sequence[Token], first: int, named: Sequence[Named], catalogue: Catalogue) -> str | None:
    """«Goods, about 25 thousand», «goods we have 25 thousand»: the unit before words that only lead to its number."""
    place = first - 1
    while place > 0 and first - place <= _LEADS and found[place].raw in written("roughly"):
        place -= 1
    token = found[place]
    parted = any(c in text[token.end : found[first].start] for c in _BREAKS - {","})
    if place == first - 1 or parted or any(n.own and n.start <= token.start < n.end for n in named):
        return None
    unit = catalogue.units.of(token.folded) or catalogue.units.meant(token.raw)
    return None if unit == _PIECE else unit


def _of_pieces(
    text: str, found: Sequence[Token], place: int, named: Sequence[Named], catalogue: Catalogue
) -> str | int:
    """What «goods, pieces 500» or «scanners, pieces 5» count, in the order of a language that rounds so."""
    noun = found[place - 1] if place else None
    if noun is None or text[noun.end : found[place].start].strip():
        return _PIECE
    product = next((n for n, m in enumerate(named) if m.own and m.start <= noun.start < m.end), None)
    return product if product is not None else catalogue.units.of(noun.folded) or _PIECE


def _set_for(
    text: str, found: Sequence[Token], first: int, named: Sequence[Named], catalogue: Catalogue
) -> str | int | None:
    """«Drawer: just one», «let the shops be five»: a small number that ends its clause, set for the name before it."""
    number = found[first]
    behind = found[first + 1] if first + 1 < len(found) else None
    if not _small(text, number) or (behind is not None and behind.folded in listed("dimensions")):
        return None
    ends = behind is None or not _BREAKS.isdisjoint(text[number.end : behind.start]) or _light(behind)
    sets = False
    for place in range(first - 1, max(-1, first - 2 - _FAR), -1):
        token = found[place]
        if not _BREAKS.isdisjoint(text[token.end : found[place + 1].start]):
            return None
        product = next((n for n, m in enumerate(named) if m.start <= token.start < m.end), None)
        if product is not None:
            return product if ends else None  # «Rost for 3 people»: what stands behind is counted
        unit = catalogue.units.of(token.folded) if sets else None
        setting = token.folded in listed("setting")
        if unit is not None or not (setting or _light(token)):
            return unit
        sets |= setting
    return None


def _small(text: str, number: Token) -> bool:
    """Whether a number can be one of things: neither an amount nor an hour."""
    clock = text[number.end : number.end + 1] in (":", ".") and text[number.end + 1 : number.end + 2].isdigit()
    return not clock and not (number.number and int(number.raw[:9]) > _MOST_SET)


def _light(token: Token) -> bool:
    return token.folded in common() or token.folded in listed("small") or token.folded in listed("setting")


def _whole(mention: Named, token: Token) -> bool:
    return mention.start == token.start and mention.end == token.end


@cache
def _times() -> frozenset[str]:
    return frozenset(
        form
        for language in LANGUAGES
        for word in str(data(language)["operators"]["×"]).split()
        for form in (word, fold(word))
    )


def of_kinds(found: Sequence[Token], span: tuple[int, int], named: Sequence[Named], catalogue: Catalogue) -> bool:
    """«All four», «the sum of 4 things»: how many kinds there are, where the number stands before no name or unit."""
    first, last = span
    behind = found[last] if last < len(found) else None
    if behind is not None and behind.raw in written("kinds"):
        return True
    if not first or found[first - 1].raw not in written("forall") or (behind is not None and behind.number):
        return False
    of_unit = behind is not None and catalogue.units.of(behind.folded) is not None
    of_name = behind is not None and any(n.own and n.start <= behind.start < n.end for n in named)
    return not (of_unit or of_name)


def of_us(found: Sequence[Token], first: int, last: int) -> bool:
    """«We are four», «нас пятеро», and no «у нас 4» of something that was spoken of."""
    ahead = [token.raw for token in found[max(0, first - _FAR) : first]]
    behind = found[last].raw if last < len(found) else ""
    led = any(
        ahead[-len(phrase) :] == phrase and written("byus").isdisjoint(ahead[-len(phrase) - 1 : -len(phrase)])
        for phrase in _us()
    )
    return led and behind not in written("inplaces")


@cache
def _us() -> tuple[list[str], ...]:
    return tuple(str(phrase).split() for language in LANGUAGES for phrase in data(language)["usphrases"])


def of_their_unit(
    found: Sequence[Token], named: Sequence[Named], counts: Mapping[int, Decimal], catalogue: Catalogue
) -> Iterator[tuple[str, Decimal]]:
    """«3 online registers»: of what is paid for each register, and called so, so many registers are told too."""
    for place, n in counts.items():
        mention = named[place]
        offer = catalogue.get(mention.key) if mention.key is not None and mention.own else None
        units = {price.unit for price in offer.prices} if offer is not None and not offer.extra else set()
        said = {catalogue.units.of(t.folded) for t in found if mention.start <= t.start < mention.end}
        yield from ((unit, n) for unit in units & said if unit is not None and not unit.startswith("@"))


def percent_of(read: Read, found: Sequence[Token]) -> Decimal | None:
    """The number of a clause that is a percentage."""
    for number in read.numbers[:MOST_READ]:
        place = place_of(found, number.end)
        word = found[place].folded if place < len(found) else ""
        if read.text[number.end : number.end + 2].strip().startswith("%") or listed("percent").get(word) is not None:
            return number.value
    return None
