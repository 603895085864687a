"""A message read and what it met, made into the scene that the rules decide on."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.dialogue.flow.model import Flow
from app.dialogue.hearing.intents import Understanding
from app.dialogue.hearing.listening import Said
from app.dialogue.hearing.text import read, without
from app.dialogue.policy import terms
from app.dialogue.policy.hours import Hours, known_zone, time_of_day, zone_of
from app.dialogue.policy.model import Policy
from app.dialogue.resources import Texts
from app.dialogue.rules import continuity
from app.dialogue.rules.plainly import plainly
from app.dialogue.rules.scene import Scene
from app.dialogue.slots.reader import Heard
from app.types import Ask, DialogueState, Language, Snapshot, TimeOfDay

_PARTS: tuple[TimeOfDay, ...] = ("morning", "day", "evening")
_RECENT = 5
"""Answers of ours whose lines are not said again at once."""


@dataclass(frozen=True, slots=True)
class Met:
    """A message read: the state it met, what it means, and the slots with what it told."""

    state: DialogueState
    flow: Flow
    u: Understanding
    heard: Heard
    slots: Mapping[str, str]
    said: Said


def scene_of(
    got: Met,
    snapshot: Snapshot,
    ask: Ask,
    now: datetime,
    *,
    policy: Policy,
    hours: Hours,
    texts: Mapping[Language, Texts],
) -> Scene:
    """Everything that the decision about a message rests on."""
    state, u = got.state, got.u
    zone = known_zone(ask.timezone) or zone_of(hours.timezone)
    own = texts[policy.answers_in(u.language)]
    last = snapshot.history[-1] if snapshot.history else None
    written = (ask.text, *(exchange.user for exchange in reversed(snapshot.history) if exchange.user))
    # Who says good morning is told good morning, whatever the hour is here.
    own_part = next((name for name in _PARTS if u.word(f"says_{name}")), None)
    part = own_part or ask.time_of_day or time_of_day(now.astimezone(zone))
    opening = hours.opening(now, zone)
    plain = plainly(got.said, _query(got), own)
    return Scene(
        state=state,
        u=u,
        heard=got.heard,
        slots=got.slots,
        flow=got.flow,
        policy=policy,
        texts=own,
        shop=texts[policy.languages[0]],
        greeting=continuity.greeting(own, state, got.slots.get("name", ""), part=part, now=now),
        working=hours.working(now),
        opening=opening,
        notice=continuity.closed_notice(policy, hours, state, now, language=own.language, opening=opening),
        last_answer=last.answer if last else "",
        query=plain.query,
        said=plain.said,
        worded=plain.before,
        answers=tuple(exchange.answer for exchange in snapshot.history[-_RECENT:]),
        terms=terms.named(u.message),
        before=terms.named(read(last.user)) if last and last.user else "",
        written=written,
    )


def _query(got: Met) -> str:
    """What to search for: of several clauses those that ask, without a greeting and what is not wanted."""
    u, said = got.u, got.said
    whole = without(u.message, u.greeting) or u.message.text.strip()
    alone = len(said.clauses) <= 1 and not said.without
    return whole if alone or not said.asked else said.asked
