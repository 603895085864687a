"""Short right answers go out as they are, and what answers nothing does not: 60 drafts in whole turns."""

from dataclasses import replace

from app.capacity.quality import Quality
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key
from loadtests.service import ROOT
from tests.thrift import parsed
from tests.turn.test_outcome import Prompted

DRAFTS = parsed((ROOT / "tests/guardrail/complete/drafts.yaml").read_text("utf-8"))


async def unchanged(bot: Bot, machine: Machine, kind: str) -> list[str]:
    speaking, found = replace(machine, quality=Quality(share=1.0)), []
    for number, case in enumerate(DRAFTS[kind]):
        model = Prompted(case["draft"], case["draft"])
        ask = Ask(Key("BOT_1", f"{kind}{number}"), case["customer"][-1], "r1")
        answer = (await process(ask, bot, replace(speaking, llm=model))).answer
        found += [case["draft"]] if answer.strip(". ") == case["draft"].strip(". ") else []
    return found


async def test_at_most_one_right_one_is_refused(bot: Bot, machine: Machine) -> None:
    assert len(await unchanged(bot, machine, "good")) >= 29


async def test_at_most_one_that_answers_nothing_goes_out(bot: Bot, machine: Machine) -> None:
    assert len(await unchanged(bot, machine, "bad")) <= 1
