"""What is decided of the terms of a price: what it is for, whether a year costs less, by which rule it is less."""

from dataclasses import dataclass
from decimal import Decimal

from app.figures.compared import because
from app.figures.saying import derivation, plainly, price, template, whole
from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import Figure, money
from app.figures.sums.counting import Sum
from app.types import Language


@dataclass(frozen=True, slots=True)
class PerUnit:
    """What a price is for. `value`: whether it is for what was asked; None of «for one or for all»."""

    offer: Offer
    figure: Figure
    value: bool | None
    why: Figure | None = None
    """The limit that holds those whom he counts."""

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.figure.sections, *(self.why.sections if self.why is not None else ()))))

    def say(self, language: Language) -> str:
        return " ".join(filter(None, (self._said(language), because(self.why, language))))

    def _said(self, language: Language) -> str:
        shown = price(self.figure, language, unit=True)
        own = self.figure.sentence(language)
        known = template(language, "price").format(name=self.offer.name, prices=shown) if own is None else plainly(own)
        if self.value is None:
            return str(known)
        return str(template(language, "yes" if self.value else "no")).format(sentence=known).strip()


@dataclass(frozen=True, slots=True)
class Cheaper:
    """That so long a time costs less at once than month by month. `saved`: how much less each of the sums is."""

    sums: tuple[Sum, ...]
    saved: tuple[Decimal, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(section for made in self.sums for section in made.sections))

    def say(self, language: Language) -> str:
        said = [str(template(language, "cheaper"))]
        for made, saved in zip(self.sums, self.saved, strict=True):
            named = f"{made.parts[0].offer.name}: " if len(made.parts) == 1 else ""
            said.append(whole(str(template(language, "sum")).format(derivation=named + derivation(made, language))))
            said.append(template(language, "saving").format(amount=money(saved, made.totals[0].currency, language)))
        return " ".join(said)


@dataclass(frozen=True, slots=True)
class NothingOrdered:
    """Who asks what he has ordered has ordered nothing yet: what he only asked about is no order."""

    sections: tuple[str, ...] = ()

    def say(self, language: Language) -> str:
        return str(template(language, "nothing_ordered"))


@dataclass(frozen=True, slots=True)
class Ruled:
    """The shop's own rule of a discount: all that its section says."""

    figure: Figure

    @property
    def sections(self) -> tuple[str, ...]:
        return self.figure.sections

    def say(self, language: Language) -> str:
        return self.figure.ruled(language) or ""


@dataclass(frozen=True, slots=True)
class WhichOf:
    """He takes so many of what has several models: what so many of each come to. Nothing is chosen for him."""

    sums: tuple[Sum, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(section for made in self.sums for section in made.sections))

    def say(self, language: Language) -> str:
        named = (f"{made.parts[0].offer.name}: {derivation(made, language)}" for made in self.sums)
        return whole(str(template(language, "which_of")).format(each=str(template(language, "join")).join(named)))
