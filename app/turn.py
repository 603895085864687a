"""A whole turn, top to bottom: the lock, the memory, the chain, the model, the commit."""

import json
import time
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.bots import Bot
from app.chain import Outcome, Plan, correction, judge, plan, prompt_hash
from app.deadline import Deadline
from app.errors import Conflict, RevisionConflict
from app.types import Ask, Draft, Key, Reply, Snapshot, Source

_ATTEMPTS = 2  # a conversation moves on under us only when another process writes, as during an update


async def process(ask: Ask, bot: Bot) -> Reply:
    """Answers one message, or raises a MachineError and leaves nothing behind.

    The key's lock comes first: its queue is the order of arrival, and everything below it reads what the turn before
    has committed. A cancelled call (the caller hung up) commits nothing unless its answer was ready.
    """
    started = time.monotonic()
    deadline = Deadline.after(bot.settings.turn.timeout_s)
    async with bot.locks.hold(ask.key, deadline):
        for attempt in range(_ATTEMPTS):
            try:
                reply = await _answer(ask, bot, deadline, started)
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
        loaded = await bot.store.load(key, request_id or "", 1)
        state = bot.dialogue.observed(loaded.snapshot.state, text)
        return await bot.store.observe(loaded.snapshot.after(state), text, source, request_id)


async def _answer(ask: Ask, bot: Bot, deadline: Deadline, started: float) -> Reply:
    async with deadline.enforce(), bot.admission.admit(deadline, bot.telemetry.stage.labels("queue").observe):
        with bot.telemetry.stage.labels("load").time():
            loaded = await bot.store.load(ask.key, ask.request_id, bot.settings.turn.history)
        if loaded.stored is not None:
            if loaded.stored.body_hash != ask.body_hash:
                raise Conflict(f"request_id {ask.request_id!r} was used for another message; send a new one")
            return Reply(loaded.stored.answer, loaded.stored.response, replayed=True)
        snapshot = loaded.snapshot
        now = bot.clock()
        planned = plan(ask, snapshot, now, bot)
        with bot.telemetry.stage.labels("model").time():
            drafts = [await bot.llm.answer(planned.prompt, deadline)]
        outcome = judge(planned, drafts, ask, snapshot, bot)
        if outcome.replaced and deadline.remaining() >= bot.settings.turn.repair_s:
            with bot.telemetry.stage.labels("repair").time():
                drafts.append(await bot.llm.answer(correction(planned.prompt, drafts[0], outcome.verdict), deadline))
            outcome = judge(planned, drafts, ask, snapshot, bot)
    reply = _reply(ask, planned, outcome, bot, started)
    record = _record(ask, snapshot, now, bot, planned=planned, drafts=drafts, outcome=outcome)
    # Outside the deadline: an answer that is ready is either on disk and given, or neither.
    with bot.telemetry.stage.labels("commit").time():
        await bot.store.commit(snapshot.after(planned.step.state), ask, reply, record)
    bot.telemetry.turns.labels(planned.step.action, planned.step.reason).inc()
    for finding in outcome.verdict.findings:
        bot.telemetry.findings.labels(finding.check).inc()
    return reply


def _reply(ask: Ask, planned: Plan, outcome: Outcome, bot: Bot, started: float) -> Reply:
    step = planned.step
    meta: dict[str, Any] = {
        "model": outcome.model,
        "processing_ms": round((time.monotonic() - started) * 1000),
        "kb_used": bool(outcome.used),
        "request_id": ask.request_id,
        "bot": bot.name,
        "action": step.action,
        "reason": step.reason,
        "flow": step.state.flow,
        "stage": step.state.stage,
        "language": step.language,
        "tone": step.tone,
        "kb_version": bot.knowledge.version,
        "sections": [passage.section.id for passage in outcome.used],
    }
    if step.topic:
        meta["topic"] = step.topic
    if step.handover:
        meta["handover"] = asdict(step.handover)
    if outcome.replaced:
        meta["guardrail"] = sorted({finding.check for finding in outcome.verdict.findings})
    return Reply(outcome.text, json.dumps({"answer": outcome.text, "meta": meta}, ensure_ascii=False))


def _record(
    ask: Ask, snapshot: Snapshot, now: datetime, bot: Bot, *, planned: Plan, drafts: list[Draft], outcome: Outcome
) -> dict[str, Any]:
    """All that is needed to walk the chain of this turn again, and to see that it comes out equal."""
    step = planned.step
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
        "kb_version": bot.knowledge.version,
        "prompt": prompt_hash(planned.prompt),
        "drafts": [
            {"text": draft.text, "model": draft.model, "used": [passage.section.id for passage in draft.used]}
            for draft in drafts
        ],
        "verdict": {
            "ok": outcome.verdict.ok,
            "findings": [[finding.check, finding.detail] for finding in outcome.verdict.findings],
            "repairs": list(outcome.verdict.repairs),
        },
        "replaced": outcome.replaced,
        "used": [passage.section.id for passage in outcome.used],
    }
