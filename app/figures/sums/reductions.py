"""What is taken off a price, and why: discounts by threshold, the second of a kind, an order's amount, instalments."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import Figure
from app.figures.sums.granting import from_second

_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Reduction:
    """`percent` off a line, by `figures`; 100 with `free` an amount of the order, from which it costs nothing.

    `of_units`: (how many units, percent) where only some of the units are cheaper.
    """

    percent: Decimal
    figures: tuple[Figure, ...]
    of_units: tuple[tuple[Decimal, Decimal], ...] = ()
    free: Figure | None = None

    def of(self, amount: Decimal, quantity: Decimal) -> Decimal:
        """What is left of an amount for so many units."""
        if not self.of_units:
            return amount * (_HUNDRED - self.percent) / _HUNDRED
        off = sum((count * percent for count, percent in self.of_units), Decimal(0))
        return amount * (quantity * _HUNDRED - off) / (quantity * _HUNDRED)


@dataclass(frozen=True, slots=True)
class Instalment:
    """`amount` paid in `months` equal parts of `monthly`; `exact` where that needs no rounding."""

    amount: Decimal
    months: Decimal
    monthly: Decimal
    exact: bool
    figure: Figure
    currency: str
    """Of the amount: the figure may be bounded by something else than money, or by nothing."""


def reduction(
    catalogue: Catalogue,
    offer: Offer,
    priced: tuple[Figure, Decimal],
    told: Mapping[str, Decimal],
    granted: frozenset[Figure] = frozenset(),
    *,
    whole: bool = False,
) -> Reduction | None:
    """The greatest discount that holds for a line of `priced` (price, quantity).

    `whole`: the line is for some of all that were told, and a threshold counts all of them.

    One with conditions holds only where it is among `granted`.
    """
    price, quantity = priced
    best: Figure | None = None
    by_unit: list[tuple[Decimal, Figure]] = []
    for figure in catalogue.reductions:
        second = False
        if not catalogue.applies(figure, offer) or (figure.fact.conditions and figure not in granted):
            continue
        counted = _quantity(figure, price, quantity, told)
        if whole and figure.kind == "discount":
            counted = told.get(figure.quantity_unit or "") or counted
        if counted is None:
            if figure not in granted or figure.fact.min_quantity is not None:
                continue
            counted = quantity
        if figure.kind == "unit_discount" or (second := from_second(figure)):
            if (units := _between(figure, counted, second=second)) > 0:
                by_unit.append((units, figure))
        elif figure.holds(counted) and (best is None or figure.amount > best.amount):
            best = figure
    whole_ = Reduction(best.amount, (best,)) if best is not None else None
    rows = tuple((units, figure.amount) for units, figure in by_unit)
    some = Reduction(Decimal(0), tuple(f for _, f in by_unit), rows) if by_unit and quantity > 0 else None
    if whole_ is not None and some is not None:  # of two that do not add up the greater
        return min((whole_, some), key=lambda made: made.of(price.amount * quantity, quantity))
    return whole_ or some


def _quantity(figure: Figure, price: Figure, quantity: Decimal, told: Mapping[str, Decimal]) -> Decimal | None:
    """How many of what the figure counts; None: nobody told."""
    unit = figure.quantity_unit
    if unit is None:
        return quantity if figure.fact.min_quantity is not None or figure.fact.max_quantity is not None else None
    return quantity if unit == price.unit else told.get(unit)


def _between(figure: Figure, counted: Decimal, *, second: bool = False) -> Decimal:
    low = figure.fact.min_quantity or Decimal(2 if second else 1)
    high = counted if figure.fact.max_quantity is None else min(counted, figure.fact.max_quantity)
    return max(Decimal(0), high - low + 1)


def conditional(catalogue: Catalogue, offer: Offer) -> tuple[Figure, ...]:
    """Discounts of an offer that hold under conditions."""
    return tuple(f for f in catalogue.reductions if f.fact.conditions and catalogue.applies(f, offer))


def thresholds(catalogue: Catalogue, offer: Offer | None = None) -> tuple[Figure, ...]:
    """Discounts by quantity, from the lowest threshold on; of an offer, or of all."""
    found = [
        f
        for f in catalogue.reductions
        if f.fact.min_quantity is not None and f.kind == "discount" and (offer is None or catalogue.applies(f, offer))
    ]
    return tuple(sorted(found, key=lambda f: (f.fact.min_quantity or Decimal(0), f.amount)))


def free_from(offer: Offer, order: Decimal) -> Reduction | None:
    """Whether an order of that amount makes the offer free."""
    reached = [f for f in offer.free_from if order >= f.amount]
    if not reached:
        return None
    return Reduction(_HUNDRED, tuple(reached), free=min(reached, key=lambda f: f.amount))


def instalment(catalogue: Catalogue, offer: Offer, amount: Decimal, currency: str) -> Instalment | None:
    """Equal parts, only where a fact grants them to the offer and the amount is within its bounds."""
    grants = (figure for figure in catalogue.instalments if catalogue.applies(figure, offer))
    return next((parts for f in grants if (parts := parted_by(f, amount, currency)) is not None), None)


def parted_by(figure: Figure, amount: Decimal, currency: str) -> Instalment | None:
    """The equal parts that a fact makes of an amount; None where it is outside of its bounds."""
    fits = figure.quantity_unit in (None, currency, figure.unit)
    bounded = figure.quantity_unit == currency
    if not fits or (bounded and not figure.holds(amount)) or figure.amount <= 0:
        return None
    monthly = amount / figure.amount
    rounded = monthly.to_integral_value(rounding="ROUND_HALF_UP")
    return Instalment(amount, figure.amount, rounded, rounded * figure.amount == amount, figure, currency)
