"""A whole turn, top to bottom: the lock, the memory, the chain, the model, the commit."""

import contextlib
import json
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.capacity.admission import Ticket
from app.cpu import stretch
from app.deadline import Deadline
from app.errors import Conflict, Overloaded, RevisionConflict
from app.telemetry import Stages
from app.turn.afterwards import leave, merged
from app.turn.bots import Bot
from app.turn.chain import Plan, decide, plan, prompt_hash, search
from app.turn.speaking import Spoken, check_available, drop, speak
from app.types import Ask, Key, Reply, Snapshot, Source, Step

_ATTEMPTS = 2  # a conversation moves on under us only when another process writes, as during an update


async def process(ask: Ask, bot: Bot) -> Reply:
    """Answers one message, or raises a MachineError and leaves nothing behind.

    The key's lock comes first: its queue is the order of arrival, and everything below it reads what the turn before
    has committed. A cancelled call (the caller hung up) commits nothing unless its answer was ready.
    """
    started = time.monotonic()
    deadline = Deadline.after(bot.settings.turn.timeout_s)
    with bot.cpu.turn(ask.key), bot.admission.ticket(bot.name, ask.key, deadline) as ticket:
        former = bot.locks.users(ask.key)
        # A hopeless wait for the turn before this one is refused before it begins. A twin of that turn will get its
        # answer and costs the model nothing.
        if former and ask.request_id not in former:
            try:
                ticket.reserve()
            except Overloaded:
                async with deadline.enforce():  # nor does a retry of what was answered before
                    if (await bot.store.load(ask.key, ask.request_id, 0)).stored is None:
                        raise
        async with bot.locks.hold(ask.key, deadline, ask.request_id):
            for attempt in range(_ATTEMPTS):
                stages = bot.telemetry.stages(started)
                stages.add("lock", stages.elapsed())
                try:
                    reply = await _answer(ask, bot, ticket, deadline, stages)
                except RevisionConflict:
                    if attempt + 1 == _ATTEMPTS:
                        raise
                else:
                    break
    if reply.replayed:
        bot.telemetry.replays.inc()
    else:
        bot.telemetry.turn.observe(time.monotonic() - started)
    return reply


async def observe(key: Key, text: str, source: Source, request_id: str | None, bot: Bot) -> bool:
    """Puts what the customer really saw into the history.

    Returns whether it replaced the answer of the turn with that `request_id`. Waits for a turn of the same key that
    is being answered, so that it is seen as it ended.
    """
    deadline = Deadline.after(bot.settings.turn.timeout_s)
    async with bot.locks.hold(key, deadline):
        with bot.cpu.turn(key):
            for _ in range(_ATTEMPTS - 1):
                with contextlib.suppress(RevisionConflict):
                    return await _observe(key, text, source, request_id, bot)
            return await _observe(key, text, source, request_id, bot)


async def _observe(key: Key, text: str, source: Source, request_id: str | None, bot: Bot) -> bool:
    loaded = await bot.store.load(key, request_id or "", 1)
    state = await stretch(lambda: bot.dialogue.observed(loaded.snapshot.state, text))
    return await bot.store.observe(loaded.snapshot.after(state), text, source, request_id)


async def _answer(ask: Ask, bot: Bot, ticket: Ticket, deadline: Deadline, stages: Stages) -> Reply:
    async with deadline.enforce():
        with stages.time("load"):
            loaded = await bot.store.load(ask.key, ask.request_id, bot.settings.turn.history)
        if loaded.stored is not None:
            if loaded.stored.body_hash != ask.body_hash:
                raise Conflict(f"request_id {ask.request_id!r} was used for another message; send a new one")
            return Reply(loaded.stored.answer, loaded.stored.response, replayed=True)
        bot.cpu.check(ask.key)
        check_available(bot)
        ticket.reserve()  # a refusal does not wait for what the model is still writing
        with stages.time("aside"):
            snapshot = await merged(loaded.snapshot, bot)
        async with ticket.place(lambda seconds: stages.add("queue", seconds)):
            now = bot.clock()
            with stages.time("dialogue"):
                step = await stretch(lambda: decide(ask, snapshot, now, bot))
            searched = time.monotonic()
            found = await search(step, snapshot, now, bot, deadline)
            models = {stage: found.seconds[stage] for stage in ("dense", "rerank") if stage in found.seconds}
            stages.add("retrieval", max(0.0, time.monotonic() - searched - sum(models.values())))
            for stage, seconds in models.items():
                stages.add(stage, seconds)
            with stages.time("prompt"):
                planned = await stretch(lambda: plan(step, found, ask, snapshot, bot))
            spoken = await speak(planned, ask, snapshot, bot, deadline=deadline, stages=stages)
            ticket.model_s = spoken.seconds
    try:
        reply = _reply(ask, planned, spoken, bot, stages)
        record = _record(ask, snapshot, now, bot, planned=planned, spoken=spoken, degraded=found.degraded)
        # Outside the deadline: an answer that is ready is either on disk and given, or neither.
        with stages.time("commit"):
            await bot.store.commit(snapshot.after(step.state), ask, reply, record)
    except BaseException:
        drop(spoken.drafts)
        raise
    leave(ask.key, spoken.drafts[-1], ask.text, bot)
    _count(step, spoken, bot)
    return reply


def _count(step: Step, spoken: Spoken, bot: Bot) -> None:
    telemetry, outcome = bot.telemetry, spoken.outcome
    telemetry.turns.labels(step.action, step.reason).inc()
    telemetry.verdicts.labels("replaced" if outcome.replaced else "repaired" if outcome.verdict.repairs else "ok").inc()
    for finding in outcome.verdict.findings:
        telemetry.findings.labels(finding.check).inc()


def _reply(ask: Ask, planned: Plan, spoken: Spoken, bot: Bot, stages: Stages) -> Reply:
    step, outcome = planned.step, spoken.outcome
    meta: dict[str, Any] = {
        "model": outcome.model,
        "processing_ms": round(stages.elapsed() * 1000),
        "kb_used": bool(outcome.used),
        "request_id": ask.request_id,
        "bot": bot.name,
        "action": step.action,
        "reason": step.reason,
        "flow": step.state.flow,
        "stage": step.state.stage,
        "language": step.language,
        "tone": step.tone,
        "kb_version": planned.knowledge,
        "sections": [passage.section.id for passage in outcome.used],
    }
    if step.topic:
        meta["topic"] = step.topic
    if step.handover:
        meta["handover"] = asdict(step.handover)
    if outcome.replaced:
        meta["guardrail"] = sorted({finding.check for finding in outcome.verdict.findings})
    if spoken.drafts[-1].ending != "ok":
        meta["ending"] = spoken.drafts[-1].ending
    if bot.settings.flags.timings:
        meta["timings"] = {stage: round(seconds * 1000, 1) for stage, seconds in stages.seconds.items()}
        meta["calls"] = len(spoken.drafts)
    return Reply(outcome.text, json.dumps({"answer": outcome.text, "meta": meta}, ensure_ascii=False))


def _record(
    ask: Ask, snapshot: Snapshot, now: datetime, bot: Bot, *, planned: Plan, spoken: Spoken, degraded: tuple[str, ...]
) -> dict[str, Any]:
    """All that is needed to walk the chain of this turn again, and to see that it comes out equal."""
    step, outcome = planned.step, spoken.outcome
    return {
        "bot": bot.name,
        "ask": {
            "media": ask.media,
            "time_of_day": ask.time_of_day,
            "timezone": ask.timezone,
            "flow_name": ask.flow_name,
        },
        "now": now.timestamp(),
        "before": asdict(snapshot.state),
        "history": len(snapshot.history),
        "intents": list(step.intents),
        "action": step.action,
        "reason": step.reason,
        "query": step.query,
        "found": [[passage.section.id, round(passage.score, 4)] for passage in planned.passages],
        "degraded": list(degraded),
        "kb_version": planned.knowledge,
        "tokens_factor": planned.factor,
        "prompt": prompt_hash(planned.prompt),
        "drafts": [
            {
                "text": draft.text,
                "model": draft.model,
                "ending": draft.ending,
                "used": [passage.section.id for passage in draft.used],
            }
            for draft in spoken.drafts
        ],
        "verdict": {
            "ok": outcome.verdict.ok,
            "findings": [[finding.check, finding.detail] for finding in outcome.verdict.findings],
            "repairs": list(outcome.verdict.repairs),
        },
        "replaced": outcome.replaced,
        "used": [passage.section.id for passage in outcome.used],
    }
