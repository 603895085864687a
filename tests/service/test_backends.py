"""The one table of backends: whoever wants to know something of a backend asks its line, and nobody compares names."""

import ast
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import pytest

from app.cli import diagnosis
from app.health.readiness import PartState
from app.service.backends import BACKENDS
from app.settings import LlmSettings, load
from app.telemetry import Telemetry
from loadtests.service import ROOT


def test_every_backend_of_the_settings_has_its_line() -> None:
    assert set(BACKENDS) == set(get_args(LlmSettings.model_fields["backend"].annotation))


@pytest.mark.parametrize("cpu_accepted", ["true", "false"])
@pytest.mark.parametrize("name", BACKENDS)
def test_a_backend_describes_itself_as_its_line_does(name: str, cpu_accepted: str) -> None:
    environ = {"MACHINE_LLM__BACKEND": name, "MACHINE_LLM__CPU_ACCEPTED": cpu_accepted}
    settings = load(environ=environ)
    backend, _ = BACKENDS[name].open(settings, Telemetry(b"k" * 32), system="", on_count=lambda ours, theirs: None)
    assert {type(backend.wants_prompt), type(backend.inventive)} == {bool}
    assert backend.needs_gpu is BACKENDS[name].needs_gpu(settings.llm)
    assert backend.name


@pytest.mark.parametrize("name", [name for name, line in BACKENDS.items() if line.probe])
@pytest.mark.parametrize(
    ("llm", "seconds"),
    [
        ({}, (13.0, 17.0)), ({"decode_tps": 20.0}, (7.0, 9.0)), ({"prefill_tps": 100.0}, (22.0, 26.0)),
        ({"answer_tokens": 240}, (25.0, 33.0)), ({"gain": (1.0, 2.0)}, (13.0, 13.0)), ({"gain": (1.0,)}, (13.0, 25.0)),
    ],
)  # fmt: skip
def test_the_settings_are_where_the_estimate_of_a_turn_begins(
    name: str, llm: dict[str, Any], seconds: tuple[float, float]
) -> None:
    """Of a turn alone, and of each of two."""
    speeds = {"backend": name, "prefill_tps": 1000.0, "decode_tps": 10.0, "gain": (1.0, 1.5), "answer_tokens": 120}
    settings = load(environ={})
    changed = {
        "llm": settings.llm.model_copy(update=speeds | llm),
        "turn": settings.turn.model_copy(update={"prompt_tokens": 1000}),
    }
    _, pace = BACKENDS[name].open(
        settings.model_copy(update=changed), Telemetry(b"k" * 32), system="", on_count=lambda ours, theirs: None
    )
    assert (pace.service_s(1), pace.service_s(2)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "found", [None, (PartState("server", "ok", "there"), PartState("model", "error", "gone", "x"))]
)
def test_the_doctor_says_what_the_line_finds_and_nothing_of_one_without_a_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, found: tuple[PartState, ...] | None
) -> None:
    line = replace(BACKENDS["extractive"], probe=None if found is None else lambda llm: found)
    monkeypatch.setattr(diagnosis, "BACKENDS", MappingProxyType({"extractive": line}))
    said = {
        part.name: part
        for part in diagnosis.Diagnosis(None, tmp_path, ROOT / "kb", "http://127.0.0.1:9", None).findings()
    }
    for part in found or ():
        assert said[part.name] is part
    assert bool(found) == ("server" in said)


def test_nobody_beside_the_table_compares_a_backends_name() -> None:
    names, asked = set(BACKENDS), []
    for path in sorted((ROOT / "app").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            told = [node.left, *node.comparators] if isinstance(node, ast.Compare) else []
            told += [case.pattern for case in node.cases] if isinstance(node, ast.Match) else []
            inside = [each for whole in told for each in ast.walk(whole)]
            if any(isinstance(each, ast.Constant) and each.value in names for each in inside):
                asked.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert asked == []
