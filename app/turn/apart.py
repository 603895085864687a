"""What was found for each of several questions of a message, beside what was found for all of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.composing.covering import MEANT, of_measure
from app.knowledge.context import names_nothing, points_back
from app.knowledge.retriever import Found
from app.knowledge.twins import base_id
from app.language.durations import durations
from app.types import Language, Passage

_NEAR = 0.5
"""Share of the best score at which a section in his language comes before it."""
_AS_NEAR = 0.75
_AGREED = 0.6
"""What a section counts at most for others that state the same."""
_ALSO = 0.3
"""How likely a section must answer each of two questions, to answer both."""


def agreed(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """The best as likely as all of them together that state the same term or limit: whichever of them he means, it is
    the answer. Prices stand in many sections, and say nothing of what else is asked."""
    if not passages or passages[0].answers is None:
        return passages
    first = passages[0]
    stated = {fact for fact in first.section.facts if not fact.currency}
    same = sum(p.answers or 0.0 for p in passages if not stated.isdisjoint(p.section.facts))
    return (replace(first, answers=max(first.answers or 0.0, min(same, _AGREED))), *passages[1:])


def likeliest_first(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Where the best by its score is not likely to answer, the likeliest before it: small words weigh less there."""
    passages = agreed(passages)
    chances = [passage.answers or 0.0 for passage in passages]
    if not passages or passages[0].answers is None or chances[0] >= MEANT or max(chances) < MEANT:
        return passages
    best = passages[chances.index(max(chances))]
    return (best, *(passage for passage in passages if passage is not best))


def leaning(queries: Sequence[str], last: str | None) -> Iterator[tuple[str, str | None]]:
    """Each question with what it goes on with: `last`, the message before, or the question before where it names
    nothing."""
    for number, query in enumerate(queries):
        nameless = names_nothing(query)
        yield query, last if nameless or (not number and points_back(query)) else None
        last = last if nameless and last else query  # «how much is it, and how long does it take?»


def going_on(queries: Sequence[str], apart: Sequence[Found]) -> Iterator[tuple[int, str]]:
    """(number, what to ask instead) of each question that alone finds nothing likely: it may go on with the last before
    it that does, or that at least names a thing, «connecting the register, how much? and which papers?»."""
    subject = ""
    for number, (query, found) in enumerate(zip(queries, apart, strict=True)):
        if max((p.answers or 0.0 for p in found.passages), default=0.0) >= MEANT:
            subject = query
        elif subject:
            yield number, f"{subject} {query}"
        elif not names_nothing(query):
            subject = query


def with_going_on(apart: Sequence[Found], more: Mapping[int, Found]) -> tuple[Found, ...]:
    """`apart` with what the longer questions found, where that is likely and no other question's own answer."""
    taken = {base_id(p.section) for n, found in enumerate(apart) if n not in more for p in found.passages[:1]}
    made = list(apart)
    for number, found in more.items():
        kept = tuple(p for p in found.passages if base_id(p.section) not in taken)
        if kept and (kept[0].answers or 0.0) >= MEANT:
            made[number] = replace(found, passages=kept)
            taken.add(base_id(kept[0].section))
    return tuple(made)


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
