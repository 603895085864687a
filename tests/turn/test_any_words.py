"""No row of words that the rooms look for ends a turn in an error: messages made of those very words, in any order.

Random letters never meet the branches that words open; these do. Each message is a whole turn of one long conversation.
"""

import random
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from app.turn.process import process
from app.types import Ask, Key
from loadtests.service import ROOT
from tests.thrift import thinned

if TYPE_CHECKING:
    from app.turn.bots import Bot
    from app.turn.machine import Machine

LISTS = (
    "app/language/words/questions.yaml", "app/reading/words", "app/figures/words", "app/dialogue/phrases",
    "app/composing", "app/turn",
)  # fmt: skip
"""Files, and folders of files, whose strings are words that something looks for."""
SIGNS = (",", ".", "?", "!", "/", "-", "\n", "(", ")", "«", "»", "+", "=", "%", ":", "…")
NUMBERS = ("1", "2", "3-й", "12", "1/2", "0", "7 900", "25 000", "10%", "два", "three", "екі")
GLUES = (" ", " ", " ", " ", "/", "-", ", ", ". ")
SEEDS, TURNS, LONGEST = range(12), 24, 16


def words() -> list[str]:
    found: set[str] = set()
    for name in LISTS:
        path = ROOT / name
        for file in [path] if path.is_file() else sorted(path.rglob("*.yaml")):
            found |= set(_strings(yaml.safe_load(file.read_text("utf-8"))))
    return sorted(found)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [word for word in value.replace("|", " ").replace("*", "").replace("$", "").split() if len(word) < 30]
    if isinstance(value, dict):
        return [word for each in value.values() for word in _strings(each)]
    return [word for each in value for word in _strings(each)] if isinstance(value, list) else []


def products() -> list[str]:
    sections = [yaml.safe_load(path.read_text("utf-8")) for path in sorted(Path(ROOT / "kb").glob("*.yaml"))]
    return sorted(
        {fact["name"] for each in sections for section in each["sections"] for fact in section.get("facts", ())}
    )


WORDS, PRODUCTS = words(), products()
QUESTIONS = yaml.safe_load((ROOT / LISTS[0]).read_text("utf-8"))
OPENING = [word for name in ("joins", "asks", "which", "starts", "does", "refers") for word in QUESTIONS[name].split()]
"""What parts and opens questions: in a text of a person every third word."""


@pytest.mark.parametrize("seed", thinned(SEEDS, 4))
async def test_no_words_in_any_order_end_a_turn(seed: int, machine: "Machine", bot: "Bot") -> None:
    rng = random.Random(seed)
    for turn in range(TURNS):
        rows = (WORDS, WORDS, WORDS, OPENING, OPENING, PRODUCTS, NUMBERS, SIGNS)
        text = "".join(rng.choice(rng.choice(rows)) + rng.choice(GLUES) for _ in range(rng.randint(1, LONGEST)))
        reply = await process(Ask(Key("B", f"user-{seed}-{turn // 8}"), text, str(uuid.uuid4())), bot, machine)
        assert reply.meta.action, text
