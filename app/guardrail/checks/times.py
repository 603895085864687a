"""Times of day in check `term`: a section gives them; one of the customer's own promises nobody of ours."""

from app.guardrail.case import Case
from app.guardrail.customer import beginning
from app.guardrail.figures.figure import Figure
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "times.yaml")
_COMES = _LISTS.pattern("comes")
_PASSED_ON = _LISTS.pattern("passed_on")


def misplaced(case: Case, f: Figure) -> str:
    """Why a time of day may not be said so; empty where it may."""
    if any(f.value in _times(case, own) for own in case.context.own):
        return ""
    if any(known.kind == "time" and known.value == f.value for known in case.knowledge.known):
        return ""
    if not any(f.value in _times(case, message) for message in case.told):
        return "no section gives this time"
    sentence = case.sentence_text(f.sentence)
    promised = _COMES.search(sentence) is not None and _PASSED_ON.search(sentence) is None
    return "it is the customer's, and nobody of ours has agreed to it" if promised else ""


def _times(case: Case, message: str) -> set[object]:
    return {g.value for g in case.heard(beginning(message))[1] if g.kind == "time"}
