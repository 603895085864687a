"""Check `contradicted`, beside contradicted.py: nothing is said of all that a section keeps for some, nor of another
plan.

«На любом тарифе» of what a section gives with a module or from a plan on; «в «Старте» есть ABC-анализ» of what a
section gives with «Аналитика Плюс».
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import Clause, content, key
from app.guardrail.statements.knowledge import Leaf, Stated
from app.guardrail.text.folding import fold
from app.guardrail.text.lexicon import HEADS
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "privileged.yaml")
_ALL = frozenset(map(fold, _LISTS.words("all")))
_TIMES = tuple(map(fold, _LISTS.row("times")))
_ONLY = tuple(map(fold, _LISTS.row("only")))
_FROM = frozenset(map(fold, _LISTS.words("from")))
_AND = frozenset(map(fold, _LISTS.words("and")))
_PLANS = HEADS | {"@subscription", "@kit"}
"""What a section keeps something for by its name."""
_WORD = re.compile(r"[^\W\d_]+")
_NAME = re.compile("\u00ab([^\u00ab\u00bb]+)\u00bb")
_HELD = 0.5
"""Share of what is said of all that a section must be about."""
_BEHIND = 2
"""Words behind «любой» among which the thing stands that it is said of."""
_SAYS = 0.45
_AS_GOOD = 0.8


def privileged(case: Case) -> list[Problem]:
    """What is said of all or of another plan, and is so only for some."""
    found = (
        Problem("contradicted", f"{what!r}: a section says {told!r}", said.start, said.end)
        for said in case.claimed
        if not said.refuses
        for what, told in islice((*_of_all(case, said), *(() if said.counts else _of_another(said))), 1)
    )
    return list(islice(found, 4))


def _of_all(case: Case, said: Claimed) -> Iterator[tuple[str, str]]:
    names = _names(said.text)
    for clause in said.clauses:
        thing = _thing(clause)
        if clause.supposes or clause.denies or clause.priced or thing is None:
            continue
        word, of = thing
        plan = case.lexicon.key(word) in _PLANS
        rest = {key: weight for key, weight in said.weights.items() if key != of}
        told, kept = "", 0.0
        for page in said.near:
            share = _share(rest, page.said)
            if share < _HELD or share < kept:
                continue
            given, sentence = _kept(page, of, names, plan=plan)
            if given:
                return
            if sentence and not told:
                told, kept = sentence, share
        if told:
            yield word, told


def _thing(clause: Clause) -> tuple[str, str] | None:
    """(word, key) of what «любой» stands before; none where that is a time («в любой момент»)."""
    for place, word in enumerate(clause.text):
        if word in _ALL:
            behind = clause.text[place + 1 : place + 1 + _BEHIND]
            if any(each.startswith(_TIMES) for each in behind):
                return None
            found = [pair for each in behind for pair in content(each)]
            return found[-1] if found else None
    return None


def _kept(page: Leaf, thing: str, names: frozenset[frozenset[str]], *, plan: bool) -> tuple[bool, str]:
    """(whether a section gives it to all of that thing, the sentence that keeps it for some)."""
    told = ""
    for stated in page.sentences:
        words = _WORD.findall(fold(stated.text))
        if not _ALL.isdisjoint(words):
            if thing in stated.keys:
                return True, ""
            continue
        named = _names(stated.text)
        only = any(word in _FROM or word.startswith(_ONLY) for word in words)
        if only and (thing in stated.keys or (plan and named and not named & names)) and not told:
            told = stated.text
    return False, told


def _of_another(said: Claimed) -> Iterator[tuple[str, str]]:
    names = _names(said.text)
    known = names & {name for page in said.near for name in _names_of(page)}
    quoted = frozenset[str]().union(*names)
    listed = False
    for clause in said.clauses:
        named = bool(quoted & clause.keys)
        items = [clause.keys] if named else _items(clause) if listed else []
        listed = listed or named  # what is listed behind a name is said of it
        if clause.denies or clause.supposes or not known:
            continue
        for item in items:
            rest = {word: said.weigh(word) for word in item - quoted}
            if all(weight < _SAYS for weight in rest.values()):
                continue
            rows = sorted(_rows(said, rest), key=lambda row: -row[0])
            if not rows or rows[0][0] < _HELD:
                continue
            good = [(beside, told) for share, beside, told in rows if share >= _AS_GOOD * rows[0][0]]
            others = [(beside, told) for beside, told in good if beside and not beside & names]
            needed = [told for _, told in others if _names(told) and _keeps(told)]
            if needed and not any(beside & names for beside, _ in good):
                yield " ".join(sorted(next(iter(known)))), needed[0]  # whatever else is said of it
            elif len(others) == len(good):
                yield " ".join(sorted(next(iter(known)))), good[0][1]


def _keeps(sentence: str) -> bool:
    """Whether it says that something is there with its name alone: «появляются, если подключить модуль»."""
    return any(word.startswith(_ONLY) for word in _WORD.findall(fold(sentence)))


def _items(clause: Clause) -> list[frozenset[str]]:
    """The keys of each thing that a clause of a list has: «скидка и бонусы» are two."""
    items: list[list[str]] = [[]]
    for word in clause.text:
        if word in _AND:
            items.append([])
        else:
            items[-1].append(word)
    return [frozenset(key for _, key in content(" ".join(item))) for item in items if item]


def _rows(said: Claimed, rest: dict[str, float]) -> Iterator[tuple[float, frozenset[frozenset[str]], str]]:
    """(share of what is said, the names beside it, the sentence)"""
    for page in said.near:
        title = _names(page.section.title)
        for number, stated in enumerate(page.sentences):
            beside: list[Stated] = list(page.sentences[max(0, number - 1) : number + 2])
            named = _names(stated.text) or title.union(*(_names(each.text) for each in beside))
            yield _share(rest, stated.keys | page.title), named, stated.text


@lru_cache(maxsize=4096)
def _names(text: str) -> frozenset[frozenset[str]]:
    """What stands in quotation marks, each by the keys of its words: «Сети» is «Сеть»."""
    return frozenset(frozenset(key(word) for word in _WORD.findall(name)) for name in _NAME.findall(text))


def _names_of(page: Leaf) -> frozenset[frozenset[str]]:
    return _names(f"{page.section.title} {page.section.text}")


def _share(weights: dict[str, float], held: frozenset[str]) -> float:
    return sum(weight for word, weight in weights.items() if word in held) / (sum(weights.values()) or 1.0)
