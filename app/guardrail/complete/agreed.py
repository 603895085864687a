"""Check `agreed`: a yes that is of nothing of ours.

"Yes, we will come" to "Will you come at seven tomorrow?" takes the hour, the price or the condition from the customer;
a yes that holds has a word of what is ours in its sentence.
"""

from collections.abc import Sequence

from app.guardrail.case import Case, Problem
from app.guardrail.complete.words import affirms, content, doubts, is_courtesy, own_sentences
from app.guardrail.text.lists import Lists
from app.language.folds import letters

_LISTS = Lists("app.guardrail.complete", "answers.yaml")
_CONDITIONAL = _LISTS.words("conditional")
_OWN = frozenset({"time", "date"})
"""Figures of a question that no yes confirms unless we name them."""
_HALF = 0.5


def agreed(case: Case) -> list[Problem]:
    """The first sentence that says such a yes."""
    if not case.question or case.context.known is None:
        return []
    place = next(iter(own_sentences(case)), None)
    if place is None:
        return []
    sentence = case.text.raw[slice(*place)]
    grounds = case.grounds
    if not affirms(sentence) or "?" in sentence or doubts(sentence):
        return []
    question = case.question
    said = [word for word in content(sentence) if not is_courtesy(word)]
    ours = [word for word in said if grounds.facts(word)]
    if grounds.readable and said and (not ours or (_asks_under_a_condition(question) and not _most(ours, said))):
        return [Problem("agreed", f"{sentence[:40]!r}: a yes to what only the customer named", *place)]
    if _names_an_hour(case, question):
        return [Problem("agreed", f"{sentence[:40]!r}: a yes to a time that no section gives", *place)]
    return []


def _most(ours: Sequence[str], said: Sequence[str]) -> bool:
    return len(ours) > _HALF * len(said)


def _asks_under_a_condition(question: str) -> bool:
    return not _CONDITIONAL.isdisjoint(letters(question).split())


def _names_an_hour(case: Case, question: str) -> bool:
    hours = {(f.kind, f.value) for f in case.heard(question)[1] if f.kind in _OWN}
    return bool(hours) and hours.isdisjoint((known.kind, known.value) for known in case.knowledge.known)
