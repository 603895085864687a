"""One thing of an order for another: «change the terminal for a rented one», «D-Scan 2 instead of D-Scan 1»."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import plain
from app.figures.shop.naming import Named
from app.figures.talk.held import Held
from app.figures.words import Token, listed, segments, tokens, written


@dataclass(frozen=True, slots=True)
class Replaced:
    """The text with the full name of what comes, in the place of both; key of what goes."""

    text: str
    gone: str


def replaced(text: str, held: Sequence[Held], catalogue: Catalogue) -> Replaced | None:
    """What a text puts in the place of something that is held, with its count. Linear in the text."""
    found = tokens(text)
    keys = {item.key for item in held}
    for first, last in segments(text, found) if keys else ():
        part = found[first:last]
        for old, new in _pairs(text, part):
            goes = _held(catalogue.named(text[slice(*old)]), keys)
            comes = _other(text[slice(*new)], goes, catalogue) if goes is not None else None
            if goes is None or comes is None:
                continue
            count = next((item.count for item in held if item.key == goes.key), None)
            number = f"{plain(count, 'en')} " if count is not None else ""
            mention, offer = comes
            end = new[0] + mention.end if mention is not None else new[1]
            start = min(part[0].start, old[0], new[0])
            kept = text[end : part[-1].end] if end >= old[1] else text[old[1] : part[-1].end]
            return Replaced(f"{text[:start]}{number}{offer.name} {kept}{text[part[-1].end :]}".strip(), goes.key)
    return None


@dataclass(frozen=True, slots=True)
class _Goes:
    key: str
    mention: Named


def _pairs(text: str, part: Sequence[Token]) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Places of what may go and of what may come instead, in the orders that the languages have."""
    begin, end = part[0].start, part[-1].end
    pairs: list[tuple[tuple[int, int], tuple[int, int]]] = []
    verb = next((token for token in part if listed("replacing").get(token.folded) is not None), None)
    if verb is not None:
        into = [token for token in part if token.raw in written("into")]
        # «Change X for Y», «X change for Y».
        pairs += [((verb.end, t.start), (t.end, end)) for t in into if t.start > verb.end]
        pairs += [((begin, verb.start), (t.end, end)) for t in into if t.start > verb.end]
        named = [token for token in part if token.end <= verb.start]
        pairs += [((begin, t.end), (t.end, verb.start)) for t in named[:-1] if not into]
    for token in part:
        if token.raw in written("instead"):
            behind = [t for t in part if t.start >= token.end]
            pairs += [((token.end, t.end), (t.end, end)) for t in behind[:-1]]
            pairs += [((token.end, end), (begin, token.start)), ((begin, token.start), (token.end, end))]
    return pairs


def _held(named: Sequence[Named], keys: set[str]) -> _Goes | None:
    """The only thing that is held of what is named."""
    for mention in named:
        meant = [key for key in ((mention.key,) if mention.key is not None else mention.tied) if key in keys]
        if len(meant) == 1:
            return _Goes(meant[0], mention)
    return None


def _other(text: str, goes: _Goes, catalogue: Catalogue) -> tuple[Named | None, Offer] | None:
    """What comes, by its own name or by one that it has in common with what goes: «a rented one»."""
    own = [mention for mention in catalogue.named(text) if mention.own or mention.unique]
    for mention in own:
        if mention.key is not None and mention.key != goes.key and (offer := catalogue.get(mention.key)) is not None:
            return mention, offer
    old = catalogue.get(goes.key)
    for mention in own if old is not None else ():
        both = catalogue.named(f"{text[mention.start : mention.end]} {old.name if old is not None else ''}")
        offers = [catalogue.get(each.key) for each in both if each.key is not None and each.key != goes.key]
        if len(offers) == 1 and (offer := offers[0]) is not None:
            return mention, offer
    return None
