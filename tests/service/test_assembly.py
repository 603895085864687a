"""What a service is put together from: one memory, one key of the installation, one admission, and a bot for each pattern."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.composing.extractive import Extractive
from app.errors import ConfigError
from app.knowledge.models import Models
from app.llm.chat import answer_room
from app.llm.ollama import Ollama
from app.service import assembly
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


async def test_what_is_done_without_is_counted_for_the_search_and_for_drafts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened_with: dict[str, Any] = {}

    def open_models(*_: object, **named: Any) -> Models:
        opened_with.update(named)
        return Models()

    monkeypatch.setattr(assembly, "open_models", open_models)
    steps: list[str] = []
    machine = open_machine(load(environ={}), tmp_path / "data", ROOT / "kb", steps.append)
    for part, reason in (("dense", "timeout"), ("rerank", "busy"), ("entail", "failed")):
        opened_with["on_degraded"](part, reason)
    opened_with["on_step"]("reading")
    assert steps == ["reading"]
    assert opened_with["cache"].parent == tmp_path / "data"
    said = machine.telemetry.exposition().decode()
    await machine.close()
    assert 'machine_retrieval_degraded_total{part="dense",reason="timeout"} 1.0' in said
    assert 'machine_retrieval_degraded_total{part="rerank",reason="busy"} 1.0' in said
    assert 'machine_guardrail_entailment_left_out_total{reason="failed"} 1.0' in said
    assert 'part="entail"' not in said


async def test_a_machine_is_made_with_the_figures_of_its_settings(tmp_path: Path) -> None:
    """Each setting reaches the part that keeps it."""
    chosen = {
        "MACHINE_TURN__PARALLEL": "3", "MACHINE_TURN__MAX_WAITING": "17", "MACHINE_TURN__TIMEOUT_S": "21",
        "MACHINE_TURN__WORK_S": "0.7", "MACHINE_TURN__REST_S": "77", "MACHINE_LLM__QUALITY_WINDOW": "10",
        "MACHINE_LLM__QUALITY_SHARE": "0.3", "MACHINE_LLM__QUALITY_REST_MIN": "4", "MACHINE_STORE__BUSY_TIMEOUT_MS": "1234",
        "MACHINE_LLM__BACKEND": "ollama", "MACHINE_LLM__PREFILL_TPS": "700", "MACHINE_LLM__DECODE_TPS": "11",
        "MACHINE_LLM__ANSWER_TOKENS": "90", "MACHINE_TURN__PROMPT_TOKENS": "800", "MACHINE_LLM__BREAKER_FAILURES": "5",
        "MACHINE_LLM__BREAKER_S": "9", "MACHINE_LLM__HOST": "http://127.0.0.1:9",
    }  # fmt: skip
    machine = open_machine(load(environ=chosen), tmp_path / "data", ROOT / "kb")
    admission, pace, quality = machine.admission, machine.admission.pace, machine.quality
    assert (admission._parallel, admission._max_waiting, admission._window_s) == (3, 17, 21)
    assert (pace.prefill_tps, pace.decode_tps, pace.fresh, pace.answer) == (700, 11, 800, 90)
    assert (machine.cpu.budget_s, machine.cpu.rest_s) == (0.7, 77)
    assert (quality._most, quality._drafts.maxlen, quality._rest_s) == (3, 10, 240)
    assert machine.store._busy_timeout_ms == 1234
    model: Any = machine.llm
    assert (model._breaker._limit, model._breaker._pause_s) == (5, 9)
    assert (model._hearing._limit, model._hearing._pause_s) == (5, 9)
    assert model._pace is pace, "what is learnt of the model is what lets turns in"
    assert model._behind._seconds == 21
    await machine.close()
