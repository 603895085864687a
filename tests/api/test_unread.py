"""Callers that send ahead of their answers, do not read them, or go away: bounded, never in another's way, and seen."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.types import Prompt
from loadtests.service import KEY, Server, message
from tests.api.test_connections import BODY, HEAD, connected, one_answer, refusal, told
from tests.api.test_failures import Speaks, turns, wait_until

BODY_S, MOST = 1.5, 16
SHORT = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
LONG = SHORT.replace(b"/health", b"/openapi.json")
TURN = HEAD + b"\r\n" + BODY
SMALL = """
import runpy, socket
listen = socket.socket.listen
def small(self, *most):
    self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    listen(self, *most)
socket.socket.listen = small
runpy.run_module("app", run_name="__main__")
"""
"""The service on a kernel that keeps next to nothing of what is not read."""


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with a short time and few places."""
    environment = {"MACHINE_API__BODY_S": str(BODY_S), "MACHINE_API__MAX_CONNECTIONS": str(MOST)}
    with Server(tmp_path_factory.mktemp("unread"), environment=environment, program=("-c", SMALL)) as running:
        yield running


def deaf(server: Server, said: bytes) -> socket.socket:
    """A caller that sends and has room for next to nothing of the answers."""
    place = urlsplit(server.url)
    caller = socket.socket()
    caller.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    caller.settimeout(30)
    caller.connect((place.hostname, place.port))
    caller.sendall(said)
    return caller


def is_held(caller: socket.socket) -> bool:
    """Whether a process still has the other end: the kernel keeps what is unread for a while, without an inode."""
    other, here = caller.getpeername()[1], caller.getsockname()[1]
    lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines())
    return any((at[1][-5:], at[2][-5:]) == (f":{other:04X}", f":{here:04X}") and at[9] != "0" for at in lines)


def resident_mb(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def test_of_too_many_requests_at_once_the_first_are_answered(hurried: Server) -> None:
    caller = connected(hurried, SHORT * 400)
    received = b""
    with suppress(ConnectionResetError):
        while chunk := caller.recv(65536):
            received += chunk
    caller.close()
    answers = received.count(b"HTTP/1.1 ")
    assert 16 < answers < 100
    assert answers == received.count(b"HTTP/1.1 200") == received.count(b'"model"')


@pytest.mark.parametrize("ahead", [SHORT, TURN, HEAD + b"X-A: " + b"a" * 60_000 + b"\r\n\r\n" + BODY])
def test_whoever_sends_without_end_is_cut_off_and_keeps_nobody_waiting(hurried: Server, ahead: bytes) -> None:
    before, slowest = resident_mb(hurried), 0.0
    caller = deaf(hurried, b"")
    caller.settimeout(0.05)
    with pytest.raises((BrokenPipeError, ConnectionResetError)):
        started = time.monotonic()
        while time.monotonic() - started < 20:
            with suppress(TimeoutError):
                caller.sendall(ahead * (1_000_000 // len(ahead)))
            asked = time.monotonic()
            assert httpx.get(f"{hurried.url}/health", trust_env=False, verify=False).status_code == 200
            slowest = max(slowest, time.monotonic() - asked)
    caller.close()
    assert slowest < 1
    assert resident_mb(hurried) - before < 24


def test_answers_that_nobody_reads_are_kept_only_so_long(hurried: Server) -> None:
    started = time.monotonic()
    with deaf(hurried, LONG * 40) as caller:
        wait_until(lambda: is_held(caller))
        wait_until(lambda: not is_held(caller), BODY_S + 10)
        assert time.monotonic() - started > BODY_S * 0.9
        assert told(caller)[2].count(b"HTTP/1.1 200") < 39


def test_a_caller_that_reads_slowly_gets_everything(hurried: Server) -> None:
    """A piece of the answers within the time is enough, however long the whole takes."""
    caller = deaf(hurried, LONG * 40)
    received, started = b"", time.monotonic()
    last = b"".join((LONG[:-2], b"Connection: close\r\n\r\n"))
    caller.sendall(last)
    while chunk := caller.recv(65536):
        received += chunk
        time.sleep(0.0005)
    caller.close()
    assert received.count(b"HTTP/1.1 200") == 41
    assert time.monotonic() - started > 0.1


@pytest.mark.parametrize("half", [False, True], ids=["open", "half closed"])
def test_places_of_those_that_do_not_read_are_free_for_others(serve_slots: Server, half: bool) -> None:
    with ExitStack() as held:
        callers = [held.enter_context(deaf(serve_slots, LONG * 40)) for _ in range(MOST)]
        if half:
            for caller in callers:
                caller.shutdown(socket.SHUT_WR)
        for _ in range(MOST):
            asked = time.monotonic()
            assert httpx.get(f"{serve_slots.url}/health", trust_env=False, verify=False, timeout=10).status_code == 200
            assert time.monotonic() - asked < 5


@pytest.fixture(scope="module")
def serve_slots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service of few places that would wait long for a reader."""
    environment = {"MACHINE_API__BODY_S": "300", "MACHINE_API__MAX_CONNECTIONS": str(MOST)}
    with Server(tmp_path_factory.mktemp("slots"), environment=environment, program=("-c", SMALL)) as running:
        yield running


@pytest.mark.parametrize("half", [False, True], ids=["open", "half closed"])
def test_a_stop_does_not_wait_for_who_does_not_read(tmp_path: Path, half: bool) -> None:
    server = Server(tmp_path / "stops", program=("-c", SMALL)).start()
    try:
        with deaf(server, LONG * 40) as caller:
            if half:
                caller.shutdown(socket.SHUT_WR)
            assert (
                told(connected(server, LONG[:-2] + b"Connection: close\r\n\r\n"))[0] == 200
            )  # the other is heard by now
            started = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - started < 8
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.stop()


def _sent(serving: httpx.Client, said: bytes) -> socket.socket:
    place = urlsplit(str(serving.base_url))
    caller = socket.create_connection((place.hostname or "", place.port or 0), timeout=30)
    caller.sendall(said)
    return caller


QUESTION = json.dumps(message("сколько стоит сканер", user="gone")).encode()
ASKS = HEAD.replace(b"Content-Length: %d" % len(BODY), b"Content-Length: %d" % len(QUESTION)) + b"\r\n" + QUESTION


@pytest.mark.parametrize(
    "behind",
    [b"", SHORT, SHORT * 5, ASKS, ASKS + SHORT, SHORT[:20], ASKS[:-3], b"nonsense\r\n\r\n", SHORT + b"\x00\r\n", SHORT * 300],
    ids=["nothing", "one", "five", "a turn", "turns", "half a head", "half a body", "nonsense", "nonsense at last", "much"],
)  # fmt: skip
def test_a_hang_up_is_seen_whatever_was_sent_behind(serve_with: Any, behind: bytes) -> None:
    cancelled, asked = [], []

    async def slow(_: Prompt) -> str:
        asked.append(1)
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            cancelled.append(1)
            raise
        return "too late"

    with serve_with(Speaks(slow)) as (client, bot):
        caller = _sent(client, ASKS + behind)
        wait_until(lambda: bool(asked), 10)
        assert client.get("/health").status_code == 200
        caller.close()
        wait_until(lambda: bool(cancelled), 10)
        assert turns(bot) == 0
        wait_until(lambda: "machine_turns_running 0.0" in client.get("/metrics").text)
        assert (len(asked), turns(bot)) == (1, 0)


@pytest.mark.parametrize(
    ("behind", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"FOO / HTTP/1.1\r\n\r\n", 400),
        (b"GET http:// HTTP/1.1\r\n\r\n", 400),
        (SHORT[:-2] + b"X-A: " + b"a" * 65_000 + b"\r\n\r\n", 0),
        (SHORT.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n"), 400),
    ],
    ids=["words", "method", "address", "too much", "chunk"],
)
def test_what_cannot_be_read_is_told_after_the_answer_before_it(serve_with: Any, behind: bytes, status: int) -> None:
    async def slow(_: Prompt) -> str:
        await asyncio.sleep(0.3)
        return "Сканер стоит 100 тенге."

    with serve_with(Speaks(slow)) as (client, bot):
        caller = _sent(client, ASKS + behind)
        received = b""
        while chunk := caller.recv(65536):
            received += chunk
        caller.close()
        found = [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3})", received)]
        assert found == ([200, status] if status else [200])
        assert turns(bot) == 1


def test_half_a_request_behind_another_is_not_waited_for_longer(hurried: Server) -> None:
    for rest in (TURN[:-3], HEAD + b"\r\n"):
        started = time.monotonic()
        caller = connected(hurried, TURN + rest)
        _, _, body = told(caller)
        assert body.count(b"HTTP/1.1 408") == 1
        assert time.monotonic() - started < BODY_S + 5


CHUNKED = HEAD.partition(b"Content-Length")[0] + b"Transfer-Encoding: chunked\r\n"
CHUNKS = b"%x\r\n%s\r\n0\r\n" % (len(BODY), BODY)


def test_a_key_behind_the_body_is_none(hurried: Server) -> None:
    key = f"Authorization: Bearer {KEY}\r\n".encode()
    said = CHUNKED.replace(key, b"") + b"Connection: close\r\n\r\n" + CHUNKS
    assert refusal(connected(hurried, said + key + b"\r\n"), "UNAUTHORIZED")[0] == 401
    assert refusal(connected(hurried, said + b"X-A: b\r\n" + key + b"\r\n"), "UNAUTHORIZED")[0] == 401
    caller = connected(hurried, CHUNKED + b"\r\n" + CHUNKS + key + b"\r\n")
    assert one_answer(caller).startswith(b"HTTP/1.1 200")
    caller.sendall(HEAD.replace(key, b"Connection: close\r\n") + b"\r\n" + BODY)
    assert refusal(caller, "UNAUTHORIZED")[0] == 401, "nor for the next request"


@pytest.mark.parametrize(
    "trailer", [b"X-Forwarded-For: 127.0.0.1\r\n", b"X-Forwarded-For:\r\nx-forwarded-for: ::1\r\n"]
)
def test_who_is_spoken_for_is_not_said_behind_the_body(hurried: Server, trailer: bytes) -> None:
    for path in (b"/ready", b"/metrics"):
        head = b"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n" % path
        said = head + b"X-Forwarded-For: 203.0.113.9\r\n\r\n0\r\n" + trailer + b"\r\n"
        assert told(connected(hurried, said))[0] == 404
        other = head + b"\r\n0\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n"
        assert told(connected(hurried, other))[0] == 200


def test_a_head_of_many_short_lines_is_a_long_one(hurried: Server) -> None:
    status, said = refusal(connected(hurried, SHORT[:-2] + b"a:b\r\n" * 3000 + b"\r\n"))
    assert (status, "65536" in said) == (431, True)
