"""Checks `amount` and `currency`: every amount of money is the price of what it is said of, or a sum of such prices."""

from app.guardrail.allowed.knowledge import priced_by_name
from app.guardrail.allowed.model import Price, Product
from app.guardrail.case import Case, Problem
from app.guardrail.checks.bounds import ENOUGH
from app.guardrail.checks.dictated import theirs
from app.guardrail.checks.money.decided import decided
from app.guardrail.checks.money.derived import Derived
from app.guardrail.checks.money.elided import from_here, meant, measured
from app.guardrail.checks.money.hedges import is_exact
from app.guardrail.checks.money.paid import called_so
from app.guardrail.checks.money.people import by_head, people
from app.guardrail.checks.money.reached import begins, reaches, said_before
from app.guardrail.checks.money.said import packed
from app.guardrail.checks.money.spread import reckoned, several_of, spanned, together
from app.guardrail.checks.money.sums import Sums
from app.guardrail.checks.money.totals import not_the_sum
from app.guardrail.checks.money.worked import Worked, difference
from app.guardrail.figures.figure import Figure
from app.guardrail.figures.measures import same_unit
from app.guardrail.subject.binding import Binding
from app.guardrail.text.lexicon import QUALIFIERS
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks.money", "amounts.yaml")
_FROM, _LEAST_BEHIND = _LISTS.row("from"), _LISTS.words("least_behind")

_PERIOD_WORDS = {"month": "a month", "year": "a year", "once": "once", "hour": "an hour", "day": "a day",
                 "week": "a week", "quarter": "a quarter", "half": "half a year"}  # fmt: skip
_RENTED, _BEYOND = frozenset({"hour", "day", "week"}), _LISTS.pattern("beyond")
_Priced = tuple[int, Price]  # a product and one of its prices


def amounts(case: Case) -> list[Problem]:
    """Amounts that no fact or text of the sections allows, in the draft's order."""
    if not case.money:
        return []
    sums, derived = Sums(case), Derived(case)
    problems = list(sums.equations())
    wrong = {p.start for p in problems}
    left: list[tuple[Figure, Binding, Problem]] = []
    for f, binding in zip(case.money, case.bindings, strict=True):
        if len(problems) + len(left) >= ENOUGH:
            break
        if case.is_own(f.start, f.end) or f.start in wrong:
            continue
        problem = _judge(case, f, binding, sums)
        if problem is None:
            sums.believe(f, binding.products)
            derived.believe(f)
        else:
            left.append((f, binding, problem))
    worked = Worked(case)
    for _ in range(_ROUNDS if 0 < len(left) <= _FEW else 0):
        still = []
        for f, binding, problem in left:
            following = _judge(case, f, binding, sums, derived) is None
            if following or _follows(case, f, binding, (sums, worked), derived.right):
                derived.believe(f)
            else:
                still.append((f, binding, problem))
        if len(still) == len(left):
            break
        left = still
    return sorted((*problems, *(problem for _, _, problem in left)), key=lambda p: p.start)


_ROUNDS = 2
"""How often what is left is looked at again: with what was found right meanwhile."""
_FEW = 6
"""Amounts at most that are: with more of them a draft is wrong whatever follows from what."""


def _follows(case: Case, f: Figure, binding: Binding, by: tuple[Sums, Worked], right: list[Figure]) -> bool:
    """Whether an amount is arithmetic over what was given, or another's price a part of a sum."""
    sums, worked = by
    same = [(n, p) for n, product in enumerate(case.knowledge.products) for p in product.prices if p.amount == f.value]
    if same or not_the_sum(case, f, sums):
        single = worked.packages.is_single(f, same, _bound(case, f, binding) or frozenset())
        return single or (bool(same) and worked.is_part(f, same, right))
    told = not binding.unknown or worked.is_told_of(binding.unknown)
    return told and not _currency(case, f, []) and worked.allows(f, _bound(case, f, binding), right)


def _judge(case: Case, f: Figure, binding: Binding, sums: Sums, derived: Derived | None = None) -> Problem | None:
    """What is wrong with an amount; `derived`, once it is known which others are right, gives a second opinion."""
    if theirs(case, f) or measured(case, f):
        return None
    products = case.knowledge.products
    same = [(n, p) for n, product in enumerate(products) for p in product.prices if p.amount == f.value]
    if not same and decided(case, f, binding):  # a price as it stands is judged with what it is paid for
        return None
    currency = _currency(case, f, same)
    if currency:
        return Problem("currency", f"{case.said(f)!r}: {currency}", f.start, f.end)
    bound = _bound(case, f, binding)
    reason = f"{binding.unknown!r} has no such price in the knowledge base sections used"
    if not binding.unknown or bound:
        reason = _reason(case, f, binding, (bound, same), (sums, derived))
    wrong = bool(reason) and not said_before(case, f)
    return Problem("amount", f"{case.said(f)!r}: {reason}", f.start, f.end) if wrong else None


def _reason(
    case: Case,
    f: Figure,
    binding: Binding,
    prices: tuple[frozenset[int] | None, list[_Priced]],
    reckoned_by: tuple[Sums, Derived | None],
) -> str:
    """Why an amount is right in no way, empty if it is in one. `prices`: what it is said of, and who has that price."""
    products = case.knowledge.products
    (bound, same), (sums, derived) = prices, reckoned_by
    matched = [(n, p) for n, p in same if bound is None or n in bound]
    some = binding.every and bound is not None and {n for n, _ in matched} != bound
    if some:
        matched = []
    fitting = [(n, p) for n, p in matched if _fits(case, f, p, products[n])]
    if not same and not_the_sum(case, f, sums):
        return "it is not what the amounts before it come to"
    if fitting:
        if all(p.begins for _, p in fitting) and is_exact(case, f):
            return "it is what that costs at least, not what it costs"
        return _for_one(case, f, [p for _, p in fitting])
    elsewhere = bound is not None and not matched and not some and meant(case, f, bound, same)
    if elsewhere or from_here(case, f, same) or reaches(case, f, bound, same) or begins(case, f, same):
        return ""
    unfit = _unfit(case, f, matched[0][1], products[matched[0][0]]) if matched else ""
    if derived is None:
        right = (not unfit and sums.allows(f, bound, binding)) or _otherwise(case, f, same)
    else:
        right = derived.compared(f, bound) if some else derived.allows(f, bound)
    if right:
        return ""
    return _mismatch(case, f, matched, same, unfit=unfit, some=some)


def _mismatch(case: Case, f: Figure, matched: list[_Priced], same: list[_Priced], *, unfit: str, some: bool) -> str:
    """What is wrong with an amount that is right in no way; empty for a count of the sections without its noun.

    `matched` and `same` are the prices of that amount, of what is named and of anything; `some`: of the products named
    together only some have it.
    """
    products = case.knowledge.products
    if matched:
        return unfit or f"it is the price of {products[matched[0][0]].name!r}"
    priced = case.clause_keys(f.clause) & {"@price", "@pay"}
    if not same and f.kind == "bare" and f.value in case.numbers_given and not priced:
        return ""
    if some:
        return f"not every product named here costs {case.said(f)!r}"
    if same:
        return f"it is the price of {products[same[0][0]].name!r}, not of what is named here"
    return "no such price in the knowledge base sections used"


def _currency(case: Case, f: Figure, same: list[_Priced]) -> str:
    """What is wrong with the currency of an amount, if anything is."""
    if f.currency is None:
        return ""
    if same and all(p.currency not in (None, f.currency) for _, p in same):
        return f"the price is in {same[0][1].currency}, not in {f.currency}"
    known = {p.currency for product in case.knowledge.products for p in product.prices if p.currency}
    return f"the prices are in {', '.join(sorted(known))}" if known and f.currency not in known else ""


def _fits(case: Case, f: Figure, price: Price, product: Product) -> bool:
    """Whether an amount may be that price."""
    return (
        not _unfit(case, f, price, product)
        and (not price.least or _is_least(case, f))
        and _qualified(case, f, price, product)
    )


def _for_one(case: Case, f: Figure, prices: list[Price]) -> str:
    """Why a price that is that of one cannot be said of as many as are spoken of, empty if it can."""
    counted = any(p.unit and f.unit and same_unit(f.unit, p.unit) for p in prices)
    if f.times > 1 and not f.each and not reckoned(case, f) and counted:
        return f"this is the price of one, but {f.times} are spoken of"
    several = several_of(case, f, {p.unit for p in prices}) or people(case, f, prices)
    if several:
        return f"this is the price of one, but {several} are spoken of"
    if together(case, f):
        return "this is the price of one, but several products are taken together"
    months = spanned(case, f, {p.period for p in prices})
    return f"this is the price of one period, but {months} months are spoken of" if months else ""


def _otherwise(case: Case, f: Figure, same: list[_Priced]) -> bool:
    """Whether an amount that is not the price of what is named is right all the same."""
    if difference(case, f) or _beyond(case, f, same):
        return True
    exactly = any(p.unit and f.unit and same_unit(f.unit, p.unit) and f.period == p.period for _, p in same)
    named = any(m.sentence == f.sentence and not m.head for m in case.mentions)
    # «за двоих сверх тарифа — по 900 ₸ в месяц за человека»: unit and period name the product
    return exactly and not named and _BEYOND.search(case.sentence_text(f.sentence)) is not None


def _beyond(case: Case, f: Figure, same: list[_Priced]) -> bool:
    """«На «Росте» 3 кассы, остальные 12 — по 2 900 ₸ в месяц»: the price of one more, said of the rest."""
    if not _REST.search(case.sentence_text(f.sentence)):
        return False
    products, said = case.knowledge.products, case.sentence_keys[f.sentence]
    return any(
        "@extra" in products[n].keys and products[n].keys & said & case.lexicon.counted and f.period in (None, p.period)
        for n, p in same
    )


_REST = _LISTS.pattern("rest")


def _bound(case: Case, f: Figure, binding: Binding) -> frozenset[int] | None:
    """The products an amount may belong to; None: nothing was named, any will do."""
    if named := priced_by_name(case.knowledge, f):
        return named & case.asked or named
    if not binding.products:
        return frozenset() if binding.unknown else None
    products = case.knowledge.products
    sums = frozenset(n for n in binding.products if all(p.least for p in products[n].prices))
    bound = binding.products
    if sums:
        least = _is_least(case, f)
        if not least:
            bound -= sums
        elif "@order" in case.clause_keys(f.clause):
            bound = sums
        if not bound:
            return None
    if binding.fallback and f.period and not any(p.period == f.period for n in bound for p in products[n].prices):
        # «D-POS Duo … в аренду»: the rent of another terminal is not this one's.
        said = case.sentence_keys[f.sentence]
        bound |= frozenset(n for n in binding.fallback if products[n].core - QUALIFIERS <= said)
    if len(bound) > 1 and not binding.every:
        bound = _refine(case, f, bound)
    return bound


def _refine(case: Case, f: Figure, bound: frozenset[int]) -> frozenset[int]:
    """Of several products that fit the name, those whose own words stand beside («беспроводной сканер»)."""
    products = case.knowledge.products
    same = [m for m in case.money if m.sentence == f.sentence]
    low = max((m.last for m in same if m.last < f.first), default=-1)
    high = min((m.first for m in same if m.first > f.last), default=len(case.text.tokens))
    beside = frozenset(
        t.key for t in case.text.tokens[low + 1 : high] if t.key and t.clause == f.clause and t.kind == "w"
    )
    before = {t.key for t in case.sentence_tokens[f.sentence] if t.end <= f.start}
    named = {n for n in bound if products[n].core <= before}
    if named and named != bound and all(products[n].core & products[m].core for n in named for m in bound):
        return frozenset(named)  # «пианино … залог»: the pledge for that, not the one for other things
    if any(frozenset(products[n].core) & beside for n in bound):
        return bound
    beside -= frozenset(p.unit for n in bound for p in products[n].prices if p.unit)  # what is counted tells no thing
    score = {}
    for n in bound:
        others = frozenset().union(*(products[m].weak for m in bound if m != n), *(products[m].keys for m in bound))
        score[n] = len((products[n].weak - others) & beside)
    best = max(score.values())
    return frozenset(n for n in bound if score[n] == best)


def _unfit(case: Case, f: Figure, price: Price, product: Product) -> str:
    """Why a price cannot be what is said, empty if it can."""
    if price.least:
        return ""
    if f.weak_period and reckoned(case, f):
        return ""
    if f.period and price.period and f.period != price.period and not called_so(f, price, product):
        hourly = f.period == "hour" and price.unit == "@hour"
        weak = f.weak_period and not any(p.period == f.period for p in product.prices)
        if not hourly and not weak:
            paid, said = (_PERIOD_WORDS.get(period, period) for period in (price.period, f.period))
            return f"{product.name!r}: the price is paid {paid}, not {said}"
    hours = f.unit == "@hour" and price.period == "hour"
    if packed(case, f) or by_head(case, f, price):
        return ""
    if f.unit and price.unit and not same_unit(f.unit, price.unit) and not hours:
        return f"{product.name!r}: the price is per {price.unit.lstrip('@')}, not per {f.unit.lstrip('@')}"
    return ""


def _is_least(case: Case, f: Figure) -> bool:
    """Whether an amount is said as the sum from which something holds."""
    before = [t.text for t in case.text.tokens[max(0, f.first - 3) : f.first] if t.sentence == f.sentence]
    behind = [t.text for t in case.text.tokens[f.last + 1 : f.last + 4]]
    return any(word in _FROM for word in before) or any(word in _LEAST_BEHIND for word in behind)


def _qualified(case: Case, f: Figure, price: Price, product: Product) -> bool:
    """The price of a rent is said only where rent is spoken of, or a time that only a rent is paid for."""
    needed = product.core & QUALIFIERS
    if not needed or needed <= case.spoken_keys:
        return True
    if price.period not in _RENTED:
        return False
    sold = (x for x in case.knowledge.products if not needed & x.core and product.core - QUALIFIERS <= x.keys)
    return (f.period == price.period and not f.weak_period) or next(sold, None) is None
