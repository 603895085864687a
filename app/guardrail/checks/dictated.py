"""Figures that the customer named: they may be quoted as the customer's, and are not confirmed.

A quotation says whose the figure is («вы назвали 1 000 ₸») and does not agree to it in the same breath; the customer's
budget or turnover is the customer's whatever is said of it.
"""

from app.guardrail.case import Case
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists
from app.guardrail.text.phrases import Found
from app.guardrail.text.words import PlacedToken

_LISTS = Lists("app.guardrail.checks", "dictated.yaml")

_SHORT = 4
"""Words of a sentence that only agrees to the one before."""
_YOU = _LISTS.words("you")
_LESS_OR_MORE = _LISTS.words("less_or_more")
_EARNINGS = _LISTS.row("earnings")
_YOURS = _LISTS.row("yours")
_PRICED = frozenset({"@price", "@pay", "@free", "@discount"})
_NOT_IT = _LISTS.words("not_it")
_TO_IT = _LISTS.words("to_it")
_BEYOND = _LISTS.words("beyond")
_SUCH = _LISTS.words("such")
_SHORT_OF = _LISTS.words("short_of")
_FOR_SO_MANY, _AS_PRICE = _LISTS.words("for_so_many"), _LISTS.words("as_price")
_GIVEN_UP = _LISTS.row("given_up")


def theirs(case: Case, f: Figure) -> bool:
    """Whether a figure is repeated as the customer's own and not agreed to.

    It is denied, or it is said whose it is and what ours is, or it is what the customer has or pays elsewhere.
    """
    if f.value not in case.numbers_heard:
        return False
    if refused(case, f):
        return True
    if bargained(case, f.sentence):
        return False
    ours, priced = of_ours(case, f.clause), near_ours(case, f)
    for step in (_owned, _asked_about, _measured, _agreed):
        verdict = step(case, f, ours, priced)
        if verdict is not None:
            return verdict
    return priced or (not ours and (turned_down(case, f.sentence) or asked(case, f) or _budgeted(case, f)))


def _owned(case: Case, f: Figure, ours: bool, priced: bool) -> bool | None:
    """It is what they have or spend."""
    if f.clause in case.turns("holds").clauses:
        return priced or not ours or _earned(case, f)
    return True if _spends(case, f) else None


def _asked_about(case: Case, f: Figure, ours: bool, priced: bool) -> bool | None:
    questioned = not ours and asked(case, f)
    return True if questioned and any(case.turns(name).of(f.sentence) for name in ("asking", "holds")) else None


def _measured(case: Case, f: Figure, ours: bool, priced: bool) -> bool | None:
    """It is compared with, or a number of things."""
    if _compared(case, f):
        return priced
    if _for_so_many(case, f):
        return True
    if not _counted(case, f):
        return None
    yours = _YOU & set(case.clause_text(f.clause).split())
    beside = {f.clause} if yours else {f.clause, f.clause - 1}
    return not any(of_ours(case, clause) or case.clause_keys(clause) & _PRICED for clause in beside)


def _for_so_many(case: Case, f: Figure) -> bool:
    """«Для 35 тысяч посчитаем отдельно» of the customer's «35 тысяч позиций»: how many, with nothing behind it."""
    tokens = case.text.tokens
    if f.kind != "bare" or not f.first or tokens[f.first - 1].text not in _FOR_SO_MANY:
        return False
    for message in case.told:
        text, figures, _ = case.heard(message)
        for g in figures:
            behind = text.tokens[g.last + 1] if g.last + 1 < len(text.tokens) else None
            before = text.tokens[g.first - 1].text if g.first else ""
            things = behind is not None and behind.kind == "w" and behind.clause == text.tokens[g.last].clause
            if g.value == f.value and (g.kind == "count" or things) and before not in _AS_PRICE:
                return True
    return False


def _agreed(case: Case, f: Figure, ours: bool, priced: bool) -> bool | None:
    """It is said yes to, or nobody says whose it is."""
    if assented(case, f.sentence, f.end) and not turned_down(case, f.sentence):
        return False
    return None if told(case, f) else not ours and asked(case, f)


def _earned(case: Case, f: Figure) -> bool:
    """«при выручке 900 000 ₸»: what a customer earns is no price, whatever stands beside it."""
    lead = case.text.tokens[max(0, f.first - 2) : f.first]
    return any(t.clause == f.clause and t.text.startswith(_EARNINGS) for t in lead)


def _spends(case: Case, f: Figure) -> bool:
    """What they have to spend or turn over, and a price of ours beside it that is no more; or «вы продаёте на …»."""
    if not _budgeted(case, f):
        return False
    near = [g.value for g in case.money if g is not f and abs(g.sentence - f.sentence) <= 1 and g.value in case.prices]
    if near and near_ours(case, f) and max(near) <= f.value:
        return True
    words = set(case.clause_text(f.clause).split())
    bill = case.clause_keys(f.clause) & _PRICED or f.clause in case.turns("bills").clauses
    return bool(words & _YOU) and not bill and not of_ours(case, f.clause)


def _budgeted(case: Case, f: Figure) -> bool:
    """Whether the customer named it as a budget or as what they pay now, and it is no less than our least price."""
    if not case.prices or f.value < min(case.prices):
        return False
    return any(f.value in case.spent(message) for message in case.told)


def of_ours(case: Case, clause: int) -> bool:
    """Whether a clause speaks of a product of ours."""
    return any(m.clause == clause and not m.head for m in case.mentions) or "@plan" in case.clause_keys(clause)


def refused(case: Case, f: Figure) -> bool:
    """Whether a figure is denied: by a negation that governs it and does not promise («не против», «не дороже»)."""
    tokens = case.text.tokens
    before = [t.text for t in tokens[max(0, f.first - 2) : f.first] if t.sentence == f.sentence]
    if not _idle(case, f.clause) and (
        (before and before[-1] in _NOT_IT) or (len(before) == 2 and before[0] in _NOT_IT and before[1] in _TO_IT)
    ):
        return True
    if f.clause + 1 in case.turns("denial_behind").clauses and not _idle(case, f.clause + 1):
        return True
    if _such(case, f):
        return True
    return f.clause in case.turns("refusal").clauses and not _idle(case, f.clause) and not _bounded(case, f)


def _such(case: Case, f: Figure) -> bool:
    """«Такой суммы, 3 300 ₸, в прайсе нет»; «3 300 ₸ — это меньше любого тарифа: «Старт» стоит 7 900 ₸»."""
    said = case.sentence_tokens[f.sentence]
    alone = not any(t.kind == "w" and t.clause == f.clause and not f.first <= _at(case, t) <= f.last for t in said)
    if alone and any(t.text in _SUCH for t in said):
        return turned_down(case, f.sentence)
    words = {t.text for t in said if t.clause in (f.clause, f.clause + 1)}
    short = bool(words & _SHORT_OF) and not any(case.clause_keys(f.clause + n) & {"@pay"} for n in (0, 1))
    return short and near_ours(case, f) and not of_ours(case, f.clause)


def _at(case: Case, token: PlacedToken) -> int:
    return case.text.token_at(token.start)


def _idle(case: Case, clause: int) -> bool:
    return clause in case.turns("idle_denial").clauses or clause in case.turns("idle_offer").clauses


def _bounded(case: Case, f: Figure) -> bool:
    """«дороже 1 000 ₸ не обойдётся», «1 000 теңгеден артық төлемейсіз»: denied is what goes beyond it."""
    tokens = case.text.tokens
    around = (*tokens[max(0, f.first - 3) : f.first], *tokens[f.last + 1 : f.last + 4])
    return any(t.clause == f.clause and t.text in _BEYOND for t in around)


def told(case: Case, f: Figure) -> bool:
    """Whether it is said whose figure it is: «вы назвали», «вам обещали», «ваши»."""
    if quoted(case, f.clause) or f.clause in case.turns("hearsay").clauses:
        return True
    lead = case.text.tokens[max(0, f.first - 3) : f.first]
    return any(t.clause == f.clause and t.text.startswith(_YOURS) for t in lead)


def near_ours(case: Case, f: Figure) -> bool:
    """Whether a price (percentage) of ours stands in the same sentence or beside it, and not as what is given up."""
    kind = "percent" if f.kind == "percent" else "money"
    ours = {k.value for k in case.knowledge.known if k.kind == "percent"} if kind == "percent" else case.prices
    figures = case.figures if kind == "percent" else case.money
    for g in figures:
        if g is f or g.value == f.value or g.value not in ours or abs(g.sentence - f.sentence) > 1:
            continue
        lead = case.text.tokens[max(0, g.first - 3) : g.first]
        if not any(t.sentence == g.sentence and t.text.startswith(_GIVEN_UP) for t in lead):
            return True
    return False


def turned_down(case: Case, sentence: int) -> bool:
    """Whether the sentence or one beside it refuses."""
    around = range(max(0, sentence - 1), min(sentence + 2, len(case.sentence_tokens)))
    beyond = {t.clause for near in around for t in case.sentence_tokens[near] if t.text in _BEYOND}
    return any(
        turn.clause not in beyond and not _idle(case, turn.clause)
        for near in around
        for name in ("refusal", "denial_behind", "handed_on")
        for turn in case.turns(name).of(near)
    )


def asked(case: Case, f: Figure) -> bool:
    """«20 000 ₸ вы платите за одну точку?»: the customer is asked about it."""
    if not case.sentence_text(f.sentence).rstrip().endswith("?"):
        return False
    if case.turns("asking").of(f.sentence):
        return True
    own = any(case.turns(name).of(f.sentence) for name in ("paying", "holds", "quoting", "hearsay"))
    return own or told(case, f)


def quoted(case: Case, clause: int) -> bool:
    """Whether a clause says that the customer named it."""
    return clause in case.turns("quoting").clauses


def denied(case: Case, clause: int) -> bool:
    """Whether a clause, or the one behind it («— не наша цена»), says no to it; «не проблема» does not."""
    if clause in case.turns("idle_denial").clauses:
        return False
    return clause in case.turns("denial").clauses or clause + 1 in case.turns("denial_behind").clauses


def denied_beside(case: Case, turn: Found) -> bool:
    """Whether something is denied by other words of its clause: «платить не будете» holds a «не» of its own."""
    if turn.clause in case.turns("idle_denial").clauses:
        return False
    return any(
        no.clause == turn.clause and not turn.start <= no.start < turn.end
        for no in case.turns("denial").of(turn.sentence)
    )


def bargained(case: Case, sentence: int) -> bool:
    """Whether the sentence or the one behind it seals a bargain."""
    found = (*case.turns("bargain").of(sentence), *case.turns("bargain").of(sentence + 1))
    return any(not denied(case, turn.clause) for turn in found)


def assented(case: Case, sentence: int, end: int) -> bool:
    """Whether what ends at `end` is agreed to: «да» in its sentence without a «но» behind it, or a short «Да.»."""
    following = case.turns("assent").of(sentence + 1)
    if following and len([t for t in case.sentence_tokens[sentence + 1] if t.kind == "w"]) <= _SHORT:
        return True
    alone = (t for t in case.turns("assent_alone").of(sentence) if t.start >= end and _is_whole(case, t))
    if sentence not in case.turns("assent").sentences and not any(alone):
        return False
    return not any(turn.start >= end for turn in case.turns("contrast").of(sentence))


def _is_whole(case: Case, turn: Found) -> bool:
    return case.clause_text(turn.clause).strip(" ,.!—–-:;") == case.text.folded[turn.start : turn.end]


def confirmed(case: Case, f: Figure) -> bool:
    """Whether a figure of the customer's that is no price (a count, a percentage) is agreed to as ours."""
    if f.value not in case.numbers_heard or denied(case, f.clause):
        return False
    words = {t.text for t in case.text.tokens if t.clause == f.clause}
    if words & _YOU or any(word.startswith(_YOURS) for word in words):
        return False
    return assented(case, f.sentence, f.end)


def _compared(case: Case, f: Figure) -> bool:
    """«меньше ваших 10 000 ₸», «20 000 ₸ больше, чем нужно»."""
    tokens = case.text.tokens
    after = tokens[f.last + 1].text if f.last + 1 < len(tokens) else ""
    if after in _LESS_OR_MORE:
        return True
    lead = [t.text for t in tokens[max(0, f.first - 3) : f.first] if t.clause == f.clause]
    return bool(_LESS_OR_MORE & set(lead)) and any(word.startswith(_YOURS) for word in lead)


def _counted(case: Case, f: Figure) -> bool:
    """A bare number that the customer said of things and never of money: «1 000 этикеток»."""
    if f.kind != "bare" or f.period is not None:
        return False
    kinds = {g.kind for message in case.told for g in case.heard(message)[1] if g.value == f.value}
    return bool(kinds) and kinds <= {"count", "duration", "date", "time"}
