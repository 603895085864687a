"""Two things called by the numbers of their names beside each other: «58 и 80 принтеры», «the 58 and 80 printers»."""

from collections.abc import Sequence
from itertools import pairwise

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.main import says_nothing
from app.figures.words import Token, asked_by, folded, listed, same, tokens, written

_MOST = 8
"""Things of one kind."""
_PAIR = 2
_MODEL = 2
"""Digits of a number that names a model: a smaller one may count."""
_BREAKS = frozenset(".!?;,:\n")
_ENDING = 3
"""Letters of an ending behind such a number: «80-й»."""


def by_two_numbers(text: str, catalogue: Catalogue) -> str:
    """The text with the full names; as it stands where one of the numbers is in no name. Linear in the text."""
    text = _by_one(text, catalogue)
    found = tokens(text)
    mentions = [n for n in catalogue.named(text) if n.own and 1 < len(n.tied) <= _MOST]
    for first, second in _pairs(text, found):
        noun = _behind(text, found, second)
        mention = next((m for m in mentions if noun is not None and m.start <= found[noun].start < m.end), None)
        if mention is None or noun is None:
            continue
        names = [_called(found[place].raw, mention.tied, catalogue) for place in (first, second)]
        if None not in names and names[0] != names[1]:
            middle = text[_end(text, found, first) : found[second].start]
            rest = text[max(mention.end, found[noun].end) :]
            return f"{text[: found[first].start]}{names[0]}{middle}{names[1]}{rest}"
    return _of_the_same(text, found, catalogue)


def _by_one(text: str, catalogue: Catalogue) -> str:
    """«The 80 printer», with the noun as it stands in a name of that number: so many are not counted by it."""
    found = tokens(text)
    mentions = [n for n in catalogue.named(text) if n.own and 1 < len(n.tied) <= _MOST]
    for number, noun in reversed(list(pairwise(found))):
        mention = next((m for m in mentions if m.start == noun.start), None)
        if (
            mention is None
            or not number.number
            or len(number.raw) < _MODEL
            or number.start + len(number.raw) > noun.start
        ):
            continue
        name = _called(number.raw, mention.tied, catalogue) if catalogue.units.of(noun.folded) is None else None
        if name is not None and noun.raw in [t.raw for t in tokens(name)] and not text[number.end : noun.start].strip():
            text = f"{text[: number.start]}{name}{text[mention.end :]}"
    return text


def _of_the_same(text: str, found: Sequence[Token], catalogue: Catalogue) -> str:
    """«D-Print 58 or 80»: behind a name a number of another thing of its kind, where nothing is counted by it."""
    joins = written("joining") | written("alternatives")
    for mention in catalogue.named(text):
        last = next((n for n in range(len(found) - 1, -1, -1) if found[n].end <= mention.end), -1)
        rest = list(range(last + 1, len(found)))
        if mention.key is None or not mention.own or last < 0 or not found[last].number or len(rest) < _PAIR:
            continue
        place = rest[1] if found[rest[1]].number else rest[1] + 1  # «for 8 or for 12»
        if found[rest[0]].raw not in joins or place >= len(found) or not found[place].number:
            continue
        if place != rest[1] and found[rest[1]].folded not in listed("onto"):
            continue
        head = catalogue.head(mention.key)
        keys = [o.key for o in catalogue.offers if o.key != mention.key and catalogue.head(o.key) == head]
        name = _called(found[place].raw, keys, catalogue)
        end = _without_noun(text, found, place, name) if name is not None else None
        if end is not None:
            return f"{text[: found[rest[1]].start]}{name}{text[end:]}"
    return text


def _without_noun(text: str, found: Sequence[Token], place: int, name: str) -> int | None:
    """Where the number ends, with the noun behind it that stands in the name; None where it counts another."""
    behind = found[place + 1] if place + 1 < len(found) else None
    if behind is None or not _BREAKS.isdisjoint(text[found[place].end : behind.start]):
        return found[place].end
    if any(same(behind.folded, word) for word in folded(name)):
        return behind.end
    return found[place].end if says_nothing(behind.folded) or asked_by(behind.folded) else None


def _pairs(text: str, found: Sequence[Token]) -> list[tuple[int, int]]:
    """Places of two numbers with nothing but a word that joins or parts them between."""
    numbers = [n for n, token in enumerate(found) if token.number]
    joins = written("joining") | written("alternatives")
    pairs = []
    for a, b in pairwise(numbers):
        between = [t for t in found[a + 1 : b] if not _is_ending(text, found[a], t)]
        if len(between) == 1 and between[0].raw in joins:
            pairs.append((a, b))
    return pairs


def _is_ending(text: str, number: Token, token: Token) -> bool:
    joined = text[number.end : token.start] in ("-", "")
    return joined and len(token.raw) <= _ENDING


def _end(text: str, found: Sequence[Token], place: int) -> int:
    behind = found[place + 1] if place + 1 < len(found) else None
    return behind.end if behind is not None and _is_ending(text, found[place], behind) else found[place].end


def _behind(text: str, found: Sequence[Token], place: int) -> int | None:
    """The noun right behind the second number."""
    noun = place + 1
    if noun < len(found) and _is_ending(text, found[place], found[noun]):
        noun += 1
    return noun if noun < len(found) and not text[found[noun - 1].end : found[noun].start].strip() else None


def _called(number: str, keys: Sequence[str], catalogue: Catalogue) -> str | None:
    """The one name that holds the number."""
    offers = [offer for key in keys if (offer := catalogue.get(key)) is not None]
    names = [offer.name for offer in offers if number in folded(offer.name)]
    return names[0] if len(names) == 1 else None
