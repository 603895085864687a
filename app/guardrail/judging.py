"""`check`: repairs first, then every check of the table on what is left; what a section says word for word passes."""

from app.guardrail.allowed.quoting import quotations
from app.guardrail.case import Case
from app.guardrail.model import Context, Finding, Verdict
from app.guardrail.repair.repairs import repair
from app.guardrail.table import QUOTABLE, problems_of


def check(draft: str, context: Context) -> Verdict:
    """Repair a draft and judge what is left. Never raises, whatever the draft; pure."""
    tracked, repairs = repair(draft, context)
    case = Case(tracked.text, context)
    problems = problems_of(case)
    if any(problem.check in QUOTABLE for problem in problems):
        # The digits of a telephone are no figure; whether it may be said, `contact` tells.
        spans = (*quotations(tracked.text, context), *((a.start, a.end) for a in case.addresses))
        problems = [p for p in problems if p.check not in QUOTABLE or not any(a <= p.start < b for a, b in spans)]
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
