"""Check `contradicted`, beside contradicted.py: what is given back under a condition of time is not said to be so under
another.

«Вернём всё, если отменить за 3 дня» beside «за 7 дней возвращаем всё, за 3 дня половину»; «за 10 дней и раньше не
возвращаем» beside «за 10 дней и раньше возвращаем, позже нет». The figure is right, and so are the words: only what
stands with what tells them apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby, islice, pairwise

from app.guardrail.case import Case, Problem
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.read import figures
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text, read

_LISTS = Lists("app.guardrail.checks", "bounded.yaml")
_BACK, _FULL, _PART = map(_LISTS.row, ("back", "full", "part"))
_EARLY, _LATE, _NOT = map(_LISTS.words, ("early", "late", "not"))
_REACH = 2
"""Words before «позже» among which a denial turns it: «не позже», «не менее»."""
_MOST = 2


@dataclass(frozen=True, slots=True)
class _Bound:
    """How long before, and whether so early or later than that; empty where that is not said."""

    lengths: frozenset[Decimal] = frozenset()
    early: bool | None = None


@dataclass(frozen=True, slots=True)
class _Given:
    """What is given back, in what part, within what bound."""

    back: bool
    part: str
    bound: _Bound
    sentence: int


def bounded(case: Case) -> list[Problem]:
    """The sentences that give something back, or do not, under a condition that the sections have for the other."""
    if not any(beginning in case.text.folded for beginning in _BACK):
        return []
    said = [given for given in _given(case.text, case.figures) if given.bound.lengths - case.durations_heard]
    if not said:
        return []
    told = []
    for passage in case.context.passages:
        if passage.section.language == case.context.language:
            text = read(passage.section.text, case.context.language, case.lexicon)
            told += list(_given(text, figures(text)))
    found = (case.text.sentences[given.sentence] for given in said if _turned(given, told))
    wrong = (place for place in found if not case.is_own(*place) and "?" not in case.text.raw[slice(*place)])
    return [Problem("contradicted", "the section gives it back otherwise", *place) for place in islice(wrong, _MOST)]


def _turned(given: _Given, told: Sequence[_Given]) -> bool:
    same = [each for each in told if each.bound.lengths & given.bound.lengths]
    return bool(same) and not any(_agree(given, each) for each in same)


def _agree(one: _Given, other: _Given) -> bool:
    parts = {one.part, other.part} - {""}
    ways = {one.bound.early, other.bound.early} - {None}
    return one.back is other.back and len(parts) < _MOST and len(ways) < _MOST


def _given(text: Text, found: Sequence[Figure]) -> Iterator[_Given]:
    lengths: dict[int, set[Decimal]] = {}
    for f in found:
        if f.kind == "duration":
            lengths.setdefault(f.clause, set()).add(f.value)
    for sentence in range(len(text.sentences)):
        yield from _of_sentence(text.inside(sentence), lengths, sentence)


def _of_sentence(tokens: Sequence[PlacedToken], lengths: dict[int, set[Decimal]], sentence: int) -> Iterator[_Given]:
    made: list[_Given] = []
    waiting, last = _Bound(), _Bound()
    for clause, group in groupby(tokens, key=lambda token: token.clause):
        words = [token.text for token in group]
        bound = _bound(words, frozenset(lengths.get(clause, ())), last)
        last = bound if bound.lengths else last
        if not any(word.startswith((*_BACK, *_PART)) for word in words):
            if bound.lengths and made and not made[-1].bound.lengths:
                made[-1] = replace(made[-1], bound=bound)
            elif bound.lengths:
                waiting = _Bound(waiting.lengths | bound.lengths, bound.early)
            continue
        full = "full" if any(word.startswith(_FULL) for word in words) else ""
        part = "part" if any(word.startswith(_PART) for word in words) else full
        back = not any(one in _NOT and two.startswith(_BACK) for one, two in pairwise(words))
        made.append(_Given(back, part, bound if bound.lengths else waiting, sentence))
        waiting = _Bound()
    yield from made


def _bound(words: Sequence[str], lengths: frozenset[Decimal], last: _Bound) -> _Bound:
    """Of a clause; «позже» alone is later than what was named before it."""
    early: bool | None = None
    for n, word in enumerate(words):
        if word in _EARLY:
            early = True
        elif word in _LATE:
            early = not _NOT.isdisjoint(words[max(0, n - _REACH) : n])
    if early is not None and not lengths:
        lengths = last.lengths
    return _Bound(lengths, early)
