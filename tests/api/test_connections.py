"""Callers that say nothing, half of something, too much, or what is no HTTP: told so, and never in another's way."""

import asyncio
import json
import resource
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from app.api.limits import Limits
from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.types import Draft, Prompt
from loadtests.service import KEY, Server, ask, message

HEAD_S, BODY_S, MOST = 1.0, 1.5, 64
MOST_PIECES = 4_096  # of one body: docs/api.md
BODY = json.dumps(message("привет", user="sockets")).encode()
HEAD = (
    f"POST /api/v1/process HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer {KEY}\r\n"
    f"Content-Length: {len(BODY)}\r\n"
).encode()


@pytest.fixture(scope="module")
def hurried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A service with short times and few places."""
    environment = {
        "MACHINE_API__HEAD_S": str(HEAD_S),
        "MACHINE_API__BODY_S": str(BODY_S),
        "MACHINE_API__MAX_CONNECTIONS": str(MOST),
    }
    with Server(tmp_path_factory.mktemp("hurried"), environment=environment) as running:
        yield running


def connected(server: Server, said: bytes = b"") -> socket.socket:
    place = urlsplit(server.url)
    caller = socket.create_connection((place.hostname or "", place.port or 0), timeout=30)
    caller.sendall(said)
    return caller


def told(caller: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what comes until the connection is closed; status 0 for nothing."""
    received = b""
    try:
        while chunk := caller.recv(65536):
            received += chunk
    except ConnectionResetError:
        pass
    finally:
        caller.close()
    if not received:
        return 0, {}, b""
    head, _, body = received.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return int(status.split()[1]), {name.lower(): value for name, value in (line.split(": ") for line in lines)}, body


def one_answer(caller: socket.socket) -> bytes:
    """One answer in JSON, after which the connection stays open."""
    received = b""
    while not received.endswith(b"}"):
        received += caller.recv(65536)
    return received


def refusal(caller: socket.socket, code: str = "BAD_REQUEST") -> tuple[int, str]:
    """Status and message of a refusal, which has the contract's form and ends the connection."""
    status, headers, body = told(caller)
    assert headers["content-type"] == "application/json"
    error = json.loads(body)["error"]
    assert set(error) == {"code", "message"}
    assert error["code"] == code
    return status, error["message"]


@pytest.mark.parametrize("path", [b"/nope", b"/health", b"/api/v1/process"])
def test_a_body_in_crumbs_holds_nobody_up(hurried: Server, path: bytes) -> None:
    """Each piece of a body costs the loop a call: a million of one byte would keep all others waiting."""
    head = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    caller = connected(hurried, head)
    worst = 0.0
    with httpx.Client(base_url=hurried.url, trust_env=False, verify=False) as other, suppress(OSError):
        for _ in range(20):
            caller.sendall(b"1\r\na\r\n" * 20_000)
            started = time.monotonic()
            assert other.get("/health").status_code == 200
            worst = max(worst, time.monotonic() - started)
    assert worst < 1
    assert told(caller)[0] in (0, 400, 401, 404, 405, 429)


@pytest.mark.parametrize(
    ("said", "seconds", "status", "word"),
    [
        (b"", HEAD_S, 0, ""),
        (b"P", HEAD_S, 408, "head"),
        (HEAD[:-20], HEAD_S, 408, "head"),
        (HEAD, HEAD_S, 408, "head"),
        (HEAD + b"\r\n", BODY_S, 408, "body"),
        (HEAD + b"\r\n" + BODY[:-1], BODY_S, 408, "body"),
        (HEAD.replace(b"Content-Length", b"X-Length") + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{", BODY_S, 408, "body"),
    ],
    ids=["nothing", "a letter", "half a head", "all but its end", "no body", "half a body", "half a chunk"],
)  # fmt: skip
def test_what_does_not_come_is_waited_for_only_so_long(
    hurried: Server, said: bytes, seconds: float, status: int, word: str
) -> None:
    started = time.monotonic()
    caller = connected(hurried, said)
    if status:
        found, message_ = refusal(caller)
        assert (found, word in message_) == (status, True)
    else:
        assert told(caller)[0] == 0
    assert seconds * 0.9 < time.monotonic() - started < seconds + 5


@pytest.mark.parametrize("said", [HEAD, HEAD + b"\r\n"], ids=["head", "body"])
def test_a_caller_that_sends_a_byte_now_and_then_gains_no_time(hurried: Server, said: bytes) -> None:
    started = time.monotonic()
    caller = connected(hurried, said)
    caller.settimeout(0.1)
    received = b""
    while time.monotonic() - started < 20:
        try:
            caller.sendall(b"x")
            received = caller.recv(100)
            break
        except TimeoutError:
            continue
        except (BrokenPipeError, ConnectionResetError):
            break
    caller.close()
    assert time.monotonic() - started < BODY_S + 5
    assert received.startswith(b"HTTP/1.1 408") or not received


def test_a_body_that_nobody_waits_for_is_not_waited_for_longer(hurried: Server) -> None:
    """Its request was answered long ago: without a key, or at a path that takes none."""
    for first in (b"GET /health HTTP/1.1\r\nHost: x\r\n", b"POST /api/v1/process HTTP/1.1\r\nHost: x\r\n"):
        for rest in (b"Content-Length: 50\r\n\r\nx", b"Transfer-Encoding: chunked\r\n\r\n5\r\nx"):
            started = time.monotonic()
            caller = connected(hurried, first + rest)
            _, _, body = told(caller)
            assert time.monotonic() - started < BODY_S + 5
            assert b"HTTP/1.1" not in body, "one request, one answer"


def test_what_cannot_be_read_behind_an_answer_gets_no_second_one(hurried: Server) -> None:
    caller = connected(hurried, b"GET /health HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert one_answer(caller).startswith(b"HTTP/1.1 200")
    caller.sendall(b"nonsense\r\n")
    assert told(caller)[0] == 0


def test_the_second_request_of_a_connection_is_refused_as_the_first(hurried: Server) -> None:
    caller = connected(hurried, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert one_answer(caller).startswith(b"HTTP/1.1 200")
    caller.sendall(b"GET http:// HTTP/1.1\r\nHost: x\r\n\r\n")
    assert refusal(caller)[0] == 400
    caller = connected(hurried, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert one_answer(caller).startswith(b"HTTP/1.1 200")
    caller.sendall(HEAD[:30])
    assert refusal(caller)[0] == 408


def test_the_pieces_of_each_body_are_counted_for_themselves(hurried: Server) -> None:
    head = HEAD[: HEAD.index(b"Content-Length")] + b"Transfer-Encoding: chunked\r\n\r\n"
    body = b"".join(b"1\r\n%c\r\n" % letter for letter in b" " * 3_000 + BODY) + b"0\r\n\r\n"
    assert len(BODY) + 3_000 < MOST_PIECES < 2 * 3_000
    caller = connected(hurried)
    for _ in range(2):
        caller.sendall(head + body)
        assert one_answer(caller).startswith(b"HTTP/1.1 200")
    caller.sendall(head + b"1\r\n \r\n" * (MOST_PIECES + 1))
    assert refusal(caller)[0] == 400


def test_a_header_behind_a_body_is_no_header(hurried: Server) -> None:
    head = "POST /api/v1/process HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"%x\r\n%b\r\n0\r\n" % (len(BODY), BODY)
    caller = connected(hurried, head.encode() + body + f"Authorization: Bearer {KEY}\r\n\r\n".encode())
    assert one_answer(caller).startswith(b"HTTP/1.1 401")
    caller.close()


def test_a_connection_that_has_been_answered_waits_for_its_next_request_much_longer(hurried: Server) -> None:
    with hurried.client() as client:
        ask(client, "привет", user="patient")
        client.headers["X-Seen"] = "1"
        time.sleep(max(HEAD_S, BODY_S) * 1.5)
        before = _ports(client)
        ask(client, "сколько стоит сканер", user="patient")
        assert _ports(client) == before


def _ports(client: httpx.Client) -> list[int]:
    pool = client._transport._pool  # type: ignore[attr-defined]
    return [each._connection._network_stream.get_extra_info("client_addr")[1] for each in pool.connections]


@pytest.mark.parametrize(
    "said",
    [
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"a" * 200_000,
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"a" * 90) for n in range(2_000)),
        b"GET /" + b"a" * 200_000,
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"a" * 200_000,
    ],
    ids=["one header", "many headers", "path", "name"],
)
def test_a_head_has_a_size(hurried: Server, said: bytes) -> None:
    caller = connected(hurried)
    for start in range(0, len(said), 8192):
        try:
            caller.sendall(said[start : start + 8192])
        except (BrokenPipeError, ConnectionResetError):
            break
    status, _, body = told(caller)
    # With more of it on its way the answer may be lost; that the caller is not listened to any longer may not.
    assert status in {0, 431, 400}
    assert not body or json.loads(body)["error"]["code"] == "BAD_REQUEST"


def test_a_head_that_is_too_large_at_once_is_told_so(hurried: Server) -> None:
    status, said = refusal(connected(hurried, b"GET /health HTTP/1.1\r\nX-A: " + b"a" * 65_600 + b"\r\n\r\n"))
    assert (status, "65536" in said) == (431, True)
    caller = connected(
        hurried, b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: " + b"a" * 60_000 + b"\r\n\r\n"
    )
    assert told(caller)[0] == 200


@pytest.mark.parametrize(
    "said",
    [
        b"FOO /api/v1/process HTTP/1.1\r\nHost: x\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /health HTTP/9.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\xd0\xb6 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nbad header\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD.replace(b"Content-Length: ", b"Content-Length: +") + b"\r\n" + BODY,
        HEAD.replace(b"Content-Length", b"X") + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        HEAD + b"Content-Length: 1\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\n",
    ],
)
def test_what_is_no_http_is_refused_in_the_contracts_form(hurried: Server, said: bytes) -> None:
    status, _ = refusal(connected(hurried, said))
    assert status == 400


UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==\r\n"


@pytest.mark.parametrize(
    ("path", "key", "status", "code"),
    [
        ("/api/v1/process", "", 401, "UNAUTHORIZED"),
        ("/api/v1/nothing", "", 401, "UNAUTHORIZED"),
        ("/api/v1/nothing", f"Authorization: Bearer {KEY}\r\n", 404, "BAD_REQUEST"),
        ("/api/v1/process", f"Authorization: Bearer {KEY}\r\n", 405, "BAD_REQUEST"),
        ("/nothing", "", 404, "BAD_REQUEST"),
    ],
)
def test_another_protocol_is_answered_as_if_it_had_not_been_asked_for(
    hurried: Server, path: str, key: str, status: int, code: str
) -> None:
    caller = connected(hurried, f"GET {path} HTTP/1.1\r\nHost: x\r\n{key}".encode() + UPGRADE + b"\r\n")
    assert refusal(caller, code)[0] == status


def test_requests_that_come_at_once_are_all_answered_in_their_order(hurried: Server) -> None:
    last = HEAD.replace(b"Host: x\r\n", b"Host: x\r\nConnection: close\r\n") + b"\r\n" + BODY
    one = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
    caller = connected(hurried, (HEAD + b"\r\n" + BODY + one) * 20 + last)
    received = b""
    while chunk := caller.recv(65536):
        received += chunk
    caller.close()
    assert received.count(b"HTTP/1.1 200") == 41


@pytest.mark.parametrize("said", [b"", HEAD, HEAD + b"\r\n" + BODY[:-1]], ids=["silent", "half a head", "half a body"])
def test_thousands_that_wait_leave_room_for_everybody_else(hurried: Server, said: bytes) -> None:
    """2,000 connections for 64 places: each new one takes the place of the one that has waited longest."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with ExitStack() as held:
        slowest = 0.0
        for number in range(2_000):
            caller = held.enter_context(connected(hurried))
            try:
                caller.sendall(said)
            except (BrokenPipeError, ConnectionResetError):
                continue
            if number % 200 == 199:
                started = time.monotonic()
                with (
                    hurried.client() as neighbour
                ):  # a kept one may be the oldest that waits: put out as it is written to
                    ask(neighbour, "сколько стоит сканер", user="neighbour")
                assert httpx.get(f"{hurried.url}/health", trust_env=False, verify=False).status_code == 200
                slowest = max(slowest, time.monotonic() - started)
        descriptors = len(list(Path(f"/proc/{hurried.process.pid}/fd").iterdir()))
        assert descriptors < MOST + 60
        assert slowest < 5


def test_turns_that_are_being_answered_keep_their_places(serve_with, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    """Whoever has sent a whole request is not put out for somebody who has not."""
    monkeypatch.setattr("app.api.server.Limits", lambda: Limits(connections=8))
    go_on = threading.Event()

    class Slow(Extractive):
        async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
            await asyncio.to_thread(go_on.wait, 30)
            return await super().answer(prompt, deadline)

    with serve_with(Slow()) as (client, _), ExitStack() as held:
        place = urlsplit(str(client.base_url))
        address = (place.hostname or "", place.port or 0)
        running = [socket.create_connection(address, timeout=60) for _ in range(4)]
        for number, caller in enumerate(running):
            body = json.dumps(message("сколько стоит сканер", user=f"slow-{number}")).encode()
            head = HEAD.replace(str(len(BODY)).encode(), str(len(body)).encode()).replace(
                b"Host", b"Connection: close\r\nHost"
            )
            caller.sendall(head + b"\r\n" + body)
        until = time.monotonic() + 20
        while "machine_turns_running 4.0" not in client.get("/metrics").text:
            assert time.monotonic() < until
        for _ in range(50):
            held.enter_context(socket.create_connection(address))
        assert httpx.get(f"{client.base_url}/health", trust_env=False, verify=False).status_code == 200
        go_on.set()
        assert [told(caller)[0] for caller in running] == [200] * 4
