"""From what is known of each part to whether the machine is ready."""

from dataclasses import replace
from typing import Literal

import pytest

from app.health.gpu import Ecc, GpuProcess, GpuReading, GpuTrouble, RemappedRows
from app.health.nvml_errors import SILENT, remedy
from app.health.readiness import (
    Level,
    PartState,
    database_part,
    gpu_part,
    knowledge_part,
    model_part,
    ready,
    search_part,
    worst,
    writing_part,
)
from app.types import ModelState

GIB = 1 << 30
NOW = 1_800_000_000.0
IDLE = GpuReading(
    at=NOW - 2,
    index=0,
    count=1,
    name="RTX 4000",
    uuid="GPU-1",
    driver="550.163.01",
    memory_total=20 * GIB,
    memory_used=15 * GIB,
    memory_reserved=GIB // 2,
    utilisation=5,
    temperature_c=60,
    power_w=70.0,
    power_limit_w=70.0,
    sm_clock_mhz=1500,
    memory_clock_mhz=7001,
    clock_reasons=0x4,
    ecc=Ecc(0, 0),
    remapped=RemappedRows(0, 0, pending=False, failed=False),
    processes=(GpuProcess(77, 15 * GIB),),
)
LOST = GpuTrouble.of(remedy(15), NOW, 15, (79,))
SILENCE = GpuTrouble.of(SILENT, NOW)


def look(latest: GpuReading | GpuTrouble | None, *, needed: bool = True) -> PartState:
    return gpu_part(latest, hot_c=88, now=NOW, needed=needed)


def test_a_card_at_its_power_cap_is_well() -> None:
    part = look(IDLE)
    assert (part.level, part.ok, part.fix) == ("ok", True, "")
    assert part.detail == "RTX 4000, driver 550.163.01, 15.5 of 20.0 GiB, 60 °C, 70 of 70 W"


@pytest.mark.parametrize(
    ("reading", "level", "said"),
    [
        (replace(IDLE, temperature_c=87), "ok", "87 °C"),
        (replace(IDLE, temperature_c=88), "error", "hot from 88 °C"),
        (replace(IDLE, clock_reasons=0x40), "warning", "hardware thermal slowdown"),
        (replace(IDLE, clock_reasons=0x40, temperature_c=90), "error", "90 °C"),
        (replace(IDLE, ecc=Ecc(9, 0)), "ok", ""),
        (replace(IDLE, ecc=Ecc(0, 1)), "warning", "could not correct"),
        (replace(IDLE, remapped=RemappedRows(0, 1, pending=True, failed=False)), "warning", "remapped"),
        (replace(IDLE, remapped=RemappedRows(0, 9, pending=True, failed=True)), "error", "no spare row"),
        (replace(IDLE, xids=(13, 31)), "ok", ""),
        (replace(IDLE, xids=(13, 119)), "warning", "Xid 119"),
        (replace(IDLE, memory_used=19 * GIB), "warning", "nearly full"),
        (replace(IDLE, stale=SILENCE), "warning", "does not answer"),
        (replace(IDLE, stale=SILENCE, at=NOW - 31), "error", "last seen 31 s ago"),
        (LOST, "error", "Xid 79: the GPU fell off the bus"),
        (None, "error", "no GPU is watched"),
        (replace(IDLE, ecc=None, remapped=None, temperature_c=None, power_w=None), "ok", "RTX 4000"),
    ],
)
def test_each_trouble_has_its_level_and_anything_but_ok_a_fix(
    reading: GpuReading | GpuTrouble | None, level: Level, said: str
) -> None:
    part = look(reading)
    assert part.level == level
    assert said in part.detail
    assert bool(part.fix) is (level != "ok")


@pytest.mark.parametrize(
    "latest", [LOST, replace(IDLE, temperature_c=99), replace(IDLE, stale=SILENCE, at=NOW - 99), None]
)
def test_a_machine_that_needs_no_gpu_stays_ready_without_one(latest: GpuReading | GpuTrouble | None) -> None:
    assert look(latest, needed=False).ok
    assert not look(latest).ok


LOADED = ModelState("warm", "qwen3:14b", 10 * GIB, 10 * GIB, "ab" * 32)


@pytest.mark.parametrize(
    ("model", "level", "said"),
    [
        (ModelState("embedded"), "ok", "embedded"),
        (LOADED, "ok", "qwen3:14b"),
        (replace(LOADED, size_vram=9 * GIB), "error", "layers run on the CPU: 10% of 10.0 GiB"),
        (replace(LOADED, size_vram=0), "error", "100%"),
        (replace(LOADED, expected_digest="sha256:" + "AB" * 32), "ok", "qwen3:14b"),
        (replace(LOADED, expected_digest="cd" * 32), "error", "digest abababababab, the settings want cdcdcdcdcdcd"),
        (ModelState("cold", expected_digest="cd" * 32), "error", "not loaded"),
        (ModelState("loading"), "error", "being loaded"),
        (ModelState("failed", "out of memory"), "error", "out of memory"),
    ],
)
def test_a_model_is_well_only_when_all_of_it_is_in_the_gpus_memory(model: ModelState, level: Level, said: str) -> None:
    part = model_part(model)
    assert part.level == level
    assert said in part.detail
    assert bool(part.fix) is (level != "ok")


def test_a_model_partly_on_the_cpu_names_the_usual_cause_and_may_be_accepted() -> None:
    split = replace(LOADED, size_vram=1)
    assert "nvidia-uvm" in model_part(split).fix
    assert "systemctl restart ollama" in model_part(split).fix
    assert model_part(split, cpu_accepted=True).level == "ok"


def test_the_database_and_the_knowledge() -> None:
    assert database_part(3).detail == "writable, schema 3"
    assert database_part(3, "the disk is full").level == "error"
    assert not database_part(None).ok
    assert knowledge_part({"default": ("abc", 5), "salon": ("def", 2)}).level == "ok"
    assert knowledge_part({"default": ("abc", 5), "salon": ("def", 0)}).level == "error"
    assert knowledge_part({}).level == "error"


def test_one_error_is_enough_and_warnings_are_not() -> None:
    well, warned, bad = (PartState("x", level, "") for level in ("ok", "warning", "error"))
    assert (worst([]), worst([well]), worst([well, warned]), worst([bad, warned, well])) == (
        "ok", "ok", "warning", "error",
    )  # fmt: skip
    assert ready([well, warned])
    assert not ready([well, bad])


def test_what_a_model_writes_is_told_by_kinds_and_is_never_an_error() -> None:
    rests = writing_part(True, 20, 13, {"bare": 5, "amount": 6})
    assert (rests.level, rests.ok) == ("warning", True), "facts answer meanwhile: the service is ready"
    assert rests.detail == "the model rests; of the last 20 drafts 13 were not fit to send: amount 6, bare 5"
    assert "another model" in rests.fix
    assert writing_part(False, 20, 1, {"bare": 1}).level == writing_part(False, 0, 0, {}).level == "ok"


@pytest.mark.parametrize(
    ("device", "models", "card_wanted", "level", "told"),
    [
        (None, [], True, "ok", "by words alone"),
        ("cuda", ["a/b", "c/d"], True, "ok", "by meaning too, on the card (cuda): a/b, c/d"),
        ("cpu", ["a/b"], True, "warning", "by meaning too, on the processor: a/b"),
        ("cpu", ["a/b"], False, "ok", "by meaning too, on the processor: a/b"),
    ],
)
def test_the_search_says_where_its_models_run_and_warns_where_the_card_was_meant(
    device: Literal["cpu", "cuda"] | None, models: list[str], card_wanted: bool, level: str, told: str
) -> None:
    part = search_part(device, models, card_wanted=card_wanted)
    assert (part.level, part.detail) == (level, told)
    assert ("retriever.device: cuda" in part.fix) is (level == "warning")


def test_a_model_of_the_search_that_keeps_failing_is_a_warning_with_its_name() -> None:
    part = search_part("cuda", ["a/b", "c/d"], card_wanted=True, resting=["a/b"])
    assert (part.level, part.ok) == ("warning", True), "words find meanwhile: the service is ready"
    assert part.detail == "no answer from a/b, so less is found; by meaning too, on the card (cuda): a/b, c/d"
    assert "model_left_out" in part.fix
