"""A whole turn while the world moves: another process that writes to the same memory, as during an update."""

from typing import Any

import pytest

from app.errors import ModelUnavailable, RevisionConflict
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key

KEY = Key("BOT_1", "77010000001")


def moved_on(machine: Machine, monkeypatch: pytest.MonkeyPatch, times: int) -> list[bool]:
    """Another process writes to the conversation behind each of the next `times` looks at it; what it wrote."""
    load, wrote = machine.store.load, list[bool]()

    async def loads(*arguments: Any) -> Any:
        loaded = await load(*arguments)
        if len(wrote) < times:
            snapshot = loaded.snapshot
            wrote.append(await machine.store.observe(snapshot.after(snapshot.state), "Минуту, уточняю.", "human", None))
        return loaded

    monkeypatch.setattr(machine.store, "load", loads)
    return wrote


async def test_a_turn_is_answered_though_another_process_wrote_meanwhile(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process(Ask(KEY, "Здравствуйте", "r1", body_hash="1"), bot, machine)
    wrote = moved_on(machine, monkeypatch, times=1)
    reply = await process(Ask(KEY, "Сколько стоит тариф Рост?", "r2", body_hash="2"), bot, machine)
    assert "14 900" in reply.answer
    assert len(wrote) == 1
    history = (await machine.store.load(KEY, "", 10)).snapshot.history
    assert [each.answer for each in history][1:] == ["Минуту, уточняю.", reply.answer], "both are remembered, in order"


async def test_a_conversation_that_moves_on_again_and_again_is_given_up_and_nothing_of_the_turn_stays(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await process(Ask(KEY, "Здравствуйте", "r1", body_hash="1"), bot, machine)
    wrote = moved_on(machine, monkeypatch, times=100)
    with pytest.raises(RevisionConflict):
        await process(Ask(KEY, "Сколько стоит тариф Рост?", "r2", body_hash="2"), bot, machine)
    assert 1 < len(wrote) < 5
    monkeypatch.undo()
    assert (await machine.store.load(KEY, "r2", 0)).stored is None
    assert len(machine.locks) == 0
    assert (machine.admission.running, machine.admission.waiting) == (0, 0)


async def test_a_retry_of_what_was_answered_needs_no_model(
    bot: Bot, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = Ask(KEY, "Сколько стоит тариф Рост?", "r1", body_hash="1")
    reply = await process(ask, bot, machine)

    def away() -> None:
        raise ModelUnavailable("the model is away")

    monkeypatch.setattr(type(machine.llm), "available", lambda _: away())
    again = await process(ask, bot, machine)
    assert (again.answer, again.replayed) == (reply.answer, True)
    with pytest.raises(ModelUnavailable):
        await process(Ask(KEY, "А за год?", "r2", body_hash="2"), bot, machine)
