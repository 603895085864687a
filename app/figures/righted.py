"""A unit's word with a slip behind a number, said right: what is counted is heard as names of products are."""

from collections.abc import Sequence

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, NumberLike
from app.figures.shop.catalogue import Catalogue
from app.figures.words import tokens


def righted(text: str, numbers: Sequence[NumberLike], catalogue: Catalogue) -> str:
    """Linear in the text; the text itself where nothing is to be put right."""
    found, units = tokens(text), catalogue.units
    changes: list[tuple[int, int, str]] = []
    for number in numbers[:MOST_READ]:
        place = place_of(found, number.end)
        if place == len(found) or text[number.end : found[place].start].strip():
            continue
        unit = units.meant(found[place].raw)
        if unit is not None:
            changes.append((found[place].start, found[place].end, units.name(unit)))
    for start, end, name in reversed(changes):
        if not _sold(text[start:end], catalogue):
            text = f"{text[:start]}{name}{text[end:]}"
    return text


def _sold(word: str, catalogue: Catalogue) -> bool:
    """Whether a word calls something that is sold, and is not only one more of the unit."""
    keys = [key for m in catalogue.named(word) if m.own for key in ((m.key,) if m.key is not None else m.tied)]
    return any(not offer.extra for key in keys if (offer := catalogue.get(key)) is not None)
