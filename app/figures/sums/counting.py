"""Sums of facts: quantity x price x period, less what is granted. Exact; what is not known is named, never guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.shop.facts import Figure
from app.figures.sums.limits import Shares, above, one_more
from app.figures.sums.lines import IN_MONTHS, SINGLE, Item, LineItem, Total, Unknown
from app.figures.sums.reductions import free_from, reduction
from app.types import Period

__all__ = ("Item", "LineItem", "Sum", "Total", "Unknown", "count", "quantity_of")

_SHORT = {"hour": "@hour", "day": "@day", "week": "@week"}
_PIECE = "@piece"
_ONE_FOR_ALL = frozenset({"@company", "@order"})


@dataclass(frozen=True, slots=True)
class Sum:
    """Parts in the order of their names, totals by currency and period. With `unknown` the totals are of the rest."""

    parts: tuple[LineItem, ...]
    totals: tuple[Total, ...]
    unknown: tuple[Unknown, ...] = ()
    saving: Decimal | None = None
    """What the year's price saves against twelve months'."""

    @property
    def known(self) -> bool:
        return bool(self.parts) and not self.unknown

    @property
    def single(self) -> Total | None:
        """The one total, if there is one."""
        return self.totals[0] if len(self.totals) == 1 else None

    @property
    def plain(self) -> bool:
        """One price as it stands: nothing was counted."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only is not None and only.amount == only.price.amount and only.reduction is None and not self.unknown

    @property
    def sections(self) -> tuple[str, ...]:
        """Ids of the sections that it rests on."""
        used = [s for p in self.parts for s in p.price.sections]
        used += [s for p in self.parts if p.reduction for f in p.reduction.figures for s in f.sections]
        return tuple(dict.fromkeys(used))

    @property
    def first(self) -> Total | None:
        """What is paid at the beginning, where some is paid once and some again and again: all of it together."""
        lasting = [total for total in self.totals if total.period != "once"]
        currencies = {total.currency for total in self.totals}
        short = any(total.period in _SHORT for total in lasting)
        if len(self.totals) < 2 or len(lasting) == 0 or len(currencies) > 1 or short:
            return None
        period = lasting[0].period if len(lasting) == 1 else None
        return Total(sum((t.amount for t in self.totals), Decimal(0)), self.totals[0].currency, period)

    def every(self, amount: Decimal) -> bool:
        """Whether `amount` is one of its totals, and no price of one part alone among others, or what is paid first."""
        first = self.first
        alone = [p.amount for p in self.parts if sum(p.period == other.period for other in self.parts) == 1]
        whole = len(self.parts) == 1 or amount not in alone
        return (whole and any(total.amount == amount for total in self.totals)) or (
            first is not None and first.amount == amount
        )


def count(
    catalogue: Catalogue,
    items: Sequence[Item],
    quantities: Mapping[str, Decimal],
    months: Decimal | None = None,
    *,
    granted: frozenset[Figure] = frozenset(),
    prefer: Period | None = None,
    shares: Shares = MappingProxyType({}),
) -> Sum:
    """The sum of the items. `quantities`: key of a unit -> how many. `granted`: figures whose conditions are met.

    `shares`: what was told of each place apart.

    The order of the items does not matter. Raises nothing: what cannot be counted is in `unknown`.
    """
    parts: list[LineItem] = []
    unknown: list[Unknown] = []
    saving = Decimal(0)
    delivered = [item for item in items if item.offer.free_from]
    said = {item.offer: item.count for item in items if item.offer.extra}
    paid: set[Offer] = set()
    """Of one more, beside what includes some already."""
    for item in (*sorted((i for i in items if not i.offer.free_from), key=lambda i: i.offer.extra), *delivered):
        if item.offer in paid:
            continue
        known = {**quantities, **item.told}
        made = _part(catalogue, item, known, months, prefer)
        if isinstance(made, Unknown):
            unknown.append(made)
            continue
        if made.price.kind == "price_from":
            unknown.append(Unknown("from", item.offer.name))
            continue
        lines = [
            made,
            *(_at_least(line, said) for line in _extras(catalogue, made, known, months, {} if item.told else shares)),
        ]
        paid |= {line.offer for line in lines[1:]}
        for line in lines:
            granted_now = reduction(
                catalogue, line.offer, (line.price, line.quantity), quantities, granted, whole=bool(item.told)
            )
            amount = line.amount if granted_now is None else granted_now.of(line.amount, line.quantity)
            parts.append(replace(line, amount=amount, reduction=granted_now))
        if parts[-len(lines)].reduction is None:  # with a discount the months would have cost less too
            saving += _saved(made)
    parts = [_delivered(catalogue, part, parts) for part in parts]
    ordered = tuple(
        sorted(
            parts,
            key=lambda p: (p.offer.extra, bool(p.offer.free_from), p.offer.key, p.price.fact.period or "", p.quantity),
        )
    )
    missing = tuple(sorted(dict.fromkeys(unknown), key=lambda u: (u.missing, u.of, u.least or 0)))
    return Sum(ordered, _totals(ordered), missing, saving or None)


def _part(
    catalogue: Catalogue, item: Item, told: Mapping[str, Decimal], months: Decimal | None, prefer: Period | None
) -> LineItem | Unknown:
    offer = item.offer
    price = _price(offer, told, months, item.count, prefer)
    if price is None:
        return Unknown("period" if months is not None else "price", offer.name)
    quantity, assumed = quantity_of(price, told, item.count)
    low = price.fact.min_quantity
    if low is not None and price.quantity_unit == price.unit and quantity < low:
        if not assumed:
            return Unknown("below", offer.name, low)
        quantity = Decimal(1)
    times = told.get(_SHORT.get(price.fact.period or "", ""), _times(price, months))
    if times is None:
        return Unknown("period", offer.name)
    lasting = months if price.fact.period in IN_MONTHS else None
    return LineItem(offer, price, quantity, times, lasting, price.amount * quantity * times, None, assumed)


def quantity_of(price: Figure, told: Mapping[str, Decimal], count: Decimal | None = None) -> tuple[Decimal, bool]:
    """How many of the price's unit, and whether nobody told it."""
    if price.unit in _ONE_FOR_ALL:
        return Decimal(1), False
    told_of = price.unit is not None and price.unit in told and price.unit != _PIECE
    if told_of and price.unit is not None and (count is None or price.kind != "extra"):
        return told[price.unit], False
    if count is not None:
        return count, False
    return told.get(price.unit or _PIECE, Decimal(1)), price.unit not in told


def _price(
    offer: Offer, told: Mapping[str, Decimal], months: Decimal | None, count: Decimal | None, prefer: Period | None
) -> Figure | None:
    """The one price to reckon with: of the unit told, of the period asked; the year's own for whole years."""
    prices = [p for p in offer.prices if p.unit is not None and p.unit in told] or list(offer.prices)
    prices = [p for p in prices if _SHORT.get(p.fact.period or "", "") in told] or prices
    if prefer is not None and (found := [p for p in prices if p.fact.period == prefer]):
        return _step(found, told, count)
    if months is not None:
        for period, length in sorted(IN_MONTHS.items(), key=lambda item: -item[1]):
            if months % length == 0 and (found := [p for p in prices if p.fact.period == period]):
                return _step(found, told, count)
        return _step([p for p in prices if p.fact.period in SINGLE], told, count)
    monthly = [p for p in prices if p.fact.period == "month"]
    return _step(monthly or prices, told, count)


def _step(prices: Sequence[Figure], told: Mapping[str, Decimal], count: Decimal | None) -> Figure | None:
    """The only price; of a price in steps the step of the quantity told. None where two remain."""
    if len(prices) > 1:
        prices = [p for p in prices if p.holds(quantity_of(p, told, count)[0])]
    return prices[0] if len(prices) == 1 else None


def _times(price: Figure, months: Decimal | None) -> Decimal | None:
    if months is None or price.fact.period in SINGLE:
        return Decimal(1)
    length = IN_MONTHS.get(price.fact.period or "once")
    return months / length if length is not None and months % length == 0 else None


def _extras(
    catalogue: Catalogue, part: LineItem, told: Mapping[str, Decimal], months: Decimal | None, shares: Shares
) -> list[LineItem]:
    """What was told above the product's limits, at the price of one more, where there is such a price."""
    lines: list[LineItem] = []
    for limit in part.offer.limits:
        if limit.unit is None or limit.unit not in told:
            continue
        over = above(limit, told, part.quantity, shares)
        if over <= 0:
            continue
        for offer, price in one_more(catalogue, part.offer, limit.unit):
            times = _times(price, months)
            if times is not None:
                lasting = months if price.fact.period in IN_MONTHS else None
                lines.append(LineItem(offer, price, over, times, lasting, price.amount * over * times))
    return lines


def _at_least(line: LineItem, said: Mapping[Offer, Decimal | None]) -> LineItem:
    """So many more as were told, or as many as he named: «two tills, so one more till» are one more."""
    more = max(line.quantity, said.get(line.offer) or line.quantity)
    return replace(line, quantity=more, amount=line.price.amount * more * line.times)


def _saved(part: LineItem) -> Decimal:
    monthly = part.offer.priced("month")
    if part.price.fact.period != "year" or monthly is None or monthly.unit != part.price.unit:
        return Decimal(0)
    return max(Decimal(0), (monthly.amount * 12 - part.price.amount) * part.quantity * part.times)


def _delivered(catalogue: Catalogue, part: LineItem, parts: Sequence[LineItem]) -> LineItem:
    """The same line, for nothing where the rest of the order reaches the amount from which it is free."""
    granted = free_from(part.offer, sum((p.amount for p in parts if _goods(catalogue, p, part)), Decimal(0)))
    return part if granted is None else replace(part, amount=Decimal(0), reduction=granted)


def _goods(catalogue: Catalogue, part: LineItem, delivery: LineItem) -> bool:
    if part is delivery or part.offer.free_from or part.price.fact.period not in SINGLE:
        return False
    return not delivery.price.fact.applies_to or catalogue.applies(delivery.price, part.offer)


def _totals(parts: Sequence[LineItem]) -> tuple[Total, ...]:
    sums: dict[tuple[str, Period | None, Decimal | None], Decimal] = {}
    for part in parts:
        period = part.period
        key = (part.price.fact.currency or "", period, part.months if period is None else None)
        sums[key] = sums.get(key, Decimal(0)) + part.amount
    order = ("once", "hour", "day", "week", "month", "quarter", "year")
    rank = {name: place for place, name in enumerate(order)}
    found = sorted(sums.items(), key=lambda item: (item[0][0], -rank.get(item[0][1] or "", 9)))
    return tuple(Total(amount, currency, period, months) for (currency, period, months), amount in found)
