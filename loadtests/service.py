"""The real service as a process of its own, and a caller that speaks the contract.

Callers of it say verify=False: loading the CA bundle costs more than a turn, and loopback has no TLS.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import httpx

KEY = "a-key-of-the-tests-that-is-long-enough"
ROOT = Path(__file__).resolve().parents[1]


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without settings of the machine, plus `extra`."""
    ours = ("MACHINE_", "FF_", "API_KEYS", "LLM_API_KEY", "CREDENTIALS_DIRECTORY")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | extra


class Running(Protocol):
    """What is used of the service's process: a subprocess.Popen, or what stands for one."""

    pid: int
    stdout: IO[str] | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def kill(self) -> None: ...


def begun(command: Sequence[str], environment: dict[str, str]) -> Running:
    """The command's process in the project's folder, with one pipe for all that it says."""
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
    )


begin: Callable[[Sequence[str], dict[str, str]], Running] = begun
"""How a `Server` is started; the tests have a quicker way (tests/forked.py)."""


@dataclass
class Server:
    """`machine serve` on a free port of loopback. `log` is everything it has printed so far."""

    data: Path
    knowledge: Path = ROOT / "kb"
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    url: str = ""
    program: tuple[str, ...] = ("-m", "app")
    """What Python runs: another one plants a fault first."""
    under: tuple[str, ...] = ()
    """A command that starts it, such as setpriv with its options."""

    def start(self) -> "Server":
        command = [*self.under, sys.executable, *self.program, "serve", "--port", "0", "--data", str(self.data)]
        command += ["--kb", str(self.knowledge), *self.arguments]
        self.process = begin(command, clean_environment(**{"API_KEYS": KEY} | self.environment))
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        if not ready.wait(30) or not self.url:
            self._end()
            raise RuntimeError(f"the service did not start: {''.join(self.log)}")
        for _ in range(400):
            try:
                if httpx.get(f"{self.url}/health", trust_env=False, verify=False).status_code == 200:  # nosec B501 - loopback has no TLS
                    return self
            except httpx.TransportError:
                time.sleep(0.01)
        self._end()
        raise RuntimeError("the service does not answer /health")

    def _end(self) -> None:
        """What did not come up in time is not left to come up later: nobody would stop it."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(60)

    def _read(self, ready: threading.Event) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.log.append(line)
            if not self.url and '"serving"' in line:
                self.url = f"http://{json.loads(line)['address']}"
                ready.set()
        ready.set()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ends the process and returns its exit status; negative for a signal."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(60)
        self._reader.join(10)
        assert self.process.stdout
        self.process.stdout.close()
        self.url = ""
        return status

    def client(self, key: str = KEY) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False, verify=False)  # nosec B501 - loopback has no TLS

    def __enter__(self) -> "Server":
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def message(text: str, *, user: str = "77010000001", session: str = "BOT_1", **extra: Any) -> dict[str, Any]:
    """A request body of /api/v1/process."""
    return {"session_id": session, "user_id": user, "message": {"text": text}, **extra}


def ask(client: httpx.Client, text: str, **fields: Any) -> dict[str, Any]:
    """One turn: the contract's answer, or an AssertionError with the error body."""
    response = client.post("/api/v1/process", json=message(text, **fields))
    assert response.status_code == 200, response.text
    reply: dict[str, Any] = response.json()
    return reply
