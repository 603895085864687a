"""Check `contradicted`, beside contradicted.py: nothing is said to be there of which a section in another language says
that it is not.

Words of two languages do not meet, but for those that both have borrowed: «стационар бар» beside «стационара нет».
"""

from collections.abc import Iterator
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.statements.clauses import LIGHT, clauses
from app.guardrail.statements.knowledge import page

_MOST = 4
_TELLING = 5
"""Sounds of a word that is the same in both for no other reason."""


def lacking(case: Case) -> list[Problem]:
    """The sentences that say of a thing that it is there, which a section in use has not."""
    language = case.context.language
    leaves = [page(p.section) for p in case.context.passages if p.section.language != language]
    denied = {
        word.key: stated.text
        for leaf in leaves
        for stated in leaf.sentences
        for clause in stated.clauses
        if clause.lacks
        for word in clause.words
        if word.denied and word.key not in LIGHT and len(word.key) >= _TELLING
    }
    return list(islice(_there(case, denied), _MOST)) if denied else []


def _there(case: Case, denied: dict[str, str]) -> Iterator[Problem]:
    for start, end in case.text.sentences[:_MOST]:
        said = case.text.raw[start:end]
        if "?" in said or case.is_own(start, end):
            continue
        for clause in clauses(said, case.context.language):
            found = (
                clause.keys & denied.keys()
                if clause.exists and not clause.denies and not clause.supposes
                else frozenset()
            )
            for word in islice(found, 1):
                yield Problem("contradicted", f"a section says {denied[word]!r}", start, end)
