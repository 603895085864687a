"""What a sum consists of: what is counted, its lines, its totals, and what of it is not known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import Figure
from app.figures.sums.reductions import Reduction
from app.types import Period

Missing = Literal["price", "unit", "offer", "quantity", "period", "from", "below"]
IN_MONTHS: Mapping[Period, Decimal] = {"month": Decimal(1), "quarter": Decimal(3), "year": Decimal(12)}
SINGLE: frozenset[Period | None] = frozenset({"once", None})


@dataclass(frozen=True, slots=True)
class Item:
    """A product to be counted; `count` is of itself, None: as its price's unit was told."""

    offer: Offer
    count: Decimal | None = None
    told: Mapping[str, Decimal] = field(default_factory=dict)
    """What was told, as it is told of this product alone: two shops of three."""


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line of a sum: `quantity` x price x `times`, less `reduction` = `amount`."""

    offer: Offer
    price: Figure
    quantity: Decimal
    times: Decimal
    """Periods of the price that are paid."""
    months: Decimal | None
    """What the line is paid for; None: for one period of the price."""
    amount: Decimal
    reduction: Reduction | None = None
    assumed: bool = False
    """Nobody told the quantity: it is for one."""

    @property
    def period(self) -> Period | None:
        """The period that `amount` is for; None of a span of months that is none."""
        if self.months is None or self.price.fact.period in SINGLE:
            return self.price.fact.period or "once" if self.times == 1 else "once"
        own = self.price.fact.period
        return "year" if self.months == IN_MONTHS["year"] else own if self.times == 1 else None


@dataclass(frozen=True, slots=True)
class Total:
    """What is paid per `period`, or for `months` where that is no period."""

    amount: Decimal
    currency: str
    period: Period | None
    months: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """A part that cannot be counted, and what of it is missing."""

    missing: Missing
    of: str
    least: Decimal | None = None
    """Of what is below: the fewest that can be taken."""
