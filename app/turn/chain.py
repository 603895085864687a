"""The chain of one turn without its memory and its model: decide, search, plan (the prompt), judge (the guardrail).

Given the same conversation, message, moment, knowledge and drafts it comes to the same answer, so a recorded turn
can be replayed (app/turn/replay.py).
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache

from app.composing.news import bad
from app.guardrail import Context, addresses_of, known_addresses
from app.knowledge.retriever import Found, Retriever
from app.prompt import asks_something, marks_in
from app.settings import Settings
from app.turn.agreeing import agreeing
from app.turn.bots import Bot
from app.turn.deciding import his_words, wanted_of, what_decides
from app.turn.focused import focused, went_before
from app.turn.outcome import Outcome, settle
from app.turn.prompting import bearing, with_prices, written
from app.turn.recalled import recollecting
from app.turn.searching import today_of, words_of
from app.turn.unnamed import unnamed
from app.types import Ask, Deciding, Draft, Language, Passage, Prompt, Snapshot, Step

_DECIDED = frozenset({"purchase", "demo", "invoice", "contact_given"})
"""Whoever wants this is asked how to reach him, whatever else he has heard."""
_GRAVE = frozenset({"handover", "refuse"})  # what no word of a model alone leads to, and what he must be told of,
_UNHEARD = frozenset({"unheard", "photo"})  # and that nothing of what he sent was heard or seen


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
    bearing: tuple[Passage, ...] = ()
    """What the prompt's figures rest on besides its passages."""
    entailed: Mapping[str, float] = field(default_factory=dict)
    """What the entailment model says of the drafts' sentences, where there is one that answered (entailing.py)."""
    least_entailed: float = 0.0
    degraded: tuple[str, ...] = ()
    """As `Found.degraded`: drafts that were judged without that model."""


def decide(ask: Ask, snapshot: Snapshot, now: datetime, bot: Bot) -> Step:
    """What the dialogue wants to do about the message."""
    return bot.dialogue.advance(_known(snapshot, bot), ask, now, names=bot.names, things=bot.things, served=bot.served)


def _known(snapshot: Snapshot, bot: Bot) -> Snapshot:
    """With the language to begin in."""
    if snapshot.state.turns:
        return snapshot
    return replace(snapshot, state=replace(snapshot.state, language=bot.language))


def heeded(step: Step, act: str, ask: Ask, snapshot: Snapshot, *, now: datetime, bot: Bot) -> Step:
    """What the dialogue wants to do once a model has said that the message is `act`.

    `step` itself where the word would bring a person or a refusal, or lead out of a topic: it is no ground for that.
    """
    again = bot.dialogue.advance(
        _known(snapshot, bot), ask, now, names=bot.names, things=bot.things, served=bot.served, act=act
    )
    called = step.state.handed_over != again.state.handed_over
    grave = called or step.topic or not _GRAVE.isdisjoint((step.action, again.action))
    moved = (step.action, step.reason, step.topic) != (again.action, again.reason, again.topic)
    return step if grave and moved else again


def recollect(step: Step, snapshot: Snapshot, bot: Bot) -> Iterator[object]:
    """Reads a history for what is reckoned behind it: the same work, in parts."""
    return recollecting(snapshot, bot.knowledge.current, bot.dialogue.counted(step.state))


def reckon(
    step: Step, ask: Ask, snapshot: Snapshot, now: datetime, bot: Bot, *, sums: bool = True
) -> tuple[Deciding, ...]:
    """What the facts decide of what was asked; `sums` is the flag of that name."""
    text, found = his_words(step, ask), bot.knowledge.current
    counted = bot.dialogue.counted(step.state)
    decided = what_decides(text, step, snapshot, found, today_of(bot, now), counted=counted, sums=sums)
    return decided or unnamed(step, words_of(found))


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
    now: datetime,
) -> Plan:
    """Writes the prompt, if the backend speaks from one. The plan's step may have lost its question."""
    step, passages, known = agreeing(step, ask, snapshot, bot), found.passages, bot.knowledge.current
    if not wants_prompt:  # a model reads for itself what is about his question
        before = went_before(snapshot, known, bot.dialogue.counted(step.state))
        passages, deciding = focused(step, passages, deciding, before, known)
    bare = Prompt(step, passages, snapshot.history, ask.text, deciding=deciding)
    step = _settled(bare, snapshot, bot)
    if not wants_prompt:
        return Plan(step, passages, replace(bare, step=step), found.version)
    today = today_of(bot, now)
    passages = with_prices(step, passages, bot, today, deciding)[: settings.turn.passages]
    factor = bot.prompts.factor
    prompt = written(step, passages, ask, snapshot, bot, now=now, settings=settings, deciding=deciding)
    borne = bearing(deciding, snapshot, bot.knowledge.current, today, passages)
    return Plan(step, passages, prompt, found.version, factor, borne)


def _settled(bare: Prompt, snapshot: Snapshot, bot: Bot) -> Step:
    """The step of a prompt without messages, and without a question of ours where the answer is bad news."""
    step = bare.step
    if step.question is None or not _DECIDED.isdisjoint(step.intents) or not bad(bare):
        return step
    return bot.dialogue.unasked(step, snapshot.state)


def judge(planned: Plan, drafts: Sequence[Draft], ask: Ask, snapshot: Snapshot, bot: Bot) -> Outcome:
    """What becomes of the drafts that were written so far."""
    return settle(planned.prompt, drafts, guard_context(planned, ask, snapshot, bot))


def guard_context(planned: Plan, ask: Ask, snapshot: Snapshot, bot: Bot) -> Context:
    """What the drafts of this turn are judged against."""
    step, policy = planned.step, bot.dialogue.policy
    return Context(
        passages=(*planned.passages, *planned.bearing),
        customer=(*(exchange.user for exchange in snapshot.history if exchange.user), ask.text),
        earlier=tuple(exchange.answer for exchange in snapshot.history),
        own=(*_own_texts(step), *_decided(planned.prompt), *planned.prompt.about),
        language=step.language,
        greeted="greeting" in snapshot.state.said,
        system=_unsayable(planned.prompt),
        never=policy.never,
        discounts=policy.discounts,
        shop=bot.knowledge.current.shop,
        contacts=_addresses(bot.knowledge.current) | _given_by_hand(snapshot),
        known=words_of(bot.knowledge.current),
        languages=_languages(bot.knowledge.current),
        least_borne=bot.least_borne(step.language),
        entailed=planned.entailed,
        least_entailed=planned.least_entailed,
        marks=tuple(mark for message in planned.prompt.messages for mark in marks_in(message.content)),
        deciding=tuple(each for each in planned.prompt.deciding if wanted_of(each, step)),
        asked=step.action == "answer" and (asks_something(step, ask.text) or _found_nothing(planned)),
        stated=(step.statement or "") if step.action in _GRAVE or step.reason in _UNHEARD else "",
        course=_course(planned),
    )


def _found_nothing(planned: Plan) -> bool:
    """Whether it was looked up and is not there: then that is the answer."""
    step = planned.step
    return step.query is not None and step.fallback is not None and not planned.passages and not step.statement


def _course(planned: Plan) -> tuple[str, ...]:
    """The lines of the last message that are neither facts nor a text that may be said."""
    said = (*_own_texts(planned.step), *(each.said for each in planned.prompt.deciding), *planned.prompt.about)
    lines = planned.prompt.messages[-1].content.splitlines() if planned.prompt.messages else ()
    facts = [text for passage in planned.passages for text in (passage.section.title, passage.section.text)]
    kept = (line for line in lines if line.strip() and not any(line in text or text in line for text in facts if text))
    for text in said:
        kept = (line.replace(text, " ") for line in list(kept))
    return tuple(kept)


def _unsayable(prompt: Prompt) -> str:
    """The system text without what anybody may hear of it."""
    system = prompt.system
    for text in prompt.about:
        system = system.replace(text, "")
    return system


def _own_texts(step: Step) -> tuple[str, ...]:
    texts = (step.greeting, step.statement, step.lead, step.question, step.fallback, step.rest)
    return tuple(text for text in texts if text)


def _decided(prompt: Prompt) -> tuple[str, ...]:
    """What decides the message; that we do not know a name bears nothing out about it."""
    return tuple(each.said for each in prompt.deciding if each.kind != "unnamed")


@lru_cache(maxsize=8)
def _addresses(found: Retriever) -> frozenset[str]:
    """By the index and not by its sections: to compare those takes longer than to judge a draft."""
    return known_addresses(tuple(found.sections))


@lru_cache(maxsize=8)
def _languages(found: Retriever) -> frozenset[Language]:
    return frozenset(section.language for section in found.sections)


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
