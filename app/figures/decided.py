"""What is decided of an asked clause, typed: composer, prompt, guardrail and evaluation read the same."""

from dataclasses import dataclass

from app.figures.compared import Beyond, Compared, Either, Instead, Outgrown, Over, Versus, because, with_bounds
from app.figures.instalments import Beside, InParts, TooLittle
from app.figures.peramount import for_what
from app.figures.riders import Answer
from app.figures.ruled import Cheaper, PerUnit, Ruled, WhichOf
from app.figures.saying import derivation, figure_said, lasting, missing, plainly, price, template, whole
from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import Figure, money, plain
from app.figures.sums.counting import Sum, Unknown
from app.figures.sums.own_sums import Claim
from app.types import Language


def _ids(*figures: Figure) -> tuple[str, ...]:
    return tuple(dict.fromkeys(section for figure in figures for section in figure.sections))


@dataclass(frozen=True, slots=True)
class PriceKnown:
    """The prices of one product as they stand; nothing is counted."""

    offer: Offer
    figures: tuple[Figure, ...]
    beyond: tuple[Beyond, ...] = ()
    """What he told more of than these prices hold."""

    @property
    def sections(self) -> tuple[str, ...]:
        return _ids(*self.figures, *(each.limit for each in self.beyond))

    def say(self, language: Language) -> str:
        units = {figure.unit for figure in self.figures}
        shown = [price(figure, language, unit=len(units) > 1) for figure in self.figures]
        if len(units) == 1 and any(figure.amount for figure in self.figures):  # what it is for is said once
            shown[0] = f"{shown[0]} {for_what(self.figures[0], language, self.offer.name)}".rstrip()
        said = str(template(language, "price")).format(name=self.offer.name, prices=", ".join(shown))
        return with_bounds(said, self.beyond, language)


@dataclass(frozen=True, slots=True)
class MainPrices:
    """What a bare «how much» is answered with: the main offer of the shop."""

    offers: tuple[Offer, ...]
    sections: tuple[str, ...]

    def say(self, language: Language) -> str:
        return " ".join(PriceKnown(offer, offer.prices).say(language) for offer in self.offers)


@dataclass(frozen=True, slots=True)
class Paid:
    """Whether a price is paid once or again and again: with its period said, whatever it is."""

    offer: Offer
    figures: tuple[Figure, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        return _ids(*self.figures)

    def say(self, language: Language) -> str:
        prices = ", ".join(price(figure, language, once=True) for figure in self.figures)
        return str(template(language, "price")).format(name=self.offer.name, prices=prices)


@dataclass(frozen=True, slots=True)
class Different:
    """Two prices and how far they are apart; both for one period."""

    one: Sum
    other: Sum

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.one.sections, *self.other.sections)))

    def say(self, language: Language) -> str:
        part = self.one.parts[0]
        totals = [made.totals[0] for made in (self.one, self.other)]
        apart = money(abs(totals[0].amount - totals[1].amount), totals[0].currency, language)
        shown = f"{apart} {lasting(part, language)}".rstrip()
        named = [_named(made, language) for made in (self.one, self.other)]
        both = str(template(language, "join")).join(named)
        return whole(str(template(language, "difference")).format(both=both, amount=shown))


def _named(made: Sum, language: Language) -> str:
    """How a sum is worked out, with the name of what it is of: that of several things names them."""
    shown = derivation(made, language)
    return shown if len(made.parts) > 1 else f"{made.parts[0].offer.name}: {shown}"


@dataclass(frozen=True, slots=True)
class Recommended:
    """Which of the main offers fits what was told, with what it includes, and what there is for more."""

    sum: Sum
    more: Sum | None
    sure: bool
    """Whether anything told is what the offers are bounded by."""
    why: tuple[Over, ...] = ()
    """Why none that costs less will do."""
    brief: bool = False
    """Its price is said in the sum behind."""

    @property
    def sections(self) -> tuple[str, ...]:
        limits = _ids(*(limit for part in self.sum.parts for limit in part.offer.limits))
        return tuple(dict.fromkeys((*self.sum.sections, *limits, *(self.more.sections if self.more else ()))))

    def say(self, language: Language) -> str:
        name = self.sum.parts[0].offer.name
        said = [
            str(template(language, "fits_short")).format(name=name)
            if self.brief
            else _of(self.sum, language, "fits" if self.sure else "fits_if")
        ]
        said += [each.say(language) for each in self.why]
        if self.brief and self.why:
            return " ".join(said)
        one = len(self.sum.parts) == 1  # its name has just been said
        for part in self.sum.parts:
            own = [s for limit in part.offer.limits if (s := limit.sentence(language)) is not None]
            said += [plainly(sentence) for sentence in own] if one and own else [Term(part.offer.limits).say(language)]
        if self.more is not None:
            said.append(_of(self.more, language, "fits_more"))
        return " ".join(filter(None, dict.fromkeys(said)))


@dataclass(frozen=True, slots=True)
class Summed:
    """A sum. `least`: of some names in it the cheapest that they may mean is counted."""

    sum: Sum
    least: bool = False
    left: tuple[str, ...] = ()
    """Words of what is not in it: nothing tells which thing they mean."""
    beyond: tuple[Beyond, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.sum.sections, *_ids(*(each.limit for each in self.beyond)))))

    def say(self, language: Language) -> str:
        named = f"{self.sum.parts[0].offer.name}: " if len(self.sum.parts) == 1 else ""
        said = whole(
            str(template(language, "sum")).format(derivation=named + derivation(self.sum, language, least=self.least))
        )
        if self.least:
            said += " " + template(language, "least")
        if self.sum.saving:
            shown = money(self.sum.saving, self.sum.totals[0].currency, language)
            said += " " + template(language, "saving").format(amount=shown)
        conditions = [c for p in self.sum.parts if p.reduction for f in p.reduction.figures for c in f.fact.conditions]
        for condition in dict.fromkeys(conditions):
            said += " " + template(language, "condition").format(condition=condition)
        if self.left:
            said += " " + template(language, "left").format(of=", ".join(self.left))
        return with_bounds(said, self.beyond, language)


@dataclass(frozen=True, slots=True)
class InTotal:
    """Whether something is in the sum that was named, and the sum with it."""

    value: bool
    names: tuple[str, ...]
    sum: Summed

    @property
    def sections(self) -> tuple[str, ...]:
        return self.sum.sections

    def say(self, language: Language) -> str:
        said = template(language, "counted" if self.value else "not_counted")
        return f"{str(said).format(names=', '.join(self.names))} {self.sum.say(language)}"


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The customer's sum is one of ours: `sum` says of what."""

    claim: Claim
    sum: Sum
    why: Figure | None = None
    """The limit that holds those whom he counts."""
    answer: Answer = "yes"
    """No yes where he says more with it than the sum does, or has told more than its prices hold."""
    beyond: tuple[Beyond, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        limits = (*((self.why,) if self.why is not None else ()), *(each.limit for each in self.beyond))
        return tuple(dict.fromkeys((*self.sum.sections, *_ids(*limits))))

    def say(self, language: Language) -> str:
        said = _of(self.sum, language, {"yes": "confirmed", "no": "otherwise", "neither": "plainly"}[self.answer])
        return with_bounds(" ".join(filter(None, (said, because(self.why, language)))), self.beyond, language)


@dataclass(frozen=True, slots=True)
class Corrected:
    """The customer's sum is not what comes out: `sum` is."""

    claim: Claim
    sum: Sum
    beyond: tuple[Beyond, ...] = ()

    @property
    def sections(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.sum.sections, *_ids(*(each.limit for each in self.beyond)))))

    def say(self, language: Language) -> str:
        shown = money(self.claim.amount, self.sum.totals[0].currency, language)
        return with_bounds(_of(self.sum, language, "corrected", claimed=shown), self.beyond, language)


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The customer's sum is of nothing that is sold here."""

    claim: Claim
    sections: tuple[str, ...] = ()

    def say(self, language: Language) -> str:
        return str(template(language, "not_ours")).format(claimed=plain(self.claim.amount, language))


@dataclass(frozen=True, slots=True)
class YesNo:
    """A yes or no that a fact or a sentence decides."""

    value: bool
    of: str
    """What was asked about: a product's or figure's name, or the question's words."""
    sections: tuple[str, ...]
    sentence: str
    """The shop's own sentence, or what the fact says."""
    elsewhere: bool = False
    """Of a no: what the sentence grants, it grants to other things."""
    extra: bool = False
    """Of a no: more can be paid for beside it."""

    def say(self, language: Language) -> str:
        name = "yes" if self.value else "no_but" if self.elsewhere else "no_extra" if self.extra else "no"
        return str(template(language, name)).format(sentence=plainly(self.sentence), name=self.of).strip()


@dataclass(frozen=True, slots=True)
class Term:
    """Limits, thresholds and terms by the facts."""

    figures: tuple[Figure, ...]

    @property
    def sections(self) -> tuple[str, ...]:
        return _ids(*self.figures)

    def say(self, language: Language) -> str:
        whole_ = {f.fact.product or f.fact.name for f in self.figures if f.sentence(language) is not None}
        shown = [f for f in self.figures if f.sentence(language) is not None or f.fact.name not in whole_]
        return " ".join(dict.fromkeys(figure_said(figure, language) for figure in shown))


@dataclass(frozen=True, slots=True)
class NotKnown:
    """What was asked cannot be counted from the facts: these are missing."""

    unknown: tuple[Unknown, ...]
    sections: tuple[str, ...] = ()

    def say(self, language: Language) -> str:
        return missing(self.unknown, language)


Decided = (
    PriceKnown | PerUnit | Cheaper | Ruled | MainPrices | Paid | Different | Recommended | Summed | InTotal | Confirmed
    | Corrected | NotOurs | YesNo | Term | InParts | TooLittle | Beside | NotKnown | WhichOf
    | Compared | Either | Instead | Outgrown | Versus
)  # fmt: skip


def _of(made: Sum, language: Language, name: str, **fields: str) -> str:
    named = f"{made.parts[0].offer.name}: " if len(made.parts) == 1 else ""
    return whole(str(template(language, name)).format(derivation=named + derivation(made, language), **fields))
