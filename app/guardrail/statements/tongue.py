"""The language that a section is written in: an owner who leaves `language` out has not said that it is Russian."""

from functools import lru_cache

from app.language.identify import identify
from app.types import Language, Section

_UNSAID: Language = "ru"
"""What a section has that names no language."""
_READ = 400
"""Characters of a text that tell its language."""


@lru_cache(maxsize=4096)
def written_in(section: Section) -> Language:
    """The one that it names, or that its text plainly is in."""
    if section.language != _UNSAID:
        return section.language
    heard = identify(section.text[:_READ], _UNSAID)
    return heard.answer if heard.sure and heard.language == heard.answer else _UNSAID
