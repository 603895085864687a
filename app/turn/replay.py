"""Replaying a recorded turn: the same chain from the recorded model output must come to the same answer."""

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from app.errors import ConfigError
from app.store import Recorded
from app.turn.chain import decide, heeded, judge, plan, prompt_hash, reckon
from app.turn.entailing import with_entailed
from app.turn.machine import Machine
from app.turn.record import TurnRecord, verdict_record
from app.turn.searching import search
from app.types import Ask, Draft


@dataclass(frozen=True, slots=True)
class Difference:
    """What came out otherwise than it is recorded."""

    what: str
    recorded: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Replay:
    """`differences` is empty when the turn came out equal; `note` says what has changed since, if anything has."""

    turn: int
    differences: tuple[Difference, ...]
    note: str = ""


async def replay(turn: int, machine: Machine) -> Replay:
    """Walks the chain of a turn again. Raises ConfigError when the turn or its bot does not exist."""
    recorded = await machine.store.recorded(turn)
    if recorded is None:
        raise ConfigError(f"there is no turn {turn}; the ids stand in the table `turns`")
    record = TurnRecord.load(recorded.record)
    now = await _again(recorded, record, machine)
    before = {**record.dump(), "verdict": asdict(record.verdict), "answer": recorded.answer}
    differences = tuple(Difference(name, before[name], value) for name, value in now.items() if before[name] != value)
    version = machine.bots.named(record.bot).knowledge.version
    changed = record.kb_version != version
    note = f"the knowledge was version {record.kb_version} then, {version} now" if changed else ""
    return Replay(turn, differences, note)


async def _again(recorded: Recorded, record: TurnRecord, machine: Machine) -> dict[str, Any]:
    """What the turn comes to now, by the names of the record."""
    bot, settings, snapshot = machine.bots.named(record.bot), machine.settings, recorded.snapshot
    ask = Ask(snapshot.key, recorded.text, recorded.request_id, **asdict(record.ask))
    then = datetime.fromtimestamp(record.now, UTC)
    step = decide(ask, snapshot, then, bot)
    if record.heard and record.heard.act:
        step = heeded(step, record.heard.act, ask, snapshot, now=then, bot=bot)
    found = await search(step, snapshot, then, bot, text=ask.text, top_k=settings.retriever.top_k)
    bot = replace(bot, prompts=bot.prompts.with_factor(record.tokens_factor))
    deciding = reckon(step, ask, snapshot, then, bot, sums=settings.flags.sums)
    wants = machine.llm.wants_prompt
    planned = plan(step, found, ask, snapshot, bot, settings=settings, wants_prompt=wants, deciding=deciding, now=then)
    passages = {passage.section.id: passage for passage in planned.passages}
    drafts = [
        Draft(
            draft.text, draft.model, tuple(passages[name] for name in draft.used if name in passages),
            origin=draft.origin if machine.llm.inventive else "knowledge",
        )
        for draft in record.drafts
    ]  # fmt: skip
    if not any(missing.startswith("entail:") for missing in record.degraded):
        for draft in drafts:
            planned = await with_entailed(planned, draft, ask, snapshot, bot, calls=machine.models.entail)
    outcome = judge(planned, drafts, ask, snapshot, bot)
    return {
        "action": planned.step.action,
        "reason": planned.step.reason,
        "intents": planned.step.intents,
        "query": planned.step.query,
        "found": tuple((passage.section.id, round(passage.score, 4)) for passage in planned.passages),
        "prompt": prompt_hash(planned.prompt),
        "verdict": asdict(verdict_record(outcome)),
        "answer": outcome.text,
    }
