"""Check `free`: what is called free, a gift, included or discounted is so in the sections."""

import re
from decimal import Decimal
from functools import lru_cache

from app.guardrail.allowed.given import FREE, INCLUDED, MEASURED
from app.guardrail.allowed.model import Free as Statement
from app.guardrail.allowed.model import Product
from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import Few
from app.guardrail.checks.conditions import CONDITION, tied
from app.guardrail.checks.dictated import denied_beside
from app.guardrail.checks.money.decided import decided_free
from app.guardrail.checks.money.elided import is_least
from app.guardrail.checks.promises.included import included_wrongly
from app.guardrail.text.kin import any_akin
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import Found

_LISTS = Lists("app.guardrail.checks.promises", "free.yaml")
_SUCH = _LISTS.words("such")
_NOT_BEFORE = _LISTS.pattern("not_before")
_PAYING = _LISTS.pattern("paying")
_UNPAID = _LISTS.word("unpaid")
_PAID_KK = _LISTS.word("paid_kk")
_FOR_BEFORE = _LISTS.pattern("for_before")
_DISCOUNT_STEM = _LISTS.word("discount_stem")

_DENIED = _LISTS.pattern("denied")
_PAID_ONLY = _LISTS.pattern("paid_only")
_DISCOUNT = _LISTS.pattern("discount")
_NO_DISCOUNT = _LISTS.pattern("no_discount")
_OFFERED = _LISTS.pattern("offered")


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
    if case.is_own(*m.span()) or _is_denied(case, m):
        return None
    if not included and decided_free(case, case.clause_at(m.start())):
        return None
    reason = included_wrongly(case, m) if included else _unfounded(case, _Claim(case, m))
    return _problem(case, m, reason) if reason else None


def _is_denied(case: Case, m: re.Match[str]) -> bool:
    """Whether it is said not to be so."""
    sentence, clause = case.sentence_at(m.start()), case.clause_at(m.start())
    if denied_beside(case, Found(m.start(), m.end(), sentence, clause)):
        return True
    if _denies(case.clause_text(clause)) and not _PAID_ONLY.match(m.group()):
        return True
    return _NOT_BEFORE.search(case.text.folded[max(0, m.start() - 14) : m.start()]) is not None


@lru_cache(maxsize=64)
def _denies(clause: str) -> bool:
    return _DENIED.search(clause) is not None


class _Claim:
    """What is called free at a match, and what is said beside it."""

    def __init__(self, case: Case, m: re.Match[str]) -> None:
        self.m = m
        self.sentence, self.clause = case.sentence_at(m.start()), case.clause_at(m.start())
        self.beside = case.clause_keys(self.clause)
        self.keys = _subject(case, self.sentence, self.clause, m)
        self.priced = _priced(case, self.sentence, self.clause, m)
        figures = case.figures_in.get(self.sentence, ())
        self.lasting = {(f.value, f.unit) for f in figures if f.kind in MEASURED}
        inside = case.text.inside(self.sentence)
        self.quoted = {t.key for t in inside if t.quote and t.clause == self.clause and t.key}


def _unfounded(case: Case, said: _Claim) -> str:
    """Why no section bears a claim out, empty where one does."""
    if _from_a_sum(case, said):
        return ""
    telling = said.keys - case.lexicon.generic - {"@free"}
    fitting = [
        s
        for s in case.knowledge.free
        if (s.keys & telling or any_akin(s.keys, telling) or said.lasting & s.lasting)
        and (not s.included or _bought(said.m) or said.quoted & s.quoted)
        and not said.beside & s.paid
    ]
    if fitting and said.priced:
        fitting = _of_priced(case, said, fitting)
        if not fitting:
            return f"{case.knowledge.products[min(said.priced)].name!r} has a price"
    fitting = _on_topic(case, said, fitting) if fitting else []
    if not fitting:
        known = case.context.known
        told = known is not None and known.stock is not None and known.stock.of(case.context.language) is None
        if told and any(not s.included for s in case.knowledge.free):
            return ""  # no section has the draft's words: those in use call something free
        return "no section says that this is free"
    if all(s.least for s in fitting) and not _condition_said(case, said.sentence, fitting):
        return f"it is free only from {min(min(s.least) for s in fitting):f}: the draft leaves that out"
    return ""


def _from_a_sum(case: Case, said: _Claim) -> bool:
    """«от 150 000 ₸ везём бесплатно»: the sum itself, said as one from which something holds, tells what is free."""
    if any(m.clause == said.clause and not m.head and m.products & _paid(case) for m in case.mentions):
        return False
    least = {value for s in case.knowledge.free for value in s.least}
    return any(f.value in least and f.sentence == said.sentence and is_least(case, f) for f in case.money)


def _paid(case: Case) -> frozenset[int]:
    products = enumerate(case.knowledge.products)
    return frozenset(n for n, p in products if all(price.amount and not price.least for price in p.prices))


def _of_priced(case: Case, said: _Claim, fitting: list[Statement]) -> list[Statement]:
    """The statements that speak of the products with a price that the claim names, or of something else than those."""
    products = [case.knowledge.products[n] for n in said.priced]
    # What is worth the sum from which something is free is the order, not what is free.
    ordered = [(s, [p for p in products if not (s.least and _worth(p, min(s.least)))]) for s in fitting]
    modules = frozenset().union(*(p.core for p in products if p.quoted))
    topics = said.beside & case.lexicon.topics - frozenset().union(*(p.core for p in products))
    return [
        s
        for s, paid in ordered
        if (not modules or not s.included or modules <= s.quoted)
        and (all(p.core & s.keys for p in paid) or s.keys & topics or said.lasting & s.lasting or said.quoted & s.keys)
    ]


def _worth(product: Product, least: Decimal) -> bool:
    """Whether one of it alone costs so much."""
    prices = [p.amount for p in product.prices if p.amount and not p.least]
    return bool(prices) and min(prices) >= least


def _on_topic(case: Case, said: _Claim, fitting: list[Statement]) -> list[Statement]:
    """The statements about the topics of the claim; none where its clause has one that they all lack."""
    own = said.beside & case.lexicon.topics
    lasting = any(said.lasting & s.lasting for s in fitting)
    topics = own or (frozenset() if lasting else said.keys & case.lexicon.topics)
    if not topics:
        return fitting
    telling = said.keys - case.lexicon.generic - case.lexicon.topics - {"@free"}
    about = [s for s in fitting if s.keys & topics or s.keys & telling]
    return [] if own - frozenset().union(*(s.wide for s in about)) else about


def _bought(m: re.Match[str]) -> bool:
    """«без доплаты» says the same as «входит»."""
    return (
        (_PAYING.search(m.group()) is not None and _UNPAID not in m.group())
        or "charge" in m.group()
        or _PAID_KK in m.group()
    )


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
        if sentence and _refers(case, sentence):
            own |= case.sentence_keys[sentence - 1]
        if not keys & case.lexicon.topics and not any(m2.clause == clause for m2 in case.mentions if m2.products):
            own |= case.sentence_keys[sentence]
        return own
    keys = case.sentence_keys[sentence] - (said - case.lexicon.topics)
    if keys - case.lexicon.generic:
        return keys
    if sentence:
        return case.sentence_keys[sentence - 1]
    return case.newest_keys


def _refers(case: Case, sentence: int) -> bool:
    """«Такая возможность есть …»: it is said of what the sentence before tells of."""
    tokens = case.text.inside(sentence)
    return bool(tokens) and tokens[0].text in _SUCH


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
    told = case.heard(case.told[-1])[2] if case.told else frozenset[Decimal]()
    return any(f.value >= least for f in near) or any(value >= least for value in told)


def _discounts(case: Case) -> list[Problem]:
    """A discount or promotion of ours that no section and no policy knows."""
    problems: list[Problem] = []
    for m in Few(problems)(_DISCOUNT, case.text.folded):
        if case.is_own(*m.span()):
            continue
        piece = case.sentence_text(case.sentence_at(m.start()))
        if _FOR_BEFORE.search(case.text.folded, max(0, m.start() - 4), m.start()) or _listed(case, m.group()):
            continue  # what the customer does for theirs
        if not _offers(piece):
            continue
        if case.knowledge.discounted or case.context.discounts:
            tie = CONDITION.search(piece)
            if tie is None or any(tied(tie.group(), k.page) for k in case.knowledge.known if k.kind == "percent"):
                continue
            if any(tie.group()[:6] in page and _DISCOUNT_STEM in page for page in case.knowledge.folded):
                continue
        problems.append(_problem(case, m, "no section knows a discount"))
        break
    return problems


@lru_cache(maxsize=16)
def _offers(piece: str) -> bool:
    """Whether a sentence says that there is one; asked for each time that it names one."""
    return not _NO_DISCOUNT.search(piece) and _OFFERED.search(piece) is not None


def _listed(case: Case, word: str) -> bool:
    """Whether a section that knows no discount has the word: a thing that the customer gets to use."""
    stem = word[:_STEM]
    return not word.startswith(_DISCOUNT_STEM) and any(f" {stem}" in page for page in case.knowledge.folded)


_STEM = 5


def _problem(case: Case, m: re.Match[str], reason: str) -> Problem:
    return Problem("free", f"{case.text.raw[m.start() : m.end()]!r}: {reason}", m.start(), m.end())
