"""A turn whose prompt is longer than the model server's context: one more call, shorter, within the same deadline."""

import json
from dataclasses import replace

import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import ModelUnavailable, PromptTooLong
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Draft, Exchange, Prompt, Snapshot
from tests.turn.test_speaking import KEY, PRICE, counted
from tests.turn.test_turn_guard import RIGHT

HISTORY = tuple(
    Exchange(f"А склад номер {n} ведёте?", "Да, складской учёт есть, и остатки видны сразу. " * 6, revision=n + 1)
    for n in range(6)
)


class Small(Extractive):
    """A model whose server counts `each` tokens where we count one, and holds `context` of them."""

    name, wants_prompt, inventive = "small", True, True

    def __init__(self, each: float, context: int) -> None:
        self._each, self._context = each, context
        self.asked: list[Prompt] = []
        self.left: list[float] = []

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        self.asked.append(prompt)
        self.left.append(deadline.remaining())
        if (tokens := round(signs(prompt) * self._each)) > self._context:
            raise PromptTooLong("too long", reason="too_long", tokens=tokens, room=self._context - 300)
        return Draft(RIGHT, self.name, prompt.passages[:1])


def signs(prompt: Prompt) -> int:
    return len(prompt.system) + sum(len(message.content) for message in prompt.messages)


async def said(bot: Bot, machine: Machine, model: Small) -> str:
    speaking = replace(machine, llm=model)
    for number, exchange in enumerate(HISTORY):
        snapshot = Snapshot(KEY) if not number else (await machine.store.load(KEY, "x", 24)).snapshot
        observed = await machine.store.observe(snapshot.after(snapshot.state), exchange.answer, "human", None, bot.name)
        assert observed is not None
    return str(json.loads((await process(Ask(KEY, PRICE, "r1"), bot, speaking)).body)["answer"])


async def test_history_is_left_out_and_the_same_deadline_holds(bot: Bot, machine: Machine) -> None:
    model = Small(0.5, 0)
    with pytest.raises(ModelUnavailable):
        await said(bot, machine, model)
    (whole,) = model.asked
    assert len(whole.messages) == 2 * len(HISTORY) + 1
    factor = bot.prompts.factor
    model = Small(0.5, round(0.5 * (signs(whole) - 150)))
    assert (await process(Ask(KEY, PRICE, "r2"), bot, replace(machine, llm=model))).answer
    first, second = model.asked[:2]
    assert second.system == first.system
    assert second.messages[-1] == first.messages[-1]
    assert second.messages == first.messages[-len(second.messages) :]
    assert len(second.messages) < len(first.messages)
    assert model.left[1] <= model.left[0]
    assert counted(machine, 'machine_model_overlong_total{left_out="history"}')
    assert bot.prompts.factor > factor, "it has learned of what its count was short"


async def test_what_does_not_fit_at_all_is_asked_once_and_refused(bot: Bot, machine: Machine) -> None:
    model = Small(1.0, 400)
    with pytest.raises(ModelUnavailable):
        await process(Ask(KEY, PRICE, "r1"), bot, replace(machine, llm=model))
    assert len(model.asked) == 1
    assert counted(machine, 'machine_model_overlong_total{left_out="nothing"}')
