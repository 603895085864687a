"""What the facts grant or refuse: discounts and instalments, each as a yes, a no or the terms."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from app.figures.case import Case
from app.figures.conditional import elsewhere_only
from app.figures.decided import Decided, Summed, Term, YesNo
from app.figures.instalments import Beside, InParts, TooLittle
from app.figures.ruled import Cheaper, Ruled
from app.figures.saying import figure_said, template
from app.figures.shop.catalogue import Offer
from app.figures.shop.facts import Figure, plain
from app.figures.sums.counting import Sum, Total, count
from app.figures.sums.granting import granted_by
from app.figures.sums.reductions import instalment, parted_by, thresholds
from app.figures.talk.basket import NOTHING, Basket
from app.figures.talk.ordering import meant_by
from app.figures.talk.paidover import his_amount
from app.figures.talk.plans import main_offers
from app.figures.talk.spreading import by_piece
from app.figures.talk.together import wanted_together
from app.figures.words import asked_by, listed, tokens
from app.language.folds import letters
from app.language.words import questions

_MOST = 4
_NEAR = 2  # words between «on» and what it is said of
_YEAR = Decimal(12)


def instalments(case: Case, basket: Basket = NOTHING, *, joined: bool = False) -> Iterator[Decided]:
    """Equal parts of what is meant; a no where no fact grants them to it, or the amount is outside of their bounds.

    Of an order with several things all that may be paid so is one amount.
    """
    if beside := _of_amount(case) or _beside(case, basket, joined=joined):
        yield from beside
        return
    if (denied := _tied_without(case)) is not None:
        yield denied
        return
    any_ = case.catalogue.instalments
    some = any(case.catalogue.applies(f, offer) for f in any_ for offer in case.meant)
    if (order := _order(case, basket, joined=joined)) is not None:
        yield from order
        return
    case = _counted(case, basket)
    for offer in case.meant[:_MOST]:
        grants = [f for f in any_ if case.catalogue.applies(f, offer)]
        if not grants:
            if some:  # it is asked of what it is granted to; what else he names has a question of its own
                continue
            if any_ and (not case.named or _listed(case)):  # of what was spoken of nobody has asked it
                yield Term(any_[:_MOST])
                return
            if any_:
                said = " ".join(figure_said(f, case.language) for f in any_[:_MOST])
                yield elsewhere_only(any_, said)
            continue
        made = case.sum((offer,))
        total = made.single
        parts = instalment(case.catalogue, offer, total.amount, total.currency) if made.known and total else None
        if parts is not None:
            yield from [Summed(made)] if "sum" in case.wanted.asks and not made.plain else []
            yield InParts(parts)
        elif made.known and total is not None:
            yield _refused(case, offer, grants, total)
            return
    if not case.meant and case.catalogue.instalments:
        yield Term(case.catalogue.instalments[:_MOST])


def _of_amount(case: Case) -> list[Decided]:
    """What the amount that a clause tells is in equal parts, whatever is bought for it."""
    amount = his_amount(case.read, case.wanted)
    grants = [f for f in case.catalogue.instalments if f.quantity_unit is not None and f.amount > 0]
    if amount is None or len(grants) != 1:
        return []
    currency, low = grants[0].quantity_unit or "", grants[0].fact.min_quantity
    if (parts := parted_by(grants[0], amount, currency)) is not None:
        return [InParts(parts)]
    return [TooLittle(grants[0], amount, low, currency)] if low is not None and amount < low else []


def _refused(case: Case, offer: Offer, grants: Sequence[Figure], total: Total) -> Decided:
    """Why an amount is not paid so: how much it is, from how much on it is, what is missing."""
    bounds = [f for f in grants if f.quantity_unit == total.currency and f.fact.min_quantity is not None]
    least = min(bounds, key=lambda f: f.fact.min_quantity or Decimal(0), default=None)
    low = least.fact.min_quantity if least is not None else None
    sections = tuple(dict.fromkeys(s for f in grants for s in f.sections))
    said = " ".join(dict.fromkeys(figure_said(f, case.language) for f in grants))
    if least is not None and low is not None and total.amount < low:
        short = TooLittle(least, total.amount, low, total.currency)
        if not _asks_whether(case):
            return short
        said = f"{short.brief(case.language)} {said}"
    return YesNo(False, offer.name, sections, said)


def _asks_whether(case: Case) -> bool:
    """Whether it is asked if it may be paid so, and not only how much a month that is."""
    asked = case.wanted.asks
    return "instalment" in asked and ("yes_no" in asked or "price" not in asked)


def _counted(case: Case, basket: Basket) -> Case:
    """The case with the counts that were told of what it names: «both kits» are as many as he takes."""
    known = {item.key: item.count for item in basket.items if item.count is not None}
    return replace(case, counts={**known, **case.counts})


def _order(case: Case, basket: Basket, *, joined: bool) -> list[Decided] | None:
    """Several things that may be paid so are one order: its parts, else its sum and from what sum on it may be.

    Where nothing is named it is all that he wants.
    """
    any_ = case.catalogue.instalments
    own = bool(case.named) and not joined
    if own:
        case, offers = _counted(case, basket), list(case.named)
    else:
        case, offers = wanted_together(case, basket, joined=True)
    goods = [offer for offer in offers if any(case.catalogue.applies(f, offer) for f in any_)]
    made = case.sum(goods) if len(goods) > 1 or (goods and not own and len(basket.meant) > 1) else None
    total = made.single if made is not None else None
    if made is None or total is None or not made.known:
        return None
    parts = instalment(case.catalogue, goods[0], total.amount, total.currency)
    grants = [f for f in any_ if case.catalogue.applies(f, goods[0])]
    said = InParts(parts) if parts is not None else _refused(case, goods[0], grants, total)
    return [said] if made.plain else [Summed(made), said]


def _listed(case: Case) -> bool:
    """Whether what is named stands beside the instalments that are asked for: «instalments and delivery»."""
    words = letters(case.read.text).split()
    return not questions()["joins"].isdisjoint(words) and not any(w in listed("onto") for w in case.wanted.words)


def _beside(case: Case, basket: Basket, *, joined: bool) -> list[Decided]:
    """Instalments with what is paid every month beside them, where both are meant and a sum is asked for.

    Who asked for instalments before, and asks for the sum now, is told that too.
    """
    if not ("sum" in case.wanted.asks or joined or len(case.named) > 1):
        return []
    case, offers = wanted_together(case, basket, joined=True)
    goods = [o for o in offers if any(case.catalogue.applies(f, o) for f in case.catalogue.instalments)]
    others = [o for o in offers if o not in goods and any(p.fact.period == "month" for p in o.prices)]
    if not goods or not others or len(goods) + len(others) != len(offers):
        return []
    order, monthly = case.sum(goods), case.sum(others)
    total, paid = order.single, monthly.single
    if not (order.known and monthly.known) or total is None or paid is None or paid.period != "month":
        return []
    parts = instalment(case.catalogue, goods[0], total.amount, total.currency)
    if parts is None or total.currency != paid.currency:
        return []
    first = [Summed(case.sum(offers))] if "instalment" not in case.wanted.asks else []
    return [*first, Beside(parts, monthly)]


def _tied_without(case: Case) -> YesNo | None:
    """A no to a name that may mean several products, none of which may be paid so: «instalments on a plan»."""
    any_, tied = case.catalogue.instalments, case.tied
    if case.named or not any_ or not tied:
        return None
    if any(case.catalogue.applies(figure, offer) for figure in any_ for offer in tied):
        return None
    said = " ".join(figure_said(f, case.language) for f in any_[:_MOST])
    return elsewhere_only(any_, said)


def discounts(case: Case) -> Iterator[Decided]:
    """A yes where a threshold is reached, a no with the first threshold where none is, else all that there are."""
    asked, catalogue = case.wanted, case.catalogue
    if (rule := _rule(case)) is not None:
        yield rule
        return
    if (denied := _on_others(case)) is not None:
        yield denied
        return
    if asked.months is not None and not asked.quantities and asked.percent is None:
        return  # the year's own price is what is asked about
    meant = case.meant if case.named else case.tied or case.meant

    def fits(figure: Figure) -> bool:
        return not meant or any(catalogue.applies(figure, offer) for offer in meant)

    own = [f for f in catalogue.reductions if fits(f)]
    granted = [f for f in granted_by(catalogue, asked.affirmed, asked.ages) if fits(f)]
    steps = [(f, case.told.get(f.quantity_unit or "")) for f in thresholds(catalogue) if fits(f)]
    counted = [(f, n) for f, n in steps if n is not None]
    if granted:
        best = max(granted, key=lambda f: (f.amount, f.fact.name))
        yield YesNo(True, best.fact.name, best.sections, figure_said(best, case.language))
    elif counted and not asked.objects and len(asked.rest) <= 2:
        reached = [f for f, n in counted if f.holds(n)]
        figure = max(reached, key=lambda f: f.amount) if reached else counted[0][0]
        yes = bool(reached) and (asked.percent is None or asked.percent <= figure.amount)
        if yes and sum(letters(word) not in _idle() for word in asked.rest) > 1:
            yield Term((figure,))  # «5 % for ever?»: a yes would be one to all of it
            return
        yield YesNo(yes, figure.fact.name, figure.sections, _threshold(case, figure))
    elif own and len(asked.rest) <= 1:
        yield Term(tuple(own[: 2 * _MOST]))


def _asked_on(case: Case) -> list[Offer]:
    """«A discount on 3 scanners»: what it is asked on."""
    found = tokens(case.read.text)
    for n, token in enumerate(found):
        behind = found[n + 1 : n + 2 + _NEAR]
        if "discount" in asked_by(token.folded) and behind and behind[0].folded in listed("onto"):
            meant = (m for m in case.wanted.named if m.own and any(m.start == t.start for t in behind[1:]))
            return [offer for mention in meant for offer in meant_by(mention, case.catalogue)]
    return []


def of_goods(case: Case) -> bool:
    """Whether a discount is asked on what is bought once: that a year costs less is no answer."""
    offers = _asked_on(case)
    return bool(offers) and all(price.fact.period in ("once", None) for offer in offers for price in offer.prices)


def _on_others(case: Case) -> YesNo | None:
    """A no where a discount is asked on what none is granted on, though there is one on something else."""
    any_, offers = case.catalogue.reductions, _asked_on(case)
    if not any_ or not by_piece([offer.key for offer in offers], case.catalogue, every=False):
        return None
    if any(case.catalogue.applies(f, offer) for f in any_ for offer in offers):
        return None
    said = " ".join(dict.fromkeys(figure_said(f, case.language) for f in any_[:_MOST]))
    return YesNo(False, any_[0].fact.name, tuple(s for f in any_ for s in f.sections), said)


def beside_yearly(case: Case) -> list[Decided]:
    """The discount by how many there are, beside that a year costs less: who counts shops asks of both."""
    counted = [f for f in thresholds(case.catalogue) if f.quantity_unit in case.wanted.quantities]
    own = [f for f in counted if any(case.catalogue.applies(f, offer) for offer in case.meant)]
    return [Term(tuple(own[:_MOST]))] if own else []


def _idle() -> frozenset[str]:
    return questions()["opens"] | questions()["empty"]


def _threshold(case: Case, figure: Figure) -> str:
    unit = case.catalogue.units.name(figure.quantity_unit or "")
    if (own := figure.sentence(case.language)) is not None:
        return own
    start = plain(figure.fact.min_quantity or Decimal(1), case.language)
    percent = plain(figure.amount, case.language)
    return str(template(case.language, "discount_until")).format(percent=percent, n=start, unit=unit)


def _rule(case: Case) -> Ruled | None:
    """The rule itself, where a clause asks what a percentage is taken from, or what becomes of it."""
    asked = case.wanted
    either = any(word in listed("alternatives") for word in asked.words)
    if asked.percent is None or asked.quantities or asked.counts or case.named:
        return None
    counted = any(figure.quantity_unit in case.told for figure in case.catalogue.reductions)
    if not either and (counted or asked.asks & {"price", "sum"}):
        return None
    stated = [f for f in case.catalogue.reductions if f.amount == asked.percent and f.ruled(case.language)]
    return Ruled(stated[0]) if stated else None


def yearly(case: Case) -> list[Cheaper]:
    """That a year costs less at once, where a clause asks for a discount on so long a time; empty where it does not."""
    asked, months = case.wanted, case.wanted.months
    compares = any(word in listed("comparative") for word in asked.words)
    asks = "discount" in asked.asks or (compares and not asked.asks & {"choose", "difference", "instalment"})
    if not asks or months is None or months % _YEAR:
        return []
    lasting = [o for o in case.meant if o.priced("month") is not None and o.priced("year") is not None]
    if case.named and not lasting:
        return []
    if case.named and len(case.named) > 1:
        monthly = [o for o in case.named if o.priced("month") is not None]  # «both for a year: is it less?»
        lasting = lasting if len(monthly) == len(case.named) else []
        sums = [case.sum(monthly)] if lasting else []
        if not sums:
            return []
    else:
        sums = [case.sum((offer,)) for offer in lasting[:1]]
    sums = sums or list(case.fitting(main_offers(case.catalogue)))
    found = [(made, saved) for made in sums if (saved := _saved(case, made, months)) > 0]
    return [Cheaper(tuple(made for made, _ in found), tuple(saved for _, saved in found))] if found else []


def _saved(case: Case, made: Sum, months: Decimal) -> Decimal:
    """How much less it is than the same paid month by month."""
    offers = [part.offer for part in made.parts if not part.offer.extra]
    monthly = count(case.catalogue, case.items(offers), case.told, months, prefer="month")
    total, other = made.single, monthly.single
    return other.amount - total.amount if made.known and monthly.known and total and other else Decimal(0)
