"""What comes before anything is parsed: the key, the size, the kind of a body, who asks; and callers that leave."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from app.api.middleware import LOOPBACK_ONLY, Envelope
from app.telemetry import Telemetry
from tests.api.face import KEY, Face, fine
from tests.virtual import took

# What comes before anything is parsed


@pytest.mark.parametrize(
    ("size", "announced", "status"),
    [(1000, True, 200), (1001, True, 413), (1000, False, 200), (1001, False, 413)],
)
async def test_a_body_of_exactly_the_limit_passes_and_one_byte_more_does_not(
    size: int, announced: bool, status: int
) -> None:
    async def pieces() -> Any:
        for start in range(0, size, 100):
            yield b"1" * min(100, size - start)

    face = Face(fine)
    answer = await face.ask(content=b"1" * size if announced else pieces())
    assert answer.status_code == status
    assert face.reached == (status == 200)
    if status == 200:
        assert answer.json() == {"got": "1" * size}
    else:
        assert "1000 bytes" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200), ("Application/JSON", 200), ("application/json; charset=utf-8", 200),
        (" application/json ;x=y", 200), ("application/json-patch+json", 415), ("text/json", 415), ("", 415),
    ],
)  # fmt: skip
async def test_a_body_is_json_by_its_header(content_type: str, status: int) -> None:
    face = Face(fine)
    assert (await face.ask(headers={"Content-Type": content_type})).status_code == status
    assert face.reached == (status == 200)


@pytest.mark.parametrize("content", [b"", b" ", b"\n\t "])
async def test_an_empty_body_is_a_400(content: bytes) -> None:
    assert (await Face(fine).ask(content=content)).status_code == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST", "HEAD", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/v1/process", "/api/v1/observe", "/api/", "/api/nothing"])
async def test_no_method_and_no_path_of_the_api_is_reached_without_a_key(method: str, path: str) -> None:
    face = Face(fine)
    for header in ("", "Bearer wrong", f"Basic {KEY}"):
        answer = await face.ask(method, path, headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    assert face.reached == 0
    assert 'machine_refusals_total{error="Unauthorized",reason=""} 3.0' in face.figures


@pytest.mark.parametrize("path", ["/ready", "/version", "/metrics", "/openapi.json"])
@pytest.mark.parametrize(
    ("client", "forwarded", "status"),
    [
        ("127.0.0.1", [], 200), ("::1", [], 200), ("127.9.9.9", [], 200), (None, [], 200),
        ("10.0.0.7", [], 404), ("::ffff:10.0.0.7", [], 404), ("0.0.0.0", [], 404), ("testclient", [], 404),
        ("127.0.0.1", ["203.0.113.9"], 404), ("127.0.0.1", ["127.0.0.1", "203.0.113.9"], 404),
        ("127.0.0.1", ["203.0.113.9", "127.0.0.1"], 404), ("203.0.113.9", ["127.0.0.1"], 404), (None, ["203.0.113.9"], 404),
        (None, ["127.0.0.1"], 200),
    ],
)  # fmt: skip
async def test_what_is_for_this_machine_alone_is_there_for_nobody_else(
    path: str, client: str | None, forwarded: list[str], status: int
) -> None:
    face = Face(fine)
    headers = [("X-Forwarded-For", each) for each in forwarded]
    where = (client, 5) if client else None
    transport = httpx.ASGITransport(face.app, client=where)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://x") as caller:
        assert (await caller.get(path, headers=headers)).status_code == status
        assert (await caller.get("/health", headers=headers)).status_code == 200, "which is for anyone"
    assert path in LOOPBACK_ONLY


def test_a_caller_that_announces_too_much_and_says_no_more_is_told_so_soon() -> None:
    """He is listened to for a moment, so that he sees the answer and no reset, and not for as long as he likes."""
    announced = dict(SCOPE) | {"headers": [*SCOPE["headers"], (b"content-length", b"1001")]}
    for scope, said in ((announced, ()), (dict(SCOPE), ({**PART, "body": b"1" * 1001},))):
        sent: list[Message] = []

        async def send(message: Message, sent: list[Message] = sent) -> None:
            sent.append(message)

        seconds = took(Face(fine).app(scope, messages(*said), send))
        assert sent[0]["status"] == 413
        assert 0.5 <= seconds <= 2


# Callers that leave


def messages(*given: Message) -> Receive:
    """What the server hears, one after the other, and then nothing."""
    left = list(given)

    async def receive() -> Message:
        if left:
            return left.pop(0)
        return await asyncio.Event().wait()  # type: ignore[return-value]

    return receive


SCOPE: dict[str, Any] = {
    "type": "http", "method": "POST", "path": "/api/v1/process", "query_string": b"", "client": ("127.0.0.1", 5),
    "headers": [(b"authorization", f"Bearer {KEY}".encode()), (b"content-type", b"application/json")],
}  # fmt: skip
PART: Message = {"type": "http.request", "body": b"{", "more_body": True}
WHOLE: Message = {"type": "http.request", "body": b"{}", "more_body": False}
GONE: Message = {"type": "http.disconnect"}


@pytest.mark.parametrize(
    "said", [(GONE,), (PART, GONE), (WHOLE, GONE)], ids=["at once", "in the body", "while it waits"]
)
async def test_who_leaves_is_told_nothing_counted_and_written_down(said: tuple[Message, ...]) -> None:
    ended: list[str] = []

    async def slow(_: Request) -> Response:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # it may have something to put away
            ended.append("cancelled")
            raise
        return Response()

    face, sent = Face(slow), list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs() as logged:
        async with asyncio.timeout(5):
            await face.app(dict(SCOPE), messages(*said), send)
    assert sent == []
    assert "machine_hangups_total 1.0" in face.figures
    assert 'machine_requests_total{route="other",status="499"} 1.0' in face.figures
    (line,) = logged
    assert (line["event"], line["status"], line["hung_up"]) == ("request", 499, True)
    assert ended == (["cancelled"] if said == (WHOLE, GONE) else []), "before the caller counts as gone"


@pytest.mark.parametrize("begun", [False, True])
async def test_a_turn_that_the_stopping_service_ends_is_told_so_unless_its_answer_has_begun(begun: bool) -> None:
    at_work = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if begun:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        at_work.set()
        await asyncio.sleep(30)

    telemetry, sent = Telemetry(b"key"), list[Message]()

    async def send(message: Message) -> None:
        sent.append(message)

    with capture_logs() as logged:
        turn = asyncio.create_task(Envelope(app, telemetry)(dict(SCOPE), messages(WHOLE), send))
        await at_work.wait()
        turn.cancel()
        await asyncio.wait({turn})
    said = telemetry.exposition().decode()
    if begun:
        assert turn.cancelled()
        assert [message["type"] for message in sent] == ["http.response.start"]
        return
    assert [message.get("status") for message in sent] == [503, None]
    assert json.loads(sent[1]["body"])["error"]["message"] == "the service is stopping; use the fallback"
    assert (b"retry-after", b"5") in sent[0]["headers"]
    assert 'machine_refusals_total{error="Unavailable",reason="stopping"} 1.0' in said
    assert [(each["status"], each["error"]) for each in logged] == [(503, "Unavailable")]
