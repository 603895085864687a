"""Of several questions those that no shop is asked, and wishes for a call: nothing is looked up for them."""

from dataclasses import replace

from app.dialogue.hearing.listening import Said
from app.understanding.acts import Classifier
from app.understanding.doubt import SURE

_CALL = ("human_wanted", "callback_time", "contact_given", "introduction", "booking", "reschedule")
_LIKELY = 0.5


def to_the_point(said: Said, classifier: Classifier) -> Said:
    """What was said without the questions about something else, which stand apart; as it is where all or none are."""
    if len(said.questions) < 2:
        return said
    strange = tuple(question for question in said.questions if _strange(question, classifier))
    called = tuple(question for question in said.questions if _of_a_call(question, classifier))
    kept = tuple(question for question in said.questions if question not in (*strange, *called))
    if len(kept) == len(said.questions) or not kept:
        return said
    counted = said.counted
    for question in strange:
        counted = counted.replace(question.rstrip("?"), "")
    asked = ". ".join(f"{question.rstrip('?')}?" for question in kept)
    return replace(said, asked=asked, counted=counted, questions=kept if len(kept) > 1 else (), strange=strange)


def _strange(question: str, classifier: Classifier) -> bool:
    return classifier.scored(question).of("off_topic") >= SURE


def _of_a_call(question: str, classifier: Classifier) -> bool:
    """Whether it is no question but a wish to be called, or an address for it."""
    scored = classifier.scored(question)
    return not question.endswith("?") and sum(scored.of(act) for act in _CALL) >= _LIKELY
