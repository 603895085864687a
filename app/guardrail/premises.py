"""What a model is asked of a draft: its sentences that claim something, each with the texts that bear most on it.

Pure: the model is asked elsewhere, and its scores come back as `Context.entailed`.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from app.guardrail.case import Case
from app.guardrail.checks.borne import least_share
from app.guardrail.known import stems
from app.guardrail.model import Context
from app.guardrail.repair.repairs import repair
from app.types import Section

SENTENCES = 12
"""Of a draft that are judged: an answer has fewer."""
_WORDS = 3
"""Words of a sentence that can claim something."""
_SECTIONS = 2
"""Read with each sentence: the cost grows with each."""
_LONGEST = 1500
"""Characters of a text that are read: about as many as a model of this kind takes."""


def asserted(draft: str, context: Context) -> tuple[str, ...]:
    """The sentences of the repaired draft that say something of their own: no question, no text of ours."""
    case = Case(repair(draft, context)[0].text, context)
    found = dict.fromkeys(
        case.text.raw[a:b]
        for a, b in case.text.sentences
        if not case.is_own(a, b)
        and "?" not in case.text.raw[a:b]
        and sum(1 for _ in stems(case.text.raw[a:b])) >= _WORDS
    )
    return tuple(found)[:SENTENCES]


def premises(sentence: str, sections: Iterable[Section], context: Context) -> tuple[str, ...]:
    """The texts that share most words with a sentence, best first: of the sections, and of what was said here."""
    words = frozenset(stem for _, stem in stems(sentence))
    texts = dict.fromkeys(_readable(section) for section in sections)
    ranked = sorted(texts, key=lambda text: -len(words & _words(text)))[:_SECTIONS]  # stable: equals keep their order
    said = _said(context)
    return (*ranked, *((said,) if words & _words(said) else ()))


def lowest_share(draft: str, context: Context) -> float:
    """The smallest share (0..1) of a sentence's words that is borne out: what a threshold is fitted on."""
    return least_share(Case(repair(draft, context)[0].text, context))


def _readable(section: Section) -> str:
    return (f"{section.title}\n{section.text}" if section.title else section.text)[:_LONGEST]


def _said(context: Context) -> str:
    """Our own texts of this turn and the last of the conversation, its end where it is long."""
    lines: Sequence[str] = (*context.earlier[-1:], *context.customer[-1:], *context.own)
    return "\n".join(line for line in lines if line)[-_LONGEST:]


@lru_cache(maxsize=1024)
def _words(text: str) -> frozenset[str]:
    return frozenset(stem for _, stem in stems(text))
