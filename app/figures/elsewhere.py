"""An amount that is none of ours: what he pays elsewhere or may spend. It is not judged, but compared."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from app.figures.case import Case
from app.figures.compared import Compared
from app.figures.read import MOST_READ, NumberLike, exact, months
from app.figures.sums.counting import Sum
from app.figures.talk.aside import sentences
from app.figures.talk.basket import Basket
from app.figures.talk.plans import main_offers
from app.figures.talk.together import wanted_together
from app.figures.words import Token, listed, segments, tokens, written

_LEAST = 100
"""What is less counts, and is no amount."""
_MONEY = 10_000
"""What is less may count."""
_YEAR = Decimal(12)
_PRICED = frozenset({"price", "sum", "cheapest", "saving"})
_MOST = 3


@dataclass(frozen=True, slots=True)
class His:
    """An amount of his for so many `months`; None: he has not said for how long."""

    amount: Decimal
    months: Decimal | None
    budget: bool


def his_amounts(case: Case) -> list[His]:
    """The amounts of a clause that are paid elsewhere, or that he may spend. Linear in the clause."""
    amounts = [n for n in case.read.numbers[:MOST_READ] if exact(n) and n.value >= _LEAST]
    if not amounts:
        return []
    text, found = case.read.text, tokens(case.read.text)
    parts = (found[first:last] for first, last, _ in sentences(text, found))
    return [his for part in parts if (his := _his(case, part, amounts)) is not None]


def _his(case: Case, part: Sequence[Token], amounts: Sequence[NumberLike]) -> His | None:
    begin, end = part[0].start, part[-1].end
    here = [n for n in amounts if begin <= n.start < end]
    budget = any(token.raw in written("budget") for token in part) or _at_most(case, part, here)
    if len(here) != 1 or not (budget or _of_others(case, part, here[0]) or _paid_now(case, part)):
        return None
    spans = [m for d in case.read.durations[:MOST_READ] if begin <= d.start < end and (m := months(d)) is not None]
    words = [listed("spans").get(token.folded) for token in part]
    spans += [Decimal(word) for word in words if word is not None]
    return His(here[0].value, spans[0] if spans else None, budget)


def _at_most(case: Case, part: Sequence[Token], here: Sequence[NumberLike]) -> bool:
    """«200 thousand at most, is that enough?»: what may be spent, where the number counts nothing."""
    counted = {*case.wanted.quantities.values(), *case.wanted.counts.values()}
    enough = any(listed("suiting").get(token.folded) is not None for token in part)
    most = any(token.raw in written("atmost") for token in part)
    return enough and most and bool(here) and here[0].value not in counted and here[0].value >= _MONEY


def _of_others(case: Case, part: Sequence[Token], number: NumberLike) -> bool:
    """«Another program is 3,000»: an amount of somebody else's, which is none of ours whatever it equals."""
    for first, last in segments(case.read.text, part):
        own = part[first:last]
        begin, end = own[0].start, own[-1].end
        named = any(named.own and begin <= named.start < end for named in case.wanted.named)
        if begin <= number.start < end and not named:
            return any(token.raw in written("elsewhere") for token in own)
    return False


def _paid_now(case: Case, part: Sequence[Token]) -> bool:
    """«We pay 45,000 now»: told, not asked, and of nothing that is sold here."""
    named = any(named.own and part[0].start <= named.start < part[-1].end for named in case.wanted.named)
    words = [token.raw for token in part]
    pays = any(word in written("paying") for word in words)
    now = any(word in written("now") for word in words)
    asks = any(token.folded in listed("open") or token.raw in written("alternatives") for token in part)
    return pays and not named and not asks and (now or "?" not in case.read.text[part[-1].end : part[-1].end + 2])


def compared(case: Case, basket: Basket, *, joined: bool) -> list[Compared]:
    """Ours beside his, where a clause asks for that and both are known for one time; empty where they are not."""
    his = his_amounts(case)
    asked = case.wanted
    if len(his) != 1 or not (his[0].budget or asked.asks & _PRICED or "?" in case.read.text):
        return []
    one = his[0]
    length = asked.months if asked.months in (Decimal(1), _YEAR) else one.months
    case = replace(case, wanted=replace(asked, months=length if length == _YEAR else None))
    found = (_beside(made, one) for made in _ours(case, basket, joined=joined))
    return [each for each in found if each is not None][:_MOST]


def _ours(case: Case, basket: Basket, *, joined: bool) -> list[Sum]:
    """Sums of what is named or wanted, else of each main offer that fits; none where what they are for is not known."""
    own, offers = wanted_together(case, basket, joined=joined or not any(n.own for n in case.wanted.named))
    if offers:
        made = own.sum(offers)
        return [made] if made.known and not _assumed(made) else []
    return [made for made in case.fitting(main_offers(case.catalogue)) if not _assumed(made)]


def _assumed(made: Sum) -> bool:
    """Whether nobody has told of how many of a shop's own units it is."""
    return any(part.assumed and part.price.unit is not None and part.price.unit[0] != "@" for part in made.parts)


def _beside(made: Sum, his: His) -> Compared | None:
    total = made.single or made.first
    if total is None:
        return None
    length = {"month": Decimal(1), "year": _YEAR}.get(total.period or "")
    once = total.period == "once" or made.single is None
    if once and his.budget:
        return Compared(made, total.amount, his.amount, his.budget)
    if once or length is None or his.months is None:
        return None
    return Compared(made, total.amount, his.amount * length / his.months, his.budget)
