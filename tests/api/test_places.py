"""The bounds of a connection to the byte and to the place, at a server with few of both; and how each refusal is said."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.utils import parsedate_to_datetime

import pytest
from fastapi import FastAPI, Request

from app.api.limits import Limits
from app.api.server import Server, bind, build_server
from tests.api.test_connections import told

MOST = 4
QUICK = b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /quick HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SLOW = b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"


class Service:
    """An application that is quick at one path and waits at another until it is let go."""

    def __init__(self, limits: Limits, drain_s: float = 5) -> None:
        self.begun, self.ended, self.cancelled = 0, 0, 0
        self.go = threading.Event()
        application = FastAPI()

        @application.get("/quick")
        async def quick() -> str:
            return "done"

        @application.post("/read")
        async def read(request: Request) -> int:
            return len(await request.body())

        @application.get("/slow")
        async def slow(request: Request) -> str:
            self.begun += 1
            while not self.go.is_set():
                if await request.is_disconnected():
                    self.cancelled += 1
                    break
                await asyncio.sleep(0.01)
            self.ended += 1
            return "late"

        self.listener = bind("127.0.0.1", 0)
        self.server: Server = build_server(application, drain_s, limits=limits)
        self._thread = threading.Thread(target=self.server.run, args=([self.listener],), daemon=True)

    def call(self, said: bytes = b"") -> socket.socket:
        caller = socket.create_connection(self.listener.getsockname()[:2], timeout=20)
        caller.sendall(said)
        return caller

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(20)

    def __enter__(self) -> "Service":
        self._thread.start()
        until(lambda: self.server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self.go.set()
        self.stop()
        self.listener.close()


def until(held: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not held():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@contextmanager
def full(service: Service) -> Iterator[list[socket.socket]]:
    """Callers with a request at work in every place."""
    with ExitStack() as held:
        callers = [held.enter_context(service.call(SLOW)) for _ in range(MOST)]
        until(lambda: service.begun == MOST)
        yield callers


def test_as_many_as_there_are_places_are_served_and_the_next_is_told_to_use_the_fallback() -> None:
    with Service(Limits(connections=MOST)) as service, full(service) as callers:
        status, headers, body = told(service.call())
        assert status == 503
        assert json.loads(body)["error"] == {
            "code": "INTERNAL",
            "message": "too many connections at once; use the fallback",
        }
        assert headers["retry-after"] == "5"
        assert headers["connection"] == "close"
        assert headers["content-type"] == "application/json"
        assert headers["content-length"] == str(len(body))
        assert parsedate_to_datetime(headers["date"])
        assert "server" not in headers
        service.go.set()
        assert all(one_answer_text(each) == b'"late"' for each in callers)
        assert service.cancelled == 0, "who is being answered is not put out"
        with service.call(LAST) as caller:
            assert told(caller)[0] == 200


def one_answer_text(caller: socket.socket) -> bytes:
    received = b""
    while not received.endswith(b'"'):
        piece = caller.recv(65536)
        assert piece, received
        received += piece
    return received.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("said", [b"", b"GET /sl", b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx"])
def test_who_has_waited_longest_for_his_own_words_gives_way(said: bytes) -> None:
    with Service(Limits(connections=MOST)) as service, ExitStack() as held:
        silent = [held.enter_context(service.call(said)) for _ in range(MOST)]
        until(lambda: len(service.server.server_state.connections) == MOST)
        with service.call(LAST) as caller:
            assert told(caller)[0] == 200
        silent[0].settimeout(10)
        assert silent[0].recv(100) == b"", "the first of them"
        silent[1].settimeout(0.1)
        with pytest.raises(TimeoutError):
            silent[1].recv(100)


@pytest.mark.parametrize(("size", "status"), [(999, 200), (1000, 200), (1001, 431)])
@pytest.mark.parametrize("where", ["a header", "the path"])
def test_a_head_of_exactly_its_size_is_read(size: int, status: int, where: str) -> None:
    """Path, names and values, and 32 bytes for each header."""
    named = b"Host: x\r\nConnection: close\r\n"
    counted = len("HostxConnectionclose") + 2 * 32
    with Service(Limits(head_bytes=1000)) as service:
        if where == "a header":
            rest = size - counted - len("/quick") - len("X-A") - 32
            said = b"GET /quick HTTP/1.1\r\n" + named + b"X-A: " + b"a" * rest + b"\r\n\r\n"
        else:
            rest = size - counted - len("/quick?")
            said = b"GET /quick?" + b"a" * rest + b" HTTP/1.1\r\n" + named + b"\r\n"
        found, headers, body = told(service.call(said))
        assert found == status
        if status == 431:
            error = json.loads(body)["error"]
            assert error["code"] == "BAD_REQUEST"
            assert "larger than 1000 bytes, with 32 added for every header" in error["message"]
            assert headers["connection"] == "close"


@pytest.mark.parametrize(
    ("said", "status", "word"),
    [
        (b"GET /quick HTTP/1.1\r\nHost: x\r\n", 408, "head"),
        (b"POST /read HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx", 408, "body"),
    ],
    ids=["head", "body"],
)
def test_what_was_late_is_named_with_its_own_time(said: bytes, status: int, word: str) -> None:
    with Service(Limits(head_s=0.2, body_s=0.4)) as service:
        began = time.monotonic()
        found, headers, body = told(service.call(said))
        assert (found, headers["connection"]) == (status, "close")
        seconds = 0.2 if word == "head" else 0.4
        assert f"the request's {word} was not here within {seconds:g} s" in json.loads(body)["error"]["message"]
        assert time.monotonic() - began >= seconds * 0.9
        assert "retry-after" not in headers, "it is not the service that is short of time"


@pytest.mark.parametrize(("count", "answered"), [(40, True), (80, False)])
def test_so_much_may_wait_behind_a_request_and_no_more(count: int, answered: bool) -> None:
    """64 KiB, where every request counts for one more than it says."""
    with Service(Limits()) as service, service.call(SLOW) as caller:
        until(lambda: service.begun == 1)
        caller.sendall(QUICK * count)
        caller.sendall(LAST)
        time.sleep(0.05)
        service.go.set()
        received = b""
        while piece := caller.recv(65536):
            received += piece
        assert received.count(b'"late"') == 1
        assert (received.count(b'"done"') == count + 1) is answered


def test_a_connection_may_send_much_as_long_as_it_waits_for_its_answers() -> None:
    with Service(Limits()) as service, service.call() as caller:
        for _ in range(100):
            caller.sendall(QUICK * 20)
            received = b""
            while received.count(b'"done"') < 20:
                received += caller.recv(65536)
        caller.sendall(LAST)
        assert told(caller)[0] == 200


def test_a_caller_that_hangs_up_is_seen_while_he_is_answered() -> None:
    with Service(Limits()) as service:
        for behind in (b"", QUICK * 3):
            before = service.cancelled
            with service.call(SLOW + behind) as caller:
                begun = service.begun
                until(lambda begun=begun: service.begun >= max(1, begun))  # type: ignore[misc]
                until(lambda: service.begun == service.ended + 1)
                caller.shutdown(socket.SHUT_WR)
                until(lambda before=before: service.cancelled == before + 1)  # type: ignore[misc]


def test_a_stop_answers_who_is_owed_an_answer_and_ends_his_connection() -> None:
    with Service(Limits()) as service, service.call(SLOW) as caller, service.call(QUICK) as idle:
        assert one_answer_text(idle) == b'"done"'
        until(lambda: service.begun == 1)
        stopping = threading.Thread(target=service.stop)
        stopping.start()
        until(lambda: not service.server.servers or not service.server.servers[0].is_serving())
        time.sleep(0.4)
        service.go.set()
        status, headers, body = told(caller)
        assert (status, body) == (200, b'"late"')
        assert headers.get("connection") == "close", "no second request is expected on it"
        stopping.join(10)
        assert idle.recv(100) == b""
        assert not stopping.is_alive()


def test_a_request_for_another_protocol_is_the_last_of_its_connection() -> None:
    said = QUICK[:-2] + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    with Service(Limits()) as service, service.call(said) as caller:
        status, _, body = told(caller)
        assert (status, body) == (200, b'"done"')
