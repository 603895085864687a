"""Check `contradicted`, beside contradicted.py: what a section settles one way is not said to be the other way.

Who pays for a thing, whether it is paid before or afterwards, whether a paper or a pledge is kept, in which part of
the year it is to be had: neither answer denies the other, so nothing but the side that each takes tells them apart.
The side of a draft is held against the clauses of the sections that take one of the same thing; where the likest takes
the other one, it is refused.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.checks.pairs import AXES, TELLING, paired
from app.guardrail.checks.sides import SIDED, US, Side, opposed, pays, refers, sides
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import LIGHT, Clause, clauses, key
from app.guardrail.statements.knowledge import Leaf, page
from app.guardrail.text.folding import fold

_TITLE = 0.5
"""What a word counts that the title alone has."""
_LEAST = {"payer": 0.45, "when": 0.3, "season": 0.3, "paper": 0.0, "pledge": 0.0, "back": 0.0, "included": 0.3,
          "must": 0.3, "lapse": 0.3, "together": 0.1, "money": 0.2, "recipient": 0.3}  # fmt: skip
"""Share of what the draft says it of that a section's clause must have; papers and pledges are themselves that."""
_TELLING = (*SIDED, *TELLING)
_LONGEST = 1000
"""Characters of a sentence of a section that is looked at."""
_MOST = 4


@dataclass(frozen=True, slots=True)
class _Taken:
    """A side that a section takes, of these words."""

    side: Side
    of: Set[str]
    titled: Set[str]
    text: str


def settled(case: Case) -> list[Problem]:
    """The sentences that take a side which the sections do not take of the same thing."""
    found = (
        Problem("contradicted", f"{side.word!r}: a section says {told!r}", said.start, said.end)
        for said in case.claimed
        for side, told in islice(_turned(said), 1)
    )
    return list(islice((*found, *_in_another_tongue(case)), _MOST))


def _turned(said: Claimed) -> Iterator[tuple[Side, str]]:
    paid = pays(said.clauses)
    for number, clause in enumerate(said.clauses):
        if clause.supposes:
            continue
        for side in _sides(said.clauses, number, paid=paid):
            subject = _meant(said.clauses, number) or _subject(*said.clauses)
            weights = {word: said.weigh(word) for word in subject - (US if side.axis == "payer" else frozenset())}
            whole = sum(weights.values())
            same, other, told = 0.0, 0.0, ""
            for taken in (each for each in _near(said, side) if each.side.axis == side.axis):
                of = sum(w if k in taken.of else w * _TITLE if k in taken.titled else 0.0 for k, w in weights.items())
                share = of / whole if whole else 1.0
                if opposed(side, taken.side):
                    if share >= max(other, _LEAST[side.axis]) and (share > other or not told):
                        other, told = share, taken.text
                else:
                    same = max(same, share)
            if told and (other > same or not same):
                yield side, told


def _near(said: Claimed, side: Side) -> Iterator[_Taken]:
    """The sides that the sections take. Where those in use have the thing, another that has «без залога» says who needs
    none, and not that there is none."""
    there = any(key(side.word) in leaf.said for leaf in said.near if leaf.section.id in said.used)
    for leaf in said.near:
        for taken in _of_section(leaf):
            if not (there and taken.side.lone and leaf.section.id not in said.used):
                yield taken


def _in_another_tongue(case: Case) -> Iterator[Problem]:
    """Where no section in use has the draft's language, words do not meet: there a side is turned if all take the
    other one."""
    language = case.context.language
    sections = [passage.section for passage in case.context.passages]
    if not sections or any(section.language == language for section in sections):
        return
    taken = [each.side for section in sections for each in _of_section(page(section))]
    for start, end in case.text.sentences[:_MOST] if taken else ():
        sentence = case.text.raw[start:end]
        if "?" in sentence or case.is_own(start, end):
            continue
        parts = clauses(sentence, language)
        said = (n for n, clause in enumerate(parts) if not clause.supposes)
        for side in (side for n in said for side in _sides(parts, n)):
            theirs = [each for each in taken if each.axis == side.axis]
            if theirs and all(opposed(side, each) for each in theirs):
                yield Problem("contradicted", f"{side.word!r}: the section says otherwise", start, end)


@lru_cache(maxsize=4096)
def _of_section(leaf: Leaf) -> tuple[_Taken, ...]:
    return tuple(_read(leaf))


def _read(leaf: Leaf) -> Iterator[_Taken]:
    for stated in leaf.sentences:
        if len(stated.text) > _LONGEST:
            continue
        paid = pays(stated.clauses)
        taken = [(n, side) for n in range(len(stated.clauses)) for side in _sides(stated.clauses, n, paid=paid)]
        for number, side in taken:
            turned = {n for n, other in taken if other.axis == side.axis and opposed(side, other)}
            # «Возвращаем за неделю, позже не возвращаем»: of the same thing, and what tells them apart are no words.
            both = side.axis in AXES and turned and any(_elided(stated.clauses[n]) for n in turned | {number})
            of = stated.keys if both or not _subject(stated.clauses[number]) else _meant(stated.clauses, number)
            yield _Taken(side, of, leaf.title, stated.text)


def _sides(parts: Sequence[Clause], number: int, *, paid: bool = False) -> Iterator[Side]:
    """Those that a clause of a sentence takes."""
    yield from sides(parts[number], paid)
    sentence = [word for part in parts for word in part.text]
    yield from (Side(axis, word, value=value) for axis, word, value in paired(parts[number], sentence))


def _elided(clause: Clause) -> bool:
    """Whether what it is said of was named before it."""
    return refers(clause) or not _subject(clause)


def _meant(parts: Sequence[Clause], number: int) -> frozenset[str]:
    """What a clause of a sentence says it of: the last that was named, or all before it where a pronoun does."""
    if refers(parts[number]):
        return _subject(*parts[: number + 1])
    return next((own for part in reversed(parts[: number + 1]) if (own := _subject(part))), frozenset())


def _subject(*parts: Clause) -> frozenset[str]:
    """The words that a side is taken of: all but those by which it is told."""
    words = (word for part in parts for word in part.words if not fold(word.text).startswith(_TELLING))
    return frozenset(word.key for word in words) - LIGHT
