"""Check `count`: limits and quantities («5 касс», «безлимит») stand in the sections or come from the customer."""

from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.dictated import confirmed, refused
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "counts.yaml")
_NAMED = _LISTS.pattern("named")
_NAMED_BEFORE = _LISTS.pattern("named_before")
_NOT_BEFORE = _LISTS.pattern("not_before")

_HYPOTHETICAL = _LISTS.pattern("hypothetical")
_JOINS = _LISTS.words("joins")
_LIMIT = _LISTS.pattern("limit")
_PROOF = _LISTS.pattern("proof")
_ENDLESS = _LISTS.pattern("endless")


_ORDINALS = _LISTS.words("ordinals")


def counts(case: Case) -> list[Problem]:
    """Quantities that no section gives for what is named, and numbers of customers that nobody knows."""
    problems = []
    known = _known(case)
    for f in case.figures:
        if (
            f.kind != "count"
            or case.is_own(f.start, f.end)
            or f in case.money
            or (f.value in case.numbers_heard and not (_of_ours(case, f) and (confirmed(case, f) or _held(case, f))))
        ):
            continue
        reason = _judge(case, f, known)
        if reason:
            problems.append(Problem("count", f"{case.said(f)!r}: {reason}", f.start, f.end))
    problems += _endless(case, known)
    return problems


def _held(case: Case, f: Figure) -> bool:
    """Whether a product is said to hold so many: «вмещает 15 касс», «хватает на 20 сотрудников»."""
    held = f.clause in case.turns("holding").clauses or _subject(case, f)
    if f.unit not in case.lexicon.limited or not held or refused(case, f):
        return False
    return not case.sentence_text(f.sentence).rstrip().endswith("?")


def _subject(case: Case, f: Figure) -> bool:
    """«Рост» обслуживает 40 сотрудников»: a product named before it in a clause that does not speak of the customer."""
    if not any(m.clause == f.clause and not m.head and m.last < f.first for m in case.mentions):
        return False
    return _HYPOTHETICAL.search(case.clause_text(f.clause)) is None and not case.money


def _of_ours(case: Case, f: Figure) -> bool:
    """Whether a count is said as a limit, or of a product named beside it."""
    named = any(m.clause == f.clause and not m.head for m in case.mentions)
    return named or _LIMIT.search(case.clause_text(f.clause)) is not None


def _known(case: Case) -> dict[str, set[tuple[str, int]]]:
    """Noun -> (quoted name it belongs to or empty, number)."""
    result: dict[str, set[tuple[str, int]]] = {}
    for k in case.knowledge.limits:
        result.setdefault(k[1], set()).add((k[0], k[2]))
    return result


def _named(case: Case, f: Figure) -> str:
    """The quoted product name that the count belongs to: the last one before it, here or in the sentence before."""
    words = [
        t
        for t in (*case.text.inside(f.sentence - 1), *case.text.inside(f.sentence))
        if t.quote and t.kind == "w" and t.end <= f.start
    ]
    if any(t.text in _ORDINALS for t in case.text.inside(f.sentence)):
        return ""  # «в первом …, во втором …»: which is meant, order tells, not nearness
    if not words:
        words = [t for t in case.text.inside(f.sentence) if t.quote and t.kind == "w"]
        if not words:
            return ""
        first = words[0].quote
        return " ".join(t.key or t.text for t in words if t.quote == first)
    last = words[-1].quote
    return " ".join(t.key or t.text for t in words if t.quote == last)


def _names(case: Case, sentence: int) -> set[str]:
    """Every quoted name of a sentence."""
    rows: dict[int, list[str]] = {}
    for t in case.text.inside(sentence):
        if t.quote and t.kind == "w":
            rows.setdefault(t.quote, []).append(t.key or t.text)
    return {" ".join(words) for words in rows.values()}


def _judge(case: Case, f: Figure, known: dict[str, set[tuple[str, int]]]) -> str:
    """What is wrong with a count of things, if anything is."""
    noun, value = f.unit or "", int(f.value)
    here, name = known.get(noun, set()), _named(case, f)
    kept = f.value in case.numbers_heard and _held(case, f)
    one = value == 1 and noun not in case.lexicon.seats
    if one or (kept and any(v >= value for n, v in here if n == name)):
        return ""  # it holds more than the customer has
    free = not kept and _is_supposed(case, f)
    counted = noun in case.lexicon.limited
    if here and counted:
        values = _limits_of(case, f, here, name)
        if values:
            right = free or value in values or -1 in values
            return "" if right else f"{name!r} has {', '.join(str(v) for v in sorted(values))}"
        if value in {v for _, v in here}:
            return ""
        if not free and (_LIMIT.search(case.sentence_text(f.sentence)) or name or _held(case, f)):
            return "no section gives this number"
    told = f.value in case.knowledge.numbers and not kept
    if told or any(f.value == g.value for g in case.figures if g.kind == "count" and g.start < f.start):
        return ""
    return "no section gives this number" if _is_claimed(case, f, free, counted) else ""


def _is_supposed(case: Case, f: Figure) -> bool:
    """Whether the count is the customer's, an example or one more: «если у вас 5 касс», «сверх тарифа»."""
    before = case.text.folded[max(0, f.start - 24) : f.start]
    named = _NAMED.search(case.clause_text(f.clause)) or _NAMED_BEFORE.search(before)
    return named is not None or "@extra" in case.clause_keys(f.clause)


def _limits_of(case: Case, f: Figure, here: set[tuple[str, int]], name: str) -> set[int]:
    """The limits of what a count is said of; of any that its sentence names where its clause names nothing."""
    values = {v for n, v in here if n == name} if name else set()
    if values and not any(t.quote for t in case.text.tokens if t.clause == f.clause):
        spoken = _names(case, f.sentence)  # «… но в нём одна касса»
        values |= {v for n, v in here if n in spoken} if len(spoken) > 1 else set()
    return values


def _is_claimed(case: Case, f: Figure, free: bool, counted: bool) -> bool:
    """Whether a count that nobody gave is said of us: it is large, a limit, or a proof."""
    value, clause = int(f.value), case.clause_text(f.clause)
    if value >= 20 and not (free and value < 1000):
        return True
    if free or value <= 1:
        return False
    limit = counted and (_LIMIT.search(clause) is not None or _held(case, f))
    return limit or _PROOF.search(clause) is not None


def _near(case: Case, place: int) -> bool:
    """Whether a noun of no limit stands right before: in «10 сотрудников и каталог без ограничений» the catalogue."""
    before = case.text.tokens[place - 1] if place else None
    if before is None or before.kind != "w" or not before.key or before.key in case.lexicon.limited:
        return False
    return place > 1 and case.text.tokens[place - 2].text in _JOINS


def _endless(case: Case, known: dict[str, set[tuple[str, int]]]) -> list[Problem]:
    problems: list[Problem] = []
    for m in Few(problems)(_ENDLESS, case.text.folded):
        if case.is_own(*m.span()) or _NOT_BEFORE.search(case.text.folded[max(0, m.start() - 3) : m.start()]):
            continue
        place = case.text.token_at(m.start())
        token = case.text.tokens[place]
        quotes = [t for t in case.text.tokens[:place] if t.quote and t.kind == "w" and t.sentence >= token.sentence - 1]
        if not quotes:
            continue
        name = " ".join(t.key or t.text for t in quotes if t.quote == quotes[-1].quote)
        behind = [t.key for t in case.text.tokens[place + 1 : place + 4] if t.clause == token.clause and t.key in known]
        near = _near(case, place)
        nouns = behind or ([] if near else _last_named(case, place, known))
        for noun in nouns:
            limits = {v for n, v in known[noun] if n == name}
            if limits and -1 not in limits:
                problems.append(Problem("count", f"{name!r} is limited to {max(limits)}", m.start(), m.end()))
                break
    return problems


def _last_named(case: Case, place: int, known: dict[str, set[tuple[str, int]]]) -> list[str]:
    """What «без ограничений» is said of: «10 сотрудников и товары без ограничений» speaks of goods."""
    clause = case.text.tokens[place].clause
    before = [t for t in case.text.tokens[:place] if t.clause == clause and t.kind != "s"]
    nouns = [t.key for t in before if t.key in known]
    last = next((t for t in reversed(before) if t.kind == "w"), None)
    return nouns[-1:] if last is not None and last.key in case.lexicon.limited else nouns
