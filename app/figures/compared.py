"""What is decided of amounts side by side: which of two is right, and ours beside what he pays or may spend."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.figures.peramount import for_what
from app.figures.saying import derivation, plainly, template, whole
from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import Figure, money, plain
from app.figures.sums.counting import Sum
from app.types import Language


@dataclass(frozen=True, slots=True)
class Either:
    """Of several amounts the one that comes out. `why`: the limit that holds those whom he counts."""

    amount: Decimal
    others: tuple[Decimal, ...]
    sum: Sum
    why: Figure | None = None

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.sum.sections, *(self.why.sections if self.why is not None else ()))))

    def say(self, language: Language) -> str:
        currency = self.sum.totals[0].currency
        part = self.sum.parts[0]
        of = f"{part.offer.name}: " if len(self.sum.parts) == 1 else ""
        each = for_what(part.price, language, part.offer.name) if self.sum.plain else ""
        said = str(template(language, "either")).format(
            amount=money(self.amount, currency, language),
            others=str(template(language, "or")).join(money(other, currency, language) for other in self.others),
            derivation=f"{of}{derivation(self.sum, language)} {each}".rstrip(),
        )
        return " ".join(filter(None, (whole(said), because(self.why, language))))


def because(why: Figure | None, language: Language) -> str:
    """The shop's own words for a limit; empty where it has none."""
    own = why.sentence(language) if why is not None else None
    return plainly(own) if own is not None else ""


@dataclass(frozen=True, slots=True)
class Compared:
    """A sum of ours beside an amount of his: what he pays elsewhere, or what he may spend (`budget`)."""

    sum: Sum
    total: Decimal
    other: Decimal
    """For the same time."""
    budget: bool

    @property
    def sections(self) -> tuple[str, ...]:
        return self.sum.sections

    def say(self, language: Language) -> str:
        currency = self.sum.totals[0].currency
        apart = self.total - self.other
        name = ("over_budget" if apart > 0 else "in_budget") if self.budget else _WORDS[(apart > 0) - (apart < 0)]
        beside = str(template(language, name)).format(
            amount=money(abs(apart), currency, language), other=money(self.other, currency, language)
        )
        of = f"{self.sum.parts[0].offer.name}: " if len(self.sum.parts) == 1 else ""
        return whole(
            str(template(language, "beside_his")).format(derivation=of + derivation(self.sum, language), his=beside)
        )


_WORDS = {-1: "less_than", 0: "same_as", 1: "more_than"}


@dataclass(frozen=True, slots=True)
class Versus:
    """What each of several ways comes to, between which a clause asks. `held`: which costs less is said too."""

    sums: tuple[Sum, ...]
    held: bool

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(section for made in self.sums for section in made.sections))

    def say(self, language: Language) -> str:
        said = [whole(str(template(language, "sum")).format(derivation=_named(made, language))) for made in self.sums]
        totals = [made.single for made in self.sums]
        amounts = [total.amount for total in totals if total is not None]
        if not self.held or len(amounts) != len(totals) or len({total.currency for total in totals if total}) > 1:
            return " ".join(said)
        if not self._for_one_time:
            return " ".join(said)
        least = min(amounts)
        if amounts.count(least) > 1:
            return " ".join((*said, str(template(language, "as_much")))) if len(set(amounts)) == 1 else " ".join(said)
        best = self.sums[amounts.index(least)]
        apart = money(sorted(amounts)[1] - least, best.totals[0].currency, language)
        name = " + ".join(part.offer.name for part in best.parts)
        return " ".join((*said, str(template(language, "costs_less")).format(name=name, amount=apart)))

    @property
    def _for_one_time(self) -> bool:
        """Whether the totals are for one time: what is bought once is held against what is paid for a told time."""
        times = {(t.period, t.months) for made in self.sums if (t := made.single) is not None and t.period != "once"}
        once = any(total.period == "once" for made in self.sums for total in made.totals)
        told = all(part.months is not None for made in self.sums for part in made.parts if part.period != "once")
        return len(times) <= 1 and (not once or not times or told)


def _named(made: Sum, language: Language) -> str:
    shown = derivation(made, language)
    return shown if len(made.parts) > 1 else f"{made.parts[0].offer.name}: {shown}"


@dataclass(frozen=True, slots=True)
class Instead:
    """What the unclear names of a sum may mean beside what is counted in it, each with what it comes to."""

    sums: tuple[Sum, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(section for made in self.sums for section in made.sections))

    def say(self, language: Language) -> str:
        option = str(template(language, "option"))
        each = (option.format(name=s.parts[0].offer.name, sum=derivation(s, language)) for s in self.sums)
        return whole(str(template(language, "instead")).format(each=", ".join(each)))


@dataclass(frozen=True, slots=True)
class Ordered:
    """An order said again. `others`: what the unclear names in it may mean besides, where he has not chosen."""

    sum: Sum
    others: tuple[Sum, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.sum.sections, *(s for other in self.others for s in other.sections))))

    def say(self, language: Language) -> str:
        of = f"{self.sum.parts[0].offer.name}: " if len(self.sum.parts) == 1 else ""
        said = whole(
            str(template(language, "ordered")).format(
                derivation=of + derivation(self.sum, language, least=bool(self.others))
            )
        )
        return " ".join((said, *([Instead(self.others).say(language)] if self.others else [])))


@dataclass(frozen=True, slots=True)
class Over:
    """What was told does not fit into an offer."""

    offer: Offer
    limit: Figure
    told: Decimal

    def say(self, language: Language) -> str:
        n, told = plain(self.limit.amount, language), plain(self.told, language)
        said = str(template(language, "over"))
        return said.format(name=self.offer.name, n=n, unit=self.limit.fact.unit or "", told=told)


@dataclass(frozen=True, slots=True)
class Beyond:
    """He has told more than a price holds: what more of it cost nobody has said."""

    limit: Figure
    told: Decimal

    def say(self, language: Language) -> str:
        told, own = plain(self.told, language), self.limit.sentence(language)
        if own is None:
            return str(template(language, "over")).format(
                name=self.limit.fact.name, n=plain(self.limit.amount, language), unit=self.limit.fact.unit, told=told
            )
        return str(template(language, "beyond")).format(sentence=plainly(own).rstrip(".!"), told=told)


def with_bounds(said: str, beyond: Sequence[Beyond], language: Language) -> str:
    """What is said of a price, with what it does not hold of what he told."""
    if not beyond:
        return said
    return " ".join((said, *(each.say(language) for each in beyond), str(template(language, "beyond_asked"))))


@dataclass(frozen=True, slots=True)
class Outgrown:
    """Why what he reckons with does not hold what he told, and the same sum with what does."""

    why: tuple[Over, ...]
    sum: Sum

    @property
    def sections(self) -> tuple[str, ...]:
        limits = (section for each in self.why for section in each.limit.sections)
        return tuple(dict.fromkeys((*limits, *self.sum.sections)))

    def say(self, language: Language) -> str:
        said = str(template(language, "outgrown")).format(derivation=_named(self.sum, language))
        return " ".join((*(each.say(language) for each in self.why), whole(said)))
