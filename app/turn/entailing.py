"""What the entailment model says of a draft, where the settings name one.

It is asked beside the event loop and never waited for long: late or failing, it is left out.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from app.cpu import stretch
from app.deadline import Deadline
from app.guardrail import Context, asserted, premises
from app.knowledge.models import Degraded, EntailerCalls
from app.knowledge.retriever import Retriever
from app.turn.bots import Bot
from app.turn.chain import Plan, guard_context
from app.turn.searching import today_of
from app.types import Ask, Draft, Section, Snapshot

_FOUND = 1
"""Sections of the whole knowledge that are read with a sentence beside those in use."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One sentence of a draft, and a text that may say it."""

    sentence: str
    premise: str


async def with_entailed(
    planned: Plan,
    draft: Draft,
    ask: Ask,
    snapshot: Snapshot,
    bot: Bot,
    *,
    calls: EntailerCalls | None,
    deadline: Deadline | None = None,
) -> Plan:
    """The plan with what the model says of the draft's sentences beside what it said of earlier drafts'.

    The plan as it is where there is no model, where an owner wrote the draft, or where the model fails or is late: that
    is counted, and the other checks judge the draft alone.
    """
    if calls is None or draft.origin != "model":
        return planned
    context = guard_context(planned, ask, snapshot, bot)
    try:
        scores = await entailed_by(calls, draft.text, context, bot, datetime.now(UTC), deadline=deadline)
    except Degraded as missing:
        return replace(planned, degraded=(*planned.degraded, str(missing)))
    return replace(planned, entailed={**planned.entailed, **scores}, least_entailed=calls.threshold)


async def entailed_by(
    calls: EntailerCalls, draft: str, context: Context, bot: Bot, now: datetime, *, deadline: Deadline | None = None
) -> dict[str, float]:
    """Sentence of the draft -> how surely (0..1) some text that bears on it says it. Raises Degraded."""
    current, today = bot.knowledge.current, today_of(bot, now)
    asked = await stretch(lambda: _questions(draft, context, current, today))
    scores = await calls.scores([(each.premise, each.sentence) for each in asked], deadline) if asked else ()
    best: dict[str, float] = {}
    for each, score in zip(asked, scores, strict=True):
        best[each.sentence] = max(best.get(each.sentence, 0.0), score)
    return best


def _questions(draft: str, context: Context, found: Retriever, today: date) -> tuple[_Question, ...]:
    """All that the model is asked of a draft, in one batch."""
    asked = []
    for sentence in asserted(draft, context):
        sections = _bearing(sentence, context, found, today)
        asked += [_Question(sentence, premise) for premise in premises(sentence, sections, context)]
    return tuple(asked)


def _bearing(sentence: str, context: Context, found: Retriever, today: date) -> list[Section]:
    """The sections in use, and what the whole knowledge has on the sentence."""
    searched = found.search(sentence, top_k=_FOUND, today=today)
    return [passage.section for passage in (*context.passages, *searched)]
