"""What a model writes behind its answer: taken where the customer's words bear it out, by the next turn or alone."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from app.afterwards import leave, merged
from app.bots import Bot
from app.deadline import Deadline
from app.llm.extractive import Extractive
from app.turn import process
from app.types import Aside, Ask, DialogueState, Draft, Key, Pending, Prompt

KEY = Key("BOT_1", "77010000001")


class Chatty(Extractive):
    """Says what it is told to, and writes an aside behind it for `seconds`."""

    chat = True
    name = "scripted"

    def __init__(self, aside: Aside, seconds: float = 0.0) -> None:
        self.aside, self.seconds = aside, seconds
        self.tasks: list[asyncio.Task[Aside]] = []

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        async def writing() -> Aside:
            await asyncio.sleep(self.seconds)
            return self.aside

        self.tasks.append(asyncio.create_task(writing()))
        return Draft("Понимаю вас, давайте разберёмся по порядку.", self.name, aside=self.tasks[-1])


def ask(text: str, number: int = 1) -> Ask:
    return Ask(KEY, text, f"r{number}", body_hash=str(number))


async def state_of(bot: Bot) -> DialogueState:
    return (await bot.store.load(KEY, "", 0)).snapshot.state


def free_slot(bot: Bot) -> str:
    return bot.dialogue.wanted(DialogueState(flow="spin_selling", stage="situation"))[0]


async def test_it_is_written_down_when_no_turn_comes(bot: Bot) -> None:
    slot = free_slot(bot)
    bot = replace(bot, llm=Chatty(Aside({slot: "подвал заливает"}), 0.02))
    await process(ask("У нас подвал заливает дождём"), bot)
    for _ in range(200):
        if slot in (await state_of(bot)).slots:
            break
        await asyncio.sleep(0.01)
    assert (await state_of(bot)).slots[slot] == "подвал заливает"
    assert (await bot.store.load(KEY, "", 0)).snapshot.revision == 1  # no turn of its own


async def test_the_next_turn_takes_it_first_and_waits_for_it_a_moment(bot: Bot) -> None:
    slot = free_slot(bot)
    bot = replace(bot, llm=Chatty(Aside({slot: "подвал заливает"}), 0.1))
    await process(ask("У нас подвал заливает дождём"), bot)
    await process(ask("Сколько стоит?", 2), bot)
    recorded = await bot.store.recorded(2)
    assert recorded is not None
    assert recorded.record["before"]["slots"][slot] == "подвал заливает"


async def test_one_that_takes_too_long_is_dropped(bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.asides._PATIENCE_S", 0.02)
    chatty = Chatty(Aside(human=True), 30)
    bot = replace(bot, llm=chatty)
    await process(ask("Здравствуйте"), bot)
    await process(ask("Сколько стоит?", 2), bot)
    assert chatty.tasks[0].cancelled()
    await bot.asides.close()
    assert chatty.tasks[1].cancelled() or chatty.tasks[1].cancelling()


async def test_a_wish_for_a_person_that_only_the_model_heard_is_met_at_the_next_turn(bot: Bot) -> None:
    bot = replace(bot, llm=Chatty(Aside(human=True)))
    await process(ask("Здравствуйте"), bot)
    reply = await process(ask("ну так что", 2), bot)
    assert '"action": "handover"' in reply.body


async def test_a_question_is_answered_before_a_person_is_called(bot: Bot) -> None:
    bot = replace(bot, llm=Chatty(Aside(human=True)))
    await process(ask("Здравствуйте"), bot)
    reply = await process(ask("Сколько стоит тариф Рост?", 2), bot)
    assert '"action": "answer"' in reply.body


@pytest.mark.parametrize(
    ("value", "taken"),
    [
        ("путаница с остатками", True),
        ("путаница остатков", True),
        ("полёт на Марс", False),
        ("теряет 500 000 в месяц", False),
        ("", False),
        ("путаница " * 60, False),
    ],
)
def test_a_value_needs_the_customers_own_words(bot: Bot, value: str, taken: bool) -> None:
    slot = free_slot(bot)
    state = DialogueState(flow="spin_selling", stage="situation")
    told = bot.dialogue.told(state, Aside({slot: value}), ("У нас путаница с остатками каждый месяц",))
    assert (told.slots.get(slot) == value) is taken


def test_what_is_known_and_what_the_rules_read_better_stays(bot: Bot) -> None:
    slot = free_slot(bot)
    state = DialogueState(flow="spin_selling", stage="situation", slots={slot: "остатки"}, pending=Pending(slot))
    aside = Aside({slot: "путаница", "company_size": "5", "contact": "5", "nonsense": "путаница"})
    assert bot.dialogue.told(state, aside, ("путаница, нас 5",)).slots == {slot: "остатки"}


async def test_a_lost_memory_costs_the_aside_and_nothing_else(bot: Bot, caplog: Any) -> None:
    async def heard() -> Aside:
        return Aside(human=True)

    leave(KEY, Draft("x", "scripted", aside=asyncio.create_task(heard())), "да", bot)
    await bot.store.close()
    for _ in range(100):
        if not len(bot.asides):
            break
        await asyncio.sleep(0.01)
    assert len(bot.asides) in (0, 1)
    await bot.asides.close()
    assert len(bot.asides) == 0


async def test_nothing_is_merged_where_nothing_was_left(bot: Bot) -> None:
    snapshot = (await bot.store.load(KEY, "", 0)).snapshot
    assert await merged(snapshot, bot) is snapshot
