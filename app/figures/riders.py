"""Whether a customer who wants a sum confirmed says nothing else with it.

«The plan is 14,900 and the terminal comes as a gift, right?»: a yes to the sum would be a yes to the gift.
"""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from app.figures.case import Case
from app.figures.read import MOST_READ, Read, exact, months
from app.figures.shop.catalogue import Catalogue
from app.figures.sums.counting import Sum
from app.figures.sums.own_sums import Claim
from app.figures.wanted import Wanted
from app.figures.words import Token, asked, fold, listed, tokens
from app.language.folds import letters
from app.language.words import questions
from app.types import Period

Answer = Literal["yes", "no", "neither"]
"""To a sum that is one of ours."""

_OF_SUMS = frozenset({"price", "sum", "confirm", "yes_no", "everything", "measure"})
"""What may be asked of a sum; whatever else a word asks for is not said by it."""
_LEAST = 100
"""What is less counts, and is no amount."""
_SHORT = frozenset({"@hour", "@day", "@week"})
_PREPOSITION = 3
"""Letters of what stands before a length of time that is paid for."""
_MARK = re.compile(r"[!?\n]+|\.+(?!\d)")
_MONTHS: dict[Period | None, Decimal] = {"month": Decimal(1), "quarter": Decimal(3), "year": Decimal(12)}


def answer(claim: Claim, made: Sum, case: Case) -> Answer:
    """A yes where it is one to the sum alone, a no to another length of time or currency. Linear in the text."""
    read, wanted = case.read, case.wanted
    if not _alone(claim, made, read, wanted):
        return "neither"
    return "no" if _paid_otherwise(claim, made, case) else "yes"


def _alone(claim: Claim, made: Sum, read: Read, wanted: Wanted) -> bool:
    heard = _heard(claim, read)
    parts = {part.offer.key for part in made.parts}
    own = [each for each in wanted.named if each.own and _within(each.start, heard)]
    named = {key for each in own for key in ((each.key,) if each.key else each.tied)}
    beside = {each.key for each in own if each.key is not None} - parts
    words = [word for word in tokens(read.text) if _within(word.start, heard)]
    denied = any(
        word.folded in listed("denies") and not (place and words[place - 1].folded in listed("joining"))
        for place, word in enumerate(words)  # «right or not?» denies nothing
    )
    idle = questions()["opens"] | questions()["empty"]
    unsaid = {fold(word) for word in wanted.rest if letters(word) not in idle}
    return not (
        (bool(named) and not (parts & named))
        or beside
        or denied
        or any(word.folded in unsaid and word.folded not in listed("confirming") for word in words)
        or (wanted.asks & asked([word.folded for word in words])) - _OF_SUMS
        or _of_others(claim, made, read, wanted, heard)
    )


def _heard(claim: Claim, read: Read) -> list[tuple[int, int]]:
    """The places of the sentence that has the amount, and of those that ask and have none of their own."""
    amounts = [n for n in read.numbers[:MOST_READ] if n.value >= _LEAST]
    own = [n.start for n in amounts if n.value in (claim.amount, *claim.operands)]
    found, begun = list[tuple[int, int]](), 0
    for end in (*(mark.end() for mark in _MARK.finditer(read.text)), len(read.text)):
        here = [n for n in amounts if begun <= n.start < end]
        if any(begun <= start < end for start in own) or (not here and "?" in read.text[begun:end]):
            found.append((begun, end))
        begun = end
    return found


def _within(place: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in spans)


def _paid_otherwise(claim: Claim, made: Sum, case: Case) -> bool:
    """Whether he names another currency, or another length of time than the amount is for."""
    read, wanted, catalogue = case.read, case.wanted, case.catalogue
    totals = [*made.totals, *((made.first,) if made.first is not None else ())]
    meant = [total for total in totals if total.amount == claim.amount] or totals
    currencies = {total.currency for total in meant}
    said = {each.currency for each in read.money[:MOST_READ] if each.currency is not None}
    lasting = {_lasts(total.period, total.months) for total in meant}
    names = [(each.start, each.end) for each in wanted.named if each.own]
    told = [d for d in read.durations[:MOST_READ] if exact(d) and not _within(d.start, names)]
    lengths = [months(d) for d in told]
    words = [word for word in tokens(read.text) if not _within(word.start, names)]
    periods = {f"@{total.period}" for total in meant}
    if any(_short(before, word, catalogue) - periods for before, word in pairwise(words)):
        return True
    spans = [Decimal(n) for word in words for n in _spans(word.folded)]
    return not said <= currencies or any(length not in lasting for length in (*lengths, *spans))


def _short(before: Token, word: Token, catalogue: Catalogue) -> set[str]:
    """The unit of a length of time below a month that something is paid for: «a week»."""
    unit = catalogue.units.of(word.folded)
    return {unit} if unit in _SHORT and len(before.raw) <= _PREPOSITION else set()


def _lasts(period: Period | None, lasting: Decimal | None) -> Decimal | None:
    return lasting if lasting is not None else _MONTHS.get(period)


def _spans(word: str) -> Iterable[int]:
    found = listed("spans").get(word)
    return (int(found),) if found is not None else ()


def _of_others(claim: Claim, made: Sum, read: Read, wanted: Wanted, heard: Sequence[tuple[int, int]]) -> bool:
    """Whether a number counts what the sum does not: «for two», «for five shops» beside a price for one."""
    counts = {part.quantity for part in made.parts} | {part.times for part in made.parts} | {Decimal(1)}
    factors = counts | {part.price.amount for part in made.parts if part.price.amount is not None}
    reduced = {f.fact.amount for part in made.parts if part.reduction for f in part.reduction.figures}
    said = {claim.amount, *claim.operands, *factors, *(part.amount for part in made.parts)}
    said |= {total.amount for total in made.totals} | reduced
    spans = [(each.start, each.end) for each in read.durations[:MOST_READ]]
    spans += [(each.start, each.end) for each in wanted.named if each.own]
    others = {
        number.value
        for number in read.numbers[:MOST_READ]
        if _within(number.start, heard) and not _within(number.start, spans)
    }
    if not {*wanted.quantities.values(), *wanted.counts.values()} <= counts or not others <= said:
        return True
    return wanted.percent is not None and wanted.percent not in reduced and wanted.percent not in factors
