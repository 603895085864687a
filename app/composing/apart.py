"""A section on something else that says of goods only that they are apart: who asks of goods hears that alone.

«May the printer be given back?» finds what is said of money for a subscription, and there a half-sentence on equipment.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from app.composing.fitting import folded
from app.composing.plain import sentences
from app.packaged import packaged
from app.types import Section

_PART = re.compile(r"[,;:](?=\s)")


def apart(section: Section, text: str, asked: str) -> str:
    """What is said of goods apart, where goods are asked of and the section is about something else; else `text`."""
    words = _words()["goods"]
    if not _begins(asked, words) or _begins(section.title, words):
        return text
    said = [part for sentence in sentences(section.text) if (part := _of_goods(sentence))]
    return said[0] if len(said) == 1 else text


def _of_goods(sentence: str) -> str:
    """The end of a sentence that is of goods apart, empty where none is."""
    if not _begins(sentence, _words()["goods"]) or not _begins(sentence, _words()["own"]):
        return ""
    ends = [part for part in _parts(sentence) if _begins(part, _words()["goods"])]
    said = ends[-1].strip()
    return said[:1].upper() + said[1:] if _begins(said, _words()["own"]) else ""


def _parts(sentence: str) -> Iterator[str]:
    """The sentence from its beginning, and from behind each of its commas."""
    yield sentence
    for match in _PART.finditer(sentence):
        yield sentence[match.end() :]


def _begins(text: str, beginnings: tuple[str, ...]) -> bool:
    return any(word.startswith(beginnings) for word in folded(text))


@lru_cache(maxsize=1)
def _words() -> Mapping[str, tuple[str, ...]]:
    return {name: folded(" ".join(row)) for name, row in packaged("app.composing", "apart.yaml").items()}
