"""The parts of a message that ask, one by one."""

import re
from itertools import islice

from app.composing.fitting import folded
from app.composing.section_words import content
from app.language.words import questions

SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_AND = re.compile(rf"(?:[,;]|(?<!\s))\s+(?:{'|'.join(sorted(map(re.escape, questions()['joins'])))})\s+")
_COMMA = re.compile(r"[,;:]\s+|\s[-–—]\s")
_LOOKED_AT = 12
"""Parts of a message that are answered one by one, the first ones."""
_ASKS, _REFERS = questions()["asks"], questions()["refers"]
"""What asks, and what means a thing of another part."""


def joins(text: str) -> bool:
    """Whether a joining word begins another part."""
    return _AND.search(text) is not None


def parts_of(text: str) -> list[str]:
    """The questions of a message, one by one; without a question mark all of it may ask."""
    sentences = SENTENCE.findall(text)
    asking = [sentence for sentence in sentences if "?" in sentence] or sentences
    parts = [part for sentence in asking for clause in _AND.split(sentence) for part in _clauses(clause)]
    asked = (part for part in parts if content(part) and _REFERS.isdisjoint(folded(part)))
    return list(islice(asked, _LOOKED_AT))


def _clauses(text: str) -> list[str]:
    """The clauses that ask: those with a word that asks, or the one before the question mark."""
    clauses = _COMMA.split(text)
    asking = [clause for clause in clauses if not _ASKS.isdisjoint(folded(clause))]
    return asking or [clauses[-1] if "?" in clauses[-1] else text]
