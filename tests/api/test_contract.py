"""The contract: what a caller sends, gets, and gets told when it was wrong."""

import json
import socket
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from loadtests.service import KEY, Server, ask, message

CODES = {
    400: "BAD_REQUEST", 401: "UNAUTHORIZED", 404: "BAD_REQUEST", 405: "BAD_REQUEST", 409: "BAD_REQUEST",
    413: "BAD_REQUEST", 415: "BAD_REQUEST", 422: "BAD_REQUEST", 429: "RATE_LIMIT", 500: "INTERNAL", 503: "INTERNAL",
}  # fmt: skip
JSON = {"Content-Type": "application/json"}


def check_error(response: httpx.Response, status: int, *words: str) -> str:
    """The one envelope, with its code; returns the message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    assert body["error"]["code"] == CODES[status]
    text: str = body["error"]["message"]
    for word in words:
        assert word in text
    return text


def test_the_seeds_first_request_is_answered(client: httpx.Client) -> None:
    reply = ask(
        client,
        "Привет, расскажи о вашей CRM",
        session="BOT_7000",
        user="77022951810",
        channel="whatsapp",
        context={"time_of_day": "day", "timezone": "Asia/Almaty"},
    )
    assert reply["answer"].startswith("Добрый день")
    assert set(reply["meta"]) >= {"model", "processing_ms", "kb_used"}
    assert isinstance(reply["meta"]["processing_ms"], int)
    follow_up = ask(client, "Сколько стоит?", session="BOT_7000", user="77022951810")
    assert "₸" in follow_up["answer"]
    assert follow_up["meta"]["kb_used"] is True
    assert "Добрый день" not in follow_up["answer"]


def test_only_what_the_contract_requires_is_required(client: httpx.Client) -> None:
    reply = client.post(
        "/api/v1/process", json={"session_id": "B", "user_id": "minimal", "message": {"text": "сколько стоит сканер"}}
    )
    assert reply.status_code == 200


def test_unknown_extra_fields_are_allowed(client: httpx.Client) -> None:
    body = message("здравствуйте", user="extra", tenant="x", context={"meta": {"a": [1, {"b": None}]}, "other": 1})
    assert client.post("/api/v1/process", json=body).status_code == 200


@pytest.mark.parametrize(
    ("prefix", "text"),
    [("[image]: ", "фото сканера, сколько он стоит"), ("[audio transcript]: ", "сколько стоит сканер")],
)
def test_media_comes_as_text_and_its_prefix_is_not_taken_for_words(
    client: httpx.Client, prefix: str, text: str
) -> None:
    reply = ask(client, prefix + text, user=prefix)
    assert "₸" in reply["answer"]
    assert prefix.strip() not in reply["answer"]


def test_an_image_without_a_description_still_gets_an_answer(client: httpx.Client) -> None:
    assert ask(client, "[image]: ", user="bare-image")["answer"].strip()


@pytest.mark.parametrize(
    ("time_of_day", "greeting"),
    [("morning", "Доброе утро"), ("day", "Добрый день"), ("evening", "Добрый вечер"), ("night", "Здравствуйте")],
)
def test_the_callers_time_of_day_reaches_the_greeting(client: httpx.Client, time_of_day: str, greeting: str) -> None:
    reply = ask(client, "привет", user=f"greeted-{time_of_day}", context={"time_of_day": time_of_day})
    assert reply["answer"].startswith(greeting)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"session_id": None}, "session_id"),
        ({"session_id": ""}, "session_id"),
        ({"session_id": "   "}, "session_id"),
        ({"user_id": 77022951810}, "user_id"),
        ({"user_id": "u" * 201}, "user_id"),
        ({"message": None}, "message"),
        ({"message": "text"}, "message"),
        ({"message": {}}, "message.text"),
        ({"message": {"text": ""}}, "message.text"),
        ({"message": {"text": " \n\t"}}, "message.text"),
        ({"message": {"text": ["a"]}}, "message.text"),
        ({"message": {"text": "x" * 8001}}, "message.text"),
        ({"message": {"text": "a", "timestamp_ms": "soon"}}, "message.timestamp_ms"),
        ({"message": {"text": "a", "timestamp_ms": -1}}, "message.timestamp_ms"),
        ({"message": {"text": "a", "timestamp_ms": 1.5}}, "message.timestamp_ms"),
        ({"message": {"text": "a", "timestamp_ms": 10**30}}, "message.timestamp_ms"),
        ({"message": {"text": "a", "timestamp_ms": "1770801587839"}}, "message.timestamp_ms"),
        ({"message": {"text": "a", "timestamp_ms": 1.0}}, "message.timestamp_ms"),
        ({"message": {"text": "a", "timestamp_ms": True}}, "message.timestamp_ms"),
        ({"request_id": ""}, "request_id"),
        ({"request_id": 5}, "request_id"),
        ({"channel": ""}, "channel"),
        ({"context": []}, "context"),
        ({"context": {"time_of_day": "noon"}}, "context.time_of_day"),
        ({"context": {"timezone": "Asia/Nowhere"}}, "context.timezone"),
        ({"context": {"timezone": "../../etc/passwd"}}, "context.timezone"),
        ({"context": {"meta": 1}}, "context.meta"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, change: dict[str, Any], field: str) -> None:
    text = check_error(client.post("/api/v1/process", json=message("hi") | change), 422, field)
    assert "Value error" not in text


def test_a_missing_field_is_named(client: httpx.Client) -> None:
    for field in ("session_id", "user_id", "message"):
        body = {name: value for name, value in message("hi").items() if name != field}
        check_error(client.post("/api/v1/process", json=body), 422, field)


def test_a_text_of_exactly_the_limit_is_answered(client: httpx.Client) -> None:
    assert client.post("/api/v1/process", json=message("цена " * 1600, user="long")).status_code == 200


@pytest.mark.parametrize("raw", [b"{", b"", b"\xff\xfe", b"{'a': 1}", b'{"a": NaN', b"nul"])
def test_a_body_that_is_no_json_is_a_400(client: httpx.Client, raw: bytes) -> None:
    check_error(client.post("/api/v1/process", content=raw, headers=JSON), 400, "JSON")


@pytest.mark.parametrize("raw", [b"[]", b"1", b'"text"', b"null"])
def test_json_that_is_no_object_is_a_422(client: httpx.Client, raw: bytes) -> None:
    check_error(client.post("/api/v1/process", content=raw, headers=JSON), 422)


@pytest.mark.parametrize("name", ["session_id", "user_id", "request_id"])
@pytest.mark.parametrize("number", [77022951810, 7.5])
def test_a_number_for_an_id_says_how_the_workflow_is_mended(client: httpx.Client, name: str, number: float) -> None:
    said = check_error(client.post("/api/v1/process", json=message("hi") | {name: number}), 422, name)
    assert said == f"{name}: is a number; send a text, in quotes (in n8n: String($json.{name}))"


def test_a_body_that_was_made_text_twice_says_how_the_workflow_is_mended(client: httpx.Client) -> None:
    body = message("hi")
    whole = client.post("/api/v1/process", json=json.dumps(body))
    assert check_error(whole, 422, "the body").startswith("the body: is a text that holds JSON, so it was turned into")
    part = client.post("/api/v1/process", json=body | {"message": json.dumps(body["message"])})
    assert "send the object itself (n8n's HTTP Request node" in check_error(part, 422, "message")
    plain = client.post("/api/v1/process", json=body | {"message": "text"})
    assert "n8n" not in check_error(plain, 422, "message")


@pytest.mark.parametrize(
    "text",
    [rb"\ud83d", rb"\udc4d", rb"hello \ud83d", rb"\ud83d\ud83d\udc4d price?", rb"\udc4d\ud83d", rb"\ud83d\udc4d"],
)
def test_half_an_emoji_is_answered_and_kept(client: httpx.Client, text: bytes) -> None:
    raw = rb'{"session_id": "B", "user_id": "half-%d", "message": {"text": "%s"}}' % (abs(hash(text)), text)
    first = client.post("/api/v1/process", content=raw, headers=JSON)
    assert first.status_code == 200, first.text
    assert first.json()["answer"]
    seen = b'{"session_id": "B", "user_id": "half", "text": "%s", "source": "human"}' % text
    assert client.post("/api/v1/observe", content=seen, headers=JSON).status_code == 200


def test_half_an_emoji_in_an_id_is_refused_and_elsewhere_no_crash(client: httpx.Client) -> None:
    raw = rb'{"session_id": "B", "user_id": "U\ud83d", "message": {"text": "a"}}'
    check_error(client.post("/api/v1/process", content=raw, headers=JSON), 422, "user_id")
    in_meta = rb'{"session_id": "B", "user_id": "U", "message": {"text": "a"}, "context": {"meta": {"x": "\ud83d"}}}'
    assert client.post("/api/v1/process", content=in_meta, headers=JSON).status_code in {200, 422}


def test_json_nested_beyond_reason_is_refused_in_the_envelope(client: httpx.Client) -> None:
    raw = b'{"message": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    response = client.post("/api/v1/process", content=raw, headers=JSON)
    assert response.status_code in {400, 422}
    check_error(response, response.status_code)


def test_a_body_over_one_mebibyte_is_a_413(client: httpx.Client) -> None:
    large = b'{"padding": "' + b"x" * (1 << 20) + b'"}'
    check_error(client.post("/api/v1/process", content=large, headers=JSON), 413, "1048576")
    chunks = (b"x" * 65536 for _ in range(40))
    check_error(client.post("/api/v1/process", content=chunks, headers=JSON), 413, "1048576")


@pytest.mark.parametrize("announced", [True, False])
def test_a_caller_that_goes_on_sending_sees_the_413_and_no_reset(server: Server, announced: bool) -> None:
    """A server that closes while bytes are still coming resets the connection, and the answer with it."""
    place, size = urlsplit(server.url), 8 << 20
    form = f"Content-Length: {size}" if announced else "Transfer-Encoding: chunked"
    head = f"POST /api/v1/process HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {KEY}\r\nConnection: close\r\n"
    piece = b"x" * 65536
    with socket.create_connection((place.hostname or "", place.port or 0), timeout=10) as caller:
        caller.sendall(f"{head}Content-Type: application/json\r\n{form}\r\n\r\n".encode())
        for _ in range(size // len(piece)):
            caller.sendall(piece if announced else b"%x\r\n%b\r\n" % (len(piece), piece))
            time.sleep(0.001)  # the answer is there long before the end of the body
        if not announced:
            caller.sendall(b"0\r\n\r\n")
        received = b""
        while chunk := caller.recv(65536):
            received += chunk
    assert received.startswith(b"HTTP/1.1 413")
    assert json.loads(received.partition(b"\r\n\r\n")[2])["error"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml"])
def test_another_content_type_is_a_415(client: httpx.Client, content_type: str) -> None:
    raw = json.dumps(message("hi")).encode()
    check_error(client.post("/api/v1/process", content=raw, headers={"Content-Type": content_type}), 415, "JSON")


def test_json_with_a_charset_is_json(client: httpx.Client) -> None:
    raw = json.dumps(message("привет", user="charset")).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert client.post("/api/v1/process", content=raw, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/v1/nothing", "/api/v1/process/", "/docs", "/health/"])
def test_an_unknown_path_is_a_404(client: httpx.Client, path: str) -> None:
    check_error(client.get(path), 404)


def test_a_wrong_method_is_a_405_that_says_which_is_allowed(client: httpx.Client) -> None:
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        response = client.request(method, "/api/v1/process")
        check_error(response, 405, method)
        assert response.headers["allow"] == "POST"
    check_error(client.post("/health", json={}), 405)


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x", f"Bearer {KEY[:-1]}"],
)
def test_a_bad_or_missing_key_is_a_401_whatever_the_body(server: Server, header: str | None) -> None:
    headers = {"Authorization": header} if header is not None else {}
    for body in (json.dumps(message("hi")), "{", "x" * 2_000_000):
        response = httpx.post(
            f"{server.url}/api/v1/process",
            content=body,
            headers=headers | JSON,
            trust_env=False,
            verify=False,
            timeout=30,
        )
        check_error(response, 401, "Bearer")
        assert response.headers["www-authenticate"] == "Bearer"
    check_error(httpx.get(f"{server.url}/api/v1/nothing", headers=headers, trust_env=False, verify=False), 401)


def test_a_key_in_bytes_that_are_no_text_is_a_401(server: Server) -> None:
    headers = {b"Authorization": b"Bearer \xff\xfe"}
    check_error(
        httpx.post(f"{server.url}/api/v1/process", headers=headers, json={}, trust_env=False, verify=False), 401
    )


def test_an_unknown_flow_is_a_400_that_lists_the_known_ones(client: httpx.Client) -> None:
    check_error(client.post("/api/v1/process", json=message("hi", flow_name="spin")), 400, "'spin'", "spin_selling")


def test_a_known_flow_is_used(client: httpx.Client) -> None:
    assert ask(client, "здравствуйте", user="flow", flow_name="spin_selling")["meta"]["flow"] == "spin_selling"


def test_health_needs_no_key_and_says_what_the_contract_says(server: Server) -> None:
    response = httpx.get(f"{server.url}/health", trust_env=False, verify=False)
    assert (response.status_code, response.json()) == (200, {"status": "ok", "model": "qwen-14b"})


def test_ready_says_per_part_whether_it_can_serve(server: Server) -> None:
    response = httpx.get(f"{server.url}/ready", trust_env=False, verify=False)
    assert response.status_code == 200
    assert response.json()["ready"] is True
    assert set(response.json()["parts"]) == {"database", "knowledge", "search", "model", "gpu", "clock"}
    assert response.json()["parts"]["search"]["detail"] == "by words alone"


def test_ready_version_and_metrics_answer_on_loopback_and_not_to_the_outside(server: Server) -> None:
    for path in ("/ready", "/version", "/metrics", "/openapi.json"):
        assert httpx.get(server.url + path, trust_env=False, verify=False).status_code == 200
        # nginx on this machine says whom it speaks for
        outside = httpx.get(
            server.url + path, headers={"X-Forwarded-For": "203.0.113.9"}, trust_env=False, verify=False
        )
        check_error(outside, 404)
    assert "machine_turn_seconds" in httpx.get(f"{server.url}/metrics", trust_env=False, verify=False).text
    version = httpx.get(f"{server.url}/version", trust_env=False, verify=False).json()
    assert version["schema_version"] >= 1
    assert version["kb_version"]


@pytest.mark.parametrize(
    "said",
    [
        [""], ["unknown"], ["localhost"], ["127.0.0.1,"], [", 127.0.0.1"], ["127.0.0.1", ""], ["0"], ["127.1"],
        ["203.0.113.9, 127.0.0.1"], ["127.0.0.1, 203.0.113.9, 127.0.0.1"], ["127.0.0.1, ,127.0.0.1"], ["127.0.0.1;"],
    ],
)  # fmt: skip
def test_a_proxy_that_does_not_say_clearly_for_whom_it_speaks_speaks_for_the_outside(
    server: Server, said: list[str]
) -> None:
    headers = [("X-Forwarded-For", each) for each in said]
    for path in ("/ready", "/version", "/metrics", "/openapi.json"):
        check_error(httpx.get(server.url + path, headers=headers, trust_env=False, verify=False), 404)


@pytest.mark.parametrize("said", ["127.0.0.1", "::1", "127.0.0.9, 127.0.0.1"])
def test_a_proxy_may_speak_for_this_machine(server: Server, said: str) -> None:
    assert (
        httpx.get(f"{server.url}/version", headers={"X-Forwarded-For": said}, trust_env=False, verify=False).status_code
        == 200
    )
