"""An asked clause -> what the facts decide of it. Made once a turn for each clause; nothing where it is not certain."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.figures.catalogue import Catalogue, Offer
from app.figures.counting import Item, Sum, Unknown, count
from app.figures.decided import (
    Confirmed,
    Corrected,
    Decided,
    InParts,
    NotKnown,
    NotOurs,
    PriceKnown,
    Summed,
    Term,
    YesNo,
)
from app.figures.facts import Figure, plain
from app.figures.fitting import alternatives, cheapest, fitting
from app.figures.own_sums import Claim, claims, found_as
from app.figures.read import Read
from app.figures.reductions import granted_by, instalment, thresholds
from app.figures.saying import figure_said, template
from app.figures.statements import Statements
from app.figures.wanted import MOST, Wanted, wanted
from app.types import Language

_PRICED = frozenset({"price", "sum", "cheapest", "saving"})
_MOST = 4
_PERSON = "@person"
_SHORT = frozenset({"@hour", "@day", "@week"})


@dataclass(frozen=True, slots=True)
class _Case:
    read: Read
    wanted: Wanted
    catalogue: Catalogue
    told: Mapping[str, Decimal]
    """Key of a unit -> quantity: of the conversation, with what this clause tells above it."""
    focus: tuple[Offer, ...]
    language: Language

    @property
    def named(self) -> tuple[Offer, ...]:
        return tuple(offer for key in self.wanted.keys if (offer := self.catalogue.get(key)) is not None)

    @property
    def meant(self) -> tuple[Offer, ...]:
        return self.named or self.focus

    def items(self, offers: Sequence[Offer]) -> list[Item]:
        """The offers with the counts that stand beside their names."""
        counts = self.wanted.counted
        people = self.wanted.quantities.get(_PERSON)
        return [Item(o, counts.get(o.key, people if all(p.unit is None for p in o.prices) else None)) for o in offers]

    def sum(self, offers: Sequence[Offer]) -> Sum:
        granted = granted_by(self.catalogue, self.wanted.words)
        return count(self.catalogue, self.items(offers), self.told, self.wanted.months, granted=granted)


def decide(
    read: Read,
    catalogue: Catalogue,
    statements: Statements | None = None,
    *,
    told: Mapping[str, Decimal] | None = None,
    focus: Sequence[str] = (),
    language: Language = "ru",
) -> tuple[Decided, ...]:
    """What the facts decide of one asked clause, each with its sections and `say(language)`; empty: nothing is certain.

    `told`: a unit's word -> quantity, from earlier in the conversation. `focus`: keys of the products spoken of last.
    Linear in the clause; never raises on any text.
    """
    asked = wanted(read, catalogue)
    before = {catalogue.units.key(unit) or unit: Decimal(n) for unit, n in (told or {}).items() if 0 < n <= MOST}
    spoken = tuple(offer for key in focus if (offer := catalogue.get(key)) is not None)
    case = _Case(read, asked, catalogue, _quantities(asked, before), spoken, language)
    found = [*_own_sums(case)]
    if not found and "instalment" in asked.asks:
        found = [*_instalments(case)]
    if "discount" in asked.asks or asked.percent is not None:
        found += _discounts(case)
    if not any(isinstance(d, Confirmed | Corrected | NotOurs | InParts) for d in found):
        found += _limits(case) or _prices(case, decided=bool(found))
    if not found:
        found += [Term((figure,)) for figure in catalogue.terms_named(read.text)[:_MOST]] if _asks_figure(asked) else []
    if not found and statements is not None and (answer := statements.answer(read.text, language)) is not None:
        row = answer.statement
        found.append(YesNo(answer.value, read.text.strip(), (row.section,), row.sentence))
    once: dict[object, Decided] = {}
    for decision in found:
        once.setdefault(decision.sum if isinstance(decision, Confirmed) else decision, decision)
    return tuple(once.values())


def _quantities(asked: Wanted, before: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """What is told, above what was told before; «two tills in each» are as many times two as there are of the other."""
    told = {**before, **asked.quantities}
    whole = [n for unit, n in told.items() if unit not in asked.each and not unit.startswith("@")]
    return {u: n * whole[0] if u in asked.each and len(whole) == 1 else n for u, n in told.items()}


def _asks_figure(asked: Wanted) -> bool:
    return "price" in asked.asks or bool(asked.asks & {"yes_no", "included"})


def _own_sums(case: _Case) -> Iterator[Decided]:
    for claim in claims(case.read, case.wanted)[:_MOST]:
        focus = [o.key for o in case.focus]
        sum_ = found_as(claim, case.catalogue, case.wanted, case.told, focus) if claim.right else None
        if sum_ is not None:
            yield Confirmed(claim, sum_)
            continue
        right = None if claim.weak else _right(case, claim)
        if right is not None and right.known and not (claim.right and right.every(claim.amount)):
            yield Corrected(claim, right)
        elif not claim.weak and claim.right:
            yield NotOurs(claim)


def _right(case: _Case, claim: Claim) -> Sum | None:
    """What comes out instead: of his own factors, else of what he names, else of what was spoken of."""
    if claim.makes is not None and not claim.right:
        made = found_as(Claim(claim.makes, claim.operands, claim.operators), case.catalogue, case.wanted, case.told,
                        [o.key for o in case.focus])  # fmt: skip
        if made is not None:
            return made
    if case.meant:
        return case.sum(case.meant)
    plans = fitting(case.catalogue, alternatives(case.catalogue, case.told), case.told, case.wanted.months)
    return plans[0] if len(plans) == 1 else None


def _instalments(case: _Case) -> Iterator[Decided]:
    for offer in case.meant[:_MOST]:
        grants = [f for f in case.catalogue.instalments if case.catalogue.applies(f, offer)]
        if not grants:
            any_ = case.catalogue.instalments
            if any_:
                said = " ".join(figure_said(f, case.language) for f in any_[:_MOST])
                yield YesNo(False, offer.name, tuple(s for f in any_ for s in f.sections), said)
            continue
        made = case.sum((offer,))
        total = made.single
        parts = instalment(case.catalogue, offer, total.amount, total.currency) if made.known and total else None
        if parts is not None:
            yield InParts(parts)
        elif made.known:
            said = " ".join(figure_said(f, case.language) for f in grants)
            yield YesNo(False, offer.name, tuple(s for f in grants for s in f.sections), said)
    if not case.meant and case.catalogue.instalments:
        yield Term(case.catalogue.instalments[:_MOST])


def _discounts(case: _Case) -> Iterator[Decided]:
    """A yes where a threshold is reached, a no with the first threshold where none is, else all that there are."""
    if case.wanted.months is not None and not case.wanted.quantities and case.wanted.percent is None:
        return  # the year's own price is what is asked about
    steps = [
        f for f in thresholds(case.catalogue) if not case.meant or any(case.catalogue.applies(f, o) for o in case.meant)
    ]
    counted = [
        (f, case.told[f.quantity_unit]) for f in steps if f.quantity_unit is not None and f.quantity_unit in case.told
    ]
    granted = [f for f in granted_by(case.catalogue, case.wanted.words) if not case.meant or
               any(case.catalogue.applies(f, o) for o in case.meant)]  # fmt: skip
    if granted:
        best = max(granted, key=lambda f: (f.amount, f.fact.name))
        yield YesNo(True, best.fact.name, best.sections, figure_said(best, case.language))
    elif counted:
        reached = [f for f, n in counted if f.holds(n)]
        figure = max(reached, key=lambda f: f.amount) if reached else counted[0][0]
        granted_ = bool(reached) and (case.wanted.percent is None or case.wanted.percent <= figure.amount)
        yield YesNo(granted_, figure.fact.name, figure.sections, _threshold(case, figure))
    elif case.catalogue.reductions:
        own = [
            f
            for f in case.catalogue.reductions
            if not case.meant or any(case.catalogue.applies(f, o) for o in case.meant)
        ]
        if own:
            yield Term(tuple(own[: 2 * _MOST]))


def _threshold(case: _Case, figure: Figure) -> str:
    unit = case.catalogue.units.name(figure.quantity_unit or "")
    if (own := figure.sentence(case.language)) is not None:
        return own
    start = plain(figure.fact.min_quantity or Decimal(1), case.language)
    percent = plain(figure.amount, case.language)
    return str(template(case.language, "discount_until")).format(percent=percent, n=start, unit=unit)


def _limits(case: _Case) -> list[Decided]:
    """How many a product includes, where the clause asks that and counts nothing itself."""
    if case.wanted.quantities or case.wanted.months is not None:
        return []
    figures = [f for offer in case.meant for unit in case.wanted.units if (f := offer.limit(unit)) is not None]
    if not figures and "included" in case.wanted.asks and len(case.named) == 1:
        figures = list(case.named[0].limits)
    return [Term(tuple(figures[:_MOST]))] if figures else []


def _prices(case: _Case, *, decided: bool) -> list[Decided]:
    asked = case.wanted
    counted = bool(asked.quantities or asked.counts or asked.months is not None)
    if not (asked.asks & _PRICED or asked.alone or (counted and (case.meant or not decided))):
        return []
    if not case.named and (unclear := _unclear(case)):
        return unclear
    if not case.meant:
        return _of_told(case, counted=counted)
    offers = case.meant
    if (
        "cheapest" in asked.asks
        and len(offers) > 1
        and (least := cheapest(case.catalogue, offers, case.told, asked.months))
    ):
        return [Summed(least)]
    together = len(offers) > 1 and ("sum" in asked.asks or bool(asked.counts))
    groups = [offers] if together else [(offer,) for offer in offers[:_MOST]]
    return [decision for group in groups for decision in _priced(case, group)]


def _priced(case: _Case, offers: Sequence[Offer]) -> list[Decided]:
    odd = _odd_unit(case, offers)
    if odd is not None:
        return [*(PriceKnown(offer, offer.prices) for offer in offers[:_MOST]), NotKnown((odd,))]
    made = case.sum(offers)
    if len(offers) == 1 and made.plain and case.wanted.months in (None, 1):
        return [PriceKnown(offers[0], offers[0].prices if case.wanted.months is None else (made.parts[0].price,))]
    if not made.parts or made.unknown:
        if len(offers) == 1 and not case.wanted.quantities and not case.wanted.counts and case.wanted.months is None:
            return [PriceKnown(offers[0], offers[0].prices)]
        begins = [
            PriceKnown(o, o.prices) for o in offers if any(u.missing == "from" and u.of == o.name for u in made.unknown)
        ]
        return [*begins, NotKnown(made.unknown, tuple(dict.fromkeys(s for o in offers for s in o.sections)))]
    return [Summed(made)]


def _odd_unit(case: _Case, offers: Sequence[Offer]) -> Unknown | None:
    """A quantity in a unit that no price of these is for, none of their limits counts and no discount knows."""
    asked = case.wanted
    if asked.counts:
        return None
    known = {unit for o in offers for p in o.prices for unit in (p.unit, f"@{p.fact.period}")} | {
        limit.unit for o in offers for limit in o.limits
    }
    known |= {f.quantity_unit for f in case.catalogue.reductions if any(case.catalogue.applies(f, o) for o in offers)}
    bounded = all(p.unit in ("@company", "@order") for o in offers for p in o.prices)
    free = any(p.unit is None for o in offers for p in o.prices)
    for unit, told in asked.quantities.items():
        if unit in _SHORT and told == 1:  # «a day», of no price: it was not said to be counted
            continue
        if unit not in known and not bounded and not (unit in (_PERSON, "@piece") and free):
            return Unknown("unit", case.catalogue.units.name(unit))
    if asked.foreign and not asked.quantities:
        return Unknown("unit", asked.foreign[0])
    return None


def _unclear(case: _Case) -> list[Decided]:
    """A name that fits several products alike: what each costs, at most four; the cheapest where that was asked."""
    for named in case.wanted.named:
        best = named.candidates[0][1] if named.candidates else 0.0
        tied = [o for key, score in named.candidates if score >= best - 0.01 and (o := case.catalogue.get(key))]
        if 1 < len(tied) <= 2 * _MOST and not (case.focus and set(tied) & set(case.focus)):
            if "cheapest" in case.wanted.asks and (
                least := cheapest(case.catalogue, tied, case.told, case.wanted.months)
            ):
                return [Summed(least)]
            sums = fitting(case.catalogue, tied, case.told, case.wanted.months)
            if case.wanted.quantities or case.wanted.months is not None:
                return [Summed(made) for made in sums[:_MOST]]
            return [decision for offer in tied[:_MOST] for decision in _priced(case, (offer,))]
    return []


def _of_told(case: _Case, *, counted: bool) -> list[Decided]:
    """Nothing is named: the products that what was told is a measure of, from the cheapest on."""
    if not case.told:
        return []
    plans = alternatives(case.catalogue, case.told)
    sums = fitting(case.catalogue, plans, case.told, case.wanted.months)
    if "cheapest" in case.wanted.asks:
        sums = sums[:1]
    if sums:
        return [Summed(made) for made in sums]
    return [NotKnown((Unknown("offer", ""),))] if counted and "sum" in case.wanted.asks else []
