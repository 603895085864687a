"""A whole turn, top to bottom: the lock, the memory, the chain, the model, the commit."""

import contextlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from app.capacity.admission import Ticket
from app.cpu import stretch, stretches
from app.deadline import Deadline
from app.errors import Conflict, Overloaded, RevisionConflict
from app.telemetry import Stages
from app.turn.afterwards import leave, merged
from app.turn.bots import Bot
from app.turn.chain import Plan, decide, plan, reckon, recollect
from app.turn.deciding import read_ahead
from app.turn.hearing import understood
from app.turn.lacking import admitted, lacking, placed
from app.turn.machine import Machine
from app.turn.record import record_of
from app.turn.reply import Meta, Reply
from app.turn.searching import search
from app.turn.speaking import Spoken, drop, speak
from app.types import Ask, Observation, Step

_T = TypeVar("_T")
_ATTEMPTS = 2  # a conversation moves on under us only when another process writes, as during an update


async def process(ask: Ask, bot: Bot, machine: Machine) -> Reply:
    """Answers one message, or raises a MachineError and leaves nothing behind.

    The key's lock comes first: its queue is the order of arrival, and everything below it reads what the turn before
    has committed. A cancelled call (the caller hung up) commits nothing unless its answer was ready.
    """
    started = time.monotonic()
    deadline = Deadline.after(machine.settings.turn.timeout_s)
    with machine.cpu.turn(ask.key), machine.admission.ticket(bot.name, ask.key, deadline) as ticket:
        await _refuse_early(ask, machine, ticket, deadline)
        async with machine.locks.hold(ask.key, deadline, ask.request_id):

            async def answered() -> Reply:
                stages = machine.telemetry.stages(started)
                stages.add("lock", stages.elapsed())
                return await _answer(ask, bot, machine, ticket=ticket, deadline=deadline, stages=stages)

            reply = await _unmoved(answered)
    if reply.replayed:
        machine.telemetry.replays.inc()
    else:
        machine.telemetry.turn.observe(time.monotonic() - started)
    return reply


async def observe(seen: Observation, bot: Bot, machine: Machine) -> bool:
    """Puts what the customer really saw into the history.

    Returns whether it replaced the answer of the turn with its `request_id`. Waits for a turn of the same key that
    is being answered, so that it is seen as it ended.
    """

    async def observed() -> bool:
        before = (await machine.store.load(seen.key, seen.request_id or "", 1)).snapshot
        state = await stretch(lambda: bot.dialogue.observed(before.state, seen.text))
        return await machine.store.observe(before.after(state), seen.text, seen.source, seen.request_id, bot.name)

    async with machine.locks.hold(seen.key, Deadline.after(machine.settings.turn.timeout_s)):
        with machine.cpu.turn(seen.key):
            return await _unmoved(observed)


async def _unmoved(work: Callable[[], Awaitable[_T]]) -> _T:
    """The work's result; done once more when the conversation has moved on under it."""
    for _ in range(_ATTEMPTS - 1):
        with contextlib.suppress(RevisionConflict):
            return await work()
    return await work()


async def _refuse_early(ask: Ask, machine: Machine, ticket: Ticket, deadline: Deadline) -> None:
    """A hopeless wait for the turn before this one is refused before it begins.

    A twin of that turn will get its answer and costs the model nothing; nor does a retry of what was answered before.
    """
    former = machine.locks.users(ask.key)
    if not former or ask.request_id in former:
        return
    try:
        ticket.reserve()
    except Overloaded as error:
        with contextlib.suppress(Overloaded):
            lacking(error, machine)
            return  # it is answered without the model
        async with deadline.enforce():
            if (await machine.store.load(ask.key, ask.request_id, 0)).stored is None:
                raise


async def _answer(ask: Ask, bot: Bot, machine: Machine, *, ticket: Ticket, deadline: Deadline, stages: Stages) -> Reply:
    settings = machine.settings
    async with deadline.enforce():
        with stages.time("load"):
            loaded = await machine.store.load(ask.key, ask.request_id, settings.turn.history)
        if loaded.stored is not None:
            if loaded.stored.body_hash != ask.body_hash:
                raise Conflict(f"request_id {ask.request_id!r} was used for another message; send a new one")
            return Reply(loaded.stored.answer, loaded.stored.response, replayed=True)
        machine.cpu.check(ask.key)
        lack = admitted(ticket, machine)  # a refusal does not wait for what the model is still writing
        with stages.time("aside"):
            snapshot = await merged(loaded.snapshot, bot, machine)
        async with placed(ticket, lack, machine, deadline, lambda seconds: stages.add("queue", seconds)) as lack:
            now = machine.clock()
            bot = replace(bot, knowledge=bot.knowledge.pinned())  # one version from the search to the verdict
            with stages.time("dialogue"):
                await stretch(lambda: bot.dialogue.listen(ask, snapshot, bot.names))
                step = await stretch(lambda: decide(ask, snapshot, now, bot))
            step, said = await understood(
                step, ask, snapshot, bot, machine,
                now=now, ticket=ticket, stages=stages, without=lack is not None,
            )  # fmt: skip
            searched = time.monotonic()
            found = await search(
                step, snapshot, now, bot, text=ask.text, top_k=settings.retriever.top_k, deadline=deadline
            )
            models = {stage: found.seconds[stage] for stage in ("dense", "rerank") if stage in found.seconds}
            stages.add("retrieval", max(0.0, time.monotonic() - searched - sum(models.values())))
            for stage, seconds in models.items():
                stages.add(stage, seconds)
            with stages.time("prompt"):
                wants = machine.llm.wants_prompt
                await stretches(recollect(step, snapshot, bot))
                await stretch(lambda: read_ahead(step, ask, bot.knowledge.current))
                deciding = await stretch(lambda: reckon(step, ask, snapshot, now, bot, sums=settings.flags.sums))
                planned = await stretch(
                    lambda: plan(
                        step,
                        found,
                        ask,
                        snapshot,
                        bot,
                        settings=settings,
                        wants_prompt=wants,
                        deciding=deciding,
                        now=now,
                    )
                )
            spoken = await speak(planned, ask, snapshot, bot, machine, deadline=deadline, stages=stages, lack=lack)
            ticket.model_s = spoken.seconds
    try:
        meta = _meta(ask, planned, spoken, bot, stages, timings=settings.flags.timings)
        reply = Reply.of(spoken.outcome.text, meta)
        record = record_of(
            ask, snapshot, now, bot,
            planned=planned, drafts=spoken.drafts, outcome=spoken.outcome,
            degraded=(*found.degraded, *spoken.degraded), heard=said,
        )  # fmt: skip
        # Outside the deadline: an answer that is ready is either on disk and given, or neither.
        with stages.time("commit"):
            await machine.store.commit(snapshot.after(planned.step.state), ask, reply, record.dump())
    except BaseException:
        drop(spoken.drafts)
        raise
    leave(ask.key, spoken.drafts[-1], ask.text, bot, machine)
    _count(planned.step, spoken, machine)
    return reply


def _count(step: Step, spoken: Spoken, machine: Machine) -> None:
    telemetry, outcome = machine.telemetry, spoken.outcome
    telemetry.turns.labels(step.action, step.reason).inc()
    if spoken.lack is not None:
        telemetry.degraded.labels(spoken.lack).inc()
    telemetry.verdicts.labels("replaced" if outcome.replaced else "repaired" if outcome.verdict.repairs else "ok").inc()
    telemetry.drafts.labels(outcome.how).inc()
    for finding in outcome.verdict.faults:
        telemetry.findings.labels(finding.check).inc()


def _meta(ask: Ask, planned: Plan, spoken: Spoken, bot: Bot, stages: Stages, *, timings: bool) -> Meta:
    step, outcome, last = planned.step, spoken.outcome, spoken.drafts[-1]
    checks = sorted({finding.check for finding in outcome.verdict.faults})
    return Meta(
        model=outcome.model,
        processing_ms=round(stages.elapsed() * 1000),
        kb_used=bool(outcome.used),
        request_id=ask.request_id,
        bot=bot.name,
        action=step.action,
        reason=step.reason,
        flow=step.state.flow,
        stage=step.state.stage,
        language=step.language,
        tone=step.tone,
        kb_version=planned.knowledge,
        sections=tuple(passage.section.id for passage in outcome.used),
        topic=step.topic or None,
        handover=step.handover,
        guardrail=tuple(checks) if outcome.replaced else None,
        degraded=spoken.lack,
        ending=last.ending if last.ending != "ok" else None,
        timings={stage: round(seconds * 1000, 1) for stage, seconds in stages.seconds.items()} if timings else None,
        calls=len(spoken.drafts) if timings else None,
    )
