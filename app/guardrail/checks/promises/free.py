"""Check `free`: what is called free, a gift, included or discounted is so in the sections."""

import re

from app.guardrail.allowed.given import FREE, INCLUDED
from app.guardrail.allowed.model import Free as Statement
from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.dictated import denied_beside
from app.guardrail.checks.percents import CONDITION
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import Found

_LISTS = Lists("app.guardrail.checks.promises", "free.yaml")
_NOT_BEFORE = _LISTS.pattern("not_before")
_PAYING = _LISTS.pattern("paying")
_UNPAID = _LISTS.word("unpaid")
_PAID_KK = _LISTS.word("paid_kk")
_INCLUDES = _LISTS.row("includes")
_IS_INCLUDED = _LISTS.row("is_included")
_IN = _LISTS.words("in")
_INCLUDED_KK = _LISTS.word("included_kk")
_DISCOUNT_STEM = _LISTS.word("discount_stem")

_DENIED = _LISTS.pattern("denied")
_PAID_ONLY = _LISTS.pattern("paid_only")
_DISCOUNT = _LISTS.pattern("discount")
_NO_DISCOUNT = _LISTS.pattern("no_discount")
_OFFERED = _LISTS.pattern("offered")
_DATIVE = _LISTS.row("dative")
_SOFT = _LISTS.pattern("soft")


def free(case: Case) -> list[Problem]:
    """Claims that something costs nothing, is a gift, is included or is cheaper, without a section that says so."""
    problems: list[Problem] = []
    folded = case.text.folded
    few = Few(problems)
    for m in few(FREE, folded):
        problem = claim(case, m, included=False)
        if problem:
            problems.append(problem)
    for m in few(INCLUDED, folded):
        problem = claim(case, m, included=True)
        if problem:
            problems.append(problem)
    problems += _discounts(case)
    return problems


def claim(case: Case, m: re.Match[str], included: bool) -> Problem | None:
    """What is wrong with calling something free (or `included`) at the match, if anything is."""
    if case.is_own(*m.span()):
        return None
    sentence = case.sentence_at(m.start())
    clause = case.clause_at(m.start())
    if denied_beside(case, Found(m.start(), m.end(), sentence, clause)):
        return None
    around = case.clause_text(clause)
    if _DENIED.search(around) and not _PAID_ONLY.match(m.group()):
        return None
    if _NOT_BEFORE.search(case.text.folded[max(0, m.start() - 14) : m.start()]):
        return None
    clause_keys = case.clause_keys(clause)
    keys = _subject(case, sentence, clause, m)
    statements = case.knowledge.free
    priced = _priced(case, sentence, clause, m)
    if included:
        return _included(case, m, priced, statements, sentence)
    lasting = {(f.value, f.unit) for f in case.figures if f.kind == "duration" and f.sentence == sentence}
    quoted = {t.key for t in case.text.inside(sentence) if t.quote and t.clause == clause and t.key}
    fitting = [
        s
        for s in statements
        if ((s.keys & keys) - case.lexicon.generic - {"@free"} or lasting & s.lasting)
        and (not s.included or _bought(m) or quoted & s.quoted)
    ]
    if not fitting:
        return _problem(case, m, "no section says that this is free")
    if priced:
        modules = frozenset().union(
            *(case.knowledge.products[n].core for n in priced if case.knowledge.products[n].quoted)
        )
        fitting = [s for s in fitting if not modules or not s.included or modules <= s.quoted]
        strong = [
            s
            for s in fitting
            if all(case.knowledge.products[n].core & s.keys for n in priced)
            or s.keys & clause_keys & case.lexicon.topics - _cores(case, priced)
            or lasting & s.lasting
            or quoted & s.keys
        ]
        if not strong:
            return _problem(case, m, f"{case.knowledge.products[min(priced)].name!r} has a price")
        fitting = strong
    topics = clause_keys & case.lexicon.topics or (
        frozenset() if any(lasting & s.lasting for s in fitting) else keys & case.lexicon.topics
    )
    if topics:
        fitting = [
            s
            for s in fitting
            if s.keys & topics or s.keys & keys - case.lexicon.generic - case.lexicon.topics - {"@free"}
        ]
        missed = (
            clause_keys & case.lexicon.topics - frozenset().union(*(s.wide for s in fitting))
            if fitting
            else frozenset()
        )
        if not fitting or missed:
            return _problem(case, m, "no section says that this is free")
    if all(s.least for s in fitting) and not _condition_said(case, sentence, fitting):
        return _problem(
            case, m, f"it is free only from {min(min(s.least) for s in fitting):f}: the draft leaves that out"
        )
    return None


def _bought(m: re.Match[str]) -> bool:
    """«без доплаты» says the same as «входит»."""
    return (
        (_PAYING.search(m.group()) is not None and _UNPAID not in m.group())
        or "charge" in m.group()
        or _PAID_KK in m.group()
    )


def _cores(case: Case, priced: frozenset[int]) -> frozenset[str]:
    return frozenset().union(*(case.knowledge.products[n].core for n in priced))


def _subject(case: Case, sentence: int, clause: int, m: re.Match[str]) -> frozenset[str]:
    """Words that the claim is about: of its clause, else of its sentence, else of what was said before."""
    at = case.text.token_at(m.start())
    said = {
        t.key
        for t in case.text.tokens[at : case.text.token_at(m.end()) + 1]
        if t.key and t.start >= m.start() and t.end <= m.end()
    }
    keys = case.clause_keys(clause) - (said - case.lexicon.topics)
    if case.context.language == "kk" and "@extra" in keys:
        keys |= {"@app"}  # «қосымша» is both
    if keys - case.lexicon.generic:
        own = keys
        if not keys & case.lexicon.topics and not any(m2.clause == clause for m2 in case.mentions if m2.products):
            own |= case.sentence_keys[sentence]
        return own
    keys = case.sentence_keys[sentence] - (said - case.lexicon.topics)
    if keys - case.lexicon.generic:
        return keys
    if sentence:
        return case.sentence_keys[sentence - 1]
    return case.newest_keys


def _priced(case: Case, sentence: int, clause: int, m: re.Match[str]) -> frozenset[int]:
    """Products with a price that the claim's clause (or, if it names none, the words before it) names."""
    products = case.knowledge.products

    def paid(ns: frozenset[int]) -> frozenset[int]:
        found = frozenset(n for n in ns if all(p.amount and not p.least for p in products[n].prices))
        return found if found == ns else frozenset()

    here = [x for x in case.mentions if x.sentence == sentence and not x.head and not x.unknown]
    inside = [x for x in here if x.clause == clause]
    main = [x for x in inside if not x.adjunct] or inside
    if main:
        return frozenset().union(*(paid(x.products) for x in main))
    if case.clause_keys(clause) & case.lexicon.topics:
        return frozenset()
    return frozenset().union(*(paid(x.products) for x in here if x.last < case.text.token_at(m.start())))


def _condition_said(case: Case, sentence: int, fitting: list[Statement]) -> bool:
    least = min(min(s.least) for s in fitting)
    near = [f for f in case.money if abs(f.sentence - sentence) <= 1]
    return any(f.value >= least for f in near)


def _included(
    case: Case, m: re.Match[str], priced: frozenset[int], statements: tuple[Statement, ...], sentence: int
) -> Problem | None:
    """«Перенос данных входит в стоимость»: a priced product is included only where a section says so, in the same plan."""
    products = case.knowledge.products
    word = m.group().split()[-1]
    here = [x for x in case.mentions if x.sentence == sentence and not x.head]
    place = case.text.token_at(m.start())
    after = [x for x in here if x.first > place]
    before = [x for x in here if x.last < place]
    if word.startswith(_INCLUDES):
        whole, parts = before, after
    elif word.startswith(_IS_INCLUDED):
        # «в тариф «Рост» входит API» and «API входит в тариф «Рост»».
        tokens = case.text.tokens
        lead = [t.text for t in case.text.inside(sentence) if t.end <= m.start() and t.clause == tokens[place].clause]
        if any(t in _IN for t in lead):
            whole, parts = before, after
        elif any(t.text in _IN for t in tokens[place + 1 : place + 4]):
            whole, parts = after, before
        elif word.startswith(_INCLUDED_KK):  # Kazakh: what it is included in stands in the dative («тарифіне»)
            whole = [x for x in here if tokens[min(x.last, len(tokens) - 1)].text.endswith(_DATIVE)]
            parts = [x for x in before if x not in whole]
            if not whole:
                return None
        else:
            return None
    else:
        whole = [x for x in here if x.adjunct]
        clause = case.text.tokens[place].clause
        if case.clause_keys(clause) & case.lexicon.limited and not any(x.clause == clause for x in here):
            return None  # «…, with 3 registers included»: the registers are, not what was named before
        parts = [x for x in before if x not in whole]
    named = [
        n
        for x in parts
        if len(x.products) == 1
        for n in x.products
        if all(p.amount and not p.least for p in products[n].prices)
    ]
    if not named:
        return None
    if len(parts) == 1 and len(parts[0].products) > 1:
        named = list(parts[0].products)
        if not all(p.amount for n in named for p in products[n].prices):
            return None
    wholes = frozenset().union(*(x.products for x in whole))
    names = frozenset().union(*(products[n].core for n in wholes))
    for n in named:
        core = products[n].core
        if not core & case.sentence_keys[sentence]:  # only its kind was named: «a printer»
            continue
        if products[n].keys & {"@extra"}:
            continue
        supported = [s for s in statements if core & s.keys]
        if names:
            supported = [s for s in supported if names & s.keys] or [
                s for s in supported if names & s.wide and not _other_whole(case, s, names)
            ]
        if not supported:
            return _problem(case, m, f"{products[n].name!r} has a price and no section includes it here")
    return None


def _other_whole(case: Case, s: Statement, names: frozenset[str]) -> bool:
    """Whether the statement includes it in another named product."""
    others = frozenset().union(*(p.core for p in case.knowledge.products if p.quoted)) - names
    return bool(others & s.keys)


def _discounts(case: Case) -> list[Problem]:
    """A discount or promotion of ours that no section and no policy knows."""
    problems: list[Problem] = []
    for m in Few(problems)(_DISCOUNT, case.text.folded):
        if case.is_own(*m.span()):
            continue
        piece = case.sentence_text(case.sentence_at(m.start()))
        if _NO_DISCOUNT.search(piece) or not _OFFERED.search(piece):
            continue
        if case.knowledge.discounted or case.context.discounts:
            tie = CONDITION.search(piece)
            if tie is None or any(tie.group()[:6] in k.page for k in case.knowledge.known if k.kind == "percent"):
                continue
            if any(tie.group()[:6] in page and _DISCOUNT_STEM in page for page in case.knowledge.folded):
                continue
        problems.append(_problem(case, m, "no section knows a discount"))
        break
    return problems


def _problem(case: Case, m: re.Match[str], reason: str) -> Problem:
    return Problem("free", f"{case.text.raw[m.start() : m.end()]!r}: {reason}", m.start(), m.end())
