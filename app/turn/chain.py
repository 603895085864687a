"""The chain of one turn without its memory and its model: decide, search, plan (the prompt), judge (the guardrail).

Given the same conversation, message, moment, knowledge and drafts it comes to the same answer, so a recorded turn
can be replayed (app/turn/replay.py).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.composing.extractive import compose
from app.deadline import Deadline
from app.guardrail import Context, Verdict, addresses_of, check, known_addresses, tidy
from app.knowledge.retriever import Found
from app.prompt import corrected, marks_in
from app.settings import Settings
from app.turn.bots import Bot
from app.turn.compatible import compatible
from app.turn.deciding import what_decides
from app.types import Ask, Deciding, Draft, Passage, Prompt, Snapshot, Step

_GRAVE = frozenset({"handover", "refuse"})


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backend is asked for one message."""

    step: Step
    passages: tuple[Passage, ...]
    prompt: Prompt
    knowledge: str
    """Version of the knowledge base that was searched: a newer one may be in use by now."""
    factor: float = 1.0
    """Of the token count, when the prompt was written."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer. `replaced`: every draft was refused, and the fact itself is said instead."""

    text: str
    model: str
    used: tuple[Passage, ...]
    verdict: Verdict
    replaced: bool = False


def decide(ask: Ask, snapshot: Snapshot, now: datetime, bot: Bot) -> Step:
    """What the dialogue wants to do about the message."""
    return bot.dialogue.advance(_known(snapshot, bot), ask, now)


def _known(snapshot: Snapshot, bot: Bot) -> Snapshot:
    """With the language to begin in."""
    if snapshot.state.turns:
        return snapshot
    return replace(snapshot, state=replace(snapshot.state, language=bot.language))


def heeded(step: Step, act: str, ask: Ask, snapshot: Snapshot, *, now: datetime, bot: Bot) -> Step:
    """What the dialogue wants to do once a model has said that the message is `act`.

    `step` itself where the word would bring a person or a refusal, or lead out of a topic: it is no ground for that.
    """
    again = bot.dialogue.advance(_known(snapshot, bot), ask, now, act)
    called = step.state.handed_over != again.state.handed_over
    grave = called or step.topic or not _GRAVE.isdisjoint((step.action, again.action))
    moved = (step.action, step.reason, step.topic) != (again.action, again.reason, again.topic)
    return step if grave and moved else again


async def search(
    step: Step, snapshot: Snapshot, now: datetime, bot: Bot, *, top_k: int, deadline: Deadline | None = None
) -> Found:
    """What the knowledge base has on it: nothing when the step searches nothing."""
    if step.query is None:
        return Found((), version=bot.knowledge.version)
    found = await bot.knowledge.find(
        step.query,
        top_k=top_k,
        today=today_of(bot, now),
        previous=_previous_message(snapshot),
        without=step.without,
        deadline=deadline,
    )
    return replace(found, passages=compatible(step, found.passages))


def today_of(bot: Bot, now: datetime) -> date:
    """The day that it is where the shop is."""
    return now.astimezone(ZoneInfo(bot.timezone)).date()


def reckon(step: Step, ask: Ask, snapshot: Snapshot, now: datetime, bot: Bot) -> tuple[Deciding, ...]:
    """What the facts decide of what was asked."""
    text = step.counted or ask.text
    return what_decides(text, step, snapshot, bot.knowledge.current, today_of(bot, now))


def plan(
    step: Step,
    found: Found,
    ask: Ask,
    snapshot: Snapshot,
    bot: Bot,
    *,
    settings: Settings,
    wants_prompt: bool,
    deciding: tuple[Deciding, ...] = (),
) -> Plan:
    """Writes the prompt, if the backend speaks from one."""
    passages = found.passages
    if not wants_prompt:
        return Plan(
            step, passages, Prompt(step, passages, snapshot.history, ask.text, deciding=deciding), found.version
        )
    passages = passages[: settings.turn.passages]
    factor = bot.prompts.factor
    prompt = bot.prompts.build(
        step,
        passages,
        snapshot,
        ask.text,
        method=bot.dialogue.title(step.state.flow),
        goal=bot.dialogue.goal(step.state.flow, step.state.stage),
        slots=bot.dialogue.known(step.state),
        told=bot.dialogue.own_words(step.state),
        media=ask.media,
        wanted=bot.dialogue.wanted(step.state),
        structured=settings.flags.structured,
        deciding=deciding,
    )
    return Plan(step, passages, prompt, found.version, factor)


def judge(planned: Plan, drafts: Sequence[Draft], ask: Ask, snapshot: Snapshot, bot: Bot) -> Outcome:
    """The first draft that the guardrail passes; if none does, the fact itself.

    A text that can only be what an owner wrote is tidied, and never refused.
    """
    context = guard_context(planned, ask, snapshot, bot)
    verdicts = [(check if draft.origin == "model" else tidy)(draft.text, context) for draft in drafts]
    for draft, verdict in zip(drafts, verdicts, strict=True):
        if verdict.ok:
            return Outcome(verdict.text, draft.model, draft.used, verdict)
    fact = compose(planned.prompt)
    return Outcome(fact.text, drafts[-1].model, fact.used, verdicts[-1], replaced=True)


def correction(prompt: Prompt, draft: Draft, verdict: Verdict) -> Prompt:
    """The same prompt with the refused draft and what was wrong with it: asked once, while there is time."""
    return corrected(prompt, draft.text, [finding.detail for finding in verdict.findings])


def guard_context(planned: Plan, ask: Ask, snapshot: Snapshot, bot: Bot) -> Context:
    """What the drafts of this turn are judged against."""
    step, policy = planned.step, bot.dialogue.policy
    return Context(
        passages=planned.passages,
        customer=(*(exchange.user for exchange in snapshot.history if exchange.user), ask.text),
        earlier=tuple(exchange.answer for exchange in snapshot.history),
        own=(*_own_texts(step), *(each.said for each in planned.prompt.deciding)),
        language=step.language,
        greeted="greeting" in snapshot.state.said,
        system=planned.prompt.system,
        never=policy.never,
        discounts=policy.discounts,
        contacts=known_addresses(tuple(bot.knowledge.sections)) | _given_by_hand(snapshot),
        marks=tuple(mark for message in planned.prompt.messages for mark in marks_in(message.content)),
    )


def _own_texts(step: Step) -> tuple[str, ...]:
    texts = (step.greeting, step.statement, step.lead, step.question, step.fallback)
    return tuple(text for text in texts if text)


def _given_by_hand(snapshot: Snapshot) -> frozenset[str]:
    """Addresses that a person of ours gave in this conversation; the machine's own answers vouch for nothing."""
    answers = (exchange.answer for exchange in snapshot.history if exchange.source == "human")
    return frozenset(value for answer in answers for value in addresses_of(answer))


def prompt_hash(prompt: Prompt) -> str:
    """sha256 of all that the backend was asked: of the messages, or of the pieces where there are none."""
    if prompt.messages:  # spelled out: a recorded hash outlives the names of classes
        messages = (f"Message(role={each.role!r}, content={each.content!r})" for each in prompt.messages)
        written = f"({', '.join((repr(prompt.system), *messages))})"
    else:
        sections = tuple((passage.section.id, round(passage.score, 4)) for passage in prompt.passages)
        step = prompt.step
        said = (step.greeting, step.statement, step.lead, step.question)
        decided = tuple(each.said for each in prompt.deciding)
        written = repr((prompt.text, sections, said, step.query, prompt.history[-1:], *([decided] if decided else [])))
    return hashlib.sha256(written.encode("utf-8", "backslashreplace")).hexdigest()


def _previous_message(snapshot: Snapshot) -> str | None:
    """What the customer wrote before, unless that ended the topic."""
    if snapshot.state.closed:
        return None
    return next((exchange.user for exchange in reversed(snapshot.history) if exchange.user), None)
