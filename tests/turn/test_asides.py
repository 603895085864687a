"""What a model writes behind its answer: taken where the customer's words bear it out, by the next turn or alone."""

import asyncio
import contextlib
import time
from dataclasses import replace

import pytest
import structlog

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import ModelUnavailable, Overloaded, StoreUnavailable
from app.turn.afterwards import leave, merged
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Aside, Ask, DialogueState, Draft, Key, Pending, Prompt

KEY = Key("BOT_1", "77010000001")


class Chatty(Extractive):
    """Says what it is told to, and writes an aside behind it for `seconds`."""

    wants_prompt = inventive = True
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


async def state_of(machine: Machine) -> DialogueState:
    return (await machine.store.load(KEY, "", 0)).snapshot.state


def free_slot(bot: Bot) -> str:
    return bot.dialogue.wanted(DialogueState(flow="spin_selling", stage="situation"))[0]


async def until_known(bot: Bot, machine: Machine, slot: str) -> None:
    for _ in range(200):
        if slot in (await state_of(machine)).slots:
            break
        await asyncio.sleep(0.01)
    assert (await state_of(machine)).slots[slot] == "подвал заливает"


async def test_it_is_written_down_when_no_turn_comes(bot: Bot, machine: Machine) -> None:
    slot = free_slot(bot)
    machine = replace(machine, llm=Chatty(Aside({slot: "подвал заливает"}), 0.02))
    await process(ask("У нас подвал заливает дождём"), bot, machine)
    await until_known(bot, machine, slot)
    assert (await machine.store.load(KEY, "", 0)).snapshot.revision == 1  # no turn of its own


async def test_the_next_turn_takes_it_first_and_waits_for_it_a_moment(bot: Bot, machine: Machine) -> None:
    slot = free_slot(bot)
    machine = replace(machine, llm=Chatty(Aside({slot: "подвал заливает"}), 0.1))
    await process(ask("У нас подвал заливает дождём"), bot, machine)
    await process(ask("Сколько стоит?", 2), bot, machine)
    recorded = await machine.store.recorded(2)
    assert recorded is not None
    assert recorded.record["before"]["slots"][slot] == "подвал заливает"


async def test_one_that_takes_too_long_is_dropped(bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.turn.asides._PATIENCE_S", 0.02)
    chatty = Chatty(Aside(human=True), 30)
    machine = replace(machine, llm=chatty)
    await process(ask("Здравствуйте"), bot, machine)
    await process(ask("Сколько стоит?", 2), bot, machine)
    assert chatty.tasks[0].cancelled()
    await machine.asides.close()
    assert chatty.tasks[1].cancelled() or chatty.tasks[1].cancelling()


async def test_a_turn_that_cannot_be_kept_ends_what_is_written_behind_its_answer(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(machine.store, "commit", full)
    chatty = Chatty(Aside(human=True), 30)
    with pytest.raises(StoreUnavailable):
        await process(ask("Здравствуйте"), bot, replace(machine, llm=chatty))
    await asyncio.wait(chatty.tasks, timeout=5)
    assert [task.cancelled() for task in chatty.tasks] == [True]
    assert len(machine.asides) == 0


async def test_a_turn_that_is_refused_is_refused_before_it_waits_for_one(bot: Bot, machine: Machine) -> None:
    slot = free_slot(bot)
    machine = replace(machine, llm=Chatty(Aside({slot: "подвал заливает"}), 0.5))
    await process(ask("У нас подвал заливает дождём"), bot, machine)
    others = Key("BOT_1", "77010000002")
    async with contextlib.AsyncExitStack() as stack:
        for number in range(machine.settings.turn.parallel):
            ticket = stack.enter_context(machine.admission.ticket(bot.name, (others, number), Deadline.after(60)))
            await stack.enter_async_context(ticket.place(lambda _: None))
        machine.admission.pace.overhead_s = 100.0
        started = time.monotonic()
        with pytest.raises(Overloaded):
            await process(ask("Сколько стоит?", 2), bot, machine)
        assert time.monotonic() - started < 0.3
    await until_known(bot, machine, slot)


async def test_a_turn_that_fails_loses_nothing_of_what_it_has_taken(bot: Bot, machine: Machine) -> None:
    slot = free_slot(bot)
    machine = replace(machine, llm=Chatty(Aside({slot: "подвал заливает"}), 0.1))
    await process(ask("У нас подвал заливает дождём"), bot, machine)

    class Gone(Extractive):
        async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
            raise ModelUnavailable("gone")

    with pytest.raises(ModelUnavailable):
        await process(ask("Сколько стоит?", 2), bot, replace(machine, llm=Gone()))
    await until_known(bot, machine, slot)


async def test_a_caller_that_hangs_up_while_it_is_waited_for_leaves_it_to_others(bot: Bot, machine: Machine) -> None:
    slot = free_slot(bot)
    machine = replace(machine, llm=Chatty(Aside({slot: "подвал заливает"}), 0.3))
    await process(ask("У нас подвал заливает дождём"), bot, machine)
    turn = asyncio.create_task(process(ask("Сколько стоит?", 2), bot, machine))
    await asyncio.sleep(0.1)
    turn.cancel()
    await asyncio.wait({turn})
    assert turn.cancelled()
    await until_known(bot, machine, slot)
    assert len(machine.asides) == 0


def wishes(machine: Machine) -> dict[str, float]:
    return {
        sample.labels["outcome"]: sample.value
        for metric in machine.telemetry.registry.collect()
        for sample in metric.samples
        if sample.name == "machine_model_wishes_total"
    }


async def test_a_wish_for_a_person_that_the_customers_words_bear_out_is_met_at_the_next_turn(
    bot: Bot, machine: Machine
) -> None:
    machine = replace(machine, llm=Chatty(Aside(human=True)))
    await process(ask("есть тут кто живой?"), bot, machine)
    reply = await process(ask("ну так что", 2), bot, machine)
    assert '"action": "handover"' in reply.body
    assert wishes(machine) == {"borne_out": 1.0}


async def test_a_wish_is_written_down_even_if_the_turn_that_took_it_fails(bot: Bot, machine: Machine) -> None:
    machine = replace(machine, llm=Chatty(Aside(human=True)))
    await process(ask("есть тут кто живой?"), bot, machine)
    async with machine.locks.hold(KEY, Deadline.after(5)):
        loaded = await machine.store.load(KEY, "", 0)
        told = await merged(loaded.snapshot, bot, machine)
    assert told.state != loaded.snapshot.state
    assert await state_of(machine) == told.state


async def test_one_that_only_the_model_heard_hands_nobody_over_and_is_an_offer_once(bot: Bot, machine: Machine) -> None:
    machine = replace(machine, llm=Chatty(Aside(human=True)))
    said = [(await process(ask(text, n), bot, machine)).body for n, text in enumerate(
        ("У нас три точки", "ну так что", "Марат", "У нас три точки и склад"))]  # fmt: skip
    assert not any('"action": "handover"' in body for body in said)
    assert sum("позвать менеджера" in body for body in said) == 1
    assert wishes(machine).keys() == {"offered", "unborne"} and wishes(machine)["offered"] == 1.0
    await machine.asides.close()


async def test_a_question_is_answered_before_a_person_is_called(bot: Bot, machine: Machine) -> None:
    machine = replace(machine, llm=Chatty(Aside(human=True)))
    await process(ask("Здравствуйте"), bot, machine)
    reply = await process(ask("Сколько стоит тариф Рост?", 2), bot, machine)
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


async def test_a_lost_memory_costs_the_aside_and_nothing_else(bot: Bot, machine: Machine) -> None:
    async def heard() -> Aside:
        return Aside(human=True)

    await machine.store.close()
    with structlog.testing.capture_logs() as logged:
        leave(KEY, Draft("x", "scripted", aside=asyncio.create_task(heard())), "да", bot, machine)
        for _ in range(500):
            if logged:
                break
            await asyncio.sleep(0.01)
    assert [(each["event"], each["error"]) for each in logged] == [("aside lost", "StoreUnavailable")]
    await machine.asides.close()
    assert len(machine.asides) == 0


async def test_nothing_is_merged_where_nothing_was_left(bot: Bot, machine: Machine) -> None:
    snapshot = (await machine.store.load(KEY, "", 0)).snapshot
    assert await merged(snapshot, bot, machine) is snapshot
