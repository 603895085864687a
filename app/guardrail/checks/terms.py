"""Check `term`: durations, deadlines, times, days and «24/7» stand in the sections, with the same subject."""

import re
from decimal import Decimal
from functools import lru_cache

from app.guardrail.allowed.model import Known
from app.guardrail.case import Case, Problem
from app.guardrail.checks import about
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.times import misplaced
from app.guardrail.checks.weekdays import given, is_off
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lexicon import PROMISED, QUALIFIERS
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import covered

_LISTS = Lists("app.guardrail.checks", "terms.yaml")
_NEGATED = _LISTS.pattern("negated")
_REPEATED = _LISTS.pattern("repeated")
_UNPAID = _LISTS.pattern("unpaid")
_LEAST = _LISTS.words("least")
_WORTH = _LISTS.pattern("worth")
_FOR = _LISTS.word("for")
_NOT_ALWAYS = _LISTS.pattern("not_always")
_NOT_PROMISED = _LISTS.pattern("not_promised")
_ENDINGS = _LISTS.pattern("endings")
_DAYS_OFF = _LISTS.row("days_off")
_NOT_SO = tuple(f"{word} " for word in _LISTS.row("not_so"))
_BUT_FOR = _LISTS.word("but_for")

_ACTION = _LISTS.pattern("action")
_REPORT = _LISTS.pattern("report")
_LASTS = _LISTS.pattern("lasts")
_CLAIMED_PLAIN = frozenset(
    {"@offline", "@backup", "@warranty", "@instalment", "@trial", "@refund", "@keep", "@payback"}
)
_SOON = _LISTS.pattern("soon")
_WEEK = _LISTS.pattern("week")
_SERVED = _LISTS.pattern("served")
_URGENT = _LISTS.pattern("urgent")
_DAILY = _LISTS.pattern("daily")
_FEW = 6
"""Amounts of each kind that a term is reckoned from."""
_DAY = 1440
_PAID = {60: "hour", _DAY: "day", 7 * _DAY: "week"}


def terms(case: Case) -> list[Problem]:
    """Durations, times and days that no section, customer or own text gives."""
    problems = []
    known = [k for k in case.knowledge.known if k.kind == "duration"]
    for f, keys in about.subjects(case, "duration"):
        if case.is_own(f.start, f.end):
            continue
        reason = _vague(case, f, keys, known) if f.implied else _duration(case, f, keys, known)
        if reason:
            problems.append(Problem("term", f"{case.said(f)!r}: {reason}", f.start, f.end))
    for f, _ in about.subjects(case, "time"):
        reason = misplaced(case, f)
        if reason and not case.is_own(f.start, f.end):
            problems.append(Problem("term", f"{case.said(f)!r}: {reason}", f.start, f.end))
    for f, keys in about.subjects(case, "always"):
        reason = _always(case, f, keys)
        if reason and not case.is_own(f.start, f.end):
            problems.append(Problem("term", f"{case.said(f)!r}: {reason}", f.start, f.end))
    for f in case.figures:
        if f.kind == "date" and not case.is_own(f.start, f.end) and not _heard(case, f.text):
            problems.append(Problem("term", f"{case.said(f)!r}: no section gives this date", f.start, f.end))
    problems += _days(case)
    return problems


def _heard(case: Case, phrase: str) -> bool:
    """Whether the sections or the customer used the very words."""
    return phrase in case.customer or any(phrase in page for page in case.knowledge.folded)


def equal(value: Decimal, unit: str | None, other: Decimal, other_unit: str | None) -> bool:
    """14 days are two weeks, 12 months a year, and 30 days a month."""
    if unit == other_unit:
        return value == other
    if {unit, other_unit} != {"minute", "month"}:
        return False
    minutes, months = (value, other) if unit == "minute" else (other, value)
    return minutes == months * 30 * _DAY or (months % 12 == 0 and minutes == months / 12 * 365 * _DAY)


def _duration(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """What is wrong with a duration that has a number, if anything is."""
    clause = case.clause_text(f.clause)
    if _is_theirs(case, f, keys, clause) or _within(case, f, keys, known):
        return ""
    if _is_paid_period(case, f):
        return ""
    equals = [k for k in known if equal(f.value, f.unit, k.value, k.unit)]
    same = [k for k in equals if k.note != "plain"] or [k for k in equals if k.keys & _CLAIMED_PLAIN]
    if not same:
        return _unknown(case, f, keys, clause)
    return _unlike(case, f, same) or _of_something_else(case, f, keys, known, same)


def _is_theirs(case: Case, f: Figure, keys: frozenset[str], clause: str) -> bool:
    """The customer named it, and it is denied, said back or no promise of ours."""
    heard = case.durations_heard
    if not any(equal(f.value, f.unit, g, "minute") or equal(f.value, f.unit, g, "month") for g in heard):
        return False
    if _NEGATED.search(clause) or _REPEATED.match(case.text.folded[f.end : f.end + 12]):
        return True
    return not keys & case.lexicon.topics and not _ACTION.search(clause)


def _is_paid_period(case: Case, f: Figure) -> bool:
    """«Шесть на сутки — 54 000 ₸»: one day, week or hour beside an amount of what is paid so."""
    if not any(m.sentence == f.sentence for m in case.money) or f.unit != "minute":
        return False
    period = _PAID.get(int(f.value), "")
    return any(price.period == period for product in case.knowledge.products for price in product.prices)


def _within(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> bool:
    """«Три дня … касса проработает: запас 7 дней»: the customer's own time, within the one that is said beside."""
    if not any(equal(f.value, f.unit, g, unit) for g in case.durations_heard for unit in ("minute", "month")):
        return False
    subject = about.topics(case, f, keys)
    return any(
        g.kind == "duration" and g.unit == f.unit and g.value > f.value and equal(g.value, g.unit, k.value, k.unit)
        for g in case.figures_in.get(f.sentence, ())
        for k in known
        if about.fit(case, subject, k, keys) > 0
    )


def _unknown(case: Case, f: Figure, keys: frozenset[str], clause: str) -> str:
    """What is wrong with a duration that no section gives: nothing where the amount beside it is checked instead."""
    paid = any(m.sentence == f.sentence for m in case.money)
    if paid and f.unit == "month" and not _UNPAID.search(clause) and not keys & case.lexicon.topics:
        return ""  # «за 10 месяцев — 79 000 ₸»: the sum is checked as an amount
    if f.unit == "second" or (f.unit == "minute" and f.value < 1):
        return "no section gives this time" if _ACTION.search(clause) else ""
    if f.unit == "month" and _pays_back(case, f):
        return ""
    hourly = any(p.unit == "@hour" or p.period == "hour" for product in case.knowledge.products for p in product.prices)
    if paid and f.unit == "minute" and hourly:
        return ""  # «два часа — 24 000 ₸»: the same
    return "no section gives this term"


def _pays_back(case: Case, f: Figure) -> bool:
    """«Примерно за 13 месяцев аренда сравняется с ценой»: one amount of the draft by another that is paid by month."""
    monthly = [m.value for m in case.money if m.period == "month" and m.value][:_FEW]
    once = [m.value for m in case.money if m.period != "month"][:_FEW]
    return any(abs(price / rent - f.value) <= 1 for price in once for rent in monthly)


def _unlike(case: Case, f: Figure, same: list[Known]) -> str:
    """Whether other days, or the lower end of a range, are meant where the sections give that length."""
    if f.working == "calendar" and all(k.working == "working" for k in same):
        return "the section speaks of working days"
    if f.working == "working" and not any(k.working for k in same):
        return "the section does not speak of working days"
    lead = case.text.tokens[max(0, f.first - 2) : f.first]
    if all(k.low for k in same) and not f.low and not any(t.text in _LEAST for t in lead):
        return "this is the lower end of a range"
    return ""


def _of_something_else(case: Case, f: Figure, keys: frozenset[str], known: list[Known], same: list[Known]) -> str:
    """Whether what the sections give for that long is not what it is said of."""
    worth = _WORTH.search(case.clause_text(f.clause)) is not None
    if f.unit == "month" and worth and any(m.sentence == f.sentence for m in case.money):
        return ""  # «это стоимость 10 месяцев»: said of the price beside it
    subject = about.topics(case, f, keys)
    best = max(about.fit(case, subject, k, keys) for k in same)
    rivals = (k for k in known if (k.name or best == 0.5) and k.note != "plain" and not any(k is s for s in same))
    if best <= 0 or any(about.fit(case, subject, k, keys) > best for k in rivals):
        return "this term is known of something else"
    return ""


def _vague(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """What is wrong with a duration without a number, by how it is said."""
    subject = about.topics(case, f, keys)
    for k in known:
        if equal(f.value, f.unit, k.value, k.unit):
            fits = about.fit(case, subject, k, keys)
            if fits >= 1 or (fits > 0 and f.note != "plain" and k.note != "plain"):
                return ""
    return _HOW_SAID.get(f.note, _deadline)(case, f, keys, known)


def _each(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """«каждый час»"""
    subject = keys & case.lexicon.topics
    rivals = [k for k in known if k.note == "each" or "@backup" in about.of(case, k)]
    promised = subject & {"@backup", "@uptime"} and any(subject & about.of(case, k) for k in rivals)
    return "no section gives this rhythm" if promised else ""


def _plain(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """«гарантия — год»"""
    claimed = keys & _CLAIMED_PLAIN and not _REPORT.search(case.sentence_text(f.sentence)) and _adjacent(case, f)
    return "no section gives this term" if claimed else ""


def _some(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """«несколько минут»"""
    given = any(k.note == "vague" and k.unit == f.unit for k in known)
    return "no section promises this" if _ACTION.search(case.clause_text(f.clause)) and not given else ""


def _deadline(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """«за час»"""
    clause = case.clause_text(f.clause)
    acted = _ACTION.search(clause) is not None
    if not (acted or keys & _CLAIMED_PLAIN or keys & PROMISED) or _REPORT.search(clause):
        return ""
    lead = case.text.tokens[f.first - 1].text if f.first else ""
    if lead == _FOR and f.unit == "month" and not keys & _CLAIMED_PLAIN:
        return ""
    return "" if not acted and _heard(case, f"{lead} {f.text}") else "no section promises this"


_HOW_SAID = {"each": _each, "plain": _plain, "vague": _some}


def _adjacent(case: Case, f: Figure) -> bool:
    """«гарантия — год», «рассрочка на год»: the topic stands right before, not a sum («36 000 ₸: месяц и залог»)."""
    before = case.text.tokens[max(0, f.first - 4) : f.first]
    if before and _LASTS.search(before[-1].text) and not any(m.last == f.first - 2 for m in case.money):
        return True
    return any(t.key in _CLAIMED_PLAIN and t.sentence == f.sentence for t in before)


def _always(case: Case, f: Figure, keys: frozenset[str]) -> str:
    sentence = case.sentence_text(f.sentence)
    if _NOT_ALWAYS.search(sentence):
        return ""
    same = [k for k in case.knowledge.known if k.kind == "always"]
    if not same:
        return "no section promises this"
    spoken = (
        case.newest_keys
        | case.sentence_keys[f.sentence]
        | (case.sentence_keys[f.sentence - 1] if f.sentence else frozenset())
    )
    for k in same:
        needed = k.context & QUALIFIERS
        page_topics = k.context & case.lexicon.topics
        if needed <= spoken and (not page_topics or spoken & page_topics or not spoken & case.lexicon.topics):
            return ""
    return "this is known of something else"


def _days(case: Case) -> list[Problem]:
    problems: list[Problem] = []
    few = Few(problems)
    folded = case.text.folded
    for m in few(_URGENT, folded):
        hurried = not folded[max(0, m.start() - 5) : m.start()].endswith(_NOT_SO)  # «не спешите»
        if hurried and not _heard(case, m.group()) and not case.is_own(*m.span()):
            detail = f"{case.text.raw[m.start() : m.end()]!r}: no section sets this deadline"
            problems.append(Problem("term", detail, m.start(), m.end()))
    taken = covered((p.start, p.end) for p in problems)
    for pattern in (_SOON, _WEEK):
        for m in few(pattern, folded):
            if m.start() in taken or case.is_own(*m.span()):
                continue
            piece = case.sentence_text(case.sentence_at(m.start()))
            if not _promises(piece, soon=pattern is _SOON):
                continue
            shut = any(is_off(m.group(), piece, page) for page in case.knowledge.folded)  # whoever named the day
            if shut or not _may_be_said(case, m, piece, week=pattern is _WEEK):
                detail = f"{case.text.raw[m.start() : m.end()]!r}: no section promises this"
                problems.append(Problem("term", detail, *m.span()))
    return problems


@lru_cache(maxsize=16)
def _promises(piece: str, *, soon: bool) -> bool:
    """Whether a sentence promises something, or that somebody is there; asked for each day that it names."""
    said = (_ACTION if soon else _SERVED).search(piece) is not None
    return said and not _REPORT.search(piece) and not _NOT_PROMISED.search(piece)


def _may_be_said(case: Case, m: re.Match[str], piece: str, *, week: bool) -> bool:
    stem, pages = m.group()[:6], case.knowledge.folded
    wished = stem in case.customer and (week or not _ENDINGS.search(_verbs(piece)))
    if wished or any(stem in page or given(m.group(), piece, page) for page in pages):
        return True
    off = any(word in m.group() for word in _DAYS_OFF) and _BUT_FOR not in m.group()
    return off and any(_DAILY.search(page) for page in pages)


def _verbs(piece: str) -> str:
    return " ".join(
        m.group() + piece[m.end() : m.end() + 8].split(" ", maxsplit=1)[0].rstrip(".,!?")
        for m in _ACTION.finditer(piece)
    )
