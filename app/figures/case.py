"""One asked clause: what it wants, what was told before, which products are meant."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from app.fact import Period
from app.figures.read import Read
from app.figures.shop.catalogue import Catalogue, Offer
from app.figures.sums.counting import Item, Sum, count
from app.figures.sums.dividing import divided
from app.figures.sums.fitting import cheapest, fitting
from app.figures.sums.granting import granted_by
from app.figures.sums.limits import Shares
from app.figures.talk.plans import place_of_main
from app.figures.wanted import Wanted
from app.types import Language

_PERSON = "@person"


@dataclass(frozen=True, slots=True)
class Case:
    """One asked clause with all that its decisions rest on."""

    read: Read
    wanted: Wanted
    catalogue: Catalogue
    told: Mapping[str, Decimal]
    """Key of a unit -> quantity: of the conversation, with what this clause tells above it."""
    focus: tuple[Offer, ...]
    language: Language
    counts: Mapping[str, Decimal] = field(default_factory=dict)
    """Key of a product -> how many of it were wanted before."""
    shares: Shares = field(default_factory=dict)
    split: Mapping[str, Decimal] = field(default_factory=dict)
    """Key of a main offer -> for how many places it is, where they do not all have the same."""

    @property
    def named(self) -> tuple[Offer, ...]:
        return tuple(offer for key in self.wanted.keys if (offer := self.catalogue.get(key)) is not None)

    @property
    def meant(self) -> tuple[Offer, ...]:
        return self.named or self.focus

    @property
    def tied(self) -> tuple[Offer, ...]:
        """All that the unclear mentions may mean."""
        keys = dict.fromkeys(
            key for named in self.wanted.named if len(named.candidates) > 1 for key, _ in named.candidates
        )
        return tuple(offer for key in keys if (offer := self.catalogue.get(key)) is not None)

    def items(self, offers: Sequence[Offer]) -> list[Item]:
        """The offers with the counts that stand beside their names."""
        counts = {**self.counts, **self.wanted.counted}
        people = self.wanted.quantities.get(_PERSON)
        own = divided(self.catalogue, self.split, self._known, self.shares)
        return [
            Item(o, counts.get(o.key, people if all(p.unit is None for p in o.prices) else None), own.get(o.key, {}))
            for o in offers
        ]

    @property
    def _known(self) -> Mapping[str, Decimal]:
        some = sum(self.split.values(), Decimal(0))  # of places for which nothing is wanted, nothing stands there
        told = {
            unit: min(n, some) if some and unit == place_of_main(self.catalogue) else n for unit, n in self.told.items()
        }
        return {**at_least(self.catalogue, told), **self.told}

    def sum(self, offers: Sequence[Offer]) -> Sum:
        granted = granted_by(self.catalogue, self.wanted.affirmed, self.wanted.ages)
        return count(
            self.catalogue, self.items(offers), self._known, self.wanted.months, granted=granted, prefer=self.prefer,
            shares=self.shares,
        )  # fmt: skip

    @property
    def prefer(self) -> Period | None:
        """The period whose price is paid, where he says how he would pay."""
        return self.wanted.ways[0].period if len(self.wanted.ways) == 1 else None

    def fitting(self, offers: Iterable[Offer]) -> tuple[Sum, ...]:
        """Sums of those offers that what was told fits into, from the cheapest on."""
        return fitting(self.catalogue, offers, self.told, self.wanted.months, shares=self.shares, prefer=self.prefer)

    def cheapest(self, offers: Iterable[Offer]) -> Sum | None:
        """The least that is paid for what was told; None where nothing fits."""
        return cheapest(self.catalogue, offers, self.told, self.wanted.months, shares=self.shares, prefer=self.prefer)


def at_least(catalogue: Catalogue, told: Mapping[str, Decimal]) -> Mapping[str, Decimal]:
    """Of what every main offer includes one at least, as many as there are of those: four shops have four tills."""
    names = catalogue.main.names if catalogue.main is not None else ()
    offers = [offer for name in names if (offer := catalogue.named_so(name)) is not None]
    places = {price.unit for offer in offers for price in offer.prices}
    place = next(iter(places)) if len(places) == 1 else None
    if place is None or told.get(place, Decimal(1)) <= 1:
        return {}
    units = {f.unit for offer in offers for f in offer.limits if f.amount == 1}
    return {unit: told[place] for unit in units if unit is not None and unit != place}


def quantities(asked: Wanted, before: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What is told, above what was told before; «two tills in each» are as many times two as there are of the other."""
    told = {**before, **asked.quantities}
    whole = [n for unit, n in told.items() if unit not in asked.each and not unit.startswith("@")]
    return {u: n * whole[0] if u in asked.each and len(whole) == 1 else n for u, n in told.items()}
