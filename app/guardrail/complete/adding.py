"""Whether what is missing may be said beside a draft: not beside a doubt of it, nor another yes or no."""

from app.guardrail.case import Case
from app.guardrail.complete.words import affirms, asks, content, courteous, denies, doubts
from app.guardrail.grounds import Grounds
from app.guardrail.model import Context, Verdict
from app.types import Deciding

_ANSWERS = frozenset({"yes_no", "confirmed", "corrected", "not_ours"})
"""What decides by a yes or a no of its own."""


def addable(verdict: Verdict, context: Context) -> Deciding | None:
    """The one thing that a true draft lacks, if it is one sentence and stands well in front of it; else None."""
    if not verdict.ok or len(verdict.missing) != 1 or len(verdict.lacks) != 1:
        return None
    each, case = verdict.missing[0], Case(verdict.text, context)
    sentences = [verdict.text[start:end] for start, end in case.text.sentences]
    if each.kind == "statement":
        return each if all(_belongs(sentence, case.grounds) for sentence in sentences) else None
    if len(case.heard(each.said)[0].sentences) != 1 or any(doubts(sentence) for sentence in sentences):
        return None
    if each.kind in _ANSWERS and any(affirms(s) or denies(s, context.language) for s in sentences):
        return None
    return each if all(_belongs(sentence, case.grounds) for sentence in sentences) else None


def _belongs(sentence: str, grounds: Grounds) -> bool:
    if asks(sentence):
        return "?" in sentence  # without its mark it is a line of somebody else's
    return not grounds.readable or courteous(sentence) or any(grounds.facts(word) for word in content(sentence))
