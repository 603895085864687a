"""One section in several languages: `delivery_kk` is `delivery` in Kazakh."""

from collections.abc import Sequence
from dataclasses import replace

from app.types import Language, Passage, Section


class Twins:
    """Knows what each section is called in other languages. Immutable after construction."""

    def __init__(self, sections: Sequence[Section]) -> None:
        self._known = {(base_id(section), section.language): section for section in sections}

    def spoken(self, passages: Sequence[Passage], language: Language) -> tuple[Passage, ...]:
        """The passages, each with its section in that language where there is one; none of them twice."""
        found: dict[str, Passage] = {}
        for passage in passages:
            own = self._known.get((base_id(passage.section), language), passage.section)
            found.setdefault(own.id, passage if own is passage.section else replace(passage, section=own))
        return tuple(found.values())


def base_id(section: Section) -> str:
    """What a section and its twins have in common."""
    return section.id.removesuffix(f"_{section.language}")
