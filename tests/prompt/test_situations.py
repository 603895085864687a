"""Prompts hold what decides a message, and no line of one denies another."""

import asyncio
import re

import pytest

from app.turn.prompting import opening
from tests.prompt.situations import SETTINGS, Looked, default_bot, measured

FLOOR = 0.87
"""Share of prompts that hold the deciding fact or sum. What is missing lies in search and figures: it may only grow."""


@pytest.fixture(scope="module")
def looked() -> list[Looked]:
    return asyncio.run(measured(default_bot()))


def test_nearly_all_prompts_hold_what_decides(looked: list[Looked]) -> None:
    facts = [each for each in looked if each.situation.fact]
    lacking = [(each.situation.text, each.lacks) for each in facts if each.lacks]
    assert 1 - len(lacking) / len(facts) >= FLOOR, lacking


def test_where_nothing_decides_the_prompt_says_so_rightly(looked: list[Looked]) -> None:
    assert [(e.situation.text, e.lacks, e.says) for e in looked if not e.situation.fact and (e.lacks or e.says)] == []


def test_no_line_denies_another(looked: list[Looked]) -> None:
    for each in looked:
        last, step = each.last, each.planned.step
        silent = "Вопроса не задавай." in last
        assert silent != ("Закончи вопросом: " in last)
        if silent:
            assert not re.search(r"^Цель этапа: (?:Узнать|Понять|Услышать|Получить)", last, re.MULTILINE)
        if step.query is None:
            assert "Ничего не найдено" not in last
            assert "передать вопрос менеджеру" not in last
        if step.state.handed_over:
            assert "предложи передать" not in last
        assert ("Ничего не найдено" in last) <= ("# Посчитано" not in last)


def test_each_moves_only_the_last_message(looked: list[Looked]) -> None:
    assert len({each.planned.prompt.system for each in looked}) == 1
    assert all("12:0" in each.last and "среда, 4 марта" in each.last for each in looked)
    assert not any(
        re.search(r"12:0\d|марта", message.content) for each in looked for message in each.planned.prompt.messages[:-1]
    )


def test_what_is_reckoned_stands_there_with_the_sections_it_rests_on(looked: list[Looked]) -> None:
    reckoned = [each for each in looked if each.planned.prompt.deciding]
    assert len(reckoned) > 15
    for each in reckoned:
        for line in each.planned.prompt.deciding:
            (written,) = [
                said for said in each.last.splitlines() if said.endswith(f"] {line.said}") or said == line.said
            ]
            named = written.removesuffix(line.said).strip("[] ").split(", ")
            assert set(named) <= set(line.sections) if line.sections else named == [""]


def test_a_last_message_keeps_to_its_budget(looked: list[Looked]) -> None:
    assert (
        max(each.planned.prompt.fresh for each in looked if len(each.planned.prompt.messages) == 1)
        <= SETTINGS.turn.prompt_tokens + 5
    )


def test_a_model_is_warmed_up_with_the_system_text_that_customers_get(looked: list[Looked]) -> None:
    bot = default_bot()
    assert {each.planned.prompt.system for each in looked} == {opening(bot, bot.dialogue.default_flow, SETTINGS)}
