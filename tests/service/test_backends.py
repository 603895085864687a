"""The one table of backends: whoever wants to know something of a backend asks its line, and nobody compares names."""

import ast
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import get_args

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
