"""Check `unborne`: a sentence that rests on nothing.

What the sections, the customer and our own answers have no word of is no part of this talk, unless it is a courtesy, a
denial or a doubt. It needs no name and no figure to be false, so the checks of truth do not see it.
"""

from app.guardrail.case import Case, Problem
from app.guardrail.complete.words import content, courteous, denies, doubts, own_sentences

_SHORT = 4
"""Words that say something, up to which a sentence is judged by the share that is known."""
_SHARE = 0.5
_DENIED = 5
"""Such words in a denial, from which it is none of anything here."""


def unborne(case: Case) -> list[Problem]:
    """The first such sentence; none where the knowledge as a whole is not given or is in another language."""
    if case.context.known is None or not case.grounds.readable:
        return []
    told = [span for span in own_sentences(case) if "?" not in case.text.raw[slice(*span)]]
    strange = [span for span in told if _rests_on_nothing(*span, case)]
    if len(strange) < len(told):  # beside an answer a few words of one's own are no invention
        strange = [span for span in strange if len(content(case.text.raw[slice(*span)])) >= _SHORT]
    for start, end in strange[:1]:
        said = case.text.raw[start:end]
        return [Problem("unborne", f"{said[:40]!r}: rests on nothing that is known here", start, end)]
    return []


def _rests_on_nothing(start: int, end: int, case: Case) -> bool:
    sentence = case.text.raw[start:end]
    words = content(sentence)
    if any(start <= f.start < end for f in case.figures):
        return False  # whether a figure is right, others see
    if not words or doubts(sentence) or courteous(sentence):
        return False
    strange = [word for word in words if not case.grounds.any(word)]
    denied = denies(sentence, case.context.language)
    if len(strange) == len(words):
        return not denied or len(words) >= _DENIED
    known = case.context.known
    unheard = known is not None and any(not known.holds(word) for word in strange)
    return not denied and len(words) <= _SHORT and unheard and len(words) - len(strange) <= _SHARE * len(words)
