"""The service as a process against the emulated model server, on a clock that may run faster.

At `speed` 20 the emulator works 20 times as fast and the service's times are a twentieth, so a second of the wall is
20 model seconds.
"""

import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import yaml

from app.evaluation.simulation import Persona, load_personas
from loadtests.emulators.harness import OllamaEmulator
from loadtests.service import KEY, Server

DEADLINE_S = 30.0
_READY_S = 30.0


class Rig:
    """`with Rig(speed=20) as rig:` has `rig.emulator`, `rig.server` and a service that is ready."""

    def __init__(
        self,
        speed: float = 1.0,
        *emulator: str,
        profile: str = "gex44",
        settings: dict[str, Any] | None = None,
        **environ: str,
    ) -> None:
        self.speed = speed
        self.deadline_s = DEADLINE_S / speed
        self.emulator = OllamaEmulator("--profile", profile, "--speed", str(speed), *emulator)
        self._settings = settings or {}
        self._environ = environ

    def __enter__(self) -> "Rig":
        self._folder = tempfile.TemporaryDirectory()
        self.emulator.start()
        self.server = self._server(Path(self._folder.name))
        try:
            self.server.start()
            self.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        self.emulator.reset()
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self.server, "process"):
            self.server.stop()
        self.emulator.stop()
        self._folder.cleanup()

    def wait_ready(self, within_s: float = _READY_S) -> float:
        """Waits until /ready says so and returns the seconds it took. Raises AssertionError with what it says."""
        started = time.monotonic()
        said = ""
        with httpx.Client(base_url=self.server.url, trust_env=False, verify=False) as client:  # nosec B501 - loopback has no TLS
            while time.monotonic() - started < within_s:
                response = client.get("/ready")
                if response.status_code == 200:
                    return time.monotonic() - started
                said = response.text
                time.sleep(0.02)
        raise AssertionError(f"not ready after {within_s} s: {said}")

    def client(self, **more: Any) -> httpx.AsyncClient:
        """A caller with as many connections as it likes."""
        return httpx.AsyncClient(
            base_url=self.server.url,
            headers={"Authorization": f"Bearer {KEY}"},
            timeout=self.deadline_s + 20,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=None),
            trust_env=False,
            verify=False,  # nosec B501 - loopback has no TLS
            **more,
        )

    def metric(self, name: str) -> float:
        """The sum of a counter's or gauge's samples."""
        text = httpx.get(f"{self.server.url}/metrics", trust_env=False, verify=False).text  # nosec B501 - loopback has no TLS
        lines = [line for line in text.splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

    def _server(self, folder: Path) -> Server:
        speed = self.speed
        environment = {
            "MACHINE_LLM__BACKEND": "ollama",
            "MACHINE_LLM__HOST": self.emulator.url,
            "MACHINE_LLM__PREFILL_TPS": str(900 * speed),
            "MACHINE_LLM__DECODE_TPS": str(23.5 * speed),
            "MACHINE_LLM__WATCH_S": str(max(0.1, 5 / speed)),
            "MACHINE_LLM__BREAKER_S": str(10 / speed),
            "MACHINE_TURN__TIMEOUT_S": str(self.deadline_s),
            "MACHINE_TURN__RESERVE_S": str(1 / speed),
            "MACHINE_TURN__REPAIR_S": str(8 / speed),
            "MACHINE_TURN__FACTS_AFTER_S": str(12 / speed),
        }
        path = folder / "settings.yaml"
        path.write_text(yaml.safe_dump(self._settings), "utf-8")
        arguments = ("--settings", str(path)) if self._settings else ()
        return Server(folder / "data", arguments=arguments, environment=environment | self._environ)


def customers(
    count: int, seed: int, *, least: int = 4, most: int = 12, without: tuple[str, ...] = ("kazakh", "switcher")
) -> Iterator[tuple[str, list[str]]]:
    """(user_id, messages) of `count` customers, as the simulated personas write.

    Russian ones unless asked: the emulated model cannot translate the Russian facts for the others.
    """
    personas = [persona for persona in load_personas() if persona.name not in without]
    for number in range(count):
        rng = random.Random(f"{seed}-{number}")
        yield f"customer-{seed}-{number}", _messages(personas[number % len(personas)], rng, rng.randint(least, most))


def _messages(persona: Persona, rng: random.Random, length: int) -> list[str]:
    told = [text for texts in persona.tells.values() for text in texts]
    said = [rng.choice(persona.opens)]
    while len(said) < length:
        chance = rng.random()
        said.append(rng.choice(persona.asks if chance < 0.6 else told if chance < 0.9 else persona.chats))
    return said
