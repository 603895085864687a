"""Simulated customers: the sample shop holds, and a bot that misbehaves is caught."""

import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import MachineError
from app.evaluation import simulation
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


def answering(monkeypatch: pytest.MonkeyPatch, *answers: str | Exception) -> None:
    """Every turn is answered by the next of these, the last one again and again."""
    left = list(answers)

    async def answered(*_: Any) -> Any:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(answer=answer)

    monkeypatch.setattr(simulation, "process", answered)


@pytest.mark.parametrize(
    ("answers", "kinds"),
    [
        (("Хорошо.",), set()),
        (("",), {"empty_answer"}),
        (("  \n",), {"empty_answer"}),
        (("Сколько? Где?", "Хорошо."), {"two_questions"}),
        (("Сколько касс?", "Хорошо. Сколько касс?", "Хорошо."), {"repeated_question"}),
        (("Сколько касс?", "сколько  касс?", "Хорошо."), {"repeated_question"}),
        (("Сколько касс?", "Сколько магазинов?", "Хорошо."), set()),
        (("Здравствуйте! Хорошо.", "Здравствуйте, хорошо.", "Хорошо."), {"double_greeting"}),
        (("Здравствуйте! Хорошо.", "Хорошо."), set()),
    ],
)
async def test_each_fault_of_a_dialogue_is_told(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch, answers: tuple[str, ...], kinds: set[str]
) -> None:
    answering(monkeypatch, *answers)
    report = await simulate(bot, machine, load_personas()[:1], 1, seed=1)
    assert {fault.kind for fault in report.faults} == kinds
    assert report.turns >= 5
    assert {name for name, count in report.as_json()["faults"].items() if count} == kinds


async def test_a_dialogue_that_crashes_ends_and_is_told(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, "Хорошо.", MachineError("broken"), "Хорошо.")
    report = await simulate(bot, machine, load_personas()[:1], 1, seed=1)
    assert [(fault.kind, fault.answer) for fault in report.faults] == [("crash", "broken")]
    assert (report.dialogues, report.turns) == (1, 1)
