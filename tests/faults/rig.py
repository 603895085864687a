"""What every fault's test asks: how callers are answered, who names the fault, and whether anything was lost."""

import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from app.cli import main
from loadtests.service import KEY, ROOT, Server, clean_environment, message
from tests.api.test_contract import check_error

QUESTION = "Сколько стоит тариф Рост?"
PRICE = "14 900"
_INTERNALS = ("sqlite", "disk", "traceback", "errno", "/", "process", "lock", "wal", ".db", "ollama", "connection")


class Callers:
    """Customers who keep every answer that was delivered to them."""

    def __init__(self, server: Server, prefix: str = "fault") -> None:
        self.server = server
        self.delivered: dict[tuple[str, str], str] = {}
        """The body by (user, request_id)."""
        self.refused: list[tuple[str, str]] = []
        self._prefix = prefix

    def say(self, user: int, request_id: str, text: str = QUESTION) -> httpx.Response:
        """One message. A 200 is an answer with the right price, and kept; anything else must be the contract's error."""
        name = f"{self._prefix}-{user}"
        with self.server.client() as client:
            response = client.post("/api/v1/process", json=message(text, user=name, request_id=request_id))
        if response.status_code == 200:
            if text == QUESTION:
                assert PRICE in response.json()["answer"].replace("\u00a0", " "), response.text
            self.delivered[name, request_id] = response.text
        else:
            told = check_error(response, response.status_code)
            assert not [word for word in _INTERNALS if word in told.lower()], told
            assert int(response.headers["retry-after"]) >= 1
            self.refused.append((name, request_id))
        return response

    def ask_again(self) -> None:
        """Sends what was refused once more; all of it must be answered now."""
        refused, self.refused = self.refused, []
        assert refused, "nothing was refused: the test shows nothing"
        for name, request_id in dict.fromkeys(refused):
            answer = self.say(int(name.rpartition("-")[2]), request_id)
            assert answer.status_code == 200, answer.text

    def check(self) -> None:
        """Every delivered answer is in the history as delivered; no turn is half there or there twice."""
        history = stored(self.server.data)
        missing = {each for each, body in self.delivered.items() if history.get(each) != body}
        assert missing == set(), "delivered, but not in the history as delivered"
        assert history.keys() == self.delivered.keys(), "a turn that nobody was given an answer of"
        whole(self.server.data)


def stored(data: Path) -> dict[tuple[str, str], str]:
    """What the memory holds, by (user, request_id)."""
    with closing(sqlite3.connect(data / "conversations.db")) as db:
        rows = db.execute("SELECT user_id, request_id, response FROM turns").fetchall()
    found = {(user, request_id): response for user, request_id, response in rows}
    assert len(found) == len(rows)
    return found


def whole(data: Path) -> None:
    """Every conversation counts exactly the turns that are there, in an unbroken order; the file is sound."""
    with closing(sqlite3.connect(data / "conversations.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        turns: dict[str, list[int]] = {}
        for user, revision in db.execute("SELECT user_id, revision FROM turns ORDER BY user_id, revision"):
            turns.setdefault(user, []).append(revision)
        heads = {
            user: (revision, json.loads(state)["turns"])
            for user, revision, state in db.execute("SELECT user_id, revision, state FROM conversations")
        }
    assert heads == {user: (len(numbers), len(numbers)) for user, numbers in turns.items()}
    assert all(numbers == list(range(1, len(numbers) + 1)) for numbers in turns.values())


def ready(server: Server) -> tuple[int, dict[str, dict[str, Any]]]:
    """The status of /ready and what it says of each part."""
    answer = httpx.get(f"{server.url}/ready", trust_env=False, verify=False, timeout=10)
    return answer.status_code, answer.json()["parts"]


def wait_ready(server: Server, part: str, level: str, seconds: float = 10) -> dict[str, Any]:
    """Waits until /ready gives `part` this level; what it says then."""
    end = time.monotonic() + seconds
    while True:
        status, parts = ready(server)
        if parts[part]["level"] == level:
            assert (status == 503) is any(each["level"] == "error" for each in parts.values())
            assert bool(parts[part]["fix"]) is (level != "ok")
            return parts[part]
        assert time.monotonic() < end, parts[part]
        time.sleep(0.05)


def machine(*arguments: object, status: int | None = 0, environment: Mapping[str, str] | None = None) -> str:
    """A command of the operator's; its output. `status` None: any. Without an environment of its own it runs in this process."""
    words = [str(argument) for argument in arguments]
    if environment is None and words[0] != "serve":
        done = CliRunner().invoke(main, words)
        assert status in {None, done.exit_code}, (done.exit_code, done.output, done.exception)
        return done.output
    ended = subprocess.run(
        [sys.executable, "-m", "app", *words],
        env=dict(environment or clean_environment(API_KEYS=KEY)),
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        check=False,
    )
    assert status in {None, ended.returncode}, (ended.returncode, ended.stdout, ended.stderr)
    return ended.stdout + ended.stderr


def doctor(
    server: Server, *arguments: object, environment: Mapping[str, str] | None = None
) -> dict[str, dict[str, str]]:
    """`machine doctor` beside the service; what it found, by check."""
    words = ["doctor", "--json", "--url", server.url or "http://127.0.0.1:9", "--data", server.data]
    words += ["--kb", server.knowledge, *arguments]
    if environment is None and server.environment:
        environment = clean_environment(API_KEYS=KEY, **server.environment)
    said = json.loads(machine(*words, status=None, environment=environment))
    return {check["name"]: check for check in said["checks"]}


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


@contextmanager
def mounted(place: Path, *arguments: str) -> Iterator[Path]:
    """A file system of the test's own at `place`, for a test with the mark `root`; skipped where mounting is forbidden."""
    place.mkdir(mode=0o700, exist_ok=True)
    done = subprocess.run(["mount", *arguments, str(place)], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"this container may not mount: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def other_process(data: Path, *statements: str) -> Iterator[subprocess.Popen[str]]:
    """A process with a connection of its own to the memory, in the middle of what the statements began."""
    code = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)\n"
        "for sql in sys.argv[2:]: db.execute(sql).fetchall()\n"
        "print('held', flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(data / "conversations.db"), *statements],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        assert process.stdout.readline() == "held\n"
        yield process
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
