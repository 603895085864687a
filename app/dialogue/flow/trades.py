"""Whether a sales method fits what a shop sells: one that asks how many shops somebody has says nothing at a gym."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from app.dialogue.flow.model import Flow, Stage
from app.dialogue.resources import load_words

_LEAST = 0.2
"""Of a knowledge's sections, those that must speak of a trade. Of a shop that serves it half do, of ten others at most
an eighth (they have a till, or the word for a receipt, somewhere)."""
_FIRST = "answers"
_CONTACT = "contact"


@lru_cache(maxsize=1)
def _words() -> Mapping[str, re.Pattern[str]]:
    """What speaks of a trade: a word that begins so."""
    rows = load_words("flow", "trades.yaml").items()
    return {trade: re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})", re.IGNORECASE) for trade, words in rows}


def names() -> frozenset[str]:
    """The trades that a flow's file may name."""
    return frozenset(_words())


def served(texts: Collection[str]) -> frozenset[str]:
    """The trades that a knowledge speaks of. `texts`: one a section. Of an empty knowledge: all of them."""
    least = _LEAST * len(texts)
    return frozenset(
        trade for trade, word in _words().items() if sum(word.search(text) is not None for text in texts) >= least
    )


def elsewhere(flow: Flow) -> Flow:
    """The method in a shop of another trade: it answers, and asks for nothing but how to reach who wants to buy."""
    kept = {stage.name: stage for stage in flow.stages.values() if stage.final or set(stage.slots) & {_CONTACT}}
    stages = {_FIRST: Stage(_FIRST, "")}
    for stage in kept.values():
        stages[stage.name] = Stage(
            stage.name,
            stage.goal,
            tuple(slot for slot in stage.slots if slot == _CONTACT),
            {slot: texts for slot, texts in stage.questions.items() if slot == _CONTACT},
            transitions=tuple(each for each in stage.transitions if each.to in kept),
            final=stage.final,
        )
    return Flow(
        name=flow.name,
        title=flow.title,
        first=_FIRST,
        slots=flow.slots,
        stages=stages,
        anywhere=tuple(each for each in flow.anywhere if each.to in kept),
        elsewhere=True,
    )
