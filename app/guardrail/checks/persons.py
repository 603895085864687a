"""Check `contradicted`, beside contradicted.py: what a section says that one person does is not said of another.

«Жалобы разбирает хозяйка Динара» beside «жалобы разбирает мастер Олжас».
"""

from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.known import WORD
from app.guardrail.statements.clauses import key
from app.guardrail.statements.knowledge import Stated
from app.language.words import words

_MOST = 4
_SAME = 2
"""Words of what is done that a draft and a section share."""
_SAYS = 0.4
"""Weight from which a word is one of them."""


def persons(case: Case) -> list[Problem]:
    """The sentences that name another person for what a section says of one."""
    found = (problem for said in case.claimed for problem in islice(_another(said), 1))
    return list(islice(found, _MOST))


def _another(said: Claimed) -> Iterator[Problem]:
    named = _persons(said.text)
    if not named:
        return
    for clause in said.clauses:
        does = {word for word in clause.keys - named if said.weigh(word) >= _SAYS}
        if len(does) < _SAME or clause.denies or clause.supposes or not named & clause.keys:
            continue
        same = [
            (stated, people_known() & other.keys)
            for leaf in said.near
            for stated in leaf.sentences
            for other in stated.clauses
            if len(does & other.keys) >= _SAME and not people_known().isdisjoint(other.keys)
        ]
        if same and not any(theirs & named for _, theirs in same):
            yield _problem(said, same[0][0])


def _problem(said: Claimed, stated: Stated) -> Problem:
    return Problem("contradicted", f"another person: a section says {stated.text!r}", said.start, said.end)


@lru_cache(maxsize=4096)
def _persons(text: str) -> frozenset[str]:
    """Keys of the names of people in a text."""
    return frozenset(key(word) for word in WORD.findall(text) if word[0].isupper()) & people_known()


@lru_cache(maxsize=1)
def people_known() -> frozenset[str]:
    """Keys of the names that people have."""
    return frozenset(map(key, words("ru").people))
