"""Every turn is a record that can be walked again and comes out equal."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.errors import ConfigError
from app.service.assembly import open_machine
from app.settings import load
from app.turn.machine import Machine
from app.turn.process import observe, process
from app.turn.replay import Replay, replay
from app.types import Ask, Key, Observation
from loadtests.rig import Rig
from loadtests.service import ROOT, ask

LINES = (
    "здравствуйте, у нас цветочный магазин",
    "сколько стоит тариф Рост?",
    "а на год?",
    "нас не 3, а 5 человек",
    "[image]: чек",
    "канша турады",
    "нет, спасибо",
    "верните деньги",
)
KEY = Key("BOT_1", "7701")


async def talk(machine: Machine) -> None:
    bot = machine.bots.default
    for number, line in enumerate(LINES):
        await process(Ask(KEY, line, f"r{number}", time_of_day="day", timezone="Asia/Almaty"), bot, machine)
        if number == 2:  # the customer saw something else, and the next turns know it
            await observe(Observation(KEY, "Секунду, уточню у коллег.", "fallback", "r2"), bot, machine)
        if number == 4:
            await observe(Observation(KEY, "Это Асель, я на связи.", "human"), bot, machine)


def machine_of(data: Path, knowledge: Path = ROOT / "kb") -> Machine:
    return open_machine(load(environ={}), data, knowledge)


async def walk(machine: Machine) -> list[Replay]:
    return [await replay(number, machine) for number in range(1, len(LINES) + 1)]


async def test_every_turn_of_a_conversation_comes_out_equal(tmp_path: Path) -> None:
    machine = machine_of(tmp_path)
    await talk(machine)
    assert [each.differences for each in await walk(machine)] == [()] * len(LINES)
    await machine.store.close()


@pytest.mark.long
def test_turns_that_a_model_spoke_have_the_same_prompts_again() -> None:
    """With the marks of their frames, which follow from the installation's secret: under another they are others."""
    lines = (
        "сколько стоит тариф Рост?",
        "[image]: чек на 5 ₸",
        "а на год?",
        "[audio transcript]: нас пятеро",
        "спасибо",
    )
    with Rig(20) as rig:
        with rig.server.client() as client:
            for number, line in enumerate(lines):
                ask(client, line, user="7701", request_id=f"r{number}")
                if number in {1, 2}:
                    seen = {
                        "text": "Это Асель, я на связи.",
                        "source": "human",
                        "request_id": "r2" if number == 2 else None,
                    }
                    where = {"session_id": "BOT_1", "user_id": "7701"}
                    assert client.post("/api/v1/observe", json=where | seen).status_code == 200
        data, settings = rig.server.data, load(environ=rig.server.environment)
        rig.server.stop()

        def walked() -> list[set[str]]:
            async def run() -> list[set[str]]:
                machine = open_machine(settings, data, ROOT / "kb")
                try:
                    found = [await replay(number, machine) for number in range(1, len(lines) + 1)]
                finally:
                    await machine.close()
                return [{difference.what for difference in each.differences} for each in found]

            return asyncio.run(run())

        assert walked() == [set()] * len(lines)
        (data / "log.key").write_bytes(b"of another installation, 32 bytes")
        assert walked() == [{"prompt"}] * len(lines)


async def test_a_changed_knowledge_base_is_named(tmp_path: Path) -> None:
    machine = machine_of(tmp_path / "data")
    await talk(machine)
    await machine.store.close()
    other = tmp_path / "kb"
    other.mkdir()
    (other / "a.yaml").write_text(
        "sections: [{id: rost, text: Тариф Рост стоит 1 ₸., keywords: [тариф рост]}]", "utf-8"
    )
    changed = machine_of(tmp_path / "data", other)
    second = (await walk(changed))[1]
    assert {difference.what for difference in second.differences} >= {"found", "prompt"}
    assert "knowledge was version" in second.note
    await changed.store.close()


async def test_an_altered_answer_is_found(tmp_path: Path) -> None:
    machine = machine_of(tmp_path)
    await talk(machine)
    db = sqlite3.connect(tmp_path / "conversations.db")
    db.execute("UPDATE turns SET answer = 'Тариф «Рост» стоит 1 ₸.' WHERE id = 2")
    db.commit()
    db.close()
    assert [d.what for d in (await walk(machine))[1].differences] == ["answer"]
    await machine.store.close()


async def test_a_turn_that_is_not_there_is_named(tmp_path: Path) -> None:
    machine = machine_of(tmp_path)
    with pytest.raises(ConfigError, match="no turn 99"):
        await replay(99, machine)
    await machine.store.close()


def test_the_command_says_equal_or_what_differs(tmp_path: Path) -> None:
    async def scenario() -> None:
        machine = machine_of(tmp_path)
        await talk(machine)
        await machine.store.close()

    asyncio.run(scenario())
    done = CliRunner().invoke(main, ["replay", "1", "2", "--data", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert done.output == "turn 1: equal\nturn 2: equal\n"


def test_the_record_keeps_no_more_than_the_memory_does(
    serve_with: Callable[..., AbstractContextManager[Any]], tmp_path: Path
) -> None:
    """The record is part of the memory (0600), never of a log; the reply's meta has none of it."""
    with serve_with() as (client, _):
        reply = client.post(
            "/api/v1/process", json={"session_id": "B", "user_id": "U", "message": {"text": "сколько стоит"}}
        ).json()
    assert not {"drafts", "before", "prompt", "ask"} & set(reply["meta"])
