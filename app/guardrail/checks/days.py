"""Days in check `term`: today, tomorrow, a day of the week and a deadline that somebody sets stand in the sections."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.persons import people_known
from app.guardrail.checks.weekdays import days_of, given, is_off, names_days
from app.guardrail.known import WORD
from app.guardrail.statements.clauses import key
from app.guardrail.statements.knowledge import page
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import covered

_LISTS = Lists("app.guardrail.checks", "days.yaml")
ACTION, REPORT = _LISTS.pattern("action"), _LISTS.pattern("report")
"""What is done for a customer, and what is only told of."""
_SERVED, _NOT_PROMISED, _ENDINGS = map(_LISTS.pattern, ("served", "not_promised", "endings"))
_SOON, _WEEK, _DAILY, _URGENT = map(_LISTS.pattern, ("soon", "week", "daily", "urgent"))
_SAME_DAY, _NEXT_DAY = _LISTS.pattern("same_day"), _LISTS.pattern("next_day")
_OFFERED = _LISTS.pattern("offered")
_YOURS = _LISTS.row("yours")
_DAYS_OFF, _BUT_FOR = _LISTS.row("days_off"), _LISTS.word("but_for")
_NOT_SO = tuple(f"{word} " for word in _LISTS.row("not_so"))


def heard(case: Case, phrase: str) -> bool:
    """Whether the sections or the customer used the very words."""
    return phrase in case.customer or any(phrase in page for page in case.knowledge.folded)


def days(case: Case) -> list[Problem]:
    """Days and deadlines that no section, customer or own text gives."""
    problems: list[Problem] = []
    few = Few(problems)
    folded = case.text.folded
    for m in few(_URGENT, folded):
        hurried = not folded[max(0, m.start() - 5) : m.start()].endswith(_NOT_SO)  # «не спешите»
        if hurried and not heard(case, m.group()) and not case.is_own(*m.span()):
            detail = f"{case.text.raw[m.start() : m.end()]!r}: no section sets this deadline"
            problems.append(Problem("term", detail, m.start(), m.end()))
    taken = covered((p.start, p.end) for p in problems)
    for pattern in (_SOON, _WEEK):
        for m in few(pattern, folded):
            if m.start() in taken or case.is_own(*m.span()):
                continue
            piece = case.sentence_text(case.sentence_at(m.start()))
            other = pattern is _WEEK and not REPORT.search(piece) and any(map(names_days, case.knowledge.folded))
            if not other and (not _promises(piece, soon=pattern is _SOON) or _OFFERED.search(piece)):
                continue
            if not other and _bids(case.clause_text(case.clause_at(m.start()))):
                continue
            shut = any(is_off(m.group(), piece, page) for page in case.knowledge.folded)  # whoever named the day
            if shut or not _may_be_said(case, m, piece, week=pattern is _WEEK):
                detail = f"{case.text.raw[m.start() : m.end()]!r}: no section promises this"
                problems.append(Problem("term", detail, *m.span()))
    return [*problems, *islice(_another_of(case), 1)]


def _another_of(case: Case) -> Iterator[Problem]:
    """Another day than a section gives the person that a sentence names; names are the same in every language."""
    for start, end in case.text.sentences if days_of(case.text.folded) else ():
        said = days_of(case.text.folded[start:end])
        people = _people(case.text.raw[start:end]) if said else frozenset[str]()
        theirs = [
            days_of(fold(stated.text))
            for passage in case.context.passages
            for stated in page(passage.section).sentences
            if people and people <= _people(stated.text)
        ]
        if any(theirs) and not said <= frozenset[int]().union(*theirs) and not case.is_own(start, end):
            yield Problem("term", "no section gives that day for whom it names", start, end)


@lru_cache(maxsize=4096)
def _people(text: str) -> frozenset[str]:
    """Keys of the people's names in a text."""
    named = frozenset(key(word) for word in WORD.findall(text) if word[0].isupper())
    return named & people_known()


@lru_cache(maxsize=16)
def _promises(piece: str, *, soon: bool) -> bool:
    """Whether a sentence promises something, or that somebody is there; asked for each day that it names."""
    said = (ACTION if soon else _SERVED).search(piece) is not None
    return said and not REPORT.search(piece) and not _NOT_PROMISED.search(piece)


def _bids(clause: str) -> bool:
    """«Позвоните нам прямо сейчас»: whether all that is done in a clause is for the customer to do."""
    verbs = [word for word in clause.replace(",", " ").rstrip(".!").split() if ACTION.match(word)]
    return bool(verbs) and all(verb.startswith(_YOURS) for verb in verbs)


def _may_be_said(case: Case, m: re.Match[str], piece: str, *, week: bool) -> bool:
    stem, pages = m.group()[:6], case.knowledge.folded
    wished = stem in case.customer and (week or not _ENDINGS.search(_verbs(piece)))
    if wished or any(stem in page or given(m.group(), piece, page) for page in pages):
        return True
    if _SAME_DAY.fullmatch(m.group()) and any(map(_SAME_DAY.search, pages)):
        return True  # «сегодня» of «в тот же день»
    if _NEXT_DAY.fullmatch(m.group()) and any(map(_NEXT_DAY.search, pages)):
        return True  # «завтра» of «на следующий день»
    off = any(word in m.group() for word in _DAYS_OFF) and _BUT_FOR not in m.group()
    return off and any(_DAILY.search(page) for page in pages)


def _verbs(piece: str) -> str:
    return " ".join(
        m.group() + piece[m.end() : m.end() + 8].split(" ", maxsplit=1)[0].rstrip(".,!?")
        for m in ACTION.finditer(piece)
    )
