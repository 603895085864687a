"""A figure that the machine may say, as the owner of the shop wrote it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Period = Literal["once", "hour", "day", "week", "month", "quarter", "year"]
FactKind = Literal[
    "price", "price_from", "discount", "unit_discount", "free_from", "instalment", "extra", "limit", "term"
]
"""What a figure is, where its shape does not say it.

price: money for one unit. price_from: where such a price begins. discount: percent off all that is counted;
unit_discount: off the units between its quantities alone, such as the second child. free_from: the order's amount from
which `product` costs nothing. instalment: months in which a price may be paid. extra: a price of each unit above
what a product includes. limit: units that `product` includes. term: any other figure.
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure the machine may say: money with `currency` (ISO 4217), or a percentage or duration without."""

    name: str
    amount: Decimal
    currency: str | None = None
    unit: str | None = None
    period: Period | None = None
    product: str | None = None
    """What it is a figure of, where `name` does not say that: prices of one product stand under one name."""
    kind: FactKind | None = None
    min_quantity: Decimal | None = None
    """It holds from so many, both bounds included, ..."""
    max_quantity: Decimal | None = None
    quantity_unit: str | None = None
    """... of this: a unit, or a currency for an order's amount. None: the figure's own unit."""
    applies_to: tuple[str, ...] = ()
    """Products, words that begin their names, or categories that it holds for; empty: no other than its own."""
    conditions: tuple[str, ...] = ()
    """What else must be so, in the shop's words: said beside the figure, and only then reckoned with when told."""
