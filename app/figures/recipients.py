"""What is sent to people and paid by the piece: «text the base of 500», one for each whom it goes to."""

from collections.abc import Sequence
from dataclasses import replace

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.naming import Named
from app.figures.words import Token, fold, listed

_PIECE = "@piece"


def sent(found: Sequence[Token], named: Sequence[Named], catalogue: Catalogue) -> tuple[Named, ...]:
    """The mentions of a clause in which something is sent: a part of a name that is only one thing's means that one."""
    if not _sends(found):
        return tuple(named)
    return tuple(replace(m, key=m.tied[0]) if _only(m, catalogue) else m for m in named)


def to_whom(found: Sequence[Token], named: Sequence[Named], catalogue: Catalogue) -> int | None:
    """The place of the mention that is sent, where it is one."""
    if not _sends(found):
        return None
    places = [n for n, m in enumerate(named) if m.own and m.key is not None and _by_piece(m.key, catalogue)]
    return places[0] if len(places) == 1 else None


def are_people(what: str | int | None, noun: str, before: Token | None, catalogue: Catalogue) -> bool:
    """Whether a number counts those to whom something goes: people by any word, or what they stand in."""
    if isinstance(what, int):
        return False
    if what is not None:
        return what == catalogue.units.person()
    word = fold(noun) if noun else before.folded if before is not None else ""
    return listed("recipients").get(word) is not None


def _sends(found: Sequence[Token]) -> bool:
    return any(listed("sending").get(token.folded) is not None for token in found)


def _only(mention: Named, catalogue: Catalogue) -> bool:
    return mention.own and mention.key is None and len(mention.tied) == 1 and _by_piece(mention.tied[0], catalogue)


def _by_piece(key: str, catalogue: Catalogue) -> bool:
    offer = catalogue.get(key)
    return offer is not None and all(p.unit == _PIECE and p.fact.period == "once" for p in offer.prices)
