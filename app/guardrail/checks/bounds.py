"""Check `size`: how much a draft may hold. A seller's answer is short.

Every check looks at each figure, name or match and at what stands around it: a draft made of thousands of them would
hold up all other conversations. What is beyond a bound is refused, never passed unseen.
"""

import re
from collections.abc import Iterator

from app.guardrail.case import Case, Problem
from app.guardrail.figures.crowd import beyond

LENGTH = 4096
"""Characters: a message of WhatsApp holds no more."""
TOKENS = 1600
"""Words, numbers and signs: twice what a text of that length has."""
FIGURES = 40
"""The longest honest price list has half as many."""
MENTIONS = 80
"""Products named, each as often as it is."""
MATCHES = 40
"""Phrases of one kind («бесплатно», «входит») that are looked at."""
ENOUGH = 8
"""Wrong amounts behind which the others need not be worked out: the draft is refused for these."""


def size(case: Case) -> list[Problem]:
    """A draft that is longer or fuller than an answer can be."""
    length = len(case.text.raw)
    if length > LENGTH or len(case.text.tokens) > TOKENS:
        return [Problem("size", f"longer than {LENGTH} characters or {TOKENS} words and signs", 0, length)]
    first = beyond(case.text, FIGURES, case.knowledge.models)
    if first is None and len(case.figures) > FIGURES:
        first = case.figures[FIGURES].start
    if first is not None:
        return [Problem("size", f"more than {FIGURES} figures", first, length)]
    if len(case.mentions) > MENTIONS:
        start = case.text.tokens[case.mentions[MENTIONS].first].start
        return [Problem("size", f"more than {MENTIONS} names of products", start, length)]
    return []


class Few:
    """The first MATCHES matches of one check, whichever of its patterns they are of; one more is a problem."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems
        self._left = MATCHES

    def __call__(self, pattern: re.Pattern[str], text: str, shift: int = 0) -> Iterator[re.Match[str]]:
        """Matches in `text`, which begins at `shift` of the draft."""
        for m in pattern.finditer(text) if self._left >= 0 else ():
            self._left -= 1
            if self._left < 0:
                detail = f"more than {MATCHES} phrases of one kind"
                self._problems.append(Problem("size", detail, shift + m.start(), shift + m.end()))
                return
            yield m
