"""The GPU monitor against the real pynvml and a driver library made for the test, one process per scenario."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pynvml
import pytest

from app.health.gpu import GpuReading
from app.health.nvml import card_present
from app.health.nvml_errors import remedy
from app.settings import load
from loadtests.service import ROOT, clean_environment
from tests.fakenvml import Card, build

FAST = {"MACHINE_GPU__ENABLED": "on", "MACHINE_GPU__POLL_S": "0.02", "MACHINE_GPU__TIMEOUT_S": "0.4"}
PATIENT = FAST | {"MACHINE_GPU__TIMEOUT_S": "1"}  # for hangs: what waits for the driver is told from a busy machine
GIB = 1 << 30


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("driver"))


@pytest.fixture
def card(library: Path, tmp_path: Path) -> Card:
    return Card(library, tmp_path / "card")


class Watched:
    """A process that watches the card."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def say(self, line: str = "") -> dict[str, Any]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        assert answer, self._process.stderr.read() if self._process.stderr else ""
        told: dict[str, Any] = json.loads(answer)
        return told

    def until(self, what: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """What the monitor says once `what` holds; fails after 10 s with what it said last."""
        limit = time.monotonic() + 10
        while not what(told := self.say()):
            assert time.monotonic() < limit, told
            time.sleep(0.02)
        return told

    def close(self) -> tuple[float, list[dict[str, Any]]]:
        """Seconds that closing took, and the log."""
        seconds = self.say("close")["close_s"]
        _, log = self._process.communicate(timeout=10)
        assert self._process.returncode == 0
        return seconds, [json.loads(line) for line in log.splitlines()]


@contextmanager
def watching(environment: Mapping[str, str]) -> Iterator[Watched]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.fakenvml.watch"],
        env=dict(environment),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        try:
            yield Watched(process)
        finally:
            process.kill()


def name(told: dict[str, Any]) -> str | None:
    return (told["latest"] or {}).get("name")


def test_an_idle_card_is_read_in_full_and_its_gauges_say_the_same(card: Card) -> None:
    card.set({"procs": "4242:9965000000,4300", "memory.used": 10 * GIB, "busy": 37, "ecc.corrected": 2})
    with watching(card.environment(**FAST)) as watched:
        told = watched.say()
        seconds, log = watched.close()
    gpu = told["latest"]
    assert told["kind"] == "GpuReading"
    assert (gpu["name"], gpu["count"], gpu["driver"]) == ("NVIDIA RTX 4000 SFF Ada Generation", 1, "550.163.01")
    assert gpu["uuid"].startswith("GPU-")
    assert (gpu["memory_used"], gpu["memory_total"]) == (10 * GIB, 20475 << 20)
    assert (gpu["utilisation"], gpu["temperature_c"], gpu["power_w"], gpu["power_limit_w"]) == (37, 41, 11.0, 70.0)
    assert (gpu["sm_clock_mhz"], gpu["memory_clock_mhz"]) == (1560, 7001)
    assert gpu["ecc"] == {"corrected": 2, "uncorrected": 0}
    assert gpu["remapped"] == {"correctable": 0, "uncorrectable": 0, "pending": False, "failed": False}
    assert gpu["processes"] == [{"pid": 4242, "memory": 9965000000}, {"pid": 4300, "memory": None}]
    assert told["reasons"] == ["idle"]
    assert told["throttled"] == []
    assert gpu["stale"] is None
    assert told["metrics"] == {
        'machine_gpu_up{gpu="0"}': 1,
        'machine_gpu_memory_used_bytes{gpu="0"}': 10 * GIB,
        'machine_gpu_memory_total_bytes{gpu="0"}': 20475 << 20,
        'machine_gpu_utilisation_ratio{gpu="0"}': 0.37,
        'machine_gpu_temperature_celsius{gpu="0"}': 41,
        'machine_gpu_power_watts{gpu="0"}': 11,
        'machine_gpu_power_limit_watts{gpu="0"}': 70,
        'machine_gpu_throttled{gpu="0"}': 0,
    }
    assert seconds < 1
    assert [line["event"] for line in log] == ["gpu_found"]


def test_a_card_without_ecc_and_events_is_read_all_the_same(card: Card) -> None:
    card.set({"ecc": 0, "events": 0, "err.nvmlDeviceGetPowerUsage": 3, "xid": 79})
    with watching(card.environment(**FAST)) as watched:
        told = watched.say()
    assert (told["latest"]["ecc"], told["latest"]["remapped"], told["latest"]["power_w"]) == (None, None, None)
    assert told["latest"]["xids"] == []
    assert 'machine_gpu_power_watts{gpu="0"}' not in told["metrics"]


@pytest.mark.parametrize(
    ("mask", "throttled", "reasons"),
    [
        (0x4, [], ["power cap"]),
        (
            0x8 | 0x40,
            ["hardware slowdown", "hardware thermal slowdown"],
            ["hardware slowdown", "hardware thermal slowdown"],
        ),
        (0x20 | 0x4, ["software thermal slowdown"], ["power cap", "software thermal slowdown"]),
        (
            0x80 | 0x1000,
            ["power brake (the supply asked for less)"],
            ["power brake (the supply asked for less)", "0x1000"],
        ),
    ],
)
def test_clock_reasons_in_words_and_which_of_them_are_trouble(
    card: Card, mask: int, throttled: list[str], reasons: list[str]
) -> None:
    card.set({"reasons": mask, "temp": 91})
    with watching(card.environment(**FAST)) as watched:
        told = watched.say()
    assert told["throttled"] == throttled
    assert told["reasons"] == reasons
    assert told["latest"]["temperature_c"] == 91
    assert told["metrics"]['machine_gpu_throttled{gpu="0"}'] == bool(throttled)


def test_a_card_that_is_lost_is_named_with_its_xid_and_comes_back(card: Card) -> None:
    card.set({})
    with watching(card.environment(**FAST)) as watched:
        assert watched.say()["kind"] == "GpuReading"
        card.set({"err.device": 15, "xid": 79})
        lost = watched.until(lambda told: name(told) == "gpu_is_lost")
        assert (lost["latest"]["number"], lost["latest"]["xids"]) == (15, [79])
        assert "fell off the bus" in lost["latest"]["detail"]
        assert "power cycle" in lost["latest"]["fix"]
        assert lost["metrics"] == {'machine_gpu_up{gpu="0"}': 0, 'machine_gpu_xids_total{gpu="0",xid="79"}': 1}
        card.set({"temp": 50})
        back = watched.until(lambda told: told["kind"] == "GpuReading")
        assert back["latest"]["temperature_c"] == 50
        assert back["latest"]["xids"] == [79], "what happened is not forgotten"
        assert back["metrics"]['machine_gpu_up{gpu="0"}'] == 1
        assert back["metrics"]['machine_gpu_temperature_celsius{gpu="0"}'] == 50
        _, log = watched.close()
    assert [line["event"] for line in log] == ["gpu_found", "gpu_xid", "gpu_trouble", "gpu_found"], "once each"


def test_a_driver_that_hangs_leaves_the_last_reading_marked_stale_and_one_thread_and_recovers(card: Card) -> None:
    card.set({"temp": 60})
    with watching(card.environment(**PATIENT)) as watched:
        assert watched.say()["latest"]["stale"] is None
        card.set({"temp": 61, "hang": 1})
        hung = watched.until(lambda told: told["latest"]["stale"] is not None)
        time.sleep(0.5)  # long enough for a second thread, were one ever started
        hung = watched.say()
        assert hung["latest"]["temperature_c"] == 60
        assert "does not answer" in hung["latest"]["stale"]["detail"]
        assert hung["latest"]["stale"]["fix"]
        assert hung["threads"] == ["gpu-monitor"]
        assert hung["metrics"]['machine_gpu_up{gpu="0"}'] == 0
        assert hung["lag_s"] < 0.8, "the event loop waited for the driver"
        card.set({"temp": 62})
        back = watched.until(lambda told: told["latest"]["temperature_c"] == 62)
        assert back["latest"]["stale"] is None
        assert back["threads"] == ["gpu-monitor"]
        assert back["metrics"]['machine_gpu_up{gpu="0"}'] == 1


def test_a_driver_that_hangs_from_the_start_holds_up_neither_start_nor_end(card: Card) -> None:
    card.set({"hang.init": 1})
    with watching(card.environment(**PATIENT)) as watched:
        told = watched.until(lambda told: told["kind"] == "GpuTrouble")
        assert 0.9 < told["start_s"] < 3
        assert told["lag_s"] < 0.8
        assert name(told) == "no_answer"
        assert told["metrics"] == {'machine_gpu_up{gpu="0"}': 0}
        seconds, _ = watched.close()
    assert seconds < 3


@pytest.mark.parametrize(
    ("state", "expected", "number", "fix"),
    [
        ({"err.nvmlInitWithFlags": 18}, "version_mismatch", 18, "reboot"),
        ({"err.nvmlInitWithFlags": 9}, "driver_not_loaded", 9, "modprobe nvidia"),
        ({"err.nvmlDeviceGetMemoryInfo_v2": 16}, "reset_required", 16, "nvidia-smi --gpu-reset"),
        ({"err.nvmlDeviceGetTemperature": 999}, "unknown", 999, "dmesg"),
        ({"err.nvmlEventSetWait_v2": 15}, "gpu_is_lost", 15, "power cycle"),
        ({"count": 0}, "no_gpu", None, "lspci"),
    ],
)
def test_a_failure_is_a_sentence_with_its_remedy_and_ends_when_its_cause_does(
    card: Card, state: dict[str, object], expected: str, number: int | None, fix: str
) -> None:
    card.set(state)
    with watching(card.environment(**FAST)) as watched:
        told = watched.say()
        assert (name(told), told["latest"]["number"]) == (expected, number)
        assert fix in told["latest"]["fix"]
        card.set({})
        watched.until(lambda told: told["kind"] == "GpuReading")


def test_a_card_the_driver_does_not_number_is_said_to_be_missing(card: Card) -> None:
    card.set({})
    with watching(card.environment(**FAST, MACHINE_GPU__INDEX="3")) as watched:
        told = watched.say()
    assert name(told) == "invalid_argument"
    assert "gpu.index" in told["latest"]["fix"]


def test_an_answer_that_cannot_be_decoded_does_not_end_the_watch(card: Card) -> None:
    card.state.write_bytes(b"name=\xff\xfe\n")
    with watching(card.environment(**FAST)) as watched:
        assert name(watched.say()) == "unreadable"
        card.set({})
        watched.until(lambda told: told["kind"] == "GpuReading")


@pytest.fixture
def no_driver(tmp_path: Path) -> Mapping[str, str]:
    """An environment in which no driver library can be loaded, also on a machine that has one."""
    (tmp_path / "libnvidia-ml.so.1").touch()  # the loader stops at the first file of that name
    return clean_environment(LD_LIBRARY_PATH=str(tmp_path)) | FAST


def test_without_a_driver_library_on_is_trouble(no_driver: Mapping[str, str]) -> None:
    with watching(no_driver) as watched:
        told = watched.say()
    assert (name(told), told["latest"]["number"]) == ("library_not_found", 12)
    assert "install the driver" in told["latest"]["fix"]


def test_auto_watches_where_there_is_a_driver(card: Card) -> None:
    card.set({})
    with watching(card.environment(**FAST | {"MACHINE_GPU__ENABLED": "auto"})) as watched:
        assert watched.say()["kind"] == "GpuReading"


def test_auto_is_silent_where_there_is_neither_driver_nor_card(no_driver: Mapping[str, str]) -> None:
    with watching({**no_driver, "MACHINE_GPU__ENABLED": "auto"}) as watched:
        told = watched.say()
    if card_present():  # this very machine has one: then a missing driver is trouble
        assert name(told) == "library_not_found"
    else:
        assert (told["kind"], told["threads"], told["metrics"]) == ("NoneType", [], {})


def test_off_never_asks_the_driver(card: Card) -> None:
    card.set({"hang.init": 1})
    with watching(card.environment(**FAST | {"MACHINE_GPU__ENABLED": "off"})) as watched:
        told = watched.say()
    assert (told["kind"], told["threads"], told["metrics"]) == ("NoneType", [], {})
    assert told["start_s"] < 0.2


def test_every_error_of_nvml_has_its_own_sentence_and_remedy() -> None:
    numbers = [value for key, value in vars(pynvml).items() if key.startswith("NVML_ERROR_")]
    named = [remedy(number) for number in numbers if number != pynvml.NVML_ERROR_UNKNOWN]
    assert len(named) >= 29
    assert len({each.name for each in named}) == len(named)
    for each in named:
        assert each.name != "unknown", "not in the table"
        assert each.meaning
        assert each.fix
    assert "4711" in remedy(4711).meaning


@pytest.mark.parametrize(
    ("vendor", "kind", "expected"),
    [("0x10de", "0x030000", True), ("0x10de", "0x040300", False), ("0x8086", "0x030000", False)],
)
def test_a_card_is_found_on_the_bus_without_asking_a_driver(
    tmp_path: Path, vendor: str, kind: str, expected: bool
) -> None:
    device = tmp_path / "0000:01:00.0"
    device.mkdir()
    (device / "vendor").write_text(f"{vendor}\n")
    (device / "class").write_text(f"{kind}\n")
    assert card_present(tmp_path) is expected


@pytest.mark.parametrize(("written", "expected"), [("on", "on"), ("off", "off"), ("auto", "auto"), ('"on"', "on")])
def test_on_and_off_mean_what_they_say_in_yaml(tmp_path: Path, written: str, expected: str) -> None:
    path = tmp_path / "settings.yaml"
    path.write_text(f"gpu:\n  enabled: {written}\n")
    assert load(path, {}).gpu.enabled == expected


def test_free_memory_is_what_neither_programs_nor_the_driver_hold() -> None:
    reading = GpuReading(
        at=0, index=0, count=1, name="", uuid="", driver="", memory_total=100, memory_used=60, memory_reserved=10,
        utilisation=None, temperature_c=None, power_w=None, power_limit_w=None, sm_clock_mhz=None,
        memory_clock_mhz=None, clock_reasons=0, ecc=None, remapped=None, processes=(),
    )  # fmt: skip
    assert reading.memory_free == 30
