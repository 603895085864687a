"""A unit's word with a slip behind a number, said right: what is counted is heard as names of products are."""

from collections.abc import Sequence

from app.figures.mentioned import place_of
from app.figures.read import MOST_READ, NumberLike
from app.figures.shop.catalogue import Catalogue
from app.figures.words import tokens


def righted(text: str, numbers: Sequence[NumberLike], catalogue: Catalogue) -> str:
    """Linear in the text; the text itself where nothing is to be put right."""
    found, units = tokens(text), catalogue.units
    for number in reversed(numbers[:MOST_READ]):
        place = place_of(found, number.end)
        if place == len(found) or text[number.end : found[place].start].strip():
            continue
        slipped = units.slipped(found[place].folded)
        unit = units.of(slipped) if slipped is not None else None
        if unit is not None:
            text = f"{text[: found[place].start]}{units.name(unit)}{text[found[place].end :]}"
    return text
