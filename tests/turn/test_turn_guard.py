"""A model's draft goes out only when it holds: else it is written once more, else the fact itself is said."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.knowledge.sections import KnowledgeBase
from app.settings import load
from app.turn.bots import Bot
from app.turn.chain import decide, guard_context, plan
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.searching import search
from app.types import Ask, Draft, Exchange, Key, Prompt, Section, Snapshot, Source

RIGHT = "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин."
WRONG = "Тариф «Рост» стоит 9 900 ₸ в месяц за магазин."
ACT = "Записал вас, счёт отправил на почту."


class Model(Extractive):
    """A chat model that is a list of drafts."""

    name = "scripted"
    wants_prompt = inventive = True

    def __init__(self, *drafts: str) -> None:
        self._drafts = list(drafts)
        self.prompts: list[Prompt] = []

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        self.prompts.append(prompt)
        return Draft(self._drafts.pop(0), self.name, prompt.passages[:1])


Talk = Callable[..., Any]


@pytest.fixture
def talk(bot: Bot, machine: Machine) -> Talk:
    async def run(
        model: Model, text: str = "Сколько стоит тариф Рост?", user: str = "U", **environ: str
    ) -> dict[str, Any]:
        speaking = replace(machine, llm=model, settings=load(environ=environ))
        reply = await process(Ask(Key("B", user), text, "r1"), bot, speaking)
        body: dict[str, Any] = json.loads(reply.body)
        return body

    return run


async def test_a_right_draft_goes_out_after_one_call(talk: Talk) -> None:
    model = Model(RIGHT)
    reply = await talk(model)
    assert reply["answer"] == RIGHT
    assert len(model.prompts) == 1
    assert reply["meta"]["model"] == "scripted"
    assert "guardrail" not in reply["meta"]


async def test_a_refused_draft_is_written_once_more_with_what_was_wrong(talk: Talk) -> None:
    model = Model(WRONG, RIGHT)
    reply = await talk(model)
    assert reply["answer"] == RIGHT
    assert len(model.prompts) == 2
    assert model.prompts[1].messages[-2].content == WRONG
    assert "9 900" in model.prompts[1].messages[-1].content
    assert model.prompts[1].messages[:-2] == model.prompts[0].messages, "the prefix cache keeps the first prompt"


@pytest.mark.parametrize("second", [WRONG, ACT, "价格是 14900", ""])
async def test_when_both_are_refused_the_fact_itself_is_said(talk: Talk, second: str) -> None:
    reply = await talk(Model(WRONG, second))
    assert "14 900 ₸" in reply["answer"]
    assert "9 900 ₸" not in reply["answer"].replace("14 900 ₸", "")
    assert reply["meta"]["guardrail"]


async def test_without_time_for_a_second_draft_the_fact_is_said_at_once(talk: Talk) -> None:
    model = Model(WRONG)
    reply = await talk(model, MACHINE_TURN__REPAIR_S="600")
    assert "14 900 ₸" in reply["answer"]
    assert len(model.prompts) == 1


async def test_harmless_faults_are_mended_without_a_second_call(talk: Talk) -> None:
    model = Model(f"<think>цена?</think>Ассистент: **{RIGHT}**")
    assert (await talk(model))["answer"] == RIGHT
    assert len(model.prompts) == 1


async def test_an_address_is_said_when_any_section_of_the_knowledge_base_gives_it(bot: Bot, talk: Talk) -> None:
    draft = RIGHT + " Вопросы можно писать на hi@flora.kz."
    where = Section(id="where", category="salon", title="Где мы", text="Почта для писем: hi@flora.kz.")

    without = await talk(Model(draft))
    assert without["answer"] == RIGHT, "what goes wrong behind a whole answer is left out"

    base = KnowledgeBase((*bot.knowledge.sections, where), "0" * 64)
    await bot.knowledge.rebuild(base)
    assert (await talk(Model(draft), user="U2"))["answer"] == draft


async def test_only_a_persons_earlier_answer_vouches_for_an_address(bot: Bot) -> None:
    ask = Ask(Key("B", "U"), "Куда писать?", "r1")
    now = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)

    async def known(source: Source) -> frozenset[str]:
        said = Exchange("Есть почта?", "Пишите на shop@flora.kz.", source=source)
        snapshot = Snapshot(ask.key, history=(said,))
        step = decide(ask, snapshot, now, bot)
        found = await search(step, snapshot, now, bot, top_k=5)
        planned = plan(step, found, ask, snapshot, bot, settings=load(environ={}), wants_prompt=False, now=now)
        return guard_context(planned, ask, snapshot, bot).contacts

    assert "shop@flora.kz" in await known("human")
    assert "shop@flora.kz" not in await known("machine")
