"""Check `contradicted`, beside contradicted.py: where a section draws a line, a draft does not move it.

«Не только на домик», «всем желающим» beside «только …»; «только если чините» beside «даже если передумали»; «без
записи» beside «по записи».
"""

from collections.abc import Iterator, Set
from itertools import islice, pairwise

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import LIGHT, Clause, content
from app.guardrail.statements.knowledge import Leaf, Stated
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "limited.yaml")
_ONLY = tuple(map(fold, _LISTS.row("only")))
_NOT = frozenset(map(fold, _LISTS.words("not")))
_EVEN = frozenset(map(fold, _LISTS.words("even")))
_ANYBODY = tuple(map(fold, _LISTS.row("anybody")))
_EVERYBODY = frozenset(map(fold, _LISTS.words("everybody")))
_BY = frozenset(map(fold, _LISTS.words("by")))
_NEEDED = tuple(map(fold, _LISTS.row("needed")))
_SAYS = 0.4
"""Weight from which a word tells what is spoken of."""
_SAME = 0.5
"""Share of what is spoken of that a section's sentence must have."""
_MOST = 4


def limited(case: Case) -> list[Problem]:
    """The sentences that open what a section keeps for some, or close what it gives to all."""
    told = [message for message in case.told[-1:] if not _asks_for_whom(message)]
    asked = {key for message in told for _, key in content(message)}
    found = (
        Problem("contradicted", f"{what!r}: a section says {told!r}", said.start, said.end)
        for said in case.claimed
        for what, told in islice((*_opened(said, asked), *_closed(said), *_without(said, asked)), 1)
    )
    return list(islice(found, _MOST))


def _asks_for_whom(message: str) -> bool:
    """«Только для учеников?»: he does not say that he is one."""
    return any(word.startswith(_ONLY) for word in fold(message).split())


def _opened(said: Claimed, asked: Set[str]) -> Iterator[tuple[str, str]]:
    """«Не только», «всем» of what is only for some."""
    for clause in said.clauses:
        if clause.supposes:
            continue
        limit = _behind(clause) if _not_only(clause) else None
        if limit is None and (clause.denies or not _is_of_all(clause)):
            continue
        spoken = _spoken(said, _named(clause) if limit is None else frozenset().union(*(c.keys for c in said.clauses)))
        about = spoken.keys() - (limit or frozenset())
        for leaf, stated, other in _stated(said):
            kept = _behind(other)
            if not kept or other.denies or not (about & (stated.keys | leaf.title)):
                continue
            if limit is not None:
                if limit & kept and not _said_of_all(said, about):
                    yield clause.text[0], stated.text
                continue
            others = kept.isdisjoint(clause.keys | asked) and about & stated.keys
            if others and _holds(spoken, stated, leaf) and not _said_of_all(said, about):
                yield clause.text[0], stated.text


def _closed(said: Claimed) -> Iterator[tuple[str, str]]:
    """«Только если» of what is so even otherwise."""
    for one, two in pairwise(said.clauses):
        if not (two.supposes and two.text[0].startswith(_ONLY)) or one.denies:
            continue
        spoken = _spoken(said, one.keys)
        for leaf, stated, other in _stated(said):
            if other.denies or not spoken or not _holds(spoken, stated, leaf) or not spoken.keys() & other.keys:
                continue
            behind = stated.clauses[stated.clauses.index(other) + 1 :][:1]
            if any(not _EVEN.isdisjoint(each.text) for each in (other, *behind)):
                yield two.text[0], stated.text


def _without(said: Claimed, asked: Set[str]) -> Iterator[tuple[str, str]]:
    """«Без записи» of what is by it."""
    for clause in said.clauses:
        if clause.supposes or clause.denies:
            continue
        for word in (w for w in clause.words if w.bare and said.weigh(w.key) >= _SAYS):
            about = clause.keys | asked
            same, told, other = 0.0, "", 0.0
            for _, stated, each in _stated(said, word.key):
                weight = sum(said.weigh(w) for w in about & each.keys if w != word.key and w not in LIGHT)
                if word.key in each.bare:
                    kept = _behind(each) - {word.key}
                    if not kept or kept & about:
                        same = max(same, weight + _SAYS)
                elif not each.denies and not each.supposes and _needs(each, word.key) and weight >= other:
                    other, told = weight, stated.text
            if told and (other > same or not same):
                yield word.text, told


def _stated(said: Claimed, word: str | None = None) -> Iterator[tuple[Leaf, Stated, Clause]]:
    """The clauses of the sections that were found for the message, those that have a word where one is given."""
    for leaf in said.near:
        if leaf.section.id in said.used:
            for stated in leaf.sentences:
                for clause in stated.clauses:
                    if word is None or word in clause.keys:
                        yield leaf, stated, clause


def _not_only(clause: Clause) -> bool:
    return any(one in _NOT and two.startswith(_ONLY) for one, two in pairwise(clause.text))


def _is_of_all(clause: Clause) -> bool:
    """Whether it is said of everybody: «всем», «всем желающим», not «всем пенсионерам»."""
    for place, word in enumerate(clause.text):
        if word in _EVERYBODY:
            behind = [w for w, _ in content(" ".join(clause.text[place + 1 : place + 2]))]
            return not behind or behind[0].startswith(_ANYBODY)
    return False


def _named(clause: Clause) -> frozenset[str]:
    """What it says of everybody."""
    return frozenset(word.key for word in clause.words if not fold(word.text).startswith(_ANYBODY))


def _behind(clause: Clause) -> frozenset[str]:
    """What a clause keeps something for: the words behind «только», or those before it where it ends the clause."""
    place = next((n for n, word in enumerate(clause.text) if word.startswith(_ONLY)), None)
    if place is None:
        return frozenset()
    return frozenset(key for _, key in content(" ".join(clause.text[place + 1 :]))) - LIGHT


def _spoken(said: Claimed, keys: Set[str]) -> dict[str, float]:
    return {word: said.weigh(word) for word in keys - LIGHT if said.weigh(word) >= _SAYS}


def _holds(spoken: dict[str, float], stated: Stated, leaf: Leaf) -> bool:
    held = sum(weight for word, weight in spoken.items() if word in stated.keys or word in leaf.title)
    return held >= _SAME * sum(spoken.values())


def _said_of_all(said: Claimed, about: Set[str]) -> bool:
    """Whether a section says it of everybody."""
    return any(not _EVERYBODY.isdisjoint(each.text) and about & stated.keys for _, stated, each in _stated(said))


def _needs(clause: Clause, key: str) -> bool:
    """Whether a clause asks for that: «нужна запись», «только по записи», «по записи»."""
    if any(word.startswith((*_ONLY, *_NEEDED)) for word in clause.text):
        return True
    words = {fold(word.text) for word in clause.words if word.key == key}
    return any(one in _BY and two in words for one, two in pairwise(clause.text))
