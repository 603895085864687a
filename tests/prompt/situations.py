"""Prompts of situations, measured: how many hold what decides them. `python -m tests.prompt.situations [--show]`.

Each conversation is played with the embedded composer up to its last message; for that one the prompt is written that a
model would be asked. Nothing is stored and no model is called.
"""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.composing.extractive import compose
from app.service.assembly import open_bots
from app.settings import load
from app.turn.bots import Bot
from app.turn.chain import Plan, decide, plan, reckon
from app.turn.searching import search
from app.types import Ask, Exchange, Key, Snapshot
from loadtests.service import ROOT
from tests.thrift import parsed

FILE = Path(__file__).with_name("situations.yaml")
SETTINGS = load(environ={})
NOON = datetime(2026, 3, 4, 7, tzinfo=UTC)  # a Wednesday, noon in Almaty
_FRAME = re.compile(r"⟦([a-z]{6})[^⟧\n]*⟧\n.*?\n⟦/\1⟧", re.DOTALL)
_SPACES = re.compile(r"[\s\u00a0\u202f]+")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is written, and what the prompt must hold. `fact`: the shop's knowledge decides it."""

    kind: str
    text: str
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    fact: bool = True


@dataclass(frozen=True, slots=True)
class Looked:
    """A prompt looked at."""

    situation: Situation
    planned: Plan
    lacks: tuple[str, ...] = ()
    says: tuple[str, ...] = field(default=())

    @property
    def last(self) -> str:
        return self.planned.prompt.messages[-1].content


def situations() -> list[Situation]:
    rows: list[dict[str, Any]] = parsed(FILE.read_text("utf-8"))
    lists = ("must", "must_not", "before")
    return [Situation(**row | {name: tuple(row.get(name, ())) for name in lists}) for row in rows]


async def written(texts: Sequence[str], bot: Bot, user: str, now: datetime = NOON) -> Plan:
    """The plan of the last text behind the others, each answered by the embedded composer."""
    snapshot = Snapshot(Key("SITUATIONS", user))
    for number, text in enumerate(texts):
        ask = Ask(snapshot.key, text, f"r{number}")
        at = now + number * timedelta(minutes=1)
        step = decide(ask, snapshot, at, bot)
        found = await search(step, snapshot, at, bot, top_k=SETTINGS.retriever.top_k)
        deciding = reckon(step, ask, snapshot, at, bot)
        last = number == len(texts) - 1
        planned = plan(step, found, ask, snapshot, bot, settings=SETTINGS, wants_prompt=last, deciding=deciding, now=at)
        if last:
            return planned
        said = Exchange(text, compose(planned.prompt).text, at=at.timestamp(), revision=snapshot.revision + 1)
        snapshot = replace(snapshot.after(step.state), history=(*snapshot.history, said))
    raise AssertionError("a situation has a text")


def look(situation: Situation, planned: Plan) -> Looked:
    """What the last message holds outside the customer's words."""
    told = _plain(_FRAME.sub("", planned.prompt.messages[-1].content))
    lacks = [wanted for wanted in situation.must if not any(_plain(way) in told for way in wanted.split("|"))]
    says = [unwanted for unwanted in situation.must_not if _plain(unwanted) in told]
    return Looked(situation, planned, tuple(lacks), tuple(says))


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).strip().casefold()


async def measured(bot: Bot) -> list[Looked]:
    return [
        look(situation, await written((*situation.before, situation.text), bot, f"u{number}"))
        for number, situation in enumerate(situations())
    ]


def default_bot() -> Bot:
    return open_bots(SETTINGS, ROOT / "kb", key=b"situations").default


def main() -> None:
    found = asyncio.run(measured(default_bot()))
    facts = [looked for looked in found if looked.situation.fact]
    held = [looked for looked in facts if not looked.lacks]
    kinds = Counter(looked.situation.kind for looked in facts)
    for kind, count in kinds.items():
        print(f"{kind}: {sum(looked.situation.kind == kind for looked in held)} of {count}")
    print(f"hold what decides: {len(held)} of {len(facts)} ({len(held) / len(facts):.0%})")
    others = [looked for looked in found if not looked.situation.fact]
    print(
        f"others as they should be: {sum(not looked.lacks and not looked.says for looked in others)} of {len(others)}"
    )
    tokens = sorted(looked.planned.prompt.fresh for looked in found)
    print(f"tokens of the last message: median {tokens[len(tokens) // 2]}, most {tokens[-1]}")
    for looked in found:
        if looked.lacks or looked.says:
            asked = " / ".join((*looked.situation.before, looked.situation.text))
            print(f"  {looked.situation.kind}: {asked}\n    lacks {list(looked.lacks)}, says {list(looked.says)}")
            if "--show" in sys.argv:
                print(looked.last)


if __name__ == "__main__":
    main()
