"""What a service is put together from: one memory, one key of the installation, one admission, and a bot for each pattern."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.composing.extractive import Extractive
from app.errors import ConfigError
from app.llm.chat import answer_room
from app.llm.ollama import Ollama
from app.service.assembly import open_machine
from app.settings import load
from app.turn.chain import decide
from app.turn.machine import Machine
from app.types import Ask, Key, Snapshot
from loadtests.service import ROOT


def opened(data: Path, settings: str = "", **environ: str) -> Machine:
    file = data.parent / "settings.yaml"
    file.write_text(settings, "utf-8")
    return open_machine(load(file, environ), data, ROOT / "kb")


async def test_the_data_folder_and_the_installations_key_are_their_owners_alone_and_made_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    machine = opened(tmp_path / "deep" / "data")
    key = tmp_path / "deep" / "data" / "log.key"
    assert (tmp_path / "deep" / "data").stat().st_mode & 0o777 == 0o700
    assert (key.stat().st_mode & 0o777, len(key.read_bytes())) == (0o600, 32)
    before = key.read_bytes()
    await machine.close()
    again = opened(tmp_path / "deep" / "data")
    assert key.read_bytes() == before, "ids in the log keep their hashes"
    await again.close()
    other = opened(tmp_path / "other")
    assert (tmp_path / "other" / "log.key").read_bytes() != before
    await other.close()


def test_a_data_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match=r"data folder '.*/data' cannot be used: .*; name another with --data"):
        opened(tmp_path / "data")


BOTS = f"""
turn: {{parallel: 3, max_waiting: 7, timeout_s: 20}}
dialogue: {{persona: {{name: Анна, role: менеджер}}}}
bots:
  salon:
    sessions: ["SALON_*"]
    kb: {ROOT}/kb
    language: kk
    persona: {{name: Айгуль, role: консультант}}
"""


async def test_bots_share_what_is_one_on_a_machine_and_have_their_own_of_the_rest(tmp_path: Path) -> None:
    machine = opened(tmp_path / "data", BOTS)
    default, salon = machine.bots.all()
    assert machine.bots.for_session("SALON_7") is salon
    assert machine.bots.for_session("OTHER") is default
    for name in ("dialogue", "knowledge", "prompts"):
        assert getattr(default, name) is not getattr(salon, name), name
    assert (default.language, salon.language, salon.name) == ("ru", "kk", "salon")
    spoken = [bot.prompts.system("method", structured=False) for bot in (default, salon)]
    assert "Анна" in spoken[0] and "менеджер" in spoken[0]
    assert "Айгуль" in spoken[1] and "консультант" in spoken[1]
    assert "Анна" not in spoken[1]
    await machine.close()


async def test_who_speaks_is_who_the_settings_name(tmp_path: Path) -> None:
    machine = opened(tmp_path / "data")
    assert isinstance(machine.llm, Extractive)
    await machine.close()
    machine = opened(tmp_path / "data", MACHINE_LLM__BACKEND="ollama")
    assert isinstance(machine.llm, Ollama)
    await machine.close()


async def test_what_runs_and_waits_is_shown_as_it_is(tmp_path: Path) -> None:
    machine = opened(tmp_path / "data", BOTS)
    text = machine.telemetry.exposition().decode()
    assert "machine_turns_running 0.0" in text
    assert "machine_turns_waiting 0.0" in text
    await machine.close()


SAID = "ноготочки на субботу"


async def test_a_bot_hears_by_its_own_examples_and_the_others_do_not(tmp_path: Path) -> None:
    (tmp_path / "said.yaml").write_text(f"booking: [{SAID}]\n", "utf-8")
    own = BOTS.replace("language: kk", "examples: said.yaml")
    machine = opened(tmp_path / "data", own)
    heard = {
        bot.name: decide(Ask(Key("S", "u"), SAID, "r"), Snapshot(Key("S", "u")), datetime.now(UTC), bot).intents
        for bot in machine.bots.all()
    }
    assert "booking" in heard["salon"]
    assert "booking" not in heard["default"]
    await machine.close()
    machine = opened(tmp_path / "other", f"dialogue: {{examples: {tmp_path}/said.yaml}}\n")
    bot = machine.bots.default
    assert "booking" in decide(Ask(Key("S", "u"), SAID, "r"), Snapshot(Key("S", "u")), datetime.now(UTC), bot).intents
    await machine.close()


def test_examples_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"said\.yaml' cannot be read: No such file or directory; correct the path"):
        opened(tmp_path / "data", BOTS.replace("language: kk", "examples: said.yaml"))


async def test_the_answers_room_is_kept_out_of_what_a_prompt_may_fill(tmp_path: Path) -> None:
    settings = "llm: {backend: ollama, context: 4096}\nturn: {prompt_tokens: 4000}"
    machine = opened(tmp_path / "data", settings)
    budget = machine.bots.default.prompts._budget
    assert budget.total + answer_room(machine.settings) == 4096 - 128, "our count of a prompt is an estimate"
    assert budget.turn == 4000
    await machine.llm.close()
