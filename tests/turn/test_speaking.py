"""What is asked of the model in a turn, what is dropped of it, and what is counted."""

import asyncio
import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import DeadlinePassed, ModelUnavailable
from app.service.assembly import open_machine
from app.settings import load
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Aside, Ask, Draft, Key, Prompt
from loadtests.service import ROOT
from tests.turn.test_turn_guard import RIGHT, WRONG

KEY = Key("BOT_1", "77010000001")
PRICE = "Сколько стоит тариф Рост?"


class Model(Extractive):
    """A chat model that is a list of drafts and errors; behind each draft it goes on writing for long."""

    name = "scripted"
    wants_prompt = inventive = True

    def __init__(self, *says: str | Exception, up: bool = True) -> None:
        self._says, self._up = list(says), up
        self.behind: list[asyncio.Task[Aside]] = []

    def available(self) -> None:
        if not self._up:
            raise ModelUnavailable("the model is being loaded; try again", reason="loading")

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        said = self._says.pop(0)
        if isinstance(said, Exception):
            raise said

        async def writing() -> Aside:
            await asyncio.Event().wait()
            return Aside()

        self.behind.append(asyncio.create_task(writing()))
        return Draft(said, self.name, prompt.passages[:1], aside=self.behind[-1])


async def talk(bot: Bot, machine: Machine, model: Model, **environ: str) -> dict[str, Any]:
    speaking = replace(machine, llm=model, settings=load(environ=environ))
    body: dict[str, Any] = json.loads((await process(Ask(KEY, PRICE, "r1"), bot, speaking)).body)
    return body


def counted(machine: Machine, sample: str) -> bool:
    return f"{sample} 1.0" in machine.telemetry.exposition().decode()


@pytest.mark.parametrize("error", [ModelUnavailable("gone"), DeadlinePassed("late")], ids=["gone", "late"])
async def test_where_the_correction_fails_too_the_fact_is_said(bot: Bot, machine: Machine, error: Exception) -> None:
    reply = await talk(bot, machine, Model(WRONG, error))
    assert "14 900 ₸" in reply["answer"]
    assert reply["meta"]["guardrail"] == ["amount"]
    assert counted(machine, 'machine_guardrail_verdicts_total{verdict="replaced"}')
    assert counted(machine, 'machine_guardrail_findings_total{check="amount"}')


async def test_a_first_call_that_fails_is_no_answer_and_leaves_nothing(bot: Bot, machine: Machine) -> None:
    with pytest.raises(ModelUnavailable):
        await talk(bot, machine, Model(ModelUnavailable("gone")))
    assert (await machine.store.load(KEY, "r1", 0)).stored is None


async def test_of_a_refused_draft_nothing_is_written_on_and_of_the_one_that_goes_out_it_is(
    bot: Bot, machine: Machine
) -> None:
    model = Model(WRONG, RIGHT)
    assert (await talk(bot, machine, model))["answer"] == RIGHT
    await asyncio.wait(model.behind, timeout=0.2)
    assert [task.done() for task in model.behind] == [True, False]
    assert model.behind[0].cancelled()
    assert counted(machine, 'machine_guardrail_verdicts_total{verdict="ok"}')
    await machine.asides.close()


async def test_whatever_breaks_behind_a_draft_nothing_of_it_is_written_on(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("app.turn.speaking.judge", broken)
    model = Model(RIGHT)
    with pytest.raises(ZeroDivisionError):
        await talk(bot, machine, model)
    await asyncio.wait(model.behind, timeout=5)
    assert model.behind[0].cancelled()


async def test_a_model_that_cannot_answer_is_known_before_a_place_is_waited_for(bot: Bot, machine: Machine) -> None:
    async with asyncio.timeout(5), contextlib.AsyncExitStack() as stack:
        for number in range(machine.settings.turn.parallel):
            ticket = stack.enter_context(machine.admission.ticket(bot.name, ("another", number), Deadline.after(60)))
            await stack.enter_async_context(ticket.place(lambda _: None))
        with pytest.raises(ModelUnavailable, match="being loaded"):
            await process(Ask(KEY, PRICE, "r1"), bot, replace(machine, llm=Model(RIGHT, up=False)))


async def test_with_the_flag_degraded_the_knowledge_base_answers_for_it_and_that_is_counted(
    bot: Bot, machine: Machine
) -> None:
    reply = await talk(bot, machine, Model(up=False), FF_degraded="true")
    assert "14 900" in reply["answer"]
    assert reply["meta"]["model"] == "extractive"
    assert counted(machine, 'machine_degraded_turns_total{reason="loading"}')


@pytest.mark.parametrize(("question", "used"), [(PRICE, True), ("Здравствуйте", False)])
async def test_the_reply_tells_whether_it_rests_on_the_knowledge_base(
    bot: Bot, machine: Machine, question: str, used: bool
) -> None:
    meta = json.loads((await process(Ask(KEY, question, "r1"), bot, machine)).body)["meta"]
    assert (meta["kb_used"], bool(meta["sections"])) == (used, used)


@pytest.mark.parametrize("drafts", [(RIGHT,), (WRONG, RIGHT), (WRONG, WRONG)], ids=["right", "corrected", "replaced"])
async def test_the_reply_tells_how_many_calls_it_took(bot: Bot, machine: Machine, drafts: tuple[str, ...]) -> None:
    assert (await talk(bot, machine, Model(*drafts), FF_timings="true"))["meta"]["calls"] == len(drafts)
    await machine.asides.close()


async def test_a_text_that_was_closed_early_says_how_it_ended(bot: Bot, machine: Machine) -> None:
    class Hurried(Extractive):
        name, wants_prompt, inventive = "scripted", True, True

        async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
            return Draft(RIGHT, self.name, prompt.passages[:1], "deadline")

    reply = json.loads((await process(Ask(KEY, PRICE, "r1"), bot, replace(machine, llm=Hurried()))).body)
    assert reply["meta"]["ending"] == "deadline"


async def test_what_was_just_answered_is_not_the_answer_to_another_question(bot: Bot, machine: Machine) -> None:
    speaking = replace(machine, llm=Model(RIGHT, RIGHT, RIGHT))
    assert (await process(Ask(KEY, PRICE, "r1", body_hash="1"), bot, speaking)).answer == RIGHT
    again = await process(Ask(KEY, "Можно подключить Kaspi?", "r2", body_hash="2"), bot, speaking)
    assert "repeat" in json.loads(again.body)["meta"]["guardrail"]
    await machine.asides.close()


async def test_a_greeting_is_said_once_in_a_conversation(bot: Bot, machine: Machine) -> None:
    speaking = replace(
        machine, llm=Model(f"Здравствуйте! {RIGHT}", "Здравствуйте! Да, свой сканер можно подключить к кассе.")
    )
    first = await process(Ask(KEY, f"Здравствуйте! {PRICE}", "r1", body_hash="1"), bot, speaking)
    second = await process(Ask(KEY, "А свой сканер можно подключить?", "r2", body_hash="2"), bot, speaking)
    assert first.answer.startswith("Здравствуйте")
    assert "Здравствуйте" not in second.answer
    await machine.asides.close()


async def test_words_of_the_instructions_are_not_given_away(bot: Bot, machine: Machine) -> None:
    class Retelling(Extractive):
        name, wants_prompt, inventive = "scripted", True, True

        async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
            rule = next(line for line in prompt.system.splitlines() if "дословно" in line)
            return Draft(rule.strip("- "), self.name, prompt.passages[:1])

    reply = json.loads((await process(Ask(KEY, PRICE, "r1"), bot, replace(machine, llm=Retelling()))).body)
    assert "leak" in reply["meta"]["guardrail"]
    assert "14 900" in reply["answer"]


async def test_what_the_bots_policy_forbids_is_not_said(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("never: [выгоднее всех]\n", "utf-8")
    settings = load(environ={"MACHINE_DIALOGUE__POLICY": str(tmp_path / "policy.yaml")})
    machine = open_machine(settings, tmp_path / "data", ROOT / "kb")
    boast = f"{RIGHT} Так выгоднее всех."
    speaking = replace(machine, llm=Model(boast, boast))
    said = (await process(Ask(KEY, PRICE, "r1"), machine.bots.default, speaking)).answer
    await machine.asides.close()
    await machine.store.close()
    assert "14 900" in said
    assert "выгоднее" not in said


async def test_the_time_to_the_first_token_is_that_of_what_came_before_it(bot: Bot, machine: Machine) -> None:
    class Timed(Extractive):
        """Reads for 0.05 s and writes for 0.25 s."""

        name, wants_prompt, inventive = "scripted", True, True

        async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
            await asyncio.sleep(0.3)
            return Draft(RIGHT, self.name, prompt.passages[:1], seconds={"prefill": 0.05, "decode": 0.25})

    reply = await process(Ask(KEY, PRICE, "r1"), bot, replace(machine, llm=Timed()))
    assert json.loads(reply.body)["answer"] == RIGHT
    figures = dict(
        line.rsplit(" ", 1)
        for line in machine.telemetry.exposition().decode().splitlines()
        if line.startswith(("machine_first_token_seconds_", "machine_turn_seconds_sum"))
    )
    assert figures["machine_first_token_seconds_count"] == "1.0"
    first, whole = float(figures["machine_first_token_seconds_sum"]), float(figures["machine_turn_seconds_sum"])
    assert 0.05 <= first <= whole - 0.25


@pytest.mark.parametrize(("repair", "answer"), [("true", RIGHT), ("false", "14 900")], ids=["on", "off"])
async def test_with_the_flag_repair_off_the_model_is_not_asked_again(
    bot: Bot, machine: Machine, repair: str, answer: str
) -> None:
    model = Model(WRONG, RIGHT)
    reply = await talk(bot, machine, model, FF_repair=repair, FF_timings="true")
    assert answer in reply["answer"]
    assert reply["meta"]["calls"] == (2 if repair == "true" else 1)
    await machine.asides.close()
