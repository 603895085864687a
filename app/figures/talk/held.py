"""A product of an order."""

from dataclasses import dataclass
from decimal import Decimal

from app.figures.wanted import Per


@dataclass(frozen=True, slots=True)
class Held:
    """A product that was spoken of. `taken`: he wants it, and has not only asked what it costs."""

    key: str
    count: Decimal | None = None
    taken: bool = False
    open: tuple[str, ...] = ()
    """Keys of all that the name which he said may mean: this one is the cheapest of them."""
    per: Per | None = None
    """Of what `count` is so many for each: it follows when there are more of that."""
