"""One tree's code as its operator runs it: the service as a process, its `replay`; and the model server of both."""

import hashlib
import json
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from loadtests.service import Server, clean_environment

_CLOCK = Path(__file__).with_name("clock.py")
_ROUNDS = 3  # of /health: what came before them has been read, and all that follows from it is done
_IDLE_S = 20.0
_REPLAY_S = 300.0
_LAST_S = 0.4  # in which what the last answer left behind is written down


@dataclass(frozen=True, slots=True)
class Step:
    """One request: when (Unix seconds), what, and what the model server does wrong meanwhile."""

    at: float
    path: str
    body: Mapping[str, Any]
    faults: tuple[Mapping[str, Any], ...] = ()
    scene: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What a service answered."""

    status: int
    body: str


@dataclass(frozen=True)
class Part:
    """A part of the recording: `name` is the backend's, `settings` what its services run with."""

    name: str
    share: float
    starts: float
    settings: Mapping[str, Any]


class Emulator:
    """The emulated model server of the first tree that has one, as a process without a pace of its own."""

    def __init__(self, *trees: Path) -> None:
        found = [(tree, name) for tree in trees for name in ("loadtests", "tests") if _has_emulator(tree, name)]
        if not found:
            raise RuntimeError(f"no emulated model server in {', '.join(map(str, trees))}")
        tree, name = found[0]
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"{name}.emulators.ollama", "--port", "0", "--profile", "instant"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tree,
            env=clean_environment(PYTHONPATH=str(tree)),
        )
        assert self._process.stdout
        self.url = str(json.loads(self._process.stdout.readline())["url"])
        self._client = httpx.Client(base_url=self.url, timeout=10, trust_env=False, verify=False)

    def reset(self) -> None:
        self._client.post("/emulator/reset", json={}).raise_for_status()

    def will(self, faults: tuple[Mapping[str, Any], ...]) -> None:
        """The next requests go wrong in these ways, and no others."""
        self._client.delete("/emulator/faults").raise_for_status()
        if faults:
            self._client.post("/emulator/faults", json={"faults": faults}).raise_for_status()

    def rest(self) -> None:
        """Waits until nothing is being written, behind answers that have left neither."""
        for _ in range(int(_IDLE_S / 0.005)):
            stats = self._client.get("/emulator/stats").json()
            if not (stats["streams"] or stats["queued"] or stats["in_use"]):
                return
            time.sleep(0.005)
        raise RuntimeError("the model server goes on writing")

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        self._process.wait(20)
        assert self._process.stdout
        self._process.stdout.close()


class Caller:
    """Sends one step after the other to a service; each finds the service at rest."""

    def __init__(self, server: Server, clock: Path, emulator: Emulator | None) -> None:
        self._client = server.client()
        self._clock = clock
        self._emulator = emulator

    def say(self, step: Step) -> Said:
        set_clock(self._clock, step.at)
        if self._emulator:
            self._emulator.will(step.faults)
        response = self._client.post(f"/api/v1/{step.path}", json=step.body)
        if self._emulator:
            # The count of tokens and the slots come from what is written behind the answer: the next message finds them.
            self._emulator.rest()
            for _ in range(_ROUNDS):
                self._client.get("/health")
        return Said(response.status_code, response.text)

    def close(self) -> None:
        self._client.close()


@dataclass(frozen=True)
class House:
    """The code of one tree. `folder` has what both houses share: settings, knowledge, the clock."""

    tree: Path
    folder: Path

    def check(self) -> None:
        """Raises RuntimeError unless the package of this tree is the one that runs."""
        command = [sys.executable, "-c", "import app; print(app.__file__)"]
        done = subprocess.run(
            command, env=self._environment(), cwd=self.tree, check=False, capture_output=True, text=True
        )
        if not Path(done.stdout.strip()).is_relative_to(self.tree):
            raise RuntimeError(f"not {self.tree} would run but {done.stdout or done.stderr}")

    @contextmanager
    def serving(self, part: Part, data: Path, key: bytes, emulator: Emulator | None) -> Iterator[Caller]:
        """The service on a new memory whose key is `key`. When the block is left, the memory is written and closed."""
        data.mkdir(mode=0o700, parents=True)
        (data / "log.key").write_bytes(key)
        (data / "log.key").chmod(0o600)
        set_clock(self.folder / "clock", part.starts)
        server = Server(
            data,
            knowledge=self.folder / "kb",
            arguments=("--settings", str(self.folder / f"{part.name}.yaml")),
            environment=self._environment(),
            program=(str(_CLOCK),),
        )
        if emulator:
            emulator.reset()
        server.start()
        caller = Caller(server, self.folder / "clock", emulator)
        try:
            if emulator:
                _ready(server)
            yield caller
            time.sleep(_LAST_S)
        finally:
            caller.close()
            server.stop()

    def replay(self, part: Part, data: Path, turns: list[int]) -> dict[int, list[str]]:
        """What comes out otherwise when these recorded turns are walked again, by turn. Raises RuntimeError."""
        set_clock(self.folder / "clock", part.starts)
        command = [sys.executable, str(_CLOCK), "replay", *map(str, turns), "--data", str(data)]
        command += ["--kb", str(self.folder / "kb"), "--settings", str(self.folder / f"{part.name}.yaml")]
        done = subprocess.run(
            command,
            env=self._environment(),
            cwd=self.tree,
            check=False,
            capture_output=True,
            text=True,
            timeout=_REPLAY_S,
        )
        found: dict[int, list[str]] = {}
        turn = 0
        for line in done.stdout.splitlines():
            if said := re.match(r"turn (\d+): (?:equal|differs)", line):
                turn = int(said[1])
                found[turn] = []
            elif turn and (what := re.fullmatch(r"  ([a-z_]+)", line)):
                found[turn].append(what[1])
        if set(found) != set(turns) or done.returncode != any(found.values()):
            raise RuntimeError(f"replay ended with {done.returncode}: {done.stderr or done.stdout[-2000:]}")
        return found

    def _environment(self) -> dict[str, str]:
        return clean_environment(PYTHONPATH=str(self.tree), PROVE_CLOCK=str(self.folder / "clock"))


def set_clock(file: Path, at: float) -> None:
    new = file.with_suffix(".new")
    new.write_text(repr(at))
    new.replace(file)


def key_of(seed: int) -> bytes:
    """The key that the frames of prompts follow from: chance, but for the recording's seed."""
    return hashlib.sha256(f"log.key {seed}".encode()).digest()


def pending_slot(data: Path, session: str, user: str) -> str:
    """What the machine has just asked for; empty when it waits for nothing."""
    with closing(sqlite3.connect(f"file:{data / 'conversations.db'}?mode=ro", uri=True)) as db:
        sql = "SELECT state FROM conversations WHERE session_id=? AND user_id=?"
        row = db.execute(sql, (session, user)).fetchone()
    pending = json.loads(row[0]).get("pending") if row else None
    return str(pending["slot"]) if pending else ""


def _has_emulator(tree: Path, name: str) -> bool:
    return (tree / name / "emulators" / "ollama.py").exists()


def _ready(server: Server) -> None:
    """Waits until the service knows that its model is loaded."""
    said = ""
    with server.client() as client:
        for _ in range(400):
            answer = client.get("/ready")
            said = answer.text
            if answer.json()["parts"]["model"]["ok"]:
                return
            time.sleep(0.05)
    raise RuntimeError(f"the model is not ready: {said}")
