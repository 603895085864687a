"""One of several things of a kind, called by the number in its name or by its place: «the 80», «80-й», «the second»."""

from collections.abc import Sequence

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ
from app.figures.shop.catalogue import Catalogue
from app.figures.shop.main import says_nothing
from app.figures.shop.naming import Named
from app.figures.talk.held import Basket
from app.figures.talk.plans import main_offers
from app.figures.words import Token, folded, listed, same, tokens, written
from app.language.numerals import Number, numbers

_MODEL = 2
"""Digits of a number that names a model: a smaller one may count."""
_MOST_ALIKE = 24
"""Things of the kinds that were spoken of."""
_ENDING = 3
"""Letters of an ending behind it: «the 80th»."""
_BREAKS = frozenset(".!?;,:\n()")
Span = tuple[int, int, str]
"""Where it stands, and the full name that it means."""


def alike(before: Basket, catalogue: Catalogue) -> tuple[str, ...]:
    """Keys of all the things of the kinds that are wanted or were spoken of last, where there are several of one."""
    spoken = (*before.offered, *before.focus, *(key for item in before.items for key in (*item.open, item.key)))
    heads = {catalogue.head(key) for key in spoken}
    kinds: dict[str, list[str]] = {}
    for offer in catalogue.offers:
        if catalogue.head(offer.key) in heads and offer not in main_offers(catalogue):
            kinds.setdefault(catalogue.head(offer.key), []).append(offer.key)
    return tuple(key for keys in kinds.values() if len(keys) > 1 for key in keys)[:_MOST_ALIKE]


def by_number(
    text: str, offered: Sequence[str], near: Sequence[str], named: Sequence[Named], catalogue: Catalogue
) -> list[Span]:
    """What the numbers of a text call: each in the name of only one thing of `offered`, else of those `near`.

    Linear in the text. A number that counts, measures or dates something calls nothing, nor does one without an ending
    beside a full name of the kind.
    """
    if not near:
        return []
    keys = {mention.key for mention in named if mention.key is not None}
    heads = {catalogue.head(key) for key in keys}
    found, spans = tokens(text), list[Span]()
    for number in numbers(text)[:MOST_READ]:
        said = f"{number.value:f}" if number.high is None else ""
        among = next((a for a in (offered, near) if any(said in _words(key, catalogue) for key in a)), ())
        with_it = [key for key in among if said in _words(key, catalogue)]
        offer = catalogue.get(with_it[0]) if len(with_it) == 1 and said else None
        if offer is None:
            continue
        start, end = _whole(text, found, number)
        ends = number.kind == "ordinal" or end > number.end
        noun = _noun(found, end, said, _words(offer.key, catalogue))
        ends |= noun > end
        if (len(said) < _MODEL or catalogue.head(offer.key) in heads) and not ends:
            continue
        if offer.key not in keys and not _counts(text, found, noun, offer.key, catalogue, ends=ends):
            spans.append((start, noun, offer.name))
    return spans


def by_full_number(text: str, named: Sequence[Named], catalogue: Catalogue) -> list[Span]:
    """«The 58th printer», of all printers: a number with an ending before a name of several, or behind it."""
    found, spans = tokens(text), list[Span]()
    for mention in [m for m in named if m.key is None and m.own and len(m.tied) > 1]:
        for number in [n for n in numbers(text)[:MOST_READ] if n.high is None]:
            start, end = _whole(text, found, number)
            if number.kind != "ordinal" and end == number.end:
                continue
            ahead, behind = text[end : mention.start].strip(), text[mention.end : start].strip()
            beside = (end <= mention.start and not ahead) or (mention.end <= start and not behind)
            with_it = [key for key in mention.tied if f"{number.value:f}" in _words(key, catalogue)]
            offer = catalogue.get(with_it[0]) if len(with_it) == 1 else None
            if beside and offer is not None:
                spans.append((min(start, mention.start), max(end, mention.end), offer.name))
                break
    return spans


def in_place(text: str, offered: Sequence[str], catalogue: Catalogue) -> list[Span]:
    """What an ordinal calls of what was offered in an order: «the second»; with neither a unit nor a length behind."""
    found = tokens(text)
    digits = {n.start: f"{n.value:f}" for n in numbers(text)[:MOST_READ] if n.kind == "ordinal"}
    for token in found:
        which = digits.get(token.start) if token.number else listed("ordinals").get(token.folded)
        if which is None or not 0 < int(which) <= len(offered):
            continue
        end = next((n.end for n in numbers(text)[:MOST_READ] if n.start == token.start), token.end)
        behind = _at(found, end)
        if behind is not None and behind.raw in written("stand_in"):
            end = behind.end  # «the second one»: it counts none
        elif behind is not None and not text[end : behind.start].strip() and _measures(behind, catalogue):
            continue
        offer = catalogue.get(offered[int(which) - 1])
        return [(token.start, end, offer.name)] if offer is not None else []
    return []


def _whole(text: str, found: Sequence[Token], number: Number) -> tuple[int, int]:
    """The place of a number with its ending, and with the word behind it that stands for what was named."""
    end = number.end
    behind = _at(found, end)
    if behind is not None and text[end : behind.start] == "-" and len(behind.raw) <= _ENDING:
        end = behind.end
        behind = _at(found, end)
    if behind is not None and behind.raw in written("stand_in") and not text[end : behind.start].strip():
        end = behind.end
    return number.start, end


def _at(found: Sequence[Token], end: int) -> Token | None:
    place = place_of(found, end)
    return found[place] if place < len(found) else None


def _noun(found: Sequence[Token], end: int, said: str, name: Sequence[str]) -> int:
    """Where a number ends with the noun that it counts in a name: «12 lessons» of «a pass for 12 lessons»."""
    behind, place = _at(found, end), name.index(said) + 1
    counts = behind is not None and place < len(name) and same(name[place], behind.folded)
    return behind.end if behind is not None and counts and behind.start - end <= 1 else end


def _measures(behind: Token, catalogue: Catalogue) -> bool:
    word = behind.folded
    spans = listed("spans").get(word) is not None or listed("percent").get(word) is not None
    return spans or behind.number or catalogue.units.of(word) is not None


def _counts(text: str, found: Sequence[Token], end: int, key: str, catalogue: Catalogue, *, ends: bool) -> bool:
    """Whether a number that ends there counts what stands behind it: any noun, unless it has an ending of its own."""
    behind = _at(found, end)
    if behind is None or not _BREAKS.isdisjoint(text[end : behind.start]):
        return False
    light = says_nothing(behind.folded) or behind.folded in listed("dimensions")
    return _measures(behind, catalogue) or not (ends or light or same(catalogue.head(key), behind.folded))


def _words(key: str, catalogue: Catalogue) -> tuple[str, ...]:
    offer = catalogue.get(key)
    return folded(offer.name) if offer is not None else ()
