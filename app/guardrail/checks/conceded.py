"""Check `contradicted`, beside contradicted.py: nothing is said to hold even where a section says that it does not.

«Коррекция бесплатная даже при повреждениях» beside «бесплатная коррекция, если нет повреждений».
"""

from collections.abc import Iterator, Sequence, Set
from itertools import islice, pairwise

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import Clause, content
from app.guardrail.text.folding import fold
from app.guardrail.text.kin import any_akin
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "conceded.yaml")
_ALSO = frozenset(tuple(fold(pair).split()) for pair in _LISTS.row("also"))
_LOST = tuple(map(fold, _LISTS.row("lost")))
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
        also = {key: word for word, key in _behind(clause, also=True) if said.weigh(key) >= _SAYS}
        if not (words or also) or clause.denies:
            continue
        rest = {key: said.weights[key] for key in clause.keys - words.keys()}
        for page in said.near:
            held = sum(weight for key, weight in rest.items() if key in page.said)
            if held < _BESIDE * sum(rest.values()):
                continue
            for stated in page.sentences:
                for number, other in enumerate(stated.clauses):
                    for key in words.keys() & _without(other):
                        yield words[key], stated.text
                    if _lapses(stated.clauses[:number], other):
                        for word in (also[key] for key in also if any_akin({key}, other.keys)):
                            yield word, stated.text


def _behind(clause: Clause, *, also: bool = False) -> Iterator[tuple[str, str]]:
    """(word, key) of what stands behind the word for "even"."""
    place = next((n for n, word in enumerate(clause.text) if word in _EVEN), None)
    if place is None and also:  # «действует и после стирки»
        place = next((n for n, pair in enumerate(pairwise(clause.text)) if pair in _ALSO), None)
    return iter(()) if place is None else content(" ".join(clause.text[place + 1 :]))


def _lapses(before: Sequence[Clause], other: Clause) -> bool:
    """Whether a clause says when something is lost: «гарантия пропадает, если …»."""
    return other.supposes and any(word.startswith(_LOST) for clause in before for word in clause.text)


def _without(clause: Clause) -> Set[str]:
    """What must not be there by a clause of a section: «если нет повреждений», «кроме праздников»."""
    return clause.bare | (clause.keys if clause.denies and (clause.supposes or clause.lacks) else frozenset())
