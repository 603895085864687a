"""Check `contradicted`, beside contradicted.py: what a section makes a condition is not said to be needless.

«Выдаём, если покажете бирку» beside «бирку показывать не нужно».
"""

from collections.abc import Iterator
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import LIGHT

_MOST = 4
_SAME = 2
"""Words of the condition that are said to be needless."""


def spared(case: Case) -> list[Problem]:
    """The sentences that spare a customer what a section in use asks for."""
    found = (problem for said in case.claimed for problem in islice(_needless(said), 1))
    return list(islice(found, _MOST))


def _needless(said: Claimed) -> Iterator[Problem]:
    for clause in said.clauses:
        telling = clause.keys - LIGHT
        if not (clause.denies and clause.needs) or len(telling) < _SAME:
            continue
        for leaf in said.near:
            if leaf.section.id not in said.used:
                continue
            for stated in leaf.sentences:
                asked = any(part.supposes and len(telling & part.keys) >= _SAME for part in stated.clauses)
                spared_too = any(part.denies and part.needs and telling & part.keys for part in stated.clauses)
                if asked and not spared_too:
                    yield Problem("contradicted", f"a section asks for it: {stated.text!r}", said.start, said.end)
