"""The paths of the contract and of the service itself, field by field."""

import json
import platform
import sqlite3
import uuid
from typing import Any

import httpx
import pytest
from prometheus_client import CONTENT_TYPE_LATEST

import app
from app.types import ModelState
from loadtests.service import ROOT, Server, ask, message
from tests.api.test_contract import check_error
from tests.api.test_failures import Speaks


def observed(client: httpx.Client, text: str, **fields: Any) -> httpx.Response:
    body = {"session_id": "BOT_1", "user_id": "seen", "text": text, "source": "human"} | fields
    return client.post("/api/v1/observe", json=body)


@pytest.mark.parametrize(("length", "status"), [(1, 200), (7_999, 200), (8_000, 200), (8_001, 422)])
def test_a_text_has_eight_thousand_characters_at_most_whoever_says_it(
    client: httpx.Client, length: int, status: int
) -> None:
    user = f"length-{length}"
    said = client.post("/api/v1/process", json=message("ш" * length, user=user))
    seen = observed(client, "ш" * length, user_id=user)
    assert (said.status_code, seen.status_code) == (status, status)
    if status == 422:
        check_error(said, 422, "message.text has 8001 characters; send at most 8000")
        check_error(seen, 422, "text has 8001 characters; send at most 8000")


def test_the_callers_own_data_is_the_same_in_whatever_order_it_comes(client: httpx.Client) -> None:
    def say(meta: dict[str, Any]) -> httpx.Response:
        body = message("привет", user="order", request_id="r1", context={"meta": meta})
        return client.post("/api/v1/process", json=body)

    first = say({"a": 1, "b": {"c": 2, "d": [1, 2]}})
    again = say({"b": {"d": [1, 2], "c": 2}, "a": 1})
    assert first.status_code == 200
    assert again.content == first.content
    check_error(say({"a": 1, "b": {"c": 2, "d": [2, 1]}}), 409, "r1")


def test_a_message_without_an_id_of_its_own_gets_one_and_is_answered_each_time(client: httpx.Client) -> None:
    replies = [ask(client, "привет", user="anonymous")["meta"]["request_id"] for _ in range(2)]
    assert len({uuid.UUID(each) for each in replies}) == 2


def test_what_was_seen_says_whether_it_replaced_an_answer(client: httpx.Client) -> None:
    ask(client, "привет", user="seen", request_id="r1")
    for fields, replaced in (({"request_id": "r1"}, True), ({"request_id": "r2"}, False), ({}, False)):
        assert observed(client, "Минуту", **fields).json() == {"status": "observed", "replaced": replaced}


def test_version_says_what_runs_here(server: Server) -> None:
    told = httpx.get(f"{server.url}/version", trust_env=False).json()
    knowledge = told.pop("knowledge")
    assert told == {
        "version": app.__version__,
        "schema_version": 2,
        "kb_version": knowledge["default"]["version"],
        "python": platform.python_version(),
    }
    assert knowledge == {"default": {"version": told["kb_version"], "folder": "kb", "trouble": ""}}
    assert (ROOT / "kb").name == "kb", "the name alone: where it lies is nobody's business"


def test_metrics_come_as_prometheus_reads_them(server: Server) -> None:
    answer = httpx.get(f"{server.url}/metrics", trust_env=False)
    assert answer.headers["content-type"] == CONTENT_TYPE_LATEST
    assert f'machine_knowledge_sections{{bot="default"}} {float(len(sections(server)))}' in answer.text
    assert "machine_loop_late_seconds_count" in answer.text


def sections(server: Server) -> list[str]:
    """Those that the search can find, by what was noted when the knowledge came into use."""
    db = sqlite3.connect(server.data / "conversations.db")
    try:
        (count,) = db.execute("SELECT sections FROM knowledge_versions").fetchone()
    finally:
        db.close()
    return [""] * count


class Loading(Speaks):
    """A model that is being loaded, wholly or partly on the processor."""

    def __init__(self, state: ModelState) -> None:
        super().__init__(lambda _: "Да.")
        self._state = state

    def state(self) -> ModelState:
        return self._state


def test_ready_says_of_each_part_all_that_there_is_and_when_to_ask_again(serve_with: Any) -> None:
    with serve_with(Loading(ModelState("loading", "qwen3:14b is being loaded"))) as (client, machine):
        answer = client.get("/ready")
        told = answer.json()
        assert (answer.status_code, told["ready"], answer.headers["retry-after"]) == (503, False, "5")
        assert told["parts"]["model"] == {
            "ok": False, "level": "error", "detail": "qwen3:14b is being loaded",
            "fix": "wait: it takes up to five minutes",
        }  # fmt: skip
        assert told["parts"]["database"] == {"ok": True, "level": "ok", "detail": "writable, schema 2", "fix": ""}
        assert told["parts"]["knowledge"]["detail"].startswith(
            f"default: version {machine.bots.default.knowledge.version}, "
        )
        assert told["parts"]["clock"]["level"] == "ok"
        assert client.get("/health").status_code == 200, "it lives"


@pytest.mark.parametrize(("accepted", "status"), [("false", 503), ("true", 200)])
def test_a_model_partly_on_the_processor_is_ready_only_where_that_is_accepted(
    serve_with: Any, accepted: str, status: int
) -> None:
    half = ModelState("warm", "loaded", size=10, size_vram=7)
    with serve_with(Loading(half), MACHINE_LLM__CPU_ACCEPTED=accepted) as (client, _):
        answer = client.get("/ready")
        assert answer.status_code == status
        assert ("retry-after" in answer.headers) is (status == 503)


def test_a_debug_line_of_what_was_asked_and_answered_holds_ids_and_no_words(serve_with: Any, capfd: Any) -> None:
    with serve_with(Speaks(lambda _: "Да."), MACHINE_LOG__LEVEL="debug") as (client, machine):
        ask(client, "привет от Гульнары", user="77019876543", session="BOT_9", request_id="r-9")
        expected = {
            "request_id": machine.telemetry.hashed("r-9"),
            "session": machine.telemetry.hashed("BOT_9"),
            "user": machine.telemetry.hashed("77019876543", "BOT_9"),
        }
    said = capfd.readouterr().out
    assert "Гульнар" not in said
    assert all(value in said for value in expected.values())


def test_the_description_names_every_error_of_the_contract(server: Server) -> None:
    paths = httpx.get(f"{server.url}/openapi.json", trust_env=False).json()["paths"]
    for path in ("/api/v1/process", "/api/v1/observe"):
        responses = paths[path]["post"]["responses"]
        for status in (400, 401, 404, 405, 408, 409, 413, 415, 422, 429, 431, 500, 503):
            schema = responses[str(status)]["content"]["application/json"]["schema"]
            assert json.dumps(schema).endswith('ErrorEnvelope"}')
