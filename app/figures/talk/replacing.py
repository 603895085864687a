"""One thing of an order for another: «change the terminal for a rented one», «D-Scan 2 instead of D-Scan 1»."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import plain
from app.figures.shop.naming import Named
from app.figures.talk.aside import sentences
from app.figures.talk.held import Held
from app.figures.words import Token, asked, listed, segments, tokens, written

_MOST_PAIRS = 24
"""Places of what goes and comes that are looked at: each is read for names."""


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
        for old, new in _pairs(text, part)[:_MOST_PAIRS]:
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
    for first, last, mark in sentences(text, found) if keys else ():
        if (rather := _preferred(text, found[first:last], mark, held, catalogue)) is not None:
            return rather
    return None


def _preferred(
    text: str, part: Sequence[Token], mark: str, held: Sequence[Held], catalogue: Catalogue
) -> Replaced | None:
    """«Rather D-Scan 2», «D-Scan 2 instead of the first»: in the place of the only thing of its kind."""
    leads = [t for t in part if t.folded in listed("preferring") or t.raw in written("instead")]
    words = [token.folded for token in part]
    compares = any(listed(name).get(word) is not None for word in words for name in ("comparing", "advising"))
    asks = "?" in mark and not asked(words) & {"price", "sum", "instalment"}
    if not leads or compares or asks or any(word in listed("choosing") for word in words):
        return None
    begin, end = part[0].start, part[-1].end
    named = [m for m in catalogue.named(text[begin:end]) if m.own or m.unique]
    for item in held:
        old = catalogue.get(item.key)
        comes = _other(text[begin:end], _Goes(item.key, named[0]), catalogue) if named and old is not None else None
        mention, offer = comes if comes is not None else (None, None)
        if mention is None or offer is None or old is None:
            continue
        alike = [i for i in held if catalogue.head(i.key) == catalogue.head(offer.key)]
        if alike != [item]:
            continue
        start, stop = begin + mention.start, begin + mention.end
        before = [token for token in part if token.end <= start][-1:]
        counted = any(map(_counts, before))
        number = f"{plain(item.count, 'en')} " if item.count is not None and not counted else ""
        ends = next((token.end for token in reversed(part) if _refers(token)), stop)
        tail = text[ends:] if any(t.raw in written("instead") and t.start >= stop for t in part) else text[stop:]
        return Replaced(f"{text[:start]}{number}{offer.name} {tail}", item.key)
    return None


def _refers(token: Token) -> bool:
    """What stands for the thing that goes: «the first», «it»."""
    return any(listed(name).get(token.folded) is not None for name in ("ordinals", "it", "these")) or (
        token.raw in written("instead")
    )


def said_rather(text: str, catalogue: Catalogue) -> str:
    """The text with what it says rather in the place of what it said first: «Rost for 2 shops. No, rather Start»."""
    found = tokens(text)
    if not any(token.raw in written("retracting") or token.folded in listed("preferring") for token in found):
        return text
    named = [m for m in catalogue.named(text) if m.own and m.key is not None]
    parts = [found[first:last] for first, last in segments(text, found)]
    for new in reversed(named):
        place = next(n for n, part in enumerate(parts) if part[0].start <= new.start < part[-1].end)
        ahead = [t for t in parts[place] if t.end <= new.start]
        begins = [*(parts[place - 1] if place and len(parts[place - 1]) == 1 else ()), *ahead[:1]]
        rather = any(t.raw in written("retracting") for t in begins) or any(
            t.folded in listed("preferring") for t in ahead
        )
        compares = any(listed(n).get(t.folded) is not None for t in parts[place] for n in ("comparing", "choosing"))
        if not rather or compares:
            continue
        alike = [m for m in named if m.end <= parts[place][0].start and _alike(m, new, catalogue)]
        offer = catalogue.get(new.key or "")
        if offer is None or not alike or any(m.key == new.key for m in named if m.start < new.start):
            continue
        old = alike[-1]
        if ahead and _counts(ahead[-1]):  # so many of it: what was said first goes with its own number
            before = [t for t in found if t.end <= old.start][-1:]
            start = before[0].start if before and _counts(before[0]) else old.start
            return f"{text[:start]}{' ' * (old.end - start)}{text[old.end :]}"
        blank = " " * (new.end - new.start)
        return f"{text[: old.start]}{offer.name}{text[old.end : new.start]}{blank}{text[new.end :]}"
    return text


def _alike(one: Named, other: Named, catalogue: Catalogue) -> bool:
    return one.key != other.key and catalogue.head(one.key or "") == catalogue.head(other.key or "")


def _counts(token: Token) -> bool:
    return token.number or listed("one").get(token.folded) is not None


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
