"""What earlier messages come to: the things that are wanted, and what was told of them."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from app.figures.read import Read
from app.figures.wanted import Per, Wanted

Split = tuple[tuple[str, Decimal], ...]
"""(key of a main offer, for how many places), in the order that they were told in."""
Parse = Callable[[str], tuple[Read, Wanted]]
"""What a text says, read for its figures."""


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


@dataclass(frozen=True, slots=True)
class Basket:
    """What earlier messages come to. `offered`: the products that an unclear name left to choose from."""

    items: tuple[Held, ...] = ()
    offered: tuple[str, ...] = ()
    told: tuple[tuple[str, Decimal], ...] = ()
    """Key of a unit -> how many."""
    months: Decimal | None = None
    rejected: frozenset[str] = frozenset()
    """Keys, until they are named again."""
    focus: tuple[str, ...] = ()
    """Keys of the products spoken of last."""
    earlier: frozenset[str] = frozenset()
    """Keys of what a sum of all was of, before the newest message."""
    shares: tuple[tuple[str, tuple[Decimal, ...]], ...] = ()
    """Key of a unit -> how many of it there are in each place, as long as nothing else is told of it."""
    parts: bool = False
    """Whether he asked to pay by instalments."""
    ordered: bool = False
    """Whether he has said that he takes what he takes."""
    plan: tuple[str, ...] = ()
    """Keys of the main offers, where one of them is wanted and he has not said which."""
    gone: tuple[Held, ...] = ()
    """What was wanted and is no more: it may come again, with its count."""

    without_plan: bool = False
    """Whether he has said that he wants none of the main offers."""
    season: Decimal | None = None
    """How many months of a year he trades in."""
    split: Split = ()
    """Which main offer is for how many places, where they do not all have the same."""

    met: tuple[str, ...] = ()
    """Folded words that he has said of himself, by which a discount is his,"""
    ages: tuple[Decimal, ...] = ()
    """and how old those are whom he told of."""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(item.key for item in self.items)

    @property
    def meant(self) -> tuple[Held, ...]:
        """What a sum of all is of: what he takes, else all that he asked the price of."""
        return tuple(item for item in self.items if item.taken) or self.items


NOTHING = Basket()
