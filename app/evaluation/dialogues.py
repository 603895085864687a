"""Measuring whole dialogues: cases played through `turn.process`, each answer held against what it must say.

A case that expects nothing of a kind does not count in that kind's rate. Only what can be decided without judgement is
checked; every other expectation is ignored and listed as not checked.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app.capacity.quality import Quality
from app.errors import ConfigError, MachineError
from app.evaluation.cases import DialogueCase, Expected, has_digit, says
from app.evaluation.drafts import Drafts
from app.reading.prefix import split_media
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key

CHECKS = ("action", "include", "amount", "forbidden", "slots", "lane", "silent")

_REPLIES = frozenset({"answer", "ask", "refuse", "close"})
_BOOKING = frozenset({"booking", "slot_question"})
_NOON = time(12)
_BETWEEN_TURNS = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class DialogueMiss:
    """An expectation that did not hold, with the message and the answer it is about."""

    case: str
    check: str
    said: str
    answer: str
    detail: str


@dataclass(frozen=True, slots=True)
class DialogueReport:
    """Counts of cases. A case passes a check when all its expectations of that kind hold."""

    bot: str
    cases: int
    counted: Mapping[str, int]
    """Per check: the cases that expect something of its kind."""
    misses: tuple[DialogueMiss, ...] = ()
    unchecked: Mapping[str, int] = field(default_factory=dict)
    """Expectations that were not checked: name -> how many."""
    errors: int = 0
    """Cases that ended in an error; they count as missed."""
    ids: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    """The ids of those that ended in an error."""
    drafts: Drafts = field(default_factory=Drafts)
    """What the model wrote, judged one by one whatever became of them."""

    def failed(self, check: str) -> tuple[str, ...]:
        """The ids of the cases that missed this check."""
        return tuple(dict.fromkeys(miss.case for miss in self.misses if miss.check == check))

    def rate(self, check: str) -> float:
        """Share (0..1) of the cases that passed, of those that expect something of its kind."""
        count = self.counted.get(check, 0)
        return round(1 - len(self.failed(check)) / count, 4) if count else 1.0

    @property
    def missed(self) -> frozenset[str]:
        """The ids of the cases of which some check does not hold."""
        return frozenset(miss.case for miss in self.misses) | frozenset(self.broken)

    def by_kind(self) -> Mapping[str, tuple[int, int]]:
        """(cases, those of which every check holds) by kind, which is an id up to its first dash."""
        kinds = Counter(kind_of(case) for case in self.ids)
        missed = Counter(kind_of(case) for case in self.missed)
        return {kind: (count, count - missed[kind]) for kind, count in kinds.items()}

    def as_json(self) -> dict[str, Any]:
        """The figures as `machine eval --json` prints them; `compare` reads them back."""
        rated = {
            f"{check}_{name}": value
            for check in self.counted
            if check != "forbidden"
            for name, value in (("cases", self.counted[check]), ("rate", self.rate(check)))
        }
        return {
            "bot": self.bot,
            "cases": self.cases,
            "passed": self.cases - len(self.missed),
            **rated,
            "forbidden_cases": self.counted["forbidden"],
            "forbidden": len(self.failed("forbidden")),
            "errors": self.errors,
            **self.drafts.as_json(),
            "failed": {check: list(self.failed(check)) for check in CHECKS},
            "unchecked": dict(self.unchecked),
        }


def kind_of(case: str) -> str:
    """The kind of a case, by its id."""
    return case.partition("-")[0]


def misses_of(expected: Expected, answer: str, action: str, reason: str, topic: str = "") -> list[tuple[str, str]]:
    """The checks that an answer misses, each with what is wrong."""
    missed = []
    if expected.action and not _right_action(expected.action, answer, action, reason, topic):
        missed.append(("action", f"expected {expected.action}, was {action} ({reason})"))
    lacking = [text for text in expected.every if not says(answer, text)]
    groups = [group for group in expected.any_of if not any(says(answer, text) for text in group)]
    wanted = "; ".join((*map(repr, lacking), *(f"one of {', '.join(map(repr, group))}" for group in groups)))
    if wanted:
        missed.append(("include", f"lacks {wanted}"))
    if expected.names_a_figure and (groups or any(map(has_digit, lacking))):
        missed.append(("amount", f"lacks {wanted}"))
    if said := [text for text in expected.never if says(answer, text)]:
        missed.append(("forbidden", f"says {', '.join(map(repr, said))}"))
    return missed


def _right_action(expected: str, answer: str, action: str, reason: str, topic: str) -> bool:
    if expected == "escalate":
        return action == "handover"
    if expected == "reply":
        return action in _REPLIES
    asks = action == "ask" or (action == "answer" and answer.rstrip().endswith("?"))
    return asks and not _BOOKING.isdisjoint({reason, topic})


async def evaluate_dialogues(bot: Bot, cases: Sequence[DialogueCase], machine: Machine) -> DialogueReport:
    """Plays every case as a conversation of its own, as many at a time as the machine works on, in its memory.

    A model never rests meanwhile: each of its drafts is judged.
    """
    machine = replace(machine, quality=Quality.watching(sum(len(case.turns) for case in cases)))
    places = asyncio.Semaphore(machine.settings.turn.parallel)

    async def placed(case: DialogueCase) -> list[DialogueMiss]:
        async with places:
            return [miss async for miss in _play(bot, case, machine)]

    misses = [miss for found in await asyncio.gather(*map(placed, cases)) for miss in found]
    expectations = {case.id: [expected for _, expected in case.turns if expected] for case in cases}
    counted = {
        "action": sum(any(e.action for e in own) for own in expectations.values()),
        "include": sum(any(e.includes for e in own) for own in expectations.values()),
        "amount": sum(any(e.names_a_figure for e in own) for own in expectations.values()),
        "forbidden": sum(any(e.never for e in own) for own in expectations.values()),
    }
    more = {
        "slots": sum(any(e.slots for e in own) for own in expectations.values()),
        "lane": sum(any(e.lane for e in own) for own in expectations.values()),
        "silent": sum(any(e.silent is not None for e in own) for own in expectations.values()),
    }
    counted |= {check: count for check, count in more.items() if count}
    broken = tuple(dict.fromkeys(miss.case for miss in misses if miss.check == "error"))
    unchecked = Counter(name for own in expectations.values() for expected in own for name in expected.unchecked)
    return DialogueReport(
        bot=bot.name,
        cases=len(cases),
        counted=counted,
        misses=tuple(miss for miss in misses if miss.check in CHECKS),
        unchecked=dict(sorted(unchecked.items())),
        errors=len(broken),
        ids=tuple(case.id for case in cases),
        broken=broken,
        drafts=Drafts.of(machine.quality),
    )


async def _play(bot: Bot, case: DialogueCase, machine: Machine) -> AsyncIterator[DialogueMiss]:
    """The misses of one conversation. After an error all that is still expected is missed."""
    zone = ZoneInfo(bot.timezone)
    start = datetime.combine(datetime.now(UTC).astimezone(zone).date(), case.local_time or _NOON, zone)
    broken = ""
    for number, (text, expected) in enumerate(case.turns):
        at = start + number * _BETWEEN_TURNS
        media, said = split_media(text)
        ask = Ask(
            Key("EVAL", case.id),
            said,
            f"{case.id}-{number}",
            media=media,
            timestamp_ms=round(at.timestamp() * 1000),
            body_hash=hashlib.sha256(text.encode()).hexdigest(),
        )
        answer, meta = "", {"action": "error", "reason": broken}
        if not broken:
            try:
                reply = await process(ask, bot, replace(machine, clock=partial(_given, at)))
            except MachineError as error:
                broken = f"{type(error).__name__}: {error}"
                meta["reason"] = broken
                yield DialogueMiss(case.id, "error", text, "", broken)
            else:
                answer, meta = reply.answer, reply.meta.dump()
        if expected:
            for check, detail in misses_of(expected, answer, meta["action"], meta["reason"], meta.get("topic") or ""):
                yield DialogueMiss(case.id, check, text, answer, detail)
            known = (await machine.store.load(ask.key, "", 0)).snapshot.state.slots if expected.slots else {}
            for check, detail in _more(expected, answer, meta, known):
                yield DialogueMiss(case.id, check, text, answer, detail)


def _more(expected: Expected, answer: str, meta: Mapping[str, Any], known: Mapping[str, str]) -> list[tuple[str, str]]:
    """What of slots, lane and silence does not hold."""
    missed = []
    if wrong := {slot: known.get(slot) for slot, value in expected.slots.items() if known.get(slot) != value}:
        missed.append(("slots", f"expected {dict(expected.slots)}, knows {wrong}"))
    lanes = (meta.get("topic"), meta["reason"])
    if expected.lane and expected.lane not in lanes:
        missed.append(("lane", f"expected {expected.lane}, was {' '.join(str(lane) for lane in lanes if lane)}"))
    if expected.silent is not None and expected.silent != (not answer.strip()):
        missed.append(("silent", "nothing was to be said" if expected.silent else "nothing was said"))
    return missed


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float)


def _given(at: datetime) -> datetime:
    return at


@dataclass(frozen=True, slots=True)
class DialogueComparison:
    """What changed since an earlier report, a line each; `worse`: a rate fell, or more was said that must not be."""

    lines: tuple[str, ...]
    worse: bool


def compare(earlier: Path, report: DialogueReport) -> DialogueComparison:
    """Holds a report against an earlier `--json` output. Raises ConfigError when the file is none."""
    new = report.as_json()
    try:
        old = json.loads(earlier.read_text("utf-8"))
        figures = [(name, old[name], value) for name, value in new.items() if name in old and _is_figure(value)]
        failed = {check: (set(old["failed"].get(check, ())), set(new["failed"][check])) for check in CHECKS}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{str(earlier)!r} is no output of `machine eval --json` ({error}); write it again") from None
    lines = [f"{name}: {before} -> {now}" for name, before, now in figures if before != now]
    for check, (before, now) in failed.items():
        lines += [f"{check}: now missed: {case}" for case in sorted(now - before)]
        lines += [f"{check}: no longer missed: {case}" for case in sorted(before - now)]
    worse = any(now < before for name, before, now in figures if name.endswith("_rate")) or any(
        now > before for name, before, now in figures if name in ("forbidden", "errors")
    )
    return DialogueComparison(tuple(lines), worse)
