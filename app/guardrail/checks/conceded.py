"""Check `contradicted`, beside contradicted.py: nothing is said to hold even where a section says that it does not.

«Коррекция бесплатная даже при повреждениях» beside «бесплатная коррекция, если нет повреждений».
"""

from collections.abc import Iterator, Set
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import Clause, content
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "conceded.yaml")
_EVEN = frozenset(map(fold, _LISTS.words("even")))
_SAYS = 0.45
"""Weight from which a word can be what is conceded."""
_BESIDE = 0.4
"""Share of the rest of a clause that the section must be about."""
_MOST = 4


def conceded(case: Case) -> list[Problem]:
    """What a draft says in spite of something that a section excepts."""
    found = (
        Problem("contradicted", f"{what!r}: a section says {told!r}", said.start, said.end)
        for said in case.claimed
        for what, told in islice(_excepted(said), 1)
    )
    return list(islice(found, _MOST))


def _excepted(said: Claimed) -> Iterator[tuple[str, str]]:
    """(the word that stands for what is conceded, the sentence that excepts it)"""
    for clause in said.clauses:
        words = {key: word for word, key in _behind(clause) if said.weigh(key) >= _SAYS}
        if not words or clause.denies:
            continue
        rest = {key: said.weights[key] for key in clause.keys - words.keys()}
        for page in said.near:
            held = sum(weight for key, weight in rest.items() if key in page.said)
            if held < _BESIDE * sum(rest.values()):
                continue
            for stated in page.sentences:
                for other in stated.clauses:
                    for key in words.keys() & _without(other):
                        yield words[key], stated.text


def _behind(clause: Clause) -> Iterator[tuple[str, str]]:
    """(word, key) of what stands behind the word for "even"."""
    place = next((n for n, word in enumerate(clause.text) if word in _EVEN), None)
    return iter(()) if place is None else content(" ".join(clause.text[place + 1 :]))


def _without(clause: Clause) -> Set[str]:
    """What must not be there by a clause of a section: «если нет повреждений», «кроме праздников»."""
    return clause.bare | (clause.keys if clause.denies and (clause.supposes or clause.lacks) else frozenset())
