"""Check `borne`: enough of a sentence's words stand somewhere: in the knowledge, or in what was said before.

A sentence that is not drawn from the knowledge uses words that the knowledge has not. How many of them may be strange
is a matter of the knowledge: a page of an encyclopedia is quoted, what a shop sells is told in a seller's own words. So
the share is asked for only where it was fitted on drafts with verdicts (`Context.least_borne`), and only where a
section in use has the language of the draft.
"""

from collections.abc import Iterable
from functools import cached_property
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.known import NOTHING, stems, stems_of
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "borne.yaml")
_SPOKEN = frozenset(stem for word in _LISTS.row("spoken") for _, stem in stems(word))
"""What anybody says in a conversation, whatever it is about."""
FEWEST = 3
"""Strange words that a sentence needs to be refused: one or two are a manner of speaking."""
_SHOWN = 5
_MOST = 8
"""Sentences that are named: the rest of a draft is no better."""


class Shares:
    """How much of each sentence of a draft is borne out."""

    def __init__(self, case: Case) -> None:
        self._case = case

    @cached_property
    def _ours(self) -> frozenset[str]:
        """Not the dialogue's own texts: they may be said as they stand, and are about no fact."""
        context = self._case.context
        return _stems(context.earlier).union(*(stems_of(passage.section) for passage in context.passages))

    @cached_property
    def _theirs(self) -> frozenset[str]:
        return _stems(self._case.told)

    def of(self, sentence: str) -> tuple[float, tuple[str, ...]]:
        """(share 0..1, the strange words): 1.0 where fewer than `FEWEST` are strange, or none of them says anything.

        The customer's own words and what belongs to any conversation count neither way: they may be said, and they
        bear nothing out.
        """
        said = list(stems(sentence))
        pages = (self._case.context.known or NOTHING).pages
        known = pages.nearest({stem for _, stem in said}) if pages else frozenset[str]()
        strange: list[str] = []
        held = 0
        for word, stem in said:
            if stem in self._ours or stem in known:
                held += 1
            elif stem not in self._theirs and stem not in _SPOKEN:
                strange.append(word)
        says_nothing = len(strange) < FEWEST or not any(map(self._means, strange))
        return (1.0 if says_nothing else held / (held + len(strange))), tuple(strange)

    def _means(self, word: str) -> bool:
        """Whether it has a content of its own: what a sentence is built with has none."""
        return bool(self._case.lexicon.key(fold(word)))


def borne(case: Case) -> list[Problem]:
    """The sentences of which too little is borne out, in their order."""
    return list(islice(_unborne(case), _MOST)) if asked(case) and case.context.least_borne > 0 else []


def asked(case: Case) -> bool:
    """Whether words can tell: the whole knowledge is given, and some of what is in use has the draft's language."""
    context = case.context
    used = any(passage.section.language == context.language for passage in context.passages)
    return used and context.known is not None


def least_share(case: Case) -> float:
    """The smallest share of the draft's sentences, 1.0 where words cannot tell: what a threshold is fitted on."""
    if not asked(case):
        return 1.0
    shares = Shares(case)
    return min((shares.of(case.text.raw[a:b])[0] for a, b in case.text.sentences if not case.is_own(a, b)), default=1.0)


def _unborne(case: Case) -> Iterable[Problem]:
    shares = Shares(case)
    for start, end in case.text.sentences:
        if case.is_own(start, end):
            continue
        share, strange = shares.of(case.text.raw[start:end])
        if share < case.context.least_borne:
            named = ", ".join(repr(word) for word in strange[:_SHOWN])
            yield Problem("borne", f"no section and nothing said here has these words: {named}", start, end)


def _stems(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(stem for text in texts for _, stem in stems(text))
