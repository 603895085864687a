"""Times of day in check `term`: a section gives them; one of the customer's own promises nobody of ours."""

import re
from collections.abc import Sequence
from decimal import Decimal

from app.guardrail.allowed.model import Known
from app.guardrail.case import Case
from app.guardrail.checks.headed import of_another
from app.guardrail.checks.lengths import beside_known
from app.guardrail.checks.weekdays import on_another
from app.guardrail.customer import beginning
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "times.yaml")
_RANGE = 4
"""Words between the two ends of a range."""
_PAUSE = re.compile(r"[,;]")
_DAY = 1440
"""Minutes."""
_TELLING = 2
"""Words of a clause that another time is given for, and this one is not."""
_COMES = _LISTS.pattern("comes")
_PASSED_ON = _LISTS.pattern("passed_on")


def misplaced(case: Case, f: Figure) -> str:
    """Why a time of day may not be said so; empty where it may."""
    told = any(f.value in _times(case, message) for message in case.told)
    if not told and any(f.value in _times(case, own) for own in case.context.own):
        return ""  # a wish that our own text passes on is agreed to by nobody
    times = [known for known in case.knowledge.known if known.kind == "time"]
    same = [known for known in times if known.value == f.value]
    if same:
        return _of_something_else(case, f, same, [known for known in times if known.value != f.value])
    if not told:
        return "" if _reckoned(case, f) else "no section gives this time"
    known = {known.value for known in case.knowledge.known if known.kind == "time"}
    if any(
        g.kind == "time" and g.value in known and abs(g.last - f.first) <= _RANGE for g in case.figures_in[f.sentence]
    ):
        return "it is the customer's, and no section gives hours until it"
    sentence = case.sentence_text(f.sentence)
    promised = _COMES.search(sentence) is not None and _PASSED_ON.search(sentence) is None
    return "it is the customer's, and nobody of ours has agreed to it" if promised else ""


def _piece(case: Case, f: Figure) -> str:
    """The words between two commas around a time."""
    start, end = case.text.sentences[f.sentence]
    before = case.text.folded[start : f.start]
    return f"{_PAUSE.split(before)[-1]} {_PAUSE.split(case.text.folded[f.end : end])[0]}"


def _reckoned(case: Case, f: Figure) -> bool:
    """«Операция в 10:00, не кормить 12 часов, то есть с 22:00»: so long before or after a time that the customer just
    gave or that stands beside it; how long, and that other time, are judged by themselves."""
    lengths = {
        g.value
        for place in (f.sentence - 1, f.sentence)
        for g in case.figures_in.get(place, ())
        if g.kind == "duration" and g.unit == "minute" and 0 < g.value <= _DAY
    }
    beside = (g for place in (f.sentence - 1, f.sentence) for g in case.figures_in.get(place, ()))
    given = {g.value for g in beside if g.kind == "time" and g is not f}
    given |= {value for message in case.told[-1:] for value in _times(case, message)}
    if beside_known(case, f, given):
        return True
    return any((f.value - time) % _DAY in (length % _DAY, -length % _DAY) for length in lengths for time in given)


def _of_something_else(case: Case, f: Figure, same: Sequence[Known], others: Sequence[Known]) -> str:
    """Whether other times are given for what it is said of: «последние записи до 21:00» beside «открыто 9–21, последние
    записи до 20:30», or on another day."""
    piece, pages = _piece(case, f), case.knowledge.folded
    if on_another(piece, f.value, pages):
        return "the sections give other hours on that day"
    if of_another(piece, f.value, pages):
        return "the sections give it other hours"
    said = case.clause_keys(f.clause) - case.lexicon.generic
    own = {key for known in same for key in said & (known.keys | known.context)}
    theirs = {key for known in others for key in said & (known.keys | known.context)}
    return "this time is known of something else" if len(theirs - own) >= _TELLING and not own else ""


def _times(case: Case, message: str) -> set[Decimal]:
    return {g.value for g in case.heard(beginning(message))[1] if g.kind == "time"}
