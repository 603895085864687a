"""How often a message gets a paragraph about something else, and how often what answers it is missed: whole turns of the
sample shop, by the embedded backend.

The bounds are what was measured and a little room; before the measure was learnt with the order, 42 paragraphs were
wrong and 38 questions missed.
"""

from pathlib import Path
from typing import Any

from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key
from tests.thrift import parsed

TALKS: list[dict[str, Any]] = parsed(Path(__file__).with_name("precise.yaml").read_text("utf-8"))
WRONG, MISSED = 22, 21


async def test_few_messages_are_answered_with_something_else(bot: Bot, machine: Machine) -> None:
    wrong, missed = [], []
    for row in TALKS:
        key = Key("P", row["asks"][0])
        for number, text in enumerate(row["asks"]):
            reply = await process(Ask(key, text, f"p{number}", time_of_day="day"), bot, machine)
        used = {name.removesuffix("_kk").removesuffix("_en") for name in reply.meta.sections}
        answers = row.get("all", [])
        allowed = {name for names in answers for name in names} | set(row.get("may", []))
        wrong += [(row["asks"][-1], name) for name in sorted(used - allowed)]
        missed += [(row["asks"][-1], names) for names in answers if used.isdisjoint(names)]
    assert len(TALKS) > 200
    assert len(wrong) <= WRONG, wrong
    assert len(missed) <= MISSED, missed
