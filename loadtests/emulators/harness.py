"""The emulator as a test uses it: a real process with an address, faults and figures."""

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

_ROOT = Path(__file__).resolve().parents[2]
_START_S = 20


class OllamaEmulator:
    """`with OllamaEmulator("--profile", "instant") as ollama:` runs the process and ends it.

    `arguments` are those of the module; the port is free of choice and stays the same over restarts.
    """

    def __init__(self, *arguments: str, port: int = 0) -> None:
        self._arguments = arguments
        self._port = port
        self._process: subprocess.Popen[str] | None = None
        self._client = httpx.Client(timeout=10, trust_env=False, verify=False)  # nosec B501 - loopback has no TLS
        self.url = ""

    def start(self) -> "OllamaEmulator":
        """Starts the process, on its former port after a stop. Raises RuntimeError when it does not come up."""
        command = [sys.executable, "-m", "loadtests.emulators.ollama", "--port", str(self._port), *self._arguments]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
        assert self._process.stdout
        line = self._process.stdout.readline()  # ends at the process's end too
        if not line:
            raise RuntimeError(f"the emulator ended with {self._process.wait(_START_S)}: {command}")
        self.url = str(json.loads(line)["url"])
        self._port = httpx.URL(self.url).port or 0
        return self

    def fault(self, kind: str, times: int = 1, **more: Any) -> None:
        """The next `times` chat requests (behind those already asked for) go wrong in this way."""
        self._control("POST", "faults", {"faults": [{"kind": kind, "times": times, **more}]})

    def clear_faults(self) -> None:
        self._control("DELETE", "faults")

    def stats(self) -> dict[str, Any]:
        return self._control("GET", "stats")

    def state(self, **values: Any) -> None:
        """Sets size_vram (bytes or None), loaded, digest, present, speed or fields (of structured answers)."""
        self._control("POST", "state", values)

    def reset(self) -> None:
        """Statistics, caches, faults and states as after the start."""
        self._control("POST", "reset", {})

    def stop(self) -> int:
        """Ends the process in order; its exit status. Open connections are closed."""
        return self._end(kill=False)

    def kill(self) -> int:
        """Ends the process as a crash does."""
        return self._end(kill=True)

    def restart(self) -> None:
        """A new process on the same port: its caches and figures are empty."""
        self.stop()
        self.start()

    def _end(self, *, kill: bool) -> int:
        process = self._process
        if process is None:
            return 0
        if kill:
            process.kill()
        else:
            process.terminate()
        status = process.wait(_START_S)
        assert process.stdout
        process.stdout.close()
        self._process = None
        return status

    def _control(self, method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        # A connection of its own each time: one kept open would not survive a restart on the same port.
        headers = {"Connection": "close"}
        answer = self._client.request(method, f"{self.url}/emulator/{name}", json=body, headers=headers)
        if answer.is_error:
            raise ValueError(f"{answer.status_code}: {answer.text}")
        value: dict[str, Any] = answer.json()
        return value

    def __enter__(self) -> "OllamaEmulator":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._client.close()
