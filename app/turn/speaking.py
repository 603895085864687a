"""The model's part of a turn: one draft, the guardrail's word on it, and at most one correction.

What it writes badly is never an error: the fact itself is said. While it rests because of what it wrote, facts answer,
and a draft now and then tries whether it may come back.
"""

import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from app.composing.extractive import compose
from app.cpu import stretch
from app.deadline import Deadline
from app.errors import DeadlinePassed, ModelUnavailable
from app.llm.writing import TEXT_FAULTS
from app.telemetry import Stages
from app.turn.bots import Bot
from app.turn.chain import Plan, judge
from app.turn.machine import Machine
from app.turn.outcome import Outcome, correction
from app.types import Ask, Draft, Key, Prompt, Snapshot

UNUSABLE = "unusable"
"""Name of the fault of a text that could not even be judged: a loop, a foreign script, broken or empty."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The drafts in their order and what became of them. `seconds`: at the model, all calls together."""

    drafts: tuple[Draft, ...]
    outcome: Outcome
    seconds: float


def check_available(machine: Machine) -> None:
    """Raises ModelUnavailable at once when nothing could answer.

    With the flag `degraded` something always can, and while the model rests facts do.
    """
    if not machine.settings.flags.degraded and not machine.quality.resting:
        machine.llm.available()


async def speak(
    planned: Plan, ask: Ask, snapshot: Snapshot, bot: Bot, machine: Machine, *, deadline: Deadline, stages: Stages
) -> Spoken:
    """Asks the model, and once more if the guardrail refuses its draft, there is time and the flag `repair` is on.

    Raises ModelUnavailable or DeadlinePassed, and then nothing of the call is left running.
    """
    drafts: list[Draft] = []
    rests = machine.quality.resting
    speaks = machine.llm.inventive and machine.quality.may_speak(ask.key)
    probe = rests and speaks
    try:
        asked = time.monotonic()
        draft, fault = await _first(planned.prompt, machine, deadline, stages, speaks=speaks, probe=probe)
        drafts.append(draft)
        seconds = time.monotonic() - asked
        with stages.time("guardrail"):
            outcome = await stretch(lambda: judge(planned, drafts, ask, snapshot, bot))
        if fault:
            outcome = replace(outcome, how="replaced")
        if fault or draft.origin == "model":
            _note(ask.key, outcome, fault, machine)
            probe = False
        settings = machine.settings
        if outcome.replaced and settings.flags.repair and deadline.remaining() >= settings.turn.repair_s:
            # Where the correction fails too, the fact itself is said: better than no answer.
            with contextlib.suppress(ModelUnavailable, DeadlinePassed), stages.time("repair"):
                again = correction(planned.prompt, draft, outcome.verdict)
                drafts.append(await machine.llm.answer(again, deadline))
                outcome = await stretch(lambda: judge(planned, drafts, ask, snapshot, bot))
            seconds += stages.seconds["repair"]
    except BaseException:
        drop(drafts)
        raise
    finally:
        if probe:
            machine.quality.abandoned()
    drop(drafts[:-1])
    return Spoken(tuple(drafts), outcome, seconds)


def drop(drafts: Iterable[Draft]) -> None:
    """Ends what is still being written behind drafts that nobody needs."""
    for draft in drafts:
        if draft.aside is not None:
            draft.aside.cancel()


def _note(key: Key, outcome: Outcome, fault: str, machine: Machine) -> None:
    """What the first draft says of the model, whatever became of it."""
    verdict, quality = outcome.verdict, machine.quality
    rested = quality.resting
    if fault:
        machine.telemetry.findings.labels(UNUSABLE).inc()
        quality.judged(key, "untrue", (UNUSABLE,))
    else:
        kinds = [each.check for each in verdict.faults]
        quality.judged(key, "good" if verdict.fit else "incomplete" if verdict.ok else "untrue", kinds)
    machine.telemetry.resting.set(quality.resting)
    if quality.resting is not rested:
        machine.telemetry.log.warning("model rests" if quality.resting else "model speaks again")


async def _first(
    prompt: Prompt, machine: Machine, deadline: Deadline, stages: Stages, *, speaks: bool, probe: bool
) -> tuple[Draft, str]:
    """The draft, and why it is the fact's own although the model wrote something; empty in any other case."""
    asked = time.monotonic()
    fault = ""
    try:
        if machine.llm.inventive and not speaks:
            machine.telemetry.degraded.inc()
            return await stretch(lambda: compose(prompt)), ""
        machine.llm.available()
        draft = await machine.llm.answer(prompt, deadline)
    except ModelUnavailable as error:
        fault = UNUSABLE if error.reason in TEXT_FAULTS else ""
        if not (fault or probe or machine.settings.flags.degraded):
            raise
        if not fault:
            machine.telemetry.degraded.inc()
        draft = await stretch(lambda: compose(prompt))
    total = time.monotonic() - asked
    if "decode" in draft.seconds:
        machine.telemetry.first_token.observe(stages.elapsed() - draft.seconds["decode"])
    for stage, seconds in draft.seconds.items():
        stages.add(stage, seconds)
    stages.add("model", max(0.0, total - sum(draft.seconds.values())))
    return draft, fault
