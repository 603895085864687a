"""Memory through HTTP: order, idempotency, isolation, and what the customer really saw."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.api.schemas import ContextBody, MessageBody, ProcessRequest
from loadtests.service import KEY, Server, ask, message
from tests.api.test_contract import check_error


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Calls work(0..count-1) at the same moment."""
    start = threading.Barrier(count)

    def run(number: int) -> Any:
        start.wait()
        return work(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def rows(server: Server, sql: str, *values: str) -> list[tuple[Any, ...]]:
    db = sqlite3.connect(server.data / "conversations.db")
    try:
        return db.execute(sql, values).fetchall()
    finally:
        db.close()


def test_the_same_request_id_and_body_gives_the_stored_answer_byte_for_byte(client: httpx.Client) -> None:
    body = message("Сколько стоит сканер?", user="idem", request_id="r-1")
    first = client.post("/api/v1/process", json=body)
    reordered = dict(reversed(body.items()))
    second = client.post("/api/v1/process", json=reordered)
    assert first.content == second.content
    assert first.status_code == second.status_code == 200


def test_the_same_request_id_with_another_body_is_a_409(client: httpx.Client) -> None:
    ask(client, "Сколько стоит сканер?", user="conflict", request_id="r-1")
    response = client.post("/api/v1/process", json=message("А принтер?", user="conflict", request_id="r-1"))
    check_error(response, 409, "r-1")


WHOLE: dict[str, Any] = {
    "message": {"text": "Сколько стоит сканер?", "timestamp_ms": 1_700_000_000_000},
    "channel": "whatsapp",
    "flow_name": "spin_selling",
    "context": {"time_of_day": "day", "timezone": "Asia/Almaty", "meta": {"deal": [7]}},
}
OTHER: dict[str, Any] = {
    "message.text": "Сколько стоит принтер?",
    "message.timestamp_ms": 1_700_000_000_001,
    "channel": "instagram",
    "flow_name": "bant",
    "context.time_of_day": "evening",
    "context.timezone": "Asia/Aqtau",
    "context.meta": {"deal": [8]},
}


@pytest.mark.parametrize("place", OTHER)
def test_each_known_field_is_part_of_what_a_request_id_names(client: httpx.Client, place: str) -> None:
    names = {"session_id": "BOT_1", "user_id": f"named-{place}", "request_id": "r-1"}
    first = client.post("/api/v1/process", json=WHOLE | names)
    assert first.status_code == 200, first.text
    assert client.post("/api/v1/process", json=WHOLE | names | {"unknown": 1}).content == first.content
    field, _, inner = place.partition(".")
    change = {field: WHOLE[field] | {inner: OTHER[place]} if inner else OTHER[place]}
    check_error(client.post("/api/v1/process", json=WHOLE | names | change), 409, "r-1")


def test_no_known_field_is_missing_there() -> None:
    known = [name for name in ProcessRequest.model_fields if name not in {"session_id", "user_id", "request_id"}]
    inner = {"message": MessageBody.model_fields, "context": ContextBody.model_fields}
    places = [f"{name}.{each}" if each else name for name in known for each in inner.get(name, ("",))]
    assert sorted(places) == sorted(OTHER)


def test_a_request_id_is_known_only_within_its_conversation(client: httpx.Client, server: Server) -> None:
    for user in ("own-1", "own-2"):
        ask(client, "Сколько стоит сканер?", user=user, request_id="shared")
    assert rows(server, "SELECT count(*) FROM turns WHERE request_id = 'shared'") == [(2,)]


def test_without_a_request_id_every_message_is_a_turn(client: httpx.Client, server: Server) -> None:
    replies = [ask(client, "привет", user="no-id") for _ in range(2)]
    assert replies[0]["meta"]["request_id"] != replies[1]["meta"]["request_id"]
    assert rows(server, "SELECT count(*) FROM turns WHERE user_id = 'no-id'") == [(2,)]


def test_twenty_twins_in_flight_get_one_answer_and_make_one_turn(server: Server) -> None:
    body = message("Здравствуйте, сколько стоит терминал?", user="twins", request_id="twin")

    def send(_: int) -> bytes:
        with server.client() as client:
            response = client.post("/api/v1/process", json=body)
        assert response.status_code == 200
        return response.content

    assert len(set(together(20, send))) == 1
    assert rows(server, "SELECT count(*) FROM turns WHERE user_id = 'twins'") == [(1,)]
    assert rows(server, "SELECT revision FROM conversations WHERE user_id = 'twins'") == [(1,)]


def test_two_keys_with_fifty_messages_at_once_lose_nothing_and_each_caller_gets_the_answer_of_its_turn(
    server: Server,
) -> None:
    count = 50
    given: dict[str, dict[str, str]] = {"order-a": {}, "order-b": {}}

    def send(number: int) -> None:
        user = ("order-a", "order-b")[number % 2]
        with server.client() as client:
            reply = ask(client, f"сколько стоит сканер {number}", user=user, request_id=f"n{number}")
        given[user][reply["meta"]["request_id"]] = reply["answer"]

    together(2 * count, send)
    for user, answers in given.items():
        turns = rows(server, "SELECT revision, request_id, answer FROM turns WHERE user_id = ? ORDER BY revision", user)
        assert [revision for revision, _, _ in turns] == list(range(1, count + 1))
        assert {request: answer for _, request, answer in turns} == answers
        state = json.loads(rows(server, "SELECT state FROM conversations WHERE user_id = ?", user)[0][0])
        assert state["turns"] == count


def test_messages_sent_one_after_another_on_open_connections_are_answered_in_that_order(server: Server) -> None:
    """Fifty requests of one customer are written to fifty sockets in order; their turns stand in that order."""
    import socket
    from urllib.parse import urlsplit

    address = urlsplit(server.url)
    callers = []
    for number in range(50):
        body = json.dumps(message("сколько стоит сканер", user="fifo", request_id=f"{number:02}")).encode()
        caller = socket.create_connection((address.hostname or "", address.port or 0))
        head = "POST /api/v1/process HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        head += f"Authorization: Bearer {KEY}\r\nContent-Length: {len(body)}\r\n\r\n"
        caller.sendall(head.encode() + body)
        callers.append(caller)
        time.sleep(0.002)  # in order means one after another, also for the kernel
    for caller in callers:
        received = b""
        while chunk := caller.recv(65536):
            received += chunk
        assert received.startswith(b"HTTP/1.1 200")
        caller.close()
    order = [row[0] for row in rows(server, "SELECT request_id FROM turns WHERE user_id = 'fifo' ORDER BY revision")]
    assert order == [f"{number:02}" for number in range(50)]


def test_users_of_one_bot_never_mix(server: Server) -> None:
    names = ["Айгуль", "Данияр", "Марат", "Сауле", "Тимур", "Жанна", "Ербол", "Алия"]

    def talk(number: int) -> None:
        user = f"mix-{number}"
        with server.client() as client:
            ask(client, "здравствуйте", user=user)
            ask(client, f"меня зовут {names[number]}", user=user)
            ask(client, f"мой номер +7 701 000 00 0{number}", user=user)
            ask(client, "сколько стоит сканер?", user=user)

    together(len(names), talk)
    for number, name in enumerate(names):
        state = json.loads(rows(server, "SELECT state FROM conversations WHERE user_id = ?", f"mix-{number}")[0][0])
        assert state["slots"]["name"] == name
        assert state["slots"]["phone"].endswith(f"000000{number}")
        assert not any(other in json.dumps(state, ensure_ascii=False) for other in names if other != name)


def test_memory_and_answers_outlive_a_restart(tmp_path: Path) -> None:
    body = message("Сколько стоит сканер?", request_id="r-1")
    server = Server(tmp_path / "data").start()
    with server.client() as client:
        ask(client, "здравствуйте, меня зовут Айгуль", request_id="r-0")
        first = client.post("/api/v1/process", json=body)
    assert server.stop() == 0
    with server, server.client() as client:
        assert client.post("/api/v1/process", json=body).content == first.content
        check_error(client.post("/api/v1/process", json=message("другое", request_id="r-1")), 409)
        reply = ask(client, "и ещё вопрос: есть рассрочка?")
        assert "Здравствуйте" not in reply["answer"]
        state = json.loads(rows(server, "SELECT state FROM conversations")[0][0])
        assert state["slots"]["name"] == "Айгуль"
        assert state["turns"] == 3


def observe(client: httpx.Client, user: str, text: str, **fields: str) -> httpx.Response:
    body = {"session_id": "BOT_1", "user_id": user, "text": text, "source": "fallback"} | fields
    return client.post("/api/v1/observe", json=body)


def seen(server: Server, user: str) -> list[tuple[str | None, str]]:
    """The history as the next turn will see it."""
    import asyncio

    from app.store import Store
    from app.types import Key

    async def load() -> list[tuple[str | None, str]]:
        store = Store(server.data / "conversations.db")
        try:
            loaded = await store.load(Key("BOT_1", user), "", 50)
        finally:
            await store.close()
        return [(e.user, e.answer) for e in loaded.snapshot.history]

    return asyncio.run(load())


def test_observe_replaces_the_undelivered_answer_of_its_turn(client: httpx.Client, server: Server) -> None:
    ask(client, "Сколько стоит сканер?", user="obs-1", request_id="r-1")
    response = observe(client, "obs-1", "Секунду, уточню и вернусь.", request_id="r-1")
    assert response.json() == {"status": "observed", "replaced": True}
    assert seen(server, "obs-1") == [("Сколько стоит сканер?", "Секунду, уточню и вернусь.")]


def test_observe_without_a_turn_adds_what_was_said(client: httpx.Client, server: Server) -> None:
    ask(client, "Сколько стоит сканер?", user="obs-2")
    assert observe(client, "obs-2", "Здравствуйте, это Асель.", source="human").json()["replaced"] is False
    assert observe(client, "obs-2", "Занято", request_id="refused-one").json()["replaced"] is False
    assert [answer for _, answer in seen(server, "obs-2")][1:] == ["Здравствуйте, это Асель.", "Занято"]


def test_observe_of_an_unknown_customer_begins_the_conversation(client: httpx.Client, server: Server) -> None:
    assert observe(client, "obs-3", "Добрый день!").status_code == 200
    assert seen(server, "obs-3") == [(None, "Добрый день!")]
    assert not ask(client, "сколько стоит сканер", user="obs-3")["answer"].startswith(("Добр", "Здравств"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": "machine"}, "source"),
        ({"source": None}, "source"),
        ({"text": ""}, "text"),
        ({"text": "x" * 8001}, "text"),
        ({"user_id": ""}, "user_id"),
    ],
)
def test_observe_names_a_wrong_field(client: httpx.Client, change: dict[str, Any], field: str) -> None:
    body = {"session_id": "B", "user_id": "U", "text": "t", "source": "human"} | change
    check_error(client.post("/api/v1/observe", json=body), 422, field)


def test_all_that_a_caller_says_of_a_message_is_kept_with_it(client: httpx.Client, server: Server) -> None:
    said = WHOLE | {
        "message": {"text": "[audio transcript]: сколько стоит сканер", "timestamp_ms": 1_700_000_000_123},
        "channel": "telegram",
        "flow_name": "bant",
        "context": {"time_of_day": "evening", "timezone": "Europe/Berlin"},
    }
    reply = client.post("/api/v1/process", json={"session_id": "K", "user_id": "kept", "request_id": "k-1", **said})
    assert reply.json()["meta"]["request_id"] == "k-1"
    assert reply.json()["meta"]["flow"] == "bant"
    assert reply.json()["answer"].startswith("Добрый вечер")
    log = rows(server, "SELECT direction, author, channel, text, media, sent_ms FROM messages WHERE user_id='kept'")
    assert log == [
        ("in", "customer", "telegram", "сколько стоит сканер", "audio", 1_700_000_000_123),
        ("out", "machine", "telegram", reply.json()["answer"], "text", 0),
    ]
    ((record,),) = rows(server, "SELECT record FROM turns WHERE user_id='kept'")
    assert json.loads(record)["ask"] == {
        "media": "audio", "time_of_day": "evening", "timezone": "Europe/Berlin", "flow_name": "bant",
    }  # fmt: skip
    assert rows(server, "SELECT bot, channel, revision FROM conversations WHERE user_id='kept'") == [
        ("default", "telegram", 1)
    ]
