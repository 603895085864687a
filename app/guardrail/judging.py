"""The order of the checks, and `check`: repairs first, then every check on what is left."""

from collections.abc import Callable

from app.guardrail.allowed.quoting import FIGURES, quotations
from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import size
from app.guardrail.checks.contacts import channels, contacts
from app.guardrail.checks.counts import counts
from app.guardrail.checks.language import brand, language
from app.guardrail.checks.leaks import empty, leak, repeat
from app.guardrail.checks.money.agreement import agreement
from app.guardrail.checks.money.amounts import amounts
from app.guardrail.checks.money.signs import signs
from app.guardrail.checks.percents import percents
from app.guardrail.checks.promises.acts import acts
from app.guardrail.checks.promises.deeds import deeds
from app.guardrail.checks.promises.free import free
from app.guardrail.checks.promises.gifts import gifts
from app.guardrail.checks.retelling import retelling
from app.guardrail.checks.terms import terms
from app.guardrail.model import Context, Finding, Verdict
from app.guardrail.repair.repairs import repair

_CHECKS: tuple[Callable[[Case], list[Problem]], ...] = (
    empty, amounts, agreement, signs, percents, free, gifts, terms, counts, contacts, channels, acts, deeds, language, brand, leak, retelling, repeat,
)  # fmt: skip

CHECKS: tuple[str, ...] = (
    "amount",  # an amount of money is the price of what it is said of, with its unit and period, or a right sum
    "currency",  # in the price's currency
    "percent",  # a percentage is known, for this subject, from this count on
    "free",  # what is called free, a gift, included or discounted is so
    "term",  # durations, deadlines, times and dates are given for this subject
    "count",  # limits and quantities are given for this product, or are the customer's
    "contact",  # links, addresses, telephones and accounts are ours by some text, or told as the customer's
    "act",  # nothing is said to be done that was not, nothing is promised
    "language",  # the customer's language and script
    "brand",  # Latin names keep their letters
    "leak",  # instructions, formats and templates stay inside
    "repeat",  # not the same answer twice
    "empty",  # something is left to say
    "size",  # not longer than a message, not fuller of figures, names and claims than an answer
)
"""Names of all checks, as they stand in `Finding.check`."""


def check(draft: str, context: Context) -> Verdict:
    """Repair a draft and judge what is left. Never raises, whatever the draft; pure."""
    tracked, repairs = repair(draft, context)
    case = Case(tracked.text, context)
    problems = empty(case) or size(case) or [problem for one in _CHECKS[1:] for problem in one(case)]
    if any(problem.check in FIGURES for problem in problems):
        # The digits of a telephone are no figure; whether it may be said, `contact` tells.
        spans = (*quotations(tracked.text, context), *((a.start, a.end) for a in case.addresses))
        problems = [p for p in problems if p.check not in FIGURES or not any(a <= p.start < b for a, b in spans)]
    findings = tuple(
        Finding(p.check, p.detail, tracked.origin(p.start), tracked.origin(max(p.start, p.end - 1)) + (p.end > p.start))
        for p in sorted(problems, key=lambda p: (p.start, p.end))
    )
    return Verdict(not findings, tracked.text, findings, repairs)


def tidy(draft: str, context: Context) -> Verdict:
    """Only the repairs: for a text that an owner wrote."""
    tracked, repairs = repair(draft, context)
    return Verdict(True, tracked.text, (), repairs)


def explain(verdict: Verdict, draft: str) -> str:
    """A verdict in lines for the command line: each finding with its place in the draft."""
    lines = ["ok" if verdict.ok else "refused"]
    for finding in verdict.findings:
        start, end = max(0, finding.start - 30), finding.end + 20
        place = draft[start : finding.start] + "[" + draft[finding.start : finding.end] + "]" + draft[finding.end : end]
        lines.append(f"{finding.check}: {finding.detail}")
        lines.append("    …" + " ".join(place.split()) + "…")
    if verdict.repairs:
        lines.append("repaired: " + ", ".join(verdict.repairs))
    return "\n".join(lines)
