"""Check `entailed`: what a model says of each sentence and of the sections that bear most on it.

The scores are made before (`app/guardrail/premises.py` says of what): a check computes, it waits for nothing.
"""

from app.guardrail.case import Case, Problem


def entailed(case: Case) -> list[Problem]:
    """The sentences with a score below the line, in their order. One without a score is not judged."""
    context = case.context
    problems = []
    for start, end in case.text.sentences if context.entailed else ():
        score = context.entailed.get(case.text.raw[start:end])
        if score is not None and score < context.least_entailed:
            problems.append(Problem("entailed", f"no section says this (a model gives it {score:.2f})", start, end))
    return problems
