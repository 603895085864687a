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
from app.turn.answered import answered
from app.turn.bots import Bot
from app.turn.chain import Plan, judge
from app.turn.entailing import with_entailed
from app.turn.lacking import lacking
from app.turn.machine import Machine
from app.turn.outcome import Outcome, correction
from app.types import Ask, Draft, Key, Lack, Prompt, Snapshot

UNUSABLE = "unusable"
"""Name of the fault of a text that could not even be judged: a loop, a foreign script, broken or empty."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The drafts in their order and what became of them. `seconds`: at the model, all calls together."""

    drafts: tuple[Draft, ...]
    outcome: Outcome
    seconds: float
    lack: Lack | None = None
    """Why the knowledge base spoke in its place."""
    degraded: tuple[str, ...] = ()
    """Models that a draft was judged without."""


async def speak(
    planned: Plan,
    ask: Ask,
    snapshot: Snapshot,
    bot: Bot,
    machine: Machine,
    *,
    deadline: Deadline,
    stages: Stages,
    lack: Lack | None = None,
) -> Spoken:
    """Asks the model, and once more if the guardrail refuses its draft, there is time and the flag `repair` is on.

    With a `lack` it is not asked: the knowledge base speaks, as it does with the flag `degraded` where a call fails.

    Raises ModelUnavailable or DeadlinePassed, and then nothing of the call is left running.
    """
    drafts: list[Draft] = []
    rests = machine.quality.resting
    speaks = machine.llm.inventive and machine.quality.may_speak(ask.key)
    probe = rests and speaks and lack is None
    try:
        asked = time.monotonic()
        first, lack, fault = await _first(
            planned.prompt, bot, machine, lack, deadline=deadline, stages=stages, speaks=speaks
        )
        drafts.append(first)
        seconds = time.monotonic() - asked
        with stages.time("guardrail"):
            planned = await with_entailed(
                planned, drafts[-1], ask, snapshot, bot, calls=machine.models.entail, deadline=deadline
            )
            outcome = await stretch(lambda: judge(planned, drafts, ask, snapshot, bot))
        if fault:
            outcome = replace(outcome, how="replaced")
        if fault or first.origin == "model":
            _note(ask.key, outcome, fault, machine)
            probe = False
        settings = machine.settings
        if outcome.replaced and settings.flags.repair and deadline.remaining() >= settings.turn.repair_s:
            # Where the correction fails too, the fact itself is said: better than no answer.
            with contextlib.suppress(ModelUnavailable, DeadlinePassed), stages.time("repair"):
                again = correction(planned.prompt, drafts[0], outcome.verdict)
                drafts.append(await answered(again, bot, machine, deadline))
                planned = await with_entailed(
                    planned, drafts[-1], ask, snapshot, bot, calls=machine.models.entail, deadline=deadline
                )
                # The first is refused for good: to judge it again would hold the loop for both.
                second = await stretch(lambda: judge(planned, drafts[-1:], ask, snapshot, bot))
                outcome = second if second.replaced else replace(second, how="repaired")
            seconds += stages.seconds["repair"]
    except BaseException:
        drop(drafts)
        raise
    finally:
        if probe:
            machine.quality.abandoned()
    drop(drafts[:-1])
    return Spoken(tuple(drafts), outcome, seconds, lack, planned.degraded)


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
    if quality.resting and not rested:
        machine.telemetry.log.warning("model rests")
    elif rested and not quality.resting:
        machine.telemetry.log.warning("model speaks again")


async def _first(
    prompt: Prompt,
    bot: Bot,
    machine: Machine,
    lack: Lack | None,
    *,
    deadline: Deadline,
    stages: Stages,
    speaks: bool,
) -> tuple[Draft, Lack | None, str]:
    """(the draft, why it is the fact's own where the model did not write it, the fault of what the model wrote)."""
    asked = time.monotonic()
    draft: Draft | None = None
    fault = ""
    if lack is None and machine.llm.inventive and not speaks:
        lack = "resting"
    if lack is None:
        try:
            machine.llm.available()
            draft = await answered(prompt, bot, machine, deadline)
        except (ModelUnavailable, DeadlinePassed) as error:
            written = isinstance(error, ModelUnavailable) and error.reason in TEXT_FAULTS
            fault, lack = (UNUSABLE, "unusable") if written else ("", lacking(error, machine))
    if draft is None:
        draft = await stretch(lambda: compose(prompt))
    total = time.monotonic() - asked
    if "decode" in draft.seconds:
        machine.telemetry.first_token.observe(stages.elapsed() - draft.seconds["decode"])
    for stage, seconds in draft.seconds.items():
        stages.add(stage, seconds)
    stages.add("model", max(0.0, total - sum(draft.seconds.values())))
    return draft, lack, fault
