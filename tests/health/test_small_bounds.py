"""How long the doctor waits for each thing it asks, what it takes of a storm of events, and what it asks without waking."""

import os
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pynvml
import pytest

from app.health import facts, gpu, lockholders, modelserver, nvml
from app.health.gathering import Gathered, Unanswered
from app.health.modelserver import check_openai, openai_facts
from app.health.nvml import Session
from app.health.nvml_errors import NOT_OFFERED, SILENT
from app.health.readiness import Level
from app.health.readings import GpuTrouble
from app.settings import load
from app.telemetry import Telemetry

LLM = load(environ={}).llm.model_copy(update={"host": "http://127.0.0.1:9", "model": "shop-7b"})


@pytest.mark.parametrize(("host", "verified"), [("http://127.0.0.1:9", False), ("https://models.example.com", True)])
def test_a_model_server_has_three_seconds_no_proxy_and_over_tls_a_certificate(
    monkeypatch: pytest.MonkeyPatch, host: str, verified: bool
) -> None:
    asked: list[dict[str, Any]] = []

    class Client:
        def __init__(self, **named: Any) -> None:
            asked.append(named)

        def __enter__(self) -> "Client":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def get(self, url: str) -> httpx.Response:
            assert url == f"{host}/v1/models"
            raise httpx.ReadTimeout("slow")

    monkeypatch.setattr(modelserver.httpx, "Client", Client)
    found = openai_facts(LLM.model_copy(update={"host": host}))
    assert found.problem == "no answer within 3 s"
    (named,) = asked
    assert (named["timeout"], named["trust_env"], named["verify"]) == (3, False, verified)


@pytest.mark.parametrize(
    ("status", "level"),
    [(404, "warning"), (405, "warning"), (501, "warning"), (401, "error"), (500, "error"), (418, "error")],
)
def test_a_server_without_a_list_of_models_may_still_serve(status: int, level: Level) -> None:
    found = modelserver.OpenAIFacts("http://127.0.0.1:9", "shop-7b", status=status)
    assert check_openai(found)[0].level == level


@pytest.mark.parametrize("number", range(1, 30))
def test_a_figure_that_a_card_does_not_offer_is_unknown_and_any_other_error_is_trouble(number: int) -> None:
    def call() -> None:
        raise pynvml.NVMLError(number)

    if number in {3, 4, 6, 13, 21, 25, 26}:
        assert nvml._offered(call) is None
    else:
        with pytest.raises(pynvml.NVMLError):
            nvml._offered(call)
    assert (number in NOT_OFFERED) is (number in {3, 4, 6, 13, 21, 25, 26})


def test_of_a_storm_of_events_sixteen_are_taken_at_a_reading_and_the_newest_sixteen_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    coming = iter(range(1000))

    def wait(_: object, timeout: int) -> Any:
        assert timeout == 0, "nobody waits for one"
        return SimpleNamespace(eventType=pynvml.nvmlEventTypeXidCriticalError, eventData=next(coming))

    monkeypatch.setattr(pynvml, "nvmlEventSetWait_v2", wait)
    session = Session()
    session._events = object()
    session._take_events()
    assert (session.events, session.xids) == (16, tuple(range(16)))
    session._take_events()
    assert (session.events, session.xids) == (32, tuple(range(16, 32)))


def test_what_hangs_is_left_behind_and_keeps_no_process_alive() -> None:
    held = threading.Event()
    fact = Gathered("slow", held.wait, 0.05)
    with pytest.raises(Unanswered, match=r"not known after 0\.05 s"):
        fact.value()
    assert fact._thread.daemon
    assert fact._thread.name == "fact-slow"
    held.set()


def test_whether_the_clock_is_right_is_asked_for_three_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def run(command: list[str], **named: Any) -> Any:
        asked.append((command[1:], named["timeout"]))
        raise subprocess.TimeoutExpired(command, named["timeout"])

    monkeypatch.setattr(facts.shutil, "which", lambda _: "/bin/timedatectl")
    monkeypatch.setattr(facts.subprocess, "run", run)
    assert facts.clock_synchronised() is None
    assert asked == [(["show", "-p", "NTPSynchronized", "--value"], 3)]


@pytest.mark.parametrize(
    ("options", "fell"),
    [("rw,errors=remount-ro", False), ("rw,ro", True), ("ro", True), ("rw,emergency_ro", True), ("rw,shutdown", True)],
)
def test_a_disk_that_the_kernel_has_stopped_writing_to_is_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: str, fell: bool
) -> None:
    device = tmp_path.stat().st_dev
    line = f"29 1 {os.major(device)}:{os.minor(device)} / / rw shared:1 - ext4 /dev/sda {options}"
    other = "30 1 999:9 / /other rw - ext4 /dev/sdb ro"
    read = Path.read_text

    def told(path: Path, *arguments: Any) -> str:
        return f"{other}\n{line}\n" if str(path) == "/proc/self/mountinfo" else read(path, *arguments)

    monkeypatch.setattr(Path, "read_text", told)
    assert facts._fell_read_only(tmp_path) is fell


@pytest.mark.parametrize("mark", range(5))
def test_whoever_holds_any_of_the_five_marks_of_readers_reads(tmp_path: Path, mark: int) -> None:
    database = tmp_path / "conversations.db"
    shm = Path(f"{database}-shm")
    shm.write_bytes(b"\0" * 200)
    holds = (
        "import fcntl, sys\nfile = open(sys.argv[1], 'r+b')\n"
        "fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(sys.argv[2]))\nprint(1, flush=True)\nsys.stdin.read()\n"
    )
    command = ["python3", "-c", holds, str(shm), str(123 + mark)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        found = lockholders.reading(database)
        assert found is not None
        assert (found.pid, found.program) == (holder.pid, "python3")
        assert lockholders._owner(database, 120, 1) is None, "and does not write"
        holder.communicate()
    assert lockholders.reading(database) is None


@pytest.mark.timeout(10)
def test_a_pipe_in_the_place_of_the_locks_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "conversations.db-shm")
    assert lockholders.reading(tmp_path / "conversations.db") is None


def test_a_session_frees_what_it_took_and_a_card_without_events_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    for name in ("nvmlInit", "nvmlShutdown", "nvmlEventSetFree", "nvmlDeviceRegisterEvents"):
        monkeypatch.setattr(pynvml, name, lambda *_, name=name: done.append(name))
    monkeypatch.setattr(pynvml, "nvmlDeviceGetCount", lambda: 1)
    monkeypatch.setattr(pynvml, "nvmlDeviceGetHandleByIndex", lambda index: index)
    monkeypatch.setattr(pynvml, "nvmlEventSetCreate", lambda: "events")
    session = Session(0)
    session._connect()
    assert done == ["nvmlInit", "nvmlDeviceRegisterEvents"]
    session.close()
    session.close()
    assert done[2:] == ["nvmlEventSetFree", "nvmlShutdown"], "once, and safe to call twice"

    def refused(*_: object) -> None:
        raise pynvml.NVMLError(3)

    done.clear()
    monkeypatch.setattr(pynvml, "nvmlDeviceRegisterEvents", refused)
    session._connect()
    assert done == ["nvmlInit", "nvmlEventSetFree"]
    session._take_events()
    assert session.events == 0


async def test_whoever_looks_at_a_card_lets_go_of_its_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions: list[Any] = []

    class Driver:
        events, xids = 0, ()

        def __init__(self, index: int) -> None:
            self.index, self.closed = index, 0
            sessions.append(self)

        def read(self) -> GpuTrouble:
            return GpuTrouble.of(SILENT, 0.0)

        def close(self) -> None:
            self.closed += 1

    monkeypatch.setattr(gpu, "Session", Driver)
    settings = load(environ={}).gpu.model_copy(update={"enabled": "on", "index": 3, "poll_s": 60.0})
    assert isinstance(gpu.probe(settings), GpuTrouble)
    monitor = gpu.GpuMonitor(settings, Telemetry(b"key"))
    await monitor.start()
    assert isinstance(monitor.latest(), GpuTrouble)
    await monitor.close()
    assert [(each.index, each.closed) for each in sessions] == [(3, 1), (3, 1)]
    assert monitor._thread is not None and not monitor._thread.is_alive()
    monitor = gpu.GpuMonitor(settings.model_copy(update={"enabled": "off"}), Telemetry(b"key"))
    await monitor.start()
    assert (monitor._thread, monitor.latest(), gpu.probe(settings.model_copy(update={"enabled": "off"}))) == (None,) * 3
