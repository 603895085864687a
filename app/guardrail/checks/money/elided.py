"""Amounts whose subject is not the thing that is named beside: it is told by another of its words, or left out.

«Комплектом — 189 000 ₸», «за работу 3 000 ₸ с колеса», "not in the small plan: there it is an extra 9,900 a month", «от
150 000 ₸ везём бесплатно». Each is right only as the very price of the thing that is meant.
"""

from app.guardrail.allowed.model import Price
from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import same_unit
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "derived.yaml")
_PRONOUNS = _LISTS.words("pronouns")
_THRESHOLD = _LISTS.row("threshold")
_UPWARDS = _LISTS.words("upwards")
_TURNING = _LISTS.words("turning")
_TURN = 2
"""Words before an amount among which one turns to the neighbour of the thing before."""
_LEAD = 4
_NEAR = 8
"""Words before an amount among which is what it is of."""
_TOLD = frozenset(":(=")


def meant(case: Case, f: Figure, bound: frozenset[int], same: list[tuple[int, Price]]) -> bool:
    """Whether an amount that is the price of one of `same` is said of that one, not of what is `bound` to it."""
    fitting = [(n, p) for n, p in same if not p.least and (f.period is None or f.period == p.period)]
    named = any(m.sentence == f.sentence and not m.head and m.last < f.first for m in case.mentions)
    return any(
        _worded(case, f, n, bound)
        or (not named and (_recalled(case, f, n, bound) or _only_so(case, f, p, bound)))
        or (_asked_of(case, f, n, bound) and _alike(f, p))
        or _neighbouring(case, f, n, bound)
        or (not named and _written_so(case, f, n, bound))
        for n, p in fitting
    )


def _worded(case: Case, f: Figure, n: int, bound: frozenset[int]) -> bool:
    """A word of its name alone stands in the clause, and what is named beside is in another one."""
    products = case.knowledge.products
    if any(m.clause == f.clause and not m.head for m in case.mentions):
        return False
    others = frozenset().union(*(product.keys for i, product in enumerate(products) if i != n))
    return bool((products[n].keys - others) & case.clause_keys(f.clause))


def _written_so(case: Case, f: Figure, n: int, bound: frozenset[int]) -> bool:
    """Words stand right before it that a section has beside that price, and beside none of what is bound to it: so is
    called what has its name in another language («ал каска — 500 ₸»)."""
    products = case.knowledge.products
    low = max((g.last for g in case.money if g.sentence == f.sentence and g.last < f.first), default=-1)
    lead = case.text.tokens[max(low + 1, f.first - _NEAR) : f.first]
    said = {t.key for t in lead if t.key and t.sentence == f.sentence} - case.lexicon.generic - case.lexicon.topics
    others = frozenset().union(*(x.keys | x.weak for i, x in enumerate(products) if i != n))
    return bool(said & (products[n].keys | products[n].weak) - others)


def _recalled(case: Case, f: Figure, n: int, bound: frozenset[int]) -> bool:
    """The customer asked about it, and its sentence has words of its section that the one named before lacks."""
    products = case.knowledge.products
    said = case.sentence_keys[f.sentence] - case.lexicon.generic
    own = products[n].keys | products[n].weak
    others = frozenset().union(*(products[i].keys | products[i].weak for i in bound))
    return n in case.asked and bool((own - others) & said) and not (others - own) & said


def _only_so(case: Case, f: Figure, price: Price, bound: frozenset[int]) -> bool:
    """How often it is paid is said at it, and only this price is paid so."""
    others = (p.period for n in bound for p in case.knowledge.products[n].prices)
    return f.period is not None and not f.weak_period and f.period == price.period and f.period not in others


def _asked_of(case: Case, f: Figure, n: int, bound: frozenset[int]) -> bool:
    """A pronoun stands for what the customer asked about; what is named is only where it holds («на «Росте» он …»)."""
    if n not in case.asked or n in bound:
        return False
    beside = [m for m in case.mentions if m.sentence == f.sentence and not m.head]
    pronoun = any(t.text in _PRONOUNS and t.end <= f.start for t in case.sentence_tokens[f.sentence])
    return pronoun and all(m.adjunct for m in beside)


def _neighbouring(case: Case, f: Figure, n: int, bound: frozenset[int]) -> bool:
    """«Пробное занятие 2 500 ₸, дальше по 6 000», «3 000 вместо 4 500»: turned to what is called almost as the thing
    before."""
    lead = case.text.tokens[max(0, f.first - _TURN) : f.first]
    if not any(t.text in _TURNING and t.sentence == f.sentence for t in lead):
        return False
    products = case.knowledge.products
    return any(products[n].core & products[i].core for i in bound)


def _alike(f: Figure, p: Price) -> bool:
    """Whether it is paid for the same, as often."""
    return bool(f.unit and p.unit and same_unit(f.unit, p.unit)) and f.period == p.period


def by_unit(case: Case, f: Figure, bound: frozenset[int]) -> frozenset[int]:
    """«Работа за колесо»: where only what is counted is named, every product that is paid for by it may be meant."""
    products = case.knowledge.products
    units = {p.unit for product in products for p in product.prices if p.unit}
    here = [m for m in case.mentions if m.sentence == f.sentence and m.products == bound]
    here = [m for m in here if m.last < f.first] or here
    if not here or any(m.clause == f.clause and m.products != bound for m in case.mentions):
        return frozenset()
    for m in here:
        words = {t.key for t in case.text.tokens[m.first : m.last + 1] if t.kind == "w" and t.key}
        if not words or not words <= units:
            return frozenset()
        if any(products[n].core <= words for n in m.products):
            return frozenset()
        units &= words
    return frozenset(
        n for n, product in enumerate(products) if any(p.unit in units and not p.least for p in product.prices)
    )


def measured(case: Case, f: Figure) -> bool:
    """«Заказ на 35 500 ₸ не дотягивает до порога в 40 000 ₸»: the customer's own sum beside one of ours to reach."""
    if f.value not in case.numbers_heard or f.value in case.prices:
        return False
    if case.clause_keys(f.clause) & {"@price", "@pay"}:
        return False
    least = {p.amount for product in case.knowledge.products for p in product.prices if p.least}
    return any(g.value in least and g.sentence == f.sentence and g is not f for g in case.money)


def is_least(case: Case, f: Figure) -> bool:
    """Whether an amount is said as one to be reached: «от 150 000 ₸»."""
    tokens = case.text.tokens
    lead = tokens[f.first - 1].text if f.first else ""
    behind = [t.text for t in tokens[f.last + 1 : f.last + 3]]
    return lead in _UPWARDS or bool(_UPWARDS.intersection(behind)) or _to_reach(case, f)


def _to_reach(case: Case, f: Figure) -> bool:
    lead = case.text.tokens[max(0, f.first - _LEAD) : f.first]
    return any(t.text.startswith(_THRESHOLD) and t.sentence == f.sentence for t in lead)


def from_here(case: Case, f: Figure, same: list[tuple[int, Price]]) -> bool:
    """«от 150 000 ₸ везём бесплатно», «до порога рассрочки в 100 000 ₸»: a sum from which something holds."""
    if not any(p.least for _, p in same):
        return False
    if _to_reach(case, f):
        return True
    if not is_least(case, f):
        return False
    topics = frozenset().union(*(case.knowledge.products[n].keys for n, p in same if p.least))
    ours = {n for n, _ in same}
    # What is free from that sum on is called as that sum is: «бесплатная доставка от», «доставка по городу».
    ours |= {n for n, product in enumerate(case.knowledge.products) if product.keys & topics & case.lexicon.topics}
    named = any(m.clause == f.clause and not m.head and not m.products & ours for m in case.mentions)
    return not named and bool(topics & case.spoken_keys)


def unnamed_before(case: Case, f: Figure) -> bool:
    """Whether nothing is named before it in its sentence, so that it may be said of all that was asked about."""
    return not any(m.sentence == f.sentence and m.last < f.first and not m.head for m in case.mentions)


def told_behind(case: Case, f: Figure) -> bool:
    """Whether a colon or a bracket opens the parts behind a total: «11 700 ₸ в месяц: 7 900 …»."""
    following = next((g.first for g in case.money if g.first > f.last), f.last)
    between = [t.text for t in case.text.tokens[f.last + 1 : following]]
    return any(mark in between for mark in _TOLD)
