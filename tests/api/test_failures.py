"""What goes wrong inside stays inside: the caller gets the envelope, the memory stays whole."""

import asyncio
import contextlib
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import Unavailable
from app.types import Draft, Key, Prompt
from loadtests.service import KEY, ask, message
from tests.api.test_contract import check_error


class Speaks(Extractive):
    """A model that is a function."""

    name = "function"

    def __init__(self, speak: Callable[[Prompt], Any]) -> None:
        self._speak = speak
        self.calls = 0

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        self.calls += 1
        said = self._speak(prompt)
        return Draft(await said if asyncio.iscoroutine(said) else said, self.name, origin="knowledge")


def turns(machine: Any) -> int:
    """How many turns the memory holds."""
    return machine.store._reader.execute("SELECT count(*) FROM turns").fetchone()[0]


def wait_until(condition: Callable[[], bool], seconds: float = 5) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_an_exception_inside_is_a_500_without_internals(serve_with: Any, capfd: Any) -> None:
    def fail(_: Prompt) -> str:
        raise ZeroDivisionError("secret detail: Айгуль 77010000001")

    with serve_with(Speaks(fail)) as (client, machine):
        text = check_error(client.post("/api/v1/process", json=message("сколько стоит")), 500)
        assert "secret" not in text
        assert "Zero" not in text
        assert turns(machine) == 0
        assert httpx.get(f"{client.base_url}/health", trust_env=False, verify=False).status_code == 200
        assert (
            'machine_refusals_total{error="ZeroDivisionError",reason=""} 1.0' in machine.telemetry.exposition().decode()
        )


def test_a_backend_that_cannot_answer_is_a_503_with_retry_after(serve_with: Any) -> None:
    def fail(_: Prompt) -> str:
        raise Unavailable("the model is loading; try again shortly", retry_after=7)

    with serve_with(Speaks(fail)) as (client, machine):
        response = client.post("/api/v1/process", json=message("сколько стоит"))
        check_error(response, 503, "loading")
        assert response.headers["retry-after"] == "7"
        assert turns(machine) == 0


def test_an_answer_that_would_be_late_is_a_503_and_leaves_nothing(serve_with: Any) -> None:
    async def slow(_: Prompt) -> str:
        await asyncio.sleep(30)
        return "too late"

    with serve_with(Speaks(slow), MACHINE_TURN__TIMEOUT_S="0.2") as (client, machine):
        started = time.monotonic()
        response = client.post("/api/v1/process", json=message("сколько стоит", request_id="r1"))
        check_error(response, 503, "too late")
        assert "retry-after" in response.headers
        assert time.monotonic() - started < 2
        assert turns(machine) == 0
        assert len(machine.locks) == 0


def test_a_turn_that_outlives_the_drain_of_a_stopping_service_is_a_503_in_the_envelope(serve_with: Any) -> None:
    begun = threading.Event()

    async def slow(_: Prompt) -> str:
        begun.set()
        await asyncio.sleep(30)
        return "too late"

    answers: list[httpx.Response] = []
    with serve_with(Speaks(slow), MACHINE_API__DRAIN_S="1") as (client, machine):
        url, headers = f"{client.base_url}/api/v1/process", client.headers

        def call() -> None:  # with a connection of its own: the service stops after `client` has closed
            body = message("сколько стоит")
            answers.append(httpx.post(url, json=body, headers=headers, timeout=30, trust_env=False, verify=False))

        caller = threading.Thread(target=call)
        caller.start()
        assert begun.wait(5)
        path = machine.store.path
    caller.join(10)
    check_error(answers[0], 503, "stopping")
    assert "retry-after" in answers[0].headers
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_too_many_at_once_is_a_429_with_retry_after(serve_with: Any) -> None:
    release = threading.Event()

    async def wait(_: Prompt) -> str:
        await asyncio.to_thread(release.wait, 10)
        return "done"

    environ = {"MACHINE_TURN__PARALLEL": "1", "MACHINE_TURN__MAX_WAITING": "0"}
    with serve_with(Speaks(wait), **environ) as (client, machine):
        first = threading.Thread(target=client.post, args=("/api/v1/process",), kwargs={"json": message("a", user="1")})
        first.start()
        wait_until(lambda: machine.admission.running == 1)
        started = time.monotonic()
        response = client.post("/api/v1/process", json=message("b", user="2"))
        assert time.monotonic() - started < 0.3
        check_error(response, 429, "try again")
        assert int(response.headers["retry-after"]) >= 1
        release.set()
        first.join()
        assert turns(machine) == 1


def test_a_caller_that_hangs_up_before_the_answer_leaves_nothing_behind(serve_with: Any) -> None:
    cancelled = threading.Event()

    async def slow(_: Prompt) -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "never"

    backend = Speaks(slow)
    with serve_with(backend) as (client, machine):
        body = json.dumps(message("сколько стоит", request_id="r1")).encode()
        with socket.create_connection((client.base_url.host, client.base_url.port)) as caller:
            head = (
                f"POST /api/v1/process HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            caller.sendall(head.encode() + body)
            wait_until(lambda: backend.calls == 1)
        assert cancelled.wait(2)
        wait_until(lambda: len(machine.locks) == 0)
        assert turns(machine) == 0
        assert (machine.admission.running, machine.admission.waiting) == (0, 0)
        wait_until(lambda: "machine_hangups_total 1.0" in machine.telemetry.exposition().decode())
        backend._speak = lambda _: "answered now"
        assert ask(client, "сколько стоит", request_id="r1")["answer"] == "answered now"


def test_a_caller_that_hangs_up_while_waiting_for_its_key_leaves_nothing_behind(serve_with: Any) -> None:
    release = threading.Event()

    async def wait(_: Prompt) -> str:
        await asyncio.to_thread(release.wait, 10)
        return "done"

    backend = Speaks(wait)
    with serve_with(backend) as (client, machine):
        first = threading.Thread(target=client.post, args=("/api/v1/process",), kwargs={"json": message("first")})
        first.start()
        wait_until(lambda: backend.calls == 1)
        with pytest.raises(httpx.ReadTimeout):
            client.post("/api/v1/process", json=message("second"), timeout=0.2)
        release.set()
        first.join()
        wait_until(lambda: len(machine.locks) == 0)
        assert turns(machine) == 1
        assert backend.calls == 1


def test_the_memory_that_cannot_be_written_is_a_503_and_ready_says_so(serve_with: Any) -> None:
    import sqlite3

    with serve_with(MACHINE_STORE__BUSY_TIMEOUT_MS="50") as (client, machine):
        lock = sqlite3.connect(machine.store.path, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        response = client.post("/api/v1/process", json=message("сколько стоит", request_id="r1"))
        check_error(response, 503, "nothing was changed")
        ready = client.get("/ready")
        assert ready.status_code == 503
        assert ready.json()["parts"]["database"]["ok"] is False
        lock.execute("ROLLBACK")
        lock.close()
        assert client.get("/ready").status_code == 200
        ask(client, "сколько стоит", request_id="r1")
        loaded = asyncio.run(machine.store.load(Key("BOT_1", "77010000001"), "r1", 5))
        assert loaded.snapshot.revision == 1
