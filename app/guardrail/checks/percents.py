"""Check `percent`: every percentage is known, and said of what it holds for."""

import re
from decimal import Decimal
from functools import lru_cache

from app.guardrail.allowed.model import Known
from app.guardrail.case import Case, Problem
from app.guardrail.checks import about
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.conditions import CONDITION, Length, lengths, tied
from app.guardrail.checks.dictated import asked, confirmed, denied, near_ours, of_ours, refused, told, turned_down
from app.guardrail.checks.fractions import is_known_part
from app.guardrail.checks.money.decided import decided_percent
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import UNITS_OF_TIME
from app.guardrail.text.lexicon import Lexicon
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "percents.yaml")
_ON = _LISTS.word("upon")
_FOR_EACH = _LISTS.pattern("for_each")
_FROM = _LISTS.word("from")
_SAID_OF = _LISTS.words("said_of")
_TURNING = _LISTS.words("turning")
_WHOEVER = _LISTS.row("whoever")

_TIMES = _LISTS.pattern("times")
_NEGATED = _LISTS.pattern("negated")
_DEMANDED = _LISTS.pattern("demanded")
"""A customer who asks for a percentage speaks of ours, whatever the draft calls it."""
_WHOSE = _LISTS.pattern("whose")
_EVERYONE, _NOT_FIRST = _LISTS.pattern("everyone"), _LISTS.pattern("not_first")
_ANYTHING = _LISTS.words("anything")
_OBJECT_OK = frozenset({"@price", "@pay", "@shop", "@discount"})
_NOT_HELD = _LISTS.pattern("not_held")
_UPON = _LISTS.pattern("upon_things")
_PART = re.compile(r"[.;!?\n]")
_WORD = re.compile(r"[^\W\d_]+")
_TELLING = 2
"""Words of a clause that another percentage is given for."""
_Row = tuple[list[Figure], int]
"""All percentages of a draft, and the place of one among them."""


def percents(case: Case) -> list[Problem]:
    """Percentages that are not known, or known of something else; multiples of price or speed without a source."""
    problems: list[Problem] = []
    known = [k for k in case.knowledge.known if k.kind == "percent"]
    found = about.subjects(case, "percent")
    for n, (f, keys) in enumerate(found):
        if case.is_own(f.start, f.end) or _repeated(case, f) or decided_percent(case, f):
            continue
        problem = _judge(case, f, keys, known, ([g for g, _ in found], n))
        if problem:
            problems.append(Problem("percent", f"{case.said(f)!r}: {problem}", f.start, f.end))
    for f in case.figures:
        if (
            f.kind == "bare"
            and 0 < f.value <= 95
            and "@discount" in case.clause_keys(f.clause)
            and not case.is_own(f.start, f.end)
        ):
            allowed = {k.value for k in known if "@discount" in about.of(case, k)} | set(case.context.discounts)
            if f.value not in allowed and not _negated(case, f):
                problems.append(Problem("percent", f"{case.said(f)!r}: no such discount is known", f.start, f.end))
    if _TIMES.search(case.text.folded):
        for m in Few(problems)(_TIMES, case.text.folded):
            if is_known_part(case, m.start(), m.end()):
                continue
            if not any(m.group() in page for page in case.knowledge.folded) and not (
                case.is_own(*m.span()) or denied(case, case.clause_at(m.start()))
            ):
                problems.append(
                    Problem(
                        "percent", f"{case.text.raw[m.start() : m.end()]!r}: no section says so", m.start(), m.end()
                    )
                )
    return problems


def _repeated(case: Case, f: Figure) -> bool:
    """The customer's percentage, turned down or spoken of as theirs."""
    if f.value not in case.numbers_heard or confirmed(case, f):
        return False
    if refused(case, f) or asked(case, f):
        return True
    if told(case, f):
        return near_ours(case, f) or turned_down(case, f.sentence)
    if _DEMANDED.search(case.customer):
        return False
    keys = case.sentence_keys[f.sentence]
    return not keys & (case.lexicon.topics | {"@price", "@pay", "@plan", "@free"}) and not of_ours(case, f.clause)


def _negated(case: Case, f: Figure) -> bool:
    return _NEGATED.search(case.clause_text(f.clause)) is not None


def _judge(case: Case, f: Figure, keys: frozenset[str], known: list[Known], at: _Row) -> str:
    same = [k for k in known if k.value == f.value]
    subject = about.topics(case, f, keys)
    if not same:
        if f.value in case.context.discounts and "@discount" in subject:
            return ""
        return "no such percentage in the knowledge base sections used"
    if _of_another(case, f, same, known):
        return "this percentage is known of something else"
    fitting = [k for k in same if about.fit(case, subject, k, keys) > 0]
    if not fitting:
        return "this percentage is known of something else"
    k = fitting[0]
    reason = _whose(case, f, k) or _to_everyone(case, f, k) or _threshold(case, f, k, known, at)
    if reason or "@discount" not in about.of(case, k):
        return reason
    return _object(case, f, k, at) or _condition(case, f, k, at) or _excepted(case, f, k)


def _of_another(case: Case, f: Figure, same: list[Known], known: list[Known]) -> bool:
    """Whether another percentage is given for what its clause names, and this one for none of it: «15 % на первое
    посещение» beside «10 % на первое посещение, 15 % именинникам»."""
    said = case.clause_keys(f.clause) - case.lexicon.generic - case.lexicon.topics - _OBJECT_OK
    own = {key for k in same for key in said & (k.name | k.keys)}
    theirs = {key for k in known if k.value != f.value for key in said & (k.name | k.keys)}
    return not own - theirs and len(theirs - own) >= _TELLING


def _excepted(case: Case, f: Figure, k: Known) -> str:
    """«На модули скидка не действует»: a draft that speaks of modules alone has none."""
    excepted, given = _parts(k.page, case.lexicon)
    if _lengths(k.page, case.lexicon) & lengths(case.clause_text(f.clause)) and not _negated(case, f):
        return "the section says that it does not hold for that long"
    sentences = range(max(0, f.sentence - 1), f.sentence + 1)
    said = frozenset[str]().union(*(case.sentence_keys[number] for number in sentences))
    if not said & (excepted - given) or said & given or _negated(case, f):
        return ""
    return "the section says that it does not hold for this"


@lru_cache(maxsize=4096)
def _lengths(page: str, lexicon: Lexicon) -> frozenset[Length]:
    """Lengths of time for which a folded section gives no discount, and nowhere one: «на месячные скидки нет»."""
    rows: dict[bool, set[Length]] = {True: set(), False: set()}
    for part in _PART.split(page):
        if any(lexicon.key(word) == "@discount" for word in _WORD.findall(part)):
            rows[_NOT_HELD.search(part) is not None] |= lengths(part)
    return frozenset(rows[True] - rows[False])


@lru_cache(maxsize=4096)
def _parts(page: str, lexicon: Lexicon) -> tuple[frozenset[str], frozenset[str]]:
    """Keys of what a folded section says a discount does not hold for, and of what it says that it does."""
    excepted: set[str] = set()
    given: set[str] = set()
    for part in _PART.split(page):
        if not any(lexicon.key(word) == "@discount" for word in _WORD.findall(part)):
            continue
        row = excepted if _NOT_HELD.search(part) else given
        for things in _UPON.findall(part):
            row.update(key for key in map(lexicon.key, _WORD.findall(things)) if key)
    return frozenset(excepted), frozenset(given)


def _to_everyone(case: Case, f: Figure, k: Known) -> str:
    """«Оба со скидкой» where a section gives it to the second one, and none to the first."""
    everyone = _EVERYONE.search(case.clause_text(f.clause)) and not _negated(case, f)
    return "the section gives the first one none" if everyone and _NOT_FIRST.search(k.page) else ""


def _whose(case: Case, f: Figure, k: Known) -> str:
    """«30 % клиентов» where the section speaks of something else."""
    whose = _WHOSE.match(case.text.folded, f.end)
    return f"it is not known of {whose.group().strip()!r}" if whose and whose[1] not in k.page else ""


def _around(case: Case, f: Figure, at: _Row) -> tuple[int, int]:
    """Tokens from the percentage before (or the sentence's start) to the one behind (or its end)."""
    these, n = at
    low, high = case.text.bounds(f.sentence)
    if n and these[n - 1].sentence == f.sentence:
        low = these[n - 1].last + 1
    if n + 1 < len(these) and these[n + 1].sentence == f.sentence:
        turn = next((t for t in range(f.last + 1, these[n + 1].first) if case.text.tokens[t].text in _TURNING), None)
        high = these[n + 1].first if turn is None else turn
    return low, high


def _threshold(case: Case, f: Figure, k: Known, known: list[Known], at: _Row) -> str:
    """«5 % от 5 магазинов» must not be said of two shops, nor 10 %."""
    if k.threshold is None:
        return ""
    least, noun = k.threshold
    if _FOR_EACH.search(case.clause_text(f.clause)):
        return f"it holds from {least}, not for each"
    g = _said_for(case, f, at)
    if g is None:
        elsewhere = any(g.kind == "count" and g.unit == noun for g in case.figures)
        said = elsewhere or any(v >= least for v in case.numbers_heard)
        return "" if said else f"it holds only from {least}, which is left out"
    from_word = bool(g.first) and case.text.tokens[g.first - 1].text == _FROM
    if g.unit is not None and g.unit != noun:
        return f"it holds from {least}, counted otherwise" if from_word else ""
    steps = sorted(t.threshold[0] for t in known if t.threshold and t.threshold[1] == noun)
    above = next((step for step in steps if step > least), None)
    if g.value < least or (from_word and g.value != least) or (above is not None and g.value >= above):
        return f"it holds from {least}, not for {g.value}"
    return ""


def _said_for(case: Case, f: Figure, at: _Row) -> Figure | None:
    """The count that a percentage is said to hold for: before it or behind it, as the sentence begins."""
    these, _ = at
    low, high = _around(case, f, at)
    numbers = [g for g in case.figures if g.kind in ("count", "bare") and g.sentence == f.sentence]
    near = [g for g in numbers if low <= g.first < high and g.value < 1000]
    before = [g for g in near if g.last < f.first]
    behind = [g for g in near if g.first > f.last]
    leading = any(g.last < these[0].first for g in numbers)
    if before and (leading or not behind):
        return before[-1]
    return behind[0] if behind else None


def _object(case: Case, f: Figure, k: Known, at: _Row) -> str:
    """«скидка 5 % на оборудование» when it is one on plans."""
    low, high = _around(case, f, at)
    tokens = case.text.tokens
    allowed = k.context | k.keys | k.name | _OBJECT_OK
    for place in range(low, min(high, len(tokens) - 1)):
        if tokens[place].text in _SAID_OF and not _NEGATED.search(case.clause_text(tokens[place].clause)):
            reason = _wrong_object(case, place, allowed)
            if reason is not None:
                return reason
    return ""


def _wrong_object(case: Case, place: int, allowed: frozenset[str]) -> str | None:
    """What is wrong with the object behind the preposition at a place: empty if it is right, None if it is none."""
    tokens = case.text.tokens
    words = [t for t in tokens[place + 1 : place + 4] if t.kind == "w" and t.clause == tokens[place].clause]
    if not words:
        return None
    if words[0].text in _ANYTHING and not any(w.key in allowed for w in words[1:2]):
        return "no section gives it on everything"
    if words[0].text in UNITS_OF_TIME:
        given = any(f"{_ON} {words[0].text}" in page for page in case.knowledge.folded)
        return "" if given else "no section gives it for that time"
    named = [w.key for w in words[:2] if w.key]
    if not named or named[0].startswith("#") or named[0] in allowed:
        return None
    products = {p for m in case.mentions if m.first <= place + 3 and m.last >= place + 1 for p in m.products}
    kinds = frozenset().union(*(case.knowledge.products[p].keys for p in products))
    if kinds & allowed - _OBJECT_OK or case.text.folded[words[0].start :].startswith(_WHOEVER):
        return None
    return f"it is not known to hold for {case.text.raw[words[0].start : words[-1].end]!r}"


def _condition(case: Case, f: Figure, k: Known, at: _Row) -> str:
    low, high = _around(case, f, at)
    tokens = case.text.tokens[low:high]
    if not tokens:
        return ""
    piece = case.text.folded[tokens[0].start : tokens[-1].end]
    for m in CONDITION.finditer(piece):
        if not tied(m.group(), k.page):
            return f"no section ties it to {m.group()!r}"
    return ""


__all__ = ["Decimal", "percents"]
