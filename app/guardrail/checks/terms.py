"""Check `term`: durations, deadlines, times, days and «24/7» stand in the sections, with the same subject."""

from decimal import Decimal

from app.guardrail.allowed.model import Known
from app.guardrail.case import Case, Problem
from app.guardrail.checks import about
from app.guardrail.checks.days import ACTION, REPORT, days, heard
from app.guardrail.checks.lengths import worked_out
from app.guardrail.checks.termed import light, told_by, was_asked
from app.guardrail.checks.times import misplaced
from app.guardrail.figures.figure import Figure
from app.guardrail.text.kin import any_akin
from app.guardrail.text.lexicon import PROMISED, QUALIFIERS
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "terms.yaml")
_NEGATED = _LISTS.pattern("negated")
_REPEATED = _LISTS.pattern("repeated")
_UNPAID = _LISTS.pattern("unpaid")
_LEAST = _LISTS.words("least")
_WORTH = _LISTS.pattern("worth")
_FOR, _AGED = _LISTS.word("for"), _LISTS.words("aged")
_NOT_ALWAYS = _LISTS.pattern("not_always")

_OR_MORE = _LISTS.pattern("or_more")
_LASTS = _LISTS.pattern("lasts")
_CLAIMED_PLAIN = frozenset(
    {"@offline", "@backup", "@warranty", "@instalment", "@trial", "@refund", "@keep", "@payback"}
)
_TELLING = 2
"""Words of a clause that a term is said in."""
_FEW = 6
"""Amounts of each kind that a term is reckoned from."""
_LEAD = 12
_DAY, _YEAR = 1440, 12
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
        if f.kind == "date" and not case.is_own(f.start, f.end) and not heard(case, f.text):
            problems.append(Problem("term", f"{case.said(f)!r}: no section gives this date", f.start, f.end))
    problems += days(case)
    return problems


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
    if _is_paid_period(case, f) or _reached(case, f, keys, known) or worked_out(case, f, known):
        return ""
    equals = [k for k in known if equal(f.value, f.unit, k.value, k.unit)]
    same = [k for k in equals if k.note != "plain"] or [k for k in equals if k.keys & _CLAIMED_PLAIN]
    if not same:
        return _unknown(case, f, keys, clause)
    return _unlike(case, f, same) or _of_something_else(case, f, keys, known, same)


def _is_theirs(case: Case, f: Figure, keys: frozenset[str], clause: str) -> bool:
    """The customer named it, and it is denied, said back or no promise of ours."""
    heard = case.durations_heard
    lead = case.text.tokens[f.first - 1].text if f.first else ""
    aged = f.unit == "month" and f.value / _YEAR in case.numbers_heard and lead in _AGED  # «сыну 9»: «в девять лет»
    if not aged and not any(equal(f.value, f.unit, g, unit) for g in heard for unit in ("minute", "month")):
        return False
    if _NEGATED.search(clause) or _REPEATED.match(case.text.folded[f.end : f.end + 12]):
        return True
    return not keys & case.lexicon.topics and not ACTION.search(clause)


def _reached(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> bool:
    """«За пять дней» to somebody who said so, where a section says «за 3–6 дней» or «за два дня и раньше»."""
    heard = case.durations_heard
    if not any(equal(f.value, f.unit, g, unit) for g in heard for unit in ("minute", "month")):
        return False
    said = keys - light(case)
    for n, k in enumerate(known):
        if k.unit != f.unit or k.value > f.value or not (said & k.context or keys & k.context & case.lexicon.topics):
            continue
        if k.low and any(o.page == k.page and o.unit == k.unit and o.value >= f.value for o in known[n + 1 : n + 2]):
            return True
        at = k.page.find(k.text) if k.text else -1
        if at >= 0 and _OR_MORE.match(k.page, at + len(k.text)):
            return True
    return False


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
        return "no section gives this time" if ACTION.search(clause) else ""
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
    others = frozenset().union(*(k.keys for k in known if not any(k is s for s in same)))
    if any(len((keys - light(case)) & k.keys - others) >= _TELLING for k in same):
        return ""  # in the section's own words, whatever was spoken of before
    if was_asked(case, known, same) or told_by(case, f, known, same):
        return ""
    subject = about.topics(case, f, keys)
    best = max(about.fit(case, subject, k, keys) for k in same)
    rivals = (k for k in known if (k.name or best == 0.5) and k.note != "plain" and not any(k is s for s in same))
    if (
        best <= 0
        or any(about.fit(case, subject, k, keys) > best for k in rivals)
        or _of_another(case, f, keys, known, same)
    ):
        return "this term is known of something else"
    return ""


def _of_another(case: Case, f: Figure, keys: frozenset[str], known: list[Known], same: list[Known]) -> bool:
    """Whether another term is given for just what is named, and this one for other things: «на обувь 30 дней, на
    сумки 60». What both are given for tells nothing."""
    own = frozenset().union(*(k.name | k.keys for k in same))
    others = [k.keys for k in known if not any(k is s for s in same) and k.context & same[0].context]
    items = _items(case, f) - light(case)
    if items and not any_akin(items, own) and any(items <= other for other in others):
        return True
    if not others or any_akin(keys - light(case), own - frozenset().union(*others)):
        return False
    return any((keys - case.lexicon.generic) & other - own - light(case) for other in others)


def _items(case: Case, f: Figure) -> frozenset[str]:
    """What a clause gives a term for: the first word behind each preposition before it."""
    tokens = case.text.tokens
    before = (n for n in range(max(1, f.first - _LEAD), f.first) if tokens[n].clause == f.clause)
    return frozenset(tokens[n].key for n in before if tokens[n].key and tokens[n - 1].text == _FOR)


def _vague(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """What is wrong with a duration without a number, by how it is said."""
    if _reached(case, f, keys, known) or _NEGATED.search(case.clause_text(f.clause)):
        return ""
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
    claimed = keys & _CLAIMED_PLAIN and not REPORT.search(case.sentence_text(f.sentence)) and _adjacent(case, f)
    return "no section gives this term" if claimed else ""


def _some(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """«несколько минут»"""
    given = any(k.note == "vague" and k.unit == f.unit for k in known)
    return "no section promises this" if ACTION.search(case.clause_text(f.clause)) and not given else ""


def _deadline(case: Case, f: Figure, keys: frozenset[str], known: list[Known]) -> str:
    """«за час»"""
    clause = case.clause_text(f.clause)
    acted = ACTION.search(clause) is not None
    if not (acted or keys & _CLAIMED_PLAIN or keys & PROMISED) or REPORT.search(clause):
        return ""
    lead = case.text.tokens[f.first - 1].text if f.first else ""
    if lead == _FOR and f.unit == "month" and not keys & _CLAIMED_PLAIN:
        return ""
    return "" if not acted and heard(case, f"{lead} {f.text}") else "no section promises this"


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
