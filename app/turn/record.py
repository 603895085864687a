"""What is kept of a turn beside its texts: enough to walk its chain again, and to see that it comes out equal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter

from app.composing.extractive import Extractive
from app.store.states import of_stored_form, stored_form
from app.turn.bots import Bot
from app.turn.chain import Plan, prompt_hash
from app.turn.outcome import Outcome
from app.types import Ask, DialogueState, Draft, Ending, Media, Snapshot, TimeOfDay
from app.understanding.doubt import ActHeard


@dataclass(frozen=True, slots=True)
class AskRecord:
    """What the caller said beside the text."""

    media: Media = "text"
    time_of_day: TimeOfDay | None = None
    timezone: str | None = None
    flow_name: str | None = None


@dataclass(frozen=True, slots=True)
class DraftRecord:
    """A draft, with the ids of the sections that it rests on."""

    text: str
    model: str
    ending: Ending = "ok"
    used: tuple[str, ...] = ()

    @property
    def origin(self) -> Literal["model", "knowledge"]:
        """As `Draft.origin`: the composer's own name tells its texts from a model's."""
        return "knowledge" if self.model == Extractive.name else "model"


@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """The guardrail's word on the draft that decided."""

    ok: bool
    findings: tuple[tuple[str, str], ...] = ()
    """(check, detail)"""
    repairs: tuple[str, ...] = ()
    lacks: tuple[tuple[str, str], ...] = ()
    """(check, detail): why it is no answer, which says nothing of its truth. No release before knew that."""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """A turn's inputs, decisions and drafts, as the table `turns` keeps them."""

    bot: str
    ask: AskRecord
    now: float
    """Unix seconds by the machine's clock."""
    before: DialogueState
    history: int
    """Exchanges of the history that the turn saw."""
    intents: tuple[str, ...]
    action: str
    reason: str
    query: str | None
    found: tuple[tuple[str, float], ...]
    """(section, score)"""
    degraded: tuple[str, ...]
    """Models of the search, and the one that judges drafts, that were left out."""
    kb_version: str
    tokens_factor: float
    """Of the token count, when the prompt was written."""
    prompt: str
    """sha256 of what the backend was asked."""
    drafts: tuple[DraftRecord, ...]
    verdict: VerdictRecord
    replaced: bool
    used: tuple[str, ...]
    how: str
    """What became of the drafts: an Outcome's `how`, empty where a release before did not record it."""
    heard: ActHeard | None
    """What the model said that the message is for, if it was asked."""

    def dump(self) -> dict[str, Any]:
        """As JSON, in the order of the fields."""
        return {
            **_shallow(self),
            "ask": _shallow(self.ask),
            "before": stored_form(self.before),
            "drafts": tuple(_shallow(draft) for draft in self.drafts),
            "verdict": _shallow(self.verdict),
            "heard": _shallow(self.heard) if self.heard else None,
        }

    @classmethod
    def load(cls, record: Mapping[str, Any]) -> "TurnRecord":
        """Of a stored one, also of an earlier release's. Raises ValueError when it is none."""
        return _RECORD.validate_python({**_SINCE, **record, "before": of_stored_form(record["before"])})


def _shallow(row: "AskRecord | DraftRecord | VerdictRecord | ActHeard | TurnRecord") -> dict[str, Any]:
    """Name to value, in the order of the fields; `asdict` copies all that lies below, which costs more."""
    return {name: getattr(row, name) for name in row.__slots__}


_RECORD = TypeAdapter(TurnRecord)
_SINCE: Mapping[str, Any] = {"tokens_factor": 1.0, "degraded": (), "heard": None, "how": ""}
"""What earlier releases did not record."""


def record_of(
    ask: Ask,
    snapshot: Snapshot,
    now: datetime,
    bot: Bot,
    *,
    planned: Plan,
    drafts: Sequence[Draft],
    outcome: Outcome,
    degraded: tuple[str, ...],
    heard: ActHeard | None = None,
) -> TurnRecord:
    """The record of a turn that has been judged."""
    step = planned.step
    return TurnRecord(
        bot=bot.name,
        ask=AskRecord(ask.media, ask.time_of_day, ask.timezone, ask.flow_name),
        now=now.timestamp(),
        before=snapshot.state,
        history=len(snapshot.history),
        intents=step.intents,
        action=step.action,
        reason=step.reason,
        query=step.query,
        found=tuple((passage.section.id, round(passage.score, 4)) for passage in planned.passages),
        degraded=degraded,
        kb_version=planned.knowledge,
        tokens_factor=planned.factor,
        prompt=prompt_hash(planned.prompt),
        drafts=tuple(
            DraftRecord(draft.text, draft.model, draft.ending, tuple(passage.section.id for passage in draft.used))
            for draft in drafts
        ),
        verdict=verdict_record(outcome),
        replaced=outcome.replaced,
        how=outcome.how,
        used=tuple(passage.section.id for passage in outcome.used),
        heard=heard,
    )


def verdict_record(outcome: Outcome) -> VerdictRecord:
    """The verdict, as it is kept."""
    verdict = outcome.verdict
    findings = tuple((finding.check, finding.detail) for finding in verdict.findings)
    lacks = tuple((each.check, each.detail) for each in verdict.lacks)
    return VerdictRecord(verdict.ok, findings, tuple(verdict.repairs), lacks)
