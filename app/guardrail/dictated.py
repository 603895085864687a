"""Figures that the customer named: they may be quoted as the customer's, and are not confirmed.

A quotation says whose the figure is («вы назвали 1 000 ₸») and does not agree to it in the same breath; the customer's
budget or turnover is the customer's whatever is said of it.
"""

from app.guardrail.case import Case, heard
from app.guardrail.figure import Figure
from app.guardrail.phrases import Found

_SHORT = 4
"""Words of a sentence that only agrees to the one before."""
_YOU = frozenset("вы вас вам у сиз сизде сизге you".split())
_LESS_OR_MORE = frozenset("больше меньше выше ниже дороже дешевле чем more less than артык кем кобирек азырак".split())
_YOURS = ("ваш", "сиздин", "your")


def theirs(case: Case, f: Figure) -> bool:
    """Whether a figure is repeated as the customer's own and not agreed to."""
    if f.value not in case.numbers_heard:
        return False
    if denied(case, f.clause):
        return True
    if bargained(case, f.sentence):
        return False
    ours = any(m.clause == f.clause and not m.head for m in case.mentions)
    if f.clause in case.turns("holds").clauses:
        return True
    if _compared(case, f):
        return not ours
    if _counted(case, f):
        return True
    return not ours and not assented(case, f.sentence, f.end) and (quoted(case, f.clause) or _asked(case, f))


def quoted(case: Case, clause: int) -> bool:
    """Whether a clause says that the customer named it."""
    return clause in case.turns("quoting").clauses


def denied(case: Case, clause: int) -> bool:
    """Whether a clause, or the one behind it («— не наша цена»), says no to it; «не проблема» and «не больше» do not."""
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
    """Whether what ends at `end` is agreed to: «да», «верно» in its sentence without a «но» behind it, or a short «Да.»."""
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
    kinds = {g.kind for message in case.context.customer for g in heard(message)[1] if g.value == f.value}
    return bool(kinds) and kinds <= {"count", "duration", "date", "time"}


def _asked(case: Case, f: Figure) -> bool:
    """«20 000 ₸ вы платите за одну точку?»: the customer is asked what they pay."""
    asked = case.sentence_text(f.sentence).rstrip().endswith("?")
    return asked and f.clause in case.turns("paying").clauses
