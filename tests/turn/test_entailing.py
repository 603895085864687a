"""A turn with the entailment model: a sentence that no section says is written anew; without the model it goes on."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.knowledge.models import Models
from app.service.assembly import left_out
from app.settings import load
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.replay import replay
from app.types import Ask, Key
from tests import models
from tests.turn.test_turn_guard import RIGHT, Model

OTHER = "Тариф «Рост» подходит растущим магазинам, в нём есть аналитика продаж."
PRICE = "Сколько стоит тариф Рост?"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return models.entailer(tmp_path_factory.mktemp("models") / "entailer")


@pytest.fixture
async def judging(folder: Path, machine: Machine) -> AsyncIterator[Models]:
    found = models.opened(
        entails=models.entailment(folder, threshold=0.0, timeout_s=5), on_degraded=partial(left_out, machine.telemetry)
    )
    yield found
    found.close()


async def talk(bot: Bot, machine: Machine, judging: Models, *drafts: str, threshold: float = 0.0) -> dict[str, Any]:
    assert judging.entail
    entail = replace(judging.entail, threshold=threshold)
    speaking = replace(machine, llm=Model(*drafts), settings=load(environ={}), models=replace(judging, entail=entail))
    reply = await process(Ask(Key("B", "U"), PRICE, "r1"), bot, speaking)
    again = await replay(1, speaking)
    assert again.differences == (), "a recorded turn comes out equal"
    body: dict[str, Any] = json.loads(reply.body)
    return body


async def test_a_draft_whose_sentences_score_enough_goes_out(bot: Bot, machine: Machine, judging: Models) -> None:
    with models.inputs(judging, "entail") as seen:
        reply = await talk(bot, machine, judging, RIGHT)
    assert reply["answer"] == RIGHT
    read = [models.tokens(judging, "entail").decode(ids, skip_special_tokens=True) for ids in seen]
    assert read and all(text.endswith(RIGHT) for text in read)
    assert any("14 900" in text.removesuffix(RIGHT) for text in read), "with the section that bears on it"


async def test_one_below_the_line_is_refused_and_the_fact_is_said(bot: Bot, machine: Machine, judging: Models) -> None:
    reply = await talk(bot, machine, judging, OTHER, OTHER, threshold=1.0)
    assert "entailed" in reply["meta"]["guardrail"]
    assert "14 900 ₸" in reply["answer"]


async def test_a_failing_model_is_left_out_and_counted(bot: Bot, machine: Machine, judging: Models) -> None:
    def broken() -> None:
        raise RuntimeError("out of memory")

    with models.before_each_call(judging, "entail", broken):
        reply = await talk(bot, machine, judging, RIGHT, threshold=1.0)
    assert reply["answer"] == RIGHT
    counted = machine.telemetry.exposition().decode()
    assert 'machine_guardrail_entailment_left_out_total{reason="failed"} 1.0' in counted


async def test_an_owner_s_own_words_are_not_asked_about(bot: Bot, machine: Machine, judging: Models) -> None:
    speaking = replace(machine, settings=load(environ={}), models=judging)
    with models.inputs(judging, "entail") as seen:
        await process(Ask(Key("B", "U"), PRICE, "r1"), bot, speaking)
    assert seen == []
