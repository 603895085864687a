"""Checks `leak`, `repeat` and `empty`: what the machine is made of stays inside, and nothing is said twice."""

import re
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import plain

_LISTS = Lists("app.guardrail.checks", "leaks.yaml")

_WORD = re.compile(r"[^\W_]+")
_RUN = 8
"""Words of the system prompt in a row that are a leak."""
_SELF = _LISTS.pattern("self")
_MAKERS = _LISTS.pattern("makers")
_SHAPE = _LISTS.pattern("shape")
_FRAME = re.compile(r"[⟦⟧]")
"""Of the frames that a customer's words stand in (app/prompt/frame.py): no answer has them, whoever wrote them."""
_SHAPE_SIGNS = frozenset("{}[]<>|\\_`\"'")
_SHAPE_WORDS = ("json", "null", "undefined", "nan", "placeholder", "lorem", "todo", "xxx", "think")
_NEGATED = _LISTS.pattern("negated")
_AGAIN = _LISTS.pattern("again")


def leak(case: Case) -> list[Problem]:
    """Words of the system prompt, talk about being a model, remains of formats and templates."""
    problems: list[Problem] = []
    few = Few(problems)
    for pattern, detail in (
        (_SELF, "talks about its own making"),
        (_SHAPE, "is left over from a format or a template"),
    ):
        if (
            pattern is _SHAPE
            and _SHAPE_SIGNS.isdisjoint(case.text.folded)
            and not any(w in case.text.folded for w in _SHAPE_WORDS)
        ):
            continue
        for m in few(pattern, case.text.folded):
            if case.is_own(*m.span()) or (pattern is _SELF and _negated(case, m.start())):
                continue
            if pattern is _SHAPE and (
                m.group() in case.customer or any(m.group() in page for page in case.knowledge.folded)
            ):
                continue
            problems.append(Problem("leak", f"{case.text.raw[m.start() : m.end()][:40]!r}: {detail}", *m.span()))
            break
    for m in few(_MAKERS, case.text.folded):
        if (
            not any(m.group() in page for page in case.knowledge.folded)
            and not _negated(case, m.start())
            and not case.is_own(*m.span())
        ):
            problems.append(Problem("leak", f"{m.group()!r}: names what the machine is made of", *m.span()))
            break
    frame = _FRAME.search(case.text.folded)
    span = frame.span() if frame else _mark(case)
    if span and not case.is_own(*span):
        problems.append(Problem("leak", "a mark of the prompt", *span))
    problem = _system(case)
    if problem:
        problems.append(problem)
    return problems


def _mark(case: Case) -> tuple[int, int] | None:
    """Where the letters of one of the prompt's marks stand, whatever stands between them."""
    marks = case.context.marks
    letters = "".join(sign.lower()[0] for sign in case.text.raw if sign.isalpha()) if marks else ""
    for mark in marks:
        if (start := letters.find(mark)) >= 0:
            places = [place for place, sign in enumerate(case.text.raw) if sign.isalpha()]
            return places[start], places[start + len(mark) - 1] + 1
    return None


def _negated(case: Case, place: int) -> bool:
    return _NEGATED.search(case.text.folded[max(0, place - 12) : place]) is not None


@lru_cache(maxsize=64)
def _runs(system: str) -> tuple[frozenset[str], frozenset[tuple[str, str]]]:
    """Every run of words of a prompt, and the pairs that runs begin with."""
    words = plain(system).split()
    places = range(len(words) - _RUN + 1)
    return frozenset(" ".join(words[i : i + _RUN]) for i in places), frozenset((words[i], words[i + 1]) for i in places)


def _system(case: Case) -> Problem | None:
    runs, pairs = _runs(case.context.system)
    if not runs:
        return None
    words = _WORD.findall(case.text.folded)
    begins = [i for i, pair in enumerate(pairwise(words)) if pair in pairs and i <= len(words) - _RUN]
    found = list(_WORD.finditer(case.text.folded)) if begins else []
    pages = None
    for i in begins:
        run = " ".join(words[i : i + _RUN])
        if run not in runs:
            continue
        start, end = found[i].start(), found[i + _RUN - 1].end()
        if case.is_own(start, end):
            continue
        if pages is None:  # what a section says may be said, even if the prompt quotes it
            pages = [plain(passage.section.text) for passage in case.context.passages]
        if not any(run in page for page in pages):
            return Problem(
                "leak", f"{case.text.raw[start:end][:60]!r}: these are words of the instructions", start, end
            )
    return None


_SAME = 90
"""Of a hundred: how much two answers that are the same have in common."""
_MORE = 200 / _SAME - 1 + 0.01
"""Times the length of an answer behind which another one has less in common with it."""
_MUCH = 4
"""Times its length: of what is read of a longer one."""
_TELLING = 4
"""Words of an answer that may be the same as another."""


def repeat(case: Case) -> list[Problem]:
    """The same answer as one of the last three, when the customer did not ask for the same again."""
    said = plain(case.text.raw)
    own = [text for text in map(plain, case.context.own) if len(text.split()) >= _TELLING]
    if len(said.split()) < _TELLING or said in map(plain, case.context.own) or any(text in said for text in own):
        return []  # a text that the dialogue says again may be said again
    for earlier in case.context.earlier[-3:]:
        if len(plain(earlier[: _MUCH * len(said)])) > _MORE * len(said):
            continue  # so much longer that it cannot be the same: the rest of it need not be read
        other = plain(earlier)
        if fuzz.ratio(said, other, score_cutoff=_SAME) >= _SAME and not _asked_again(case):
            if _digits(said) != _digits(other):
                continue
            return [Problem("repeat", "this answer was just given", 0, len(case.text.raw))]
    return []


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)


def _asked_again(case: Case) -> bool:
    customer = case.told
    if not customer:
        return False
    newest = plain(customer[-1])
    if _AGAIN.search(newest):
        return True
    return any(fuzz.token_set_ratio(newest, plain(before), score_cutoff=80) >= 80 for before in customer[-4:-1])


def empty(case: Case) -> list[Problem]:
    """Nothing that can be read is left."""
    if re.search(r"[^\W_]", case.text.raw):
        return []
    return [Problem("empty", "nothing is left to say", 0, len(case.text.raw))]
