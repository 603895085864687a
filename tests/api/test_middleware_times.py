"""What the outermost layers wait for, and what the server gives back when it stops; by virtual time, without sockets."""

import asyncio
from typing import Any

import pytest
from starlette.types import Message

from app.api.keys import KeyRing
from app.api.limits import Limits, refusal
from app.api.middleware import CallerGone, Guard, Hangup, _drain, _is_loopback
from app.api.notify import Notifier
from app.api.server import Server, build_server
from app.errors import TooLarge
from tests.api.face import KEY
from tests.virtual import took


def test_of_a_refused_body_the_rest_is_read_for_a_second_at_most() -> None:
    async def dripping() -> Message:
        await asyncio.sleep(0.3)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def short() -> Message:
        await asyncio.sleep(0.3)
        return {"type": "http.request", "body": b"x", "more_body": False}

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    assert took(_drain(dripping)) == pytest.approx(1)
    assert took(_drain(short)) == pytest.approx(0.3)
    assert took(_drain(gone)) == 0


@pytest.mark.parametrize(
    ("announced", "sent", "passes"),
    [("10", 10, True), ("11", 0, False), ("0", 11, False), ("x", 10, True), ("x", 11, False)],
)
async def test_a_body_is_as_large_as_it_is_and_as_it_is_announced_to_be(
    announced: str, sent: int, passes: bool
) -> None:
    reached: list[bytes] = []

    async def app(_: Any, receive: Any, __: Any) -> None:
        reached.append((await receive())["body"])

    pieces = [{"type": "http.request", "body": b"x", "more_body": number < sent - 1} for number in range(sent)] or [
        {"type": "http.request", "body": b"", "more_body": False}
    ]

    async def receive() -> Any:
        return pieces.pop(0) if pieces else {"type": "http.disconnect"}

    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json", "content-length": announced}
    scope = {
        "type": "http", "path": "/api/v1/process", "method": "POST", "client": ("10.0.0.1", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    guard = Guard(app, KeyRing([KEY]), 10)
    if passes:
        await guard(scope, receive, None)  # type: ignore[arg-type]
        assert reached == [b"x" * 10]
    else:
        with pytest.raises(TooLarge, match="larger than 10 bytes; send only the newest message"):
            await guard(scope, receive, None)  # type: ignore[arg-type]


async def test_what_the_body_was_read_from_goes_on_behind_it() -> None:
    """Who waits for the caller's leaving hears of it, though the body was read ahead."""
    heard: list[str] = []

    async def app(_: Any, receive: Any, __: Any) -> None:
        heard.extend([(await receive())["type"], (await receive())["type"]])

    coming = [{"type": "http.request", "body": b"{}", "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0)

    scope = {
        "type": "http", "path": "/api/v1/process", "method": "POST", "client": None,
        "headers": [(b"authorization", f"bearer {KEY}".encode()), (b"content-type", b"Application/JSON; charset=utf-8")],
    }  # fmt: skip
    await Guard(app, KeyRing([KEY]), 10)(scope, receive, None)  # type: ignore[arg-type]
    assert heard == ["http.request", "http.disconnect"]


async def test_behind_a_hang_up_no_task_is_left() -> None:
    async def app(_: Any, receive: Any, __: Any) -> None:
        await asyncio.Event().wait()

    coming = [{"type": "http.request", "body": b"{}", "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return coming.pop(0) if coming else await asyncio.Event().wait()

    before = asyncio.all_tasks()
    with pytest.raises(CallerGone):
        await Hangup(app)({"type": "http", "path": "/api/v1/process"}, receive, None)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


@pytest.mark.parametrize(
    ("client", "forwarded", "inside"),
    [
        ("127.0.0.1", [], True),
        ("127.9.9.9", [], True),
        ("::1", [], True),
        ("10.0.0.1", [], False),
        (None, [], True),
        (None, ["127.0.0.1"], True),
        (None, ["10.0.0.1"], False),
        ("127.0.0.1", ["127.0.0.1, ::1"], True),
        ("127.0.0.1", ["127.0.0.1, 10.0.0.1"], False),
        ("127.0.0.1", ["10.0.0.1, 127.0.0.1"], False),
        ("127.0.0.1", ["127.0.0.1", "10.0.0.1"], False),
        ("127.0.0.1", [""], False),
        ("127.0.0.1", ["unknown"], False),
        ("10.0.0.1", ["127.0.0.1"], False),
    ],
)
def test_everyone_for_whom_a_caller_speaks_must_be_on_this_machine(
    client: str | None, forwarded: list[str], inside: bool
) -> None:
    headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
    scope = {"type": "http", "client": (client, 1) if client else None, "headers": headers}
    assert _is_loopback(scope) is inside


@pytest.mark.parametrize(("status", "again"), [(503, True), (408, False), (400, False), (431, False)])
def test_a_refusal_past_the_application_ends_its_connection_and_says_when_to_come_back(
    status: int, again: bool
) -> None:
    head, _, body = refusal(status, "INTERNAL", "use the fallback", [(b"date", b"now")]).partition(b"\r\n\r\n")
    lines = head.lower().split(b"\r\n")
    assert lines[0].startswith(b"http/1.1 %d " % status)
    assert {b"date: now", b"content-type: application/json", b"connection: close"} <= set(lines)
    assert b"content-length: %d" % len(body) in lines
    assert (b"retry-after: 5" in lines) is again
    assert body == b'{"error": {"code": "INTERNAL", "message": "use the fallback"}}'


def test_what_a_connection_may_take_unless_the_settings_say_otherwise() -> None:
    limits = Limits()
    assert (limits.head_s, limits.body_s, limits.connections, limits.head_bytes, limits.pieces) == (
        10, 15, 512, 65_536, 4096,
    )  # fmt: skip
    assert limits.too_long == (
        431, "the request's head is larger than 65536 bytes, with 32 added for every header; send less",
    )  # fmt: skip
    assert limits.in_crumbs == (400, "the request's body comes in more than 4096 pieces; send it in larger ones")


async def test_a_server_that_has_stopped_tells_systemd_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    class Told(Notifier):
        def send(self, *states: str) -> None:
            said.extend(states)

        def close(self) -> None:
            said.append("closed")

    async def nothing(self: Any, sockets: Any = None) -> None:
        said.append("uvicorn's own")

    monkeypatch.setattr("uvicorn.Server.shutdown", nothing)
    server = build_server(None, 1.0, Told())  # type: ignore[arg-type]
    assert isinstance(server, Server)
    server.servers = []
    server._watch = asyncio.create_task(asyncio.sleep(99))
    await server.shutdown()
    assert said == ["STOPPING=1", "STATUS=finishing the running turns", "uvicorn's own", "closed"]
    await asyncio.sleep(0)
    assert server._watch.cancelled()
