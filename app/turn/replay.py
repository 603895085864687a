"""Replaying a recorded turn: the same chain from the recorded model output must come to the same answer."""

import dataclasses
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.errors import ConfigError
from app.store import Store
from app.turn.bots import Bots
from app.turn.chain import decide, judge, plan, prompt_hash, search
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


async def replay(turn: int, store: Store, bots: Bots) -> Replay:
    """Walks the chain of a turn again. Raises ConfigError when the turn or its bot does not exist."""
    recorded = await store.recorded(turn)
    if recorded is None:
        raise ConfigError(f"there is no turn {turn}; the ids stand in the table `turns`")
    record = recorded.record
    bot = bots.named(record["bot"])
    snapshot = recorded.snapshot
    ask = Ask(snapshot.key, recorded.text, recorded.request_id, **record["ask"])
    now_then = datetime.fromtimestamp(record["now"], UTC)
    step = decide(ask, snapshot, now_then, bot)
    found_now = await search(step, snapshot, now_then, bot)
    bot = dataclasses.replace(bot, prompts=bot.prompts.with_factor(record.get("tokens_factor", 1.0)))
    planned = plan(step, found_now, ask, snapshot, bot)
    found = {passage.section.id: passage for passage in planned.passages}
    drafts = [
        Draft(draft["text"], draft["model"], tuple(found[name] for name in draft["used"] if name in found))
        for draft in record["drafts"]
    ]
    outcome = judge(planned, drafts, ask, snapshot, bot)
    now = {
        "action": planned.step.action,
        "reason": planned.step.reason,
        "intents": list(planned.step.intents),
        "query": planned.step.query,
        "found": [[passage.section.id, round(passage.score, 4)] for passage in planned.passages],
        "prompt": prompt_hash(planned.prompt),
        "verdict": {
            "ok": outcome.verdict.ok,
            "findings": [[finding.check, finding.detail] for finding in outcome.verdict.findings],
            "repairs": list(outcome.verdict.repairs),
        },
        "answer": outcome.text,
    }
    before = {**record, "answer": recorded.answer}
    differences = tuple(Difference(name, before[name], value) for name, value in now.items() if before[name] != value)
    changed = record["kb_version"] != bot.knowledge.version
    note = f"the knowledge was version {record['kb_version']} then, {bot.knowledge.version} now" if changed else ""
    return Replay(turn, differences, note)
