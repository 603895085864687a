"""A single price beside several shops or months: «4 магазина — 14 900 ₸», «14 900 ₸ за два месяца»."""

from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken

_LISTS = Lists("app.guardrail.checks.money", "spread.yaml")
_EACH = _LISTS.word("each")
_SUITS = _LISTS.row("suits")
_FOR = _LISTS.words("for")
_OPERATORS = _LISTS.words("operators")

_MONTHS = {"month": 1, "year": 12, "quarter": 3, "half": 6}
_FOR_EACH = _LISTS.words("for_each")
_LEADS = _LISTS.words("leads")
_COSTS = _LISTS.row("costs")
_JOINS = frozenset("— – : -".split())
_REACH = 8
"""Tokens between how many and how much."""


def several_of(case: Case, f: Figure, units: set[str | None]) -> int:
    """How many units an amount is said for, if it is not said to be for each and nothing was reckoned; else 0."""
    if f.unit in units or f.each or reckoned(case, f):
        return 0
    tokens = case.text.tokens
    for g in case.figures_in.get(f.sentence, ()):
        if g.kind != "count" or g.unit not in units or g.value <= 1 or not g.last < f.first:
            continue
        between = [t for t in tokens[g.last + 1 : f.first] if t.kind != "n"]
        if (
            _each(case.text.tokens, f)
            or {t.text for t in between} & _FOR_EACH
            or any(t.text in _PER for t in _behind(case, f))
        ):
            continue
        lead = tokens[g.first - 1].text if g.first else ""
        if lead in _LEADS and g.clause == f.clause:
            return int(g.value)
        joined = (
            {t.text for t in between} & _JOINS
            or "@price" in {t.key for t in between}
            or "@pay" in {t.key for t in between}
            or any(t.text.startswith(_COSTS) for t in between)
        )
        heads = lead in _LEADS or g.first == tokens_start(case, g)
        if joined and heads and len(between) <= _REACH and not _suits(case, g, f):
            return int(g.value)
    low, _ = case.text.bounds(f.sentence)
    for place in range(low, min(f.first - 1, low + 3)):
        # «All 6 shops …»: where the count is a part of the amount's own words, it is no figure of its own.
        number, noun = tokens[place], tokens[place + 1]
        if (
            number.kind == "n"
            and number.text.isdigit()
            and int(number.text) > 1
            and case.lexicon.unit(noun.key) in units
        ):
            words = tokens[place + 2 : f.first]
            per = {t.text for t in (*words, *_behind(case, f))} & _FOR_EACH - {"a"}
            if len(words) <= _REACH and not per and {t.key for t in words} & {"@price", "@pay"}:
                return int(number.text)
    return 0


_PER = _LISTS.words("per")


def _each(tokens: tuple[PlacedToken, ...], f: Figure) -> bool:
    """«подключение каждой стоит 8 000 ₸»."""
    return any(t.text.startswith(_EACH) and t.clause == f.clause for t in tokens[max(0, f.first - _REACH) : f.first])


def _behind(case: Case, f: Figure) -> list[PlacedToken]:
    return [t for t in case.text.tokens[f.last + 1 : f.last + 6] if t.sentence == f.sentence]


def tokens_start(case: Case, g: Figure) -> int:
    """The first token of a figure's sentence."""
    return case.text.bounds(g.sentence)[0]


def _suits(case: Case, g: Figure, f: Figure) -> bool:
    """«для 2 магазинов есть «Сеть»: 24 900 ₸»: what suits so many, not what they cost."""
    said = case.text.folded[g.end : f.start]
    return any(word in said for word in _SUITS)


def together(case: Case, f: Figure) -> bool:
    """Whether an amount is said to be that of several products taken together."""
    least = {p.amount for product in case.knowledge.products for p in product.prices if p.least}
    if sum(m.sentence == f.sentence and m.value not in least for m in case.money) > 1:
        return False
    tokens = case.text.tokens
    around = (*tokens[max(0, f.first - 3) : f.first], *tokens[f.last + 1 : f.last + 5])
    if not any(t.text in _TOGETHER and t.sentence == f.sentence for t in around):
        return False
    before = [m for m in case.mentions if m.sentence == f.sentence and not m.head and m.last < f.first]
    return len(frozenset(m.products for m in before if m.products)) > 1


_TOGETHER = _LISTS.words("together")


def spanned(case: Case, f: Figure, periods: set[str | None]) -> int:
    """How many months an amount is said for that is the price of fewer; else 0."""
    if reckoned(case, f) or f.each or None in periods or not periods <= set(_MONTHS):
        return 0
    most = max(_MONTHS[str(period)] for period in periods)
    monthly = f.period in periods and not f.weak_period and most == 1
    for g in case.figures_in.get(f.sentence, ()):
        if g.kind != "duration" or g.unit != "month" or g.value <= most or abs(g.clause - f.clause) > 1:
            continue
        if most == 12 and f.clause != g.clause and not case.turns("using").of(f.sentence):
            continue
        low, high = (f.last, g.first) if g.first > f.first else (g.last, f.first)
        between = case.text.tokens[low + 1 : high]
        if monthly and len(between) > 1:
            continue
        if len(between) <= _REACH and not any(t.text in _FOR_EACH - _FOR or t.text in _PRICE_OF for t in between):
            return int(g.value)
    return 0


_PRICE_OF = _LISTS.words("price_of")


def reckoned(case: Case, f: Figure) -> bool:
    """«12 × 14 900»: an operand."""
    tokens = case.text.tokens
    around = (tokens[f.first - 1].text if f.first else "", tokens[f.last + 1].text if f.last + 1 < len(tokens) else "")
    return any(t in _OPERATORS for t in around)
