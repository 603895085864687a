"""Simulated customers: the sample shop holds, and a bot that misbehaves is caught."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.evaluation.simulation import load_personas, simulate
from app.service.assembly import open_machine
from app.settings import load
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.types import Draft, Prompt
from loadtests.service import ROOT


@pytest.mark.long
async def test_ninety_dialogues_of_nine_personas_hold(bot: Bot, machine: Machine) -> None:
    report = await simulate(bot, machine, load_personas(), 90, seed=11)
    assert report.faults == []
    assert report.dialogues == 90
    assert report.turns > 500
    assert set(report.actions) >= {"answer", "ask", "close", "handover"}


async def test_the_same_seed_plays_the_same_dialogues(tmp_path: Path) -> None:
    played = []
    for name in ("first", "second"):
        machine = open_machine(load(environ={}), tmp_path / name, ROOT / "kb")
        report = await simulate(machine.bots.default, machine, load_personas(), 18, seed=3)
        played.append((report.turns, report.actions))
        await machine.store.close()
    assert played[0] == played[1]


class Rude(Extractive):
    """Greets every time and asks the same thing twice."""

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        draft: Any = await super().answer(prompt, deadline)
        return replace(draft, text="Здравствуйте! " + re.sub(r"[^.!?\n]*\?", "", draft.text) + " А вы кто? А вы кто?")


async def test_a_bot_that_greets_and_asks_again_is_caught(bot: Bot, machine: Machine) -> None:
    report = await simulate(bot, replace(machine, llm=Rude()), load_personas(), 9, seed=1)
    kinds = {fault.kind for fault in report.faults}
    assert "double_greeting" in kinds or "repeated_question" in kinds
