"""Check `compared`: nobody else is run down, unless a section does it."""

import re
from collections.abc import Iterator
from itertools import islice

from app.guardrail.case import Case, Problem
from app.guardrail.claimed import Claimed
from app.guardrail.statements.clauses import key
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.checks", "compared.yaml")
_OTHERS = tuple(map(fold, _LISTS.row("others")))
_WORSE = tuple(map(fold, _LISTS.row("worse")))
_UNABLE = tuple(map(fold, _LISTS.row("unable")))
_BEFORE = frozenset(map(fold, _LISTS.row("before")))
_UNASKED = tuple(map(fold, _LISTS.row("unasked")))
_WORD = re.compile(r"[^\W\d_]+")
_SUBJECT = 4
"""First words of a sentence among which somebody else is named."""


def compared(case: Case) -> list[Problem]:
    """Sentences that say something bad of somebody else that no section says."""
    found = (
        Problem("compared", f"{word!r}: no section says this of somebody else", said.start, said.end)
        for said in case.claimed
        for word in islice(_bad(case, said), 1)
    )
    return list(islice(found, 4))


def _bad(case: Case, said: Claimed) -> Iterator[str]:
    words = _WORD.findall(said.text)
    if not any(_is_other(case, said, number, word) for number, word in enumerate(words[:_SUBJECT])):
        return
    folded = list(map(fold, words))
    for number, word in enumerate(folded):
        able = number and folded[number - 1] in _BEFORE and word.startswith(_UNABLE)
        if (able or word.startswith(_WORSE)) and not word.startswith(_UNASKED) and not _told(said, words[number]):
            yield words[number]


def _is_other(case: Case, said: Claimed, number: int, word: str) -> bool:
    """Whether a word names somebody else: a name that is not ours and that no section has, or a word for such."""
    folded = fold(word)
    if folded.startswith(_OTHERS):
        return True
    name = word[1:] != word[1:].lower() or (word.isascii() and case.context.language != "en") or number > 0
    return name and word[0].isalpha() and word != word.lower() and not said.statements.has(key(word))


def _told(said: Claimed, word: str) -> bool:
    """Whether a section that bears on the sentence says it too."""
    return any(key(word) in stated.keys for page in said.near[:4] for stated in page.sentences)
