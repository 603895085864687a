"""Asking the model what a message is for, where nothing else tells: when, for how long, and what becomes of it."""

import time
from datetime import datetime

from app.capacity.admission import Ticket
from app.cpu import stretch
from app.llm import Hearing
from app.llm.hearing import USUAL_TOKENS
from app.prompt import asking
from app.telemetry import Stages
from app.turn.bots import Bot
from app.turn.chain import heeded
from app.turn.machine import Machine
from app.turn.prompting import opening
from app.types import Ask, Snapshot, Step
from app.understanding.doubt import HARD, ActHeard, ActQuestion

_TIME = 0.1
"""Share of a turn's time that it may take."""


async def understood(
    step: Step,
    ask: Ask,
    snapshot: Snapshot,
    bot: Bot,
    machine: Machine,
    *,
    now: datetime,
    ticket: Ticket,
    stages: Stages,
    without: bool = False,
) -> tuple[Step, ActHeard | None]:
    """The step to take, and what the model said of the message if it was asked: the turn goes on whatever it says.

    `without`: it has no place at the model.
    """
    telemetry, settings, model = machine.telemetry, machine.settings, machine.llm
    machine.heard.came()
    if step.unsure:
        telemetry.unsure.inc()
    choice = settings.understanding.model
    wanted = choice == "always" or (choice == "auto" and step.unsure)
    if not wanted or not step.acts or not isinstance(model, Hearing):
        return step, None
    seconds = _TIME * settings.turn.timeout_s
    if why := "model" if without else _why_not(model, ticket, machine, seconds):
        telemetry.act_unasked.labels(why).inc()
        return step, None
    with stages.time("hearing"):
        system = opening(bot, step.state.flow, settings)
        question = await stretch(lambda: asking(bot.prompts, snapshot, ask, step.acts, system=system))
        said = await _said(question, model, machine, ticket, seconds)
        heard = step
        if said.act and said.act not in HARD:
            heard = await stretch(lambda: heeded(step, said.act, ask, snapshot, now=now, bot=bot))
        if said.act and heard is step:
            said = ActHeard(said.act, "hard")
    telemetry.act_calls.labels(said.outcome).inc()
    return heard, said


def _why_not(model: Hearing, ticket: Ticket, machine: Machine, seconds: float) -> str:
    """Why it is not asked now; empty when it is. The share comes last: only what is asked counts in it."""
    if machine.quality.resting:
        return "resting"  # what cannot write tells nothing
    if why := model.cannot_hear():
        return why
    if not ticket.spares(seconds):
        return "busy"
    return "" if machine.settings.understanding.model == "always" or machine.heard.take() else "share"


async def _said(question: ActQuestion, model: Hearing, machine: Machine, ticket: Ticket, seconds: float) -> ActHeard:
    pace = machine.admission.pace
    expected = pace.call_s(question.fresh, USUAL_TOKENS, machine.admission.running)
    asked = time.monotonic()
    with ticket.longer(min(seconds, expected)):
        said = await model.hear(question, seconds)
    machine.telemetry.act_seconds.observe(time.monotonic() - asked)
    return said
