"""What stands word for word in a section: an owner wrote it, so its figures are right where it is said of the same.

A run of sentences of one section counts from the first that names what the section is about: «Стоит 9 900 ₸» alone
could be said of anything.
"""

import re

from app.guardrail.allowed.page import SENTENCE, bare, sentences
from app.guardrail.model import Context
from app.types import Section

_WORD = re.compile(r"[^\W\d_]{4,}")
_STEM = 5


def quotations(text: str, context: Context) -> tuple[tuple[int, int], ...]:
    """The spans of `text` that quote a section."""
    written = {p.section.id: (p.section, sentences(p.section.text)) for p in context.passages}
    spans: list[tuple[int, int]] = []
    standing: set[str] = set()
    for match in SENTENCE.finditer(text):
        said = bare(match.group())
        if not said:
            continue
        sources = [section for section, stated in written.values() if said in stated]
        held = {section.id for section in sources if section.id in standing or _names(said, section)}
        standing = held
        if held:
            spans.append(match.span())
    return tuple(spans)


def _names(said: str, section: Section) -> bool:
    about = {word[:_STEM] for word in _WORD.findall(bare(section.title))}
    return any(word[:_STEM] in about for word in _WORD.findall(said))
