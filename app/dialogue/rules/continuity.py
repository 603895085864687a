"""What a message finds of the conversation before it: the flow, the open question, what was said how long ago."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rapidfuzz import fuzz

from app.dialogue.flow import stages
from app.dialogue.flow.model import MAX_ASKED, Flow
from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.text import read
from app.dialogue.policy.hours import Hours
from app.dialogue.policy.model import Policy
from app.dialogue.resources import Texts
from app.dialogue.slots.choices import options
from app.types import Ask, DialogueState, Language, Pending, Snapshot, TimeOfDay

AWAY = timedelta(hours=12)
"""A customer who was silent for longer is welcomed back."""

_OF_HIM = ("shops", "company_size", "business_type", "current_tools", "pain_point")
"""Slots that are told of oneself in passing."""
_SPAM = 3
"""So many same messages before this one make it spam."""
_SAME_QUESTION = 85
"""From this partial similarity (0..100) on a text is taken to ask our question."""


def away(state: DialogueState, now: datetime) -> bool:
    return state.turns > 0 and now.timestamp() - state.seen_at > AWAY.total_seconds()


def greeting(texts: Texts, state: DialogueState, name: str, *, part: TimeOfDay, now: datetime) -> str | None:
    """The words that open the answer: the first ones by the part of the day, later ones only after an absence."""
    if "greeting" not in state.said:
        first: str = texts.data["greeting"][part]
        return first
    if not away(state, now):
        return None
    return texts.pick("welcome_back_name" if name else "welcome_back", state.turns).replace("{name}", name)


def resumed(
    state: DialogueState, ask: Ask, now: datetime, *, flows: Mapping[str, Flow], default: str, skip: Collection[str]
) -> tuple[DialogueState, Flow]:
    """The state as this message finds it: in the wanted flow, and after a long silence free for questions again.

    `skip`: slots that the bot never asks for.
    """
    name = ask.flow_name or state.flow or default
    if name in state.switched_from:
        name = state.flow  # the caller names the flow that led here with every message
    flow = flows.get(name) or flows[default]
    if flow.name != state.flow:
        pending = state.pending if state.pending and state.pending.slot in flow.slots else None
        state = replace(state, flow=flow.name, stage="", pending=pending)
    unasked = {slot: MAX_ASKED for slot in skip if slot in flow.slots and slot not in state.asked}
    if unasked:
        state = replace(state, asked={**state.asked, **unasked})
    if away(state, now):
        if state.handed_over and "contact" in state.slots:
            state = renewed(state, flow, whole=True)
        state = replace(state, paused=False, handed_over=False)
    return state, flow


def renewed(state: DialogueState, flow: Flow, *, whole: bool = False) -> DialogueState:
    """The state of a customer who begins anew: what belonged to one order is forgotten and may be asked again.

    `whole`: after a long silence the yes/no questions are open again too.
    """
    again = {slot for slot, spec in flow.slots.items() if spec.each_time or (whole and spec.kind == "yes_no")}
    again.add("interest")
    return replace(
        state,
        stage="",
        pending=None,
        handed_over=False,
        slots={slot: value for slot, value in state.slots.items() if slot not in again},
        asked={slot: count for slot, count in state.asked.items() if slot not in again},
        said=tuple(mark for mark in state.said if mark not in flow.stages),
    )


def reorders(state: DialogueState, flow: Flow, u: Understanding) -> bool:
    """Whether this message begins another order after one that was handed over."""
    done = state.handed_over and state.stage in flow.stages and flow.stages[state.stage].final
    done |= state.turns > 0 and not state.stage  # he came back after a long silence
    wants = u.has("purchase", "booking") and "contact" in state.slots and not u.has("human_wanted", "refusal")
    return done and wants and any(spec.each_time for spec in flow.slots.values())


def switched(
    state: DialogueState, flow: Flow, slots: Mapping[str, str], u: Understanding, flows: Mapping[str, Flow]
) -> tuple[DialogueState, Flow]:
    """Another flow, where the flow itself says that it suits this customer better. Nothing told is lost."""
    name = stages.switched(flow, replace(state, slots=slots), u.intents)
    if name is None or name not in flows:
        return state, flow
    return replace(state, flow=name, stage="", switched_from=(*state.switched_from, flow.name)), flows[name]


def noticed(state: DialogueState, hinted: Collection[str], u: Understanding) -> DialogueState:
    """The state with what the customer lets see. Who buys is asked for his number again, though he withheld it."""
    told = _asked_again(state) if u.word("told_already") else ()
    marks = [stages.seen(slot) for slot in sorted({*hinted, *told})]
    kept = [mark for mark in state.said if mark != stages.seen("contact") or not _decides(u)]
    said = (*kept, *(mark for mark in marks if mark not in kept))
    return state if said == state.said else replace(state, said=said)


def _asked_again(state: DialogueState) -> Collection[str]:
    """The slots that we have asked for and do not know: who says that he has told is asked for none of them again."""
    waiting = state.pending.slot if state.pending and state.pending.slot != "contact" else ""
    return [slot for slot in state.asked if slot not in state.slots and slot in (waiting, *_OF_HIM)]


def _decides(u: Understanding) -> bool:
    # «How do I try it?» decides nothing yet.
    wants = u.has("purchase", "booking") or (u.has("demo", "invoice") and not u.message.asking)
    return wants and not u.word("withhold")


def listed(snapshot: Snapshot, state: DialogueState, flow: Flow) -> tuple[str, ...]:
    """The options of the open question: as the customer read it, or as the flow words it."""
    if state.pending is None:
        return ()
    slot = state.pending.slot
    if snapshot.history and state.pending.ttl == Pending(slot).ttl and "?" in snapshot.history[-1].answer:
        return options(snapshot.history[-1].answer)
    stage = next((stage for stage in flow.stages.values() if slot in stage.questions), None)
    times = {slot: max(0, state.asked.get(slot, 1) - 1)}
    return options(stages.question(stage, slot, state.language, times)) if stage else ()


def repeated(text: str, snapshot: Snapshot) -> bool:
    """Whether this is the fourth same message in a row."""
    earlier = [exchange.user for exchange in snapshot.history if exchange.user][-_SPAM:]
    if len(earlier) < _SPAM or snapshot.state.turns < _SPAM:
        return False
    plain = _plain(text)
    return bool(plain) and all(_plain(message) == plain for message in earlier)


def asks(flow: Flow | None, slot: str, text: str) -> bool:
    """Whether a text, whoever wrote it, asks the flow's question for a slot."""
    if flow is None or "?" not in text:
        return False
    plain = _plain(text)
    variants = (
        question
        for stage in flow.stages.values()
        for texts in stage.questions.get(slot, {}).values()
        for question in texts
    )
    return any(
        fuzz.partial_ratio(_plain(question), plain) >= _SAME_QUESTION
        for question in variants
        if len(plain) >= len(question) // 2
    )


def closed_notice(
    policy: Policy, hours: Hours, state: DialogueState, now: datetime, *, language: Language, opening: str
) -> str | None:
    """That nobody is there now, if it is to be said: outside the hours, once per AWAY."""
    variants = policy.text(policy.closed_notice, language)
    if not variants or hours.working(now):
        return None
    if state.notice_at is not None and now.timestamp() - state.notice_at < AWAY.total_seconds():
        return None
    return variants[state.turns % len(variants)].replace("{time}", opening)


def _plain(text: str) -> str:
    return " ".join(token.text for token in read(text).tokens)
