"""What was found for each of several questions of a message, beside what was found for all of it."""

from collections.abc import Sequence
from dataclasses import replace

from app.knowledge.retriever import Found
from app.knowledge.twins import base_id
from app.types import Language, Passage

_NEAR = 0.5
"""Share of the best score at which a section in his language comes before it."""
_ALSO = 0.3
"""How likely a section must answer each of two questions, to answer both."""


def with_first_of(found: Found, apart: Sequence[Found], language: Language) -> tuple[Passage, ...]:
    """What was found for a message, and the best of each of its questions behind its own best. A section that is best
    of two belongs to the one that it answers.
    """
    first: dict[str, Passage] = {}
    for number, each in enumerate(apart, 1):
        own = (p for p in each.passages if p.section.language == language and p.score >= _NEAR * each.passages[0].score)
        for passage in (next(own, None) or each.passages[0],) if each.passages else ():
            known = first.get(base_id(passage.section))
            if known is None or (passage.answers or 0.0) > (known.answers or 0.0):
                first[base_id(passage.section)] = replace(passage, ranks={**passage.ranks, "question": number})
            if known is not None and min(passage.answers or 0.0, known.answers or 0.0) >= _ALSO:
                kept = first[base_id(passage.section)]
                other = number if kept is known else known.ranks["question"]
                first[base_id(passage.section)] = replace(kept, ranks={**kept.ranks, "also": other})
    ordered = {base_id(passage.section): passage for passage in (*found.passages[:1], *first.values(), *found.passages)}
    return tuple(first.get(name, passage) for name, passage in ordered.items())
