"""What a message leaves of an order: «only the plan», «no equipment», where a word calls all the things of a kind."""

from collections.abc import Collection, Iterator, Sequence

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.main import says_nothing
from app.figures.shop.naming import Named
from app.figures.talk.aside import sentences
from app.figures.talk.held import Basket
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, listed, segments, tokens, written

_PIECE = "@piece"
_ASIDE = 1
"""Words that nothing explains, beside the name of what is wanted only."""
_ELSE = frozenset({"yes_no", "difference", "discount", "included", "measure", "choose"})
_ASKS = frozenset({"price", "sum", "instalment"})


def kinds(text: str, named: Sequence[Named], held: Collection[str], catalogue: Catalogue) -> list[Named]:
    """Mentions of all that is held of a kind, by words that are no name: equipment is all that is bought once."""
    taken = [(m.start, m.end) for m in named if m.own and m.key is not None]
    found: list[Named] = []
    for token in tokens(text):
        kind = listed("kindwords").get(token.folded)
        if kind is None or any(start <= token.start < end for start, end in taken):
            continue
        offers = (offer for key in held if (offer := catalogue.get(key)) is not None)
        keys = [offer.key for offer in offers if (offer.extra if kind == "extras" else _goods(offer))]
        if keys:
            found.append(Named(token.start, token.end, tuple((key, 1.0) for key in keys), None))
    return found


def _goods(offer: Offer) -> bool:
    """Whether it is bought by the piece, or brings what is."""
    return bool(offer.free_from) or all(p.unit == _PIECE and p.fact.period in ("once", None) for p in offer.prices)


def only(text: str, wanted: Wanted, before: Basket, catalogue: Catalogue) -> frozenset[str]:
    """Keys of what a message wants and nothing else; empty where it does not say so. Linear in the text."""
    found = tokens(text)
    if not before.items or not any(_only(token) for token in found):
        return frozenset()
    named = [*(m for m in wanted.named if m.own), *kinds(text, wanted.named, before.keys, catalogue)]
    for first, last, mark in sentences(text, found):
        part = found[first:last]
        here = [m for m in named if part[0].start <= m.start < part[-1].end]
        if here and _leaves(text, part, here, mark) and not _counts_one(part, here, wanted, before):
            return frozenset(key for m in here for key in ((m.key,) if m.key is not None else m.tied))
    return frozenset()


def _only(token: Token) -> bool:
    return listed("only").get(token.folded) is not None


def _leaves(text: str, part: Sequence[Token], here: Sequence[Named], mark: str) -> bool:
    words = [token.folded for token in part]
    kinds_ = asked(words)
    if not _ELSE.isdisjoint(kinds_ - {"choose"}) or ("?" in mark and _ASKS.isdisjoint(kinds_)):
        return False
    if any(listed(name).get(word) is not None for word in words for name in ("adding", "removing", "without")):
        return False
    return any(_beside(text, segment, here) for segment in _parts(text, part))


def _parts(text: str, part: Sequence[Token]) -> Iterator[Sequence[Token]]:
    for first, last in segments(text, part):
        if any(_only(token) for token in part[first:last]):
            yield part[first:last]


def _beside(text: str, part: Sequence[Token], here: Sequence[Named]) -> bool:
    """Whether the word stands right before the first name of its part, or behind the last; and little else is said."""
    names = [m for m in here if part[0].start <= m.start < part[-1].end]
    if not names:
        return False
    outside = [t for t in part if not any(m.start <= t.start < m.end for m in names)]
    rest = [t for t in outside if not (_only(t) or _light(t))]
    place = next(n for n, token in enumerate(part) if _only(token))
    denied = place > 0 and part[place - 1].folded in listed("denying")
    ahead = [t for t in part[place + 1 :] if t.end <= names[0].start]
    behind = [t for t in part[:place] if t.start >= names[-1].end]
    near = all(
        _light(t) and t.folded not in listed("onto") for t in (ahead if part[place].start < names[0].start else behind)
    )
    return near and not denied and len(rest) <= _ASIDE


def _light(token: Token) -> bool:
    lists = ("taking", "wanting", "recounting", "these", "now", "counts")
    return says_nothing(token.folded) or any(listed(name).get(token.folded) is not None for name in lists)


def _counts_one(part: Sequence[Token], here: Sequence[Named], wanted: Wanted, before: Basket) -> bool:
    """«Only one drawer»: so many of it, and not that alone."""
    if len(here) != 1 or any(t.folded in listed("recounting") or asked([t.folded]) & _ASKS for t in part):
        return False
    places = [n for n, m in enumerate(wanted.named) if m == here[0]]
    held = any(item.key in (here[0].key, *here[0].tied) for item in before.items)
    return held and any(n in wanted.counts for n in places)


def disclaimed(text: str, named: Sequence[Named], held: Collection[str]) -> list[Named]:
    """What a message asks the use of and has not wanted: «what is the printer for? I said only X». Linear."""
    found = tokens(text)
    parts = [found[first:last] for first, last in segments(text, found)]
    said = [_denies(part) or any(map(_only, part)) for part in parts]
    gone: list[Named] = []
    for n, part in enumerate(parts):
        here = [m for m in named if m.own and part[0].start <= m.start < part[-1].end]
        outside = [t for t in part if not any(m.start <= t.start < m.end for m in here)]
        asks = [t for t in outside if t.raw in written("whatfor") or t.folded in listed("whys")]
        short = all(t in asks or _light(t) or t.raw in written("owners") for t in outside)
        if asks and short and any(said[n + 1 : n + 3]):
            gone += [m for m in here if not set(held).isdisjoint((m.key, *m.tied))]
    return gone


def _denies(part: Sequence[Token]) -> bool:
    """«I did not ask for that»."""
    denied = any(token.folded in listed("denying") for token in part)
    wants = any(listed("wanting").get(t.folded) is not None or t.folded in listed("taking") for t in part)
    return (denied and wants) or any(token.folded in listed("refusing") for token in part)
