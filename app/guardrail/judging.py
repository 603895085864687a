"""`check`: repairs first, then every check of the table on what is left; what a section says word for word passes."""

from dataclasses import replace

from app.guardrail.allowed.quoting import quotations
from app.guardrail.case import Case, Problem
from app.guardrail.complete.said import tells, unsaid
from app.guardrail.model import Context, Finding, Verdict
from app.guardrail.repair.repairs import repair
from app.guardrail.repair.tracked import Tracked
from app.guardrail.table import ALONE, QUOTABLE, lacks_of, problems_of
from app.guardrail.text.sentences import spans

CUT = "cut"
"""Name of the repair that leaves out the end of a draft."""
_WHOLE = frozenset({"leak", "size", "empty"})
"""Checks by which all of a draft falls: who has told of himself in one place is not believed in another."""


def check(draft: str, context: Context) -> Verdict:
    """Repair a draft and judge what is left. Never raises, whatever the draft; pure."""
    tracked, repairs = repair(draft, context)
    case = Case(tracked.text, context)
    problems = _untrue(case, tracked)
    findings = _findings(problems, tracked)
    if any(problem.check in ALONE for problem in problems):
        return Verdict(False, tracked.text, findings, repairs)  # nobody asks whether a flood of text answers
    return Verdict(not problems, tracked.text, findings, repairs, _findings(lacks_of(case), tracked), unsaid(case))


def cut(draft: str, context: Context, judged: Verdict | None = None) -> Verdict | None:
    """A draft that goes wrong behind its first sentences, without its end; None where what is left is no answer.

    `judged`: what `check` said of it, where that is known.
    """
    judged = judged or check(draft, context)
    wrong = [*judged.findings, *(lack for lack in judged.lacks if lack.end - lack.start < len(draft))]
    if not wrong or any(finding.check in _WHOLE for finding in wrong):
        return None
    first = min(finding.start for finding in wrong)
    start = max((begin for begin, end in spans(draft) if begin <= first), default=0)
    behind = draft[:start].rstrip()
    if not behind:
        return None
    verdict = check(behind, context)
    shorter = len(verdict.text) < len(judged.text)  # a question that was cut before may stand here again
    if not (verdict.fit and shorter and tells(Case(verdict.text, context))):
        return None
    return replace(verdict, repairs=tuple(dict.fromkeys((*judged.repairs, CUT))))


def _untrue(case: Case, tracked: Tracked) -> list[Problem]:
    problems, context = problems_of(case), case.context
    if any(problem.check in QUOTABLE for problem in problems):
        # The digits of a telephone are no figure; whether it may be said, `contact` tells.
        spans = (*quotations(tracked.text, context), *((a.start, a.end) for a in case.addresses))
        problems = [p for p in problems if p.check not in QUOTABLE or not any(a <= p.start < b for a, b in spans)]
    return problems


def _findings(problems: list[Problem], tracked: Tracked) -> tuple[Finding, ...]:
    return tuple(
        Finding(p.check, p.detail, tracked.origin(p.start), tracked.origin(max(p.start, p.end - 1)) + (p.end > p.start))
        for p in sorted(problems, key=lambda p: (p.start, p.end))
    )


def tidy(draft: str, context: Context) -> Verdict:
    """Only the repairs: for a text that an owner wrote."""
    tracked, repairs = repair(draft, context)
    return Verdict(True, tracked.text, (), repairs)


def explain(verdict: Verdict, draft: str) -> str:
    """A verdict in lines for the command line: each finding with its place in the draft."""
    lines = [f"true: {'yes' if verdict.ok else 'no'}", f"complete: {'yes' if verdict.complete else 'no'}"]
    for finding in verdict.faults:
        start, end = max(0, finding.start - 30), finding.end + 20
        place = draft[start : finding.start] + "[" + draft[finding.start : finding.end] + "]" + draft[finding.end : end]
        lines.append(f"{finding.check}: {finding.detail}")
        lines.append("    …" + " ".join(place.split()) + "…")
    if verdict.repairs:
        lines.append("repaired: " + ", ".join(verdict.repairs))
    return "\n".join(lines)
