"""The model's part of a turn: one draft, the guardrail's word on it, and at most one correction."""

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass

from app.composing.extractive import compose
from app.cpu import stretch
from app.deadline import Deadline
from app.errors import DeadlinePassed, ModelUnavailable
from app.telemetry import Stages
from app.turn.bots import Bot
from app.turn.chain import Outcome, Plan, correction, judge
from app.turn.entailing import with_entailed
from app.turn.machine import Machine
from app.types import Ask, Draft, Prompt, Snapshot


@dataclass(frozen=True, slots=True)
class Spoken:
    """The drafts in their order and what became of them. `seconds`: at the model, all calls together."""

    drafts: tuple[Draft, ...]
    outcome: Outcome
    seconds: float
    degraded: tuple[str, ...] = ()
    """Models that a draft was judged without."""


def check_available(machine: Machine) -> None:
    """Raises ModelUnavailable at once when nothing could answer; with the flag `degraded` something always can."""
    if not machine.settings.flags.degraded:
        machine.llm.available()


async def speak(
    planned: Plan, ask: Ask, snapshot: Snapshot, bot: Bot, machine: Machine, *, deadline: Deadline, stages: Stages
) -> Spoken:
    """Asks the model, and once more if the guardrail refuses its draft, there is time and the flag `repair` is on.

    Raises ModelUnavailable or DeadlinePassed, and then nothing of the call is left running.
    """
    drafts: list[Draft] = []
    try:
        asked = time.monotonic()
        drafts.append(await _first(planned.prompt, machine, deadline, stages))
        seconds = time.monotonic() - asked
        with stages.time("guardrail"):
            planned = await with_entailed(
                planned, drafts[-1], ask, snapshot, bot, calls=machine.models.entail, deadline=deadline
            )
            outcome = await stretch(lambda: judge(planned, drafts, ask, snapshot, bot))
        settings = machine.settings
        if outcome.replaced and settings.flags.repair and deadline.remaining() >= settings.turn.repair_s:
            # Where the correction fails too, the fact itself is said: better than no answer.
            with contextlib.suppress(ModelUnavailable, DeadlinePassed), stages.time("repair"):
                again = correction(planned.prompt, drafts[0], outcome.verdict)
                drafts.append(await machine.llm.answer(again, deadline))
                planned = await with_entailed(
                    planned, drafts[-1], ask, snapshot, bot, calls=machine.models.entail, deadline=deadline
                )
                outcome = await stretch(lambda: judge(planned, drafts, ask, snapshot, bot))
            seconds += stages.seconds["repair"]
    except BaseException:
        drop(drafts)
        raise
    drop(drafts[:-1])
    return Spoken(tuple(drafts), outcome, seconds, planned.degraded)


def drop(drafts: Iterable[Draft]) -> None:
    """Ends what is still being written behind drafts that nobody needs."""
    for draft in drafts:
        if draft.aside is not None:
            draft.aside.cancel()


async def _first(prompt: Prompt, machine: Machine, deadline: Deadline, stages: Stages) -> Draft:
    asked = time.monotonic()
    try:
        machine.llm.available()
        draft = await machine.llm.answer(prompt, deadline)
    except ModelUnavailable:
        if not machine.settings.flags.degraded:
            raise
        machine.telemetry.degraded.inc()
        draft = await stretch(lambda: compose(prompt))
    total = time.monotonic() - asked
    if "decode" in draft.seconds:
        machine.telemetry.first_token.observe(stages.elapsed() - draft.seconds["decode"])
    for stage, seconds in draft.seconds.items():
        stages.add(stage, seconds)
    stages.add("model", max(0.0, total - sum(draft.seconds.values())))
    return draft
