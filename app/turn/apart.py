"""What was found for each of several questions of a message, beside what was found for all of it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from app.composing.covering import of_measure
from app.knowledge.retriever import Found
from app.knowledge.twins import base_id
from app.language.durations import durations
from app.types import Language, Passage

_NEAR = 0.5
"""Share of the best score at which a section in his language comes before it."""
_AS_NEAR = 0.75
_ALSO = 0.3
"""How likely a section must answer each of two questions, to answer both."""


def _timed(query: str, near: Sequence[Passage]) -> Iterator[Passage]:
    """Of one that asks how long it takes those that tell of some time: as likely an answer as what is as near."""
    for passage in near if of_measure(query) else ():
        if durations(passage.section.text):
            as_near = passage.score >= _AS_NEAR * near[0].score
            likely = max(passage.answers or 0.0, near[0].answers or 0.0) if as_near else passage.answers
            yield replace(passage, answers=likely)


def with_first_of(
    found: Found, apart: Sequence[Found], queries: Sequence[str], language: Language
) -> tuple[Passage, ...]:
    """What was found for a message, and the best of each of its `queries` behind its own best: of one that asks how
    long it takes the best that tells of some time. A section that is best of two belongs to the one that it answers.
    """
    first: dict[str, Passage] = {}
    for number, (query, each) in enumerate(zip(queries, apart, strict=True), 1):
        near = [p for p in each.passages if p.score >= _NEAR * each.passages[0].score]
        own = [p for p in near if p.section.language == language]
        for passage in ([*_timed(query, own)] or own or each.passages)[:1]:
            known = first.get(base_id(passage.section))
            if known is None or (passage.answers or 0.0) > (known.answers or 0.0):
                first[base_id(passage.section)] = replace(passage, ranks={**passage.ranks, "question": number})
            if known is not None and min(passage.answers or 0.0, known.answers or 0.0) >= _ALSO:
                kept = first[base_id(passage.section)]
                other = number if kept is known else known.ranks["question"]
                first[base_id(passage.section)] = replace(kept, ranks={**kept.ranks, "also": other})
    ordered = {base_id(passage.section): passage for passage in (*found.passages[:1], *first.values(), *found.passages)}
    return tuple(first.get(name, passage) for name, passage in ordered.items())
