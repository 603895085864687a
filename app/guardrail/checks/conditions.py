"""What a discount is tied to, «за годовую оплату», «пенсионерам», and whether a section ties it to the same."""

import re

from app.guardrail.figures.measures import UNITS_OF_TIME, adjective_duration
from app.guardrail.text.lists import Lists

CONDITION = Lists("app.guardrail.checks", "percents.yaml").pattern("condition")
_WORD = re.compile(r"[^\W\d_]+")
_STEM, _PHRASE = 4, 6
"""Letters by which a condition is the section's: of a single word («по будням» is «в будний день»), and of several."""
Length = tuple[str, int]
"""(minute or month, how many)"""


def tied(said: str, page: str) -> bool:
    """Whether a folded section has a condition, or the length of time that it names: «годовой» is one «на год»."""
    if said[: _STEM if said.isalpha() else _PHRASE] in page:
        return True
    wanted = lengths(said)
    return bool(wanted) and wanted <= lengths(page)


def lengths(text: str) -> frozenset[Length]:
    """The lengths of time that words of a folded text name, without a number or with one in themselves."""
    return frozenset(found for word in _WORD.findall(text) if (found := _length(word)) is not None)


def _length(word: str) -> Length | None:
    if word in UNITS_OF_TIME:
        return UNITS_OF_TIME[word]
    found = adjective_duration(word)
    return found[:2] if found else None
