"""The service under systemd: its socket, its notifications, its watchdog, and a restart that refuses nobody."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import numpy as np
import pytest
import structlog
from fastapi import FastAPI

from app.api.notify import Notifier
from app.api.server import adopt, bind, build_server, listening
from app.api.watchdog import Watchdog
from app.errors import ConfigError
from app.knowledge.bymeaning import MeaningSearch
from app.knowledge.dense import Vectors
from app.knowledge.models import EmbedderCalls, Model
from app.knowledge.vectors import VectorCache
from app.knowledge.worker import Worker
from app.types import Section
from loadtests.service import KEY, ROOT, clean_environment, message

# What systemd does between fork and exec: the socket becomes descriptor 3, LISTEN_PID the process itself.
_AS_SYSTEMD = (
    "import os, sys; fd = int(sys.argv[1]); os.dup2(fd, 3); os.set_inheritable(3, True);"
    "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', WATCHDOG_PID=str(os.getpid()));"
    "os.execv(sys.executable, [sys.executable, '-m', 'app', 'serve', '--port', '1', *sys.argv[2:]])"
)


class Manager:
    """systemd's part: holds the listening socket and reads the notifications."""

    def __init__(self, folder: Path) -> None:
        self.listener = bind("127.0.0.1", 0)
        self.url = "http://{}:{}".format(*self.listener.getsockname())
        self.address = str(folder / "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.address)
        self.notify.settimeout(30)
        self.data = folder / "data"
        self.running: list[subprocess.Popen[str]] = []

    def start(self, **environment: str) -> subprocess.Popen[str]:
        settings = {"API_KEYS": KEY, "NOTIFY_SOCKET": self.address, "WATCHDOG_USEC": "600000", **environment}
        arguments = [str(self.listener.fileno()), "--data", str(self.data), "--kb", str(ROOT / "kb")]
        process = subprocess.Popen(
            [sys.executable, "-c", _AS_SYSTEMD, *arguments],
            env=clean_environment(**settings),
            pass_fds=[self.listener.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        self.running.append(process)
        return process

    def until(self, state: str) -> list[str]:
        """The notifications up to the one that holds `state`."""
        seen: list[str] = []
        while not seen or state not in seen[-1]:
            seen.append(self.notify.recv(4096).decode())
        return seen

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.wait(30)
            assert process.stdout
            process.stdout.close()
        self.listener.close()
        self.notify.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(tmp_path)
    yield made
    made.close()


def _stop(process: subprocess.Popen[str]) -> tuple[int, str]:
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output


def test_it_serves_on_the_socket_that_systemd_passed_and_says_so(manager: Manager) -> None:
    process = manager.start()
    before = manager.until("READY=1")
    assert all("READY=1" in state or state == "WATCHDOG=1" for state in before)
    assert httpx.get(f"{manager.url}/health", trust_env=False, verify=False).status_code == 200
    assert manager.until("WATCHDOG=1")[-1] == "WATCHDOG=1"
    status, output = _stop(process)
    assert status == 0, output
    serving = next(json.loads(line) for line in output.splitlines() if '"serving"' in line)
    assert serving["address"] == manager.url.removeprefix("http://")  # not the --port of the command line
    assert "STOPPING=1" in manager.until("STOPPING=1")[-1]


def test_a_start_asks_for_time_with_each_step_and_no_more_once_it_serves(tmp_path: Path, manager: Manager) -> None:
    """Two thousand sections, as a large knowledge base has, through a model that takes its time."""
    notifier = Notifier(manager.address)
    sections = [Section(f"s{n}", f"text {n}", "price", f"title {n}") for n in range(2000)]
    calls: list[int] = []

    class Slow:
        identity = "slow"

        def queries(self, texts: Sequence[str]) -> Vectors:
            return np.ones((len(texts), 1), np.float32)

        def documents(self, texts: Sequence[str]) -> Vectors:
            calls.append(len(texts))
            return self.queries(texts)

    worker = Worker("slow")
    model = Model("dense", worker, 1.0, lambda part, reason: None)
    dense = EmbedderCalls(Slow(), model, worker, VectorCache(None, "slow"), 0.1, notifier.getting_on)
    manager.notify.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    said: list[str] = []
    listening = threading.Thread(target=lambda: said.extend(manager.until("READY=1")), daemon=True)
    listening.start()
    MeaningSearch(sections, dense)
    notifier.send("READY=1", "STATUS=serving")
    listening.join(30)
    MeaningSearch(sections[:8], dense)  # published while it serves
    worker.close()
    notifier.close()
    *asked, served = said
    assert served == "READY=1\nSTATUS=serving"
    assert len(asked) >= 2000 // 8
    assert {each.partition("\n")[0] for each in asked} == {"EXTEND_TIMEOUT_USEC=180000000"}
    assert asked[0].endswith("STATUS=embedding the sections: 0 of 4000 parts")
    assert asked[1].endswith("8 of 4000 parts")
    manager.notify.settimeout(0.2)
    with pytest.raises(TimeoutError):
        manager.notify.recv(4096)


def test_the_service_itself_asks_for_time_while_it_loads_its_models(manager: Manager, tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    from tests import models

    folder = models.embedder(tmp_path / "words")
    process = manager.start(MACHINE_RETRIEVER__EMBEDDER=str(folder), MACHINE_RETRIEVER__DEVICE="cpu")
    *before, served = manager.until("READY=1")
    assert before[0] == f"EXTEND_TIMEOUT_USEC=180000000\nSTATUS=loading {folder} on cpu"
    assert any("embedding the sections: 8 of" in each for each in before)
    assert "STATUS=serving" in served
    search = httpx.get(f"{manager.url}/ready", trust_env=False, verify=False).json()["parts"]["search"]
    assert search == {"ok": True, "level": "ok", "detail": f"by meaning too, on the processor: {folder}", "fix": ""}
    assert _stop(process)[0] == 0


def _until(held: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not held():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@pytest.mark.long
def test_nothing_is_refused_or_cut_during_a_restart(manager: Manager) -> None:
    first = manager.start()
    manager.until("READY=1")
    over, statuses, errors = threading.Event(), list[int](), list[str]()

    def caller(number: int) -> None:
        turn = 0
        while not over.is_set():
            turn += 1
            body = message("сколько стоит сканер", user=f"restart-{number}", request_id=f"{number}-{turn}")
            try:  # a connection of its own each time, as n8n makes them
                headers = {"Authorization": f"Bearer {KEY}"}
                answer = httpx.post(
                    f"{manager.url}/api/v1/process",
                    json=body,
                    headers=headers,
                    timeout=30,
                    trust_env=False,
                    verify=False,
                )
                statuses.append(answer.status_code)
            except httpx.TransportError as error:
                errors.append(repr(error))

    callers = [threading.Thread(target=caller, args=(number,), daemon=True) for number in range(4)]
    for each in callers:
        each.start()
    _until(lambda: len(statuses) >= len(callers))
    before = len(statuses)
    status, output = _stop(first)  # nobody accepts for a while: callers wait in the socket's queue
    second = manager.start()
    manager.until("READY=1")
    _until(lambda: len(statuses) > before + len(callers))
    over.set()
    for each in callers:
        each.join(30)
        assert not each.is_alive()
    assert status == 0, output
    assert errors == []
    assert set(statuses) == {200}
    assert _stop(second)[0] == 0


def test_a_connection_that_was_just_taken_is_answered_though_the_service_is_stopping(tmp_path: Path) -> None:
    application = FastAPI()

    @application.get("/quick")
    async def quick() -> str:
        return "done"

    with _Running(tmp_path, application, watchdog_s=10) as running:
        place = httpx.URL(running.url)
        with socket.create_connection((place.host, place.port or 0), timeout=10) as caller:
            _until(lambda: len(running.server.server_state.connections) == 1)
            running.server.should_exit = True
            running.until("STOPPING=1")
            caller.sendall(b"GET /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = b""
            while chunk := caller.recv(65536):
                received += chunk
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b'"done"')


def test_a_running_turn_is_finished_and_the_watchdog_is_fed_meanwhile(tmp_path: Path) -> None:
    """The drain may take longer than the watchdog's patience: it must not kill a service that is finishing turns."""
    application = FastAPI()

    @application.get("/slow")
    async def slow() -> str:
        await asyncio.sleep(1)
        return "done"

    with _Running(tmp_path, application, watchdog_s=0.3) as running:
        answers: list[str] = []
        thread = threading.Thread(
            target=lambda: answers.append(
                httpx.get(f"{running.url}/slow", timeout=30, trust_env=False, verify=False).json()
            )
        )
        thread.start()
        time.sleep(0.3)
        running.server.should_exit = True
        running.until("STOPPING=1")
        assert running.count(0.6) >= 3
        thread.join(30)
        assert answers == ["done"]


def test_a_stuck_event_loop_stops_the_pings_and_is_written_down(tmp_path: Path) -> None:
    application = FastAPI()
    entered = threading.Event()

    @application.get("/stuck")
    async def stuck() -> str:
        entered.set()
        time.sleep(1.5)  # noqa: ASYNC251 what the watchdog is there for
        return "late"

    with structlog.testing.capture_logs() as logs, _Running(tmp_path, application, watchdog_s=0.3) as running:
        assert running.count(2) >= 3  # pings come while the loop is free
        caller = threading.Thread(
            target=lambda: httpx.get(f"{running.url}/stuck", timeout=30, trust_env=False, verify=False)
        )
        caller.start()
        assert entered.wait(10)
        running.count(0.15)  # what had ended before may still be told of
        assert running.count(0.6) == 0
        caller.join(30)
        assert running.count(2) >= 3
    (line,) = [line for line in logs if line["event"] == "loop stuck"]
    assert line["trace"][-1].startswith("test_serve_systemd.py:"), "the place in the code, innermost last"
    assert line["trace"][-1].endswith(":stuck")


def test_a_busy_event_loop_is_not_taken_for_a_stuck_one(tmp_path: Path) -> None:
    """Two seconds of short work stand before everything else on the loop: it is late, and gets on all the same."""
    application = FastAPI()
    done = 0

    def work() -> None:
        nonlocal done
        time.sleep(0.01)
        done += 1

    @application.get("/busy")
    async def busy() -> str:
        for _ in range(200):
            asyncio.get_running_loop().call_soon(work)
        return "soon"

    with _Running(tmp_path, application, watchdog_s=0.3, progress=lambda: done) as running:
        caller = threading.Thread(
            target=lambda: httpx.get(f"{running.url}/busy", timeout=30, trust_env=False, verify=False)
        )
        caller.start()
        while not done:
            time.sleep(0.01)
        assert running.count(1) >= 5
        assert done < 200, "the loop was busy all the while"
        caller.join(30)


class _Running:
    """A server in a thread, and the notifications that it sends."""

    def __init__(
        self, folder: Path, application: FastAPI, watchdog_s: float, progress: Callable[[], int] = lambda: 0
    ) -> None:
        self._receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._receiver.bind(str(folder / "notify"))
        listener = bind("127.0.0.1", 0)
        self.url = "http://{}:{}".format(*listener.getsockname())
        notifier = Notifier(str(folder / "notify"), watchdog_s)
        watchdog = Watchdog(notifier, progress, lambda _: None)
        self.server = build_server(application, 10, notifier, watchdog=watchdog)
        self._thread = threading.Thread(target=self.server.run, args=([listener],), daemon=True)

    def until(self, state: str) -> None:
        self._receiver.settimeout(10)
        while state not in self._receiver.recv(4096).decode():
            pass

    def count(self, seconds: float) -> int:
        """How many pings arrive within `seconds`."""
        end, pings = time.monotonic() + seconds, 0
        while True:
            self._receiver.settimeout(max(0.001, end - time.monotonic()))
            try:
                pings += self._receiver.recv(4096) == b"WATCHDOG=1"
            except TimeoutError:
                return pings

    def __enter__(self) -> "_Running":
        self._thread.start()
        self.until("READY=1")
        return self

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self._thread.join(30)
        self._receiver.close()


def test_without_systemd_it_binds_and_stays_silent() -> None:
    environ = {"LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDS": "1"}  # meant for another process
    with listening("127.0.0.1", 0, environ) as listener:
        assert listener.getsockname()[1] > 0
    assert environ == {}  # no child takes them for its own
    silent = Notifier.from_environment({})
    silent.send("READY=1")
    assert silent.watchdog_s is None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_only_the_one_meant_for_this_process(environ: dict[str, str], expected: float | None) -> None:
    assert Notifier.from_environment(environ).watchdog_s == expected


def test_several_sockets_or_a_wrong_one_stop_the_start_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one ListenStream="):
        listening("127.0.0.1", 0, {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "2"})
    with socket.socket(socket.AF_UNIX) as unix, pytest.raises(ConfigError, match="no listening TCP socket"):
        adopt(unix.fileno())
    with (tmp_path / "file").open("w") as file, pytest.raises(ConfigError, match="cannot be used"):
        adopt(file.fileno())


def test_an_abstract_address_is_understood_and_a_lost_message_harms_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    structlog.reset_defaults()  # a command that ran in this process before may have asked for errors alone
    name = f"sales-machine-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0" + name)
        receiver.settimeout(5)
        notifier = Notifier(f"@{name}")
        notifier.send("READY=1", "STATUS=serving")
        assert receiver.recv(100) == b"READY=1\nSTATUS=serving"
    notifier.send("STOPPING=1")  # nobody listens there any more
    assert "systemd not notified" in capsys.readouterr().out
    notifier.close()
