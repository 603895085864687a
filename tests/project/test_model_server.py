"""What the real model server (Ollama 0.32) says, written down by hand: the emulator says the same.

Statuses, content types, names and types of fields, reasons and words of errors; test_recordings.py has the exchanges
themselves, where they are at hand.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.emulators.harness import OllamaEmulator
from loadtests.emulators.prompt import TooLong, render
from loadtests.emulators.tokens import tokenise

MODEL = "qwen3:14b"
JSON, BARE = "application/json; charset=utf-8", "application/json"
STREAM, TEXT = "application/x-ndjson", "text/plain"
COUNTS = ["total_duration", "load_duration", "prompt_eval_count", "prompt_eval_duration", "eval_count", "eval_duration"]
SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
DIED = "an error was encountered while running the model: unexpected EOF"
FULL = "exceeds the available context size (512 tokens), try increasing it"


@pytest.fixture(scope="module")
def emulator() -> Iterator[OllamaEmulator]:
    with OllamaEmulator("--profile", "instant", "--context-length", "4096") as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(emulator: OllamaEmulator) -> None:
    emulator.reset()


def chat(text: str = "Привет", **more: Any) -> dict[str, Any]:
    messages = [{"role": "system", "content": "Ты продавец."}, {"role": "user", "content": text}]
    return {"model": MODEL, "messages": messages, "think": False, "options": {"num_ctx": 512}} | more


def call(emulator: OllamaEmulator, method: str, path: str, body: Any = None) -> httpx.Response:
    with httpx.Client(base_url=emulator.url, trust_env=False, timeout=10) as client:
        return client.request(method, path, **({} if body is None else {"json": body}))


@pytest.mark.parametrize(
    ("method", "path", "status", "kind", "fields"),
    [
        ("GET", "/api/version", 200, JSON, ["version"]),
        ("GET", "/api/nothing", 404, TEXT, "404 page not found"),
        ("GET", "/api/chat", 405, TEXT, "405 method not allowed"),
        ("GET", "/api/tags", 200, JSON, ["models"]),
        ("GET", "/api/ps", 200, JSON, ["models"]),
    ],
)
def test_the_paths(
    emulator: OllamaEmulator, method: str, path: str, status: int, kind: str, fields: list[str] | str
) -> None:
    answer = call(emulator, method, path)
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    assert (answer.text if isinstance(fields, str) else list(answer.json())) == fields
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


def test_only_the_list_of_models_tells_their_context(emulator: OllamaEmulator) -> None:
    details = ["parent_model", "format", "family", "families", "parameter_size", "quantization_level"]
    listed, running = (call(emulator, "GET", path).json()["models"][0] for path in ("/api/tags", "/api/ps"))
    assert list(listed["details"]) == [*details, "context_length", "embedding_length"]
    assert list(running["details"]) == details
    shown = call(emulator, "POST", "/api/show", {"model": MODEL})
    assert (shown.headers["content-type"], shown.headers["transfer-encoding"]) == (JSON, "chunked")
    assert {"tensors", "model_info", "capabilities", "modified_at"} <= set(shown.json())


@pytest.mark.parametrize(
    ("more", "status", "error", "late"),
    [
        ({"format": "xml"}, 500, 'invalid format: "\\"xml\\""; expected "json" or a valid JSON Schema object', True),
        ({"format": [1]}, 500, 'invalid format: "[1]"; expected "json" or a valid JSON Schema object', True),
        ({"options": {"temperature": "hot"}}, 500, 'option "temperature" must be of type float32', False),
        ({"model": "nobody:1b"}, 404, "model 'nobody:1b' not found", False),
        ({"keep_alive": "soon"}, 400, 'time: invalid duration "soon"', False),
        ({"messages": [{"role": "user", "content": 3}]}, 400,
         "json: cannot unmarshal number into Go struct field ChatRequest.messages.content of type string", False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("stream", [True, False])
def test_an_error_of_the_runner_is_written_as_the_stream_that_was_asked_for(
    emulator: OllamaEmulator, more: dict[str, Any], status: int, error: str, late: bool, stream: bool
) -> None:
    answer = call(emulator, "POST", "/api/chat", chat(stream=stream) | more)
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert answer.headers["content-type"] == (BARE if late and stream else JSON)
    assert ("transfer-encoding" in answer.headers) == (late and stream)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "nonsense"}, "JSON schema error at #: unrecognized type nonsense"),
        ({"type": "object", "properties": {"a": {"type": "odd"}}}, "at #/properties/a: unrecognized type odd"),
    ],
)
def test_a_form_that_llama_cpp_cannot_keep_is_refused_with_its_own_json_as_text(
    emulator: OllamaEmulator, schema: dict[str, Any], message: str
) -> None:
    answer = call(emulator, "POST", "/api/chat", chat(format=schema))
    inside = json.loads(answer.json()["error"])["error"]
    assert (answer.status_code, inside["code"], inside["type"]) == (400, 400, "invalid_request_error")
    assert inside["message"].endswith(message)


@pytest.mark.parametrize("more", [{"format": {"type": "string", "pattern": "["}}, {"options": {"temperature": -1}}])
def test_what_is_odd_and_accepted(emulator: OllamaEmulator, more: dict[str, Any]) -> None:
    assert call(emulator, "POST", "/api/chat", chat(stream=False) | more).status_code == 200


def test_what_is_too_long_loses_half_of_the_context_and_says_nothing(emulator: OllamaEmulator) -> None:
    answer = call(emulator, "POST", "/api/chat", chat("слово " * 1000, stream=False))
    assert (answer.status_code, answer.json()["prompt_eval_count"]) == (200, 4 + (512 - 4) // 2)


@pytest.mark.parametrize("stream", [True, False])
def test_unless_it_must_not_be_cut(emulator: OllamaEmulator, stream: bool) -> None:
    answer = call(emulator, "POST", "/api/chat", chat("слово " * 1000, stream=stream, truncate=False))
    inside = json.loads(answer.json()["error"])["error"]
    assert (answer.status_code, inside["type"], inside["n_ctx"]) == (400, "exceed_context_size_error", 512)
    assert inside["message"] == f"request ({inside['n_prompt_tokens']} tokens) {FULL}"
    assert inside["n_prompt_tokens"] > 1000
    shifted = call(emulator, "POST", "/api/chat", chat("слово " * 1000, stream=stream, shift=False))
    assert shifted.status_code == 400
    assert shifted.json()["error"].startswith("the prompt is longer than the context length currently available")
    fits = call(emulator, "POST", "/api/chat", chat(stream=stream, truncate=False))
    assert fits.status_code == 200


def test_shift_is_an_option_of_loading(emulator: OllamaEmulator) -> None:
    for body in (chat(stream=False), chat(stream=False, shift=False), chat(stream=False)):
        call(emulator, "POST", "/api/chat", body)
    assert emulator.stats()["reloads"] == 2


def test_a_stream_and_a_whole_answer_end_alike(emulator: OllamaEmulator) -> None:
    options = {"num_ctx": 512, "num_predict": 5}
    stream = call(emulator, "POST", "/api/chat", chat(options=options))
    first, *_, last = (json.loads(line) for line in stream.text.splitlines())
    assert stream.headers["content-type"] == STREAM
    assert list(first) == ["model", "created_at", "message", "done"]
    whole = call(emulator, "POST", "/api/chat", chat(options=options, stream=False))
    assert whole.headers["content-type"] == JSON
    assert list(whole.json()) == list(last)
    assert set(last) <= {"model", "created_at", "message", "done", "done_reason", *COUNTS}
    assert (last["done_reason"], last["eval_count"]) == ("length", 5)
    unlimited = call(emulator, "POST", "/api/chat", chat(options={"num_ctx": 512, "num_predict": 0}, stream=False))
    assert unlimited.json()["done_reason"] == "stop"


def test_it_stops_where_it_is_told_to(emulator: OllamaEmulator) -> None:
    emulator.fault("text", text="Касса стоит немного. И ещё слово.")
    body = chat(options={"num_ctx": 512, "stop": ["немного", "слово"]}, stream=False)
    answer = call(emulator, "POST", "/api/chat", body).json()
    assert (answer["message"]["content"], answer["done_reason"]) == ("Касса стоит ", "stop")


def test_an_assistants_message_that_stands_last_is_gone_on_from(emulator: OllamaEmulator) -> None:
    messages = [{"role": "user", "content": "А"}, {"role": "assistant", "content": "Касса стоит"}]
    rendered = "".join(render(messages, think=False, num_ctx=600).tokens)
    assert rendered.endswith("<|im_start|>assistant\nКасса стоит")
    emulator.fault("text", text="Касса стоит немного.")
    answer = call(emulator, "POST", "/api/chat", chat(messages=messages, stream=False)).json()
    assert answer["message"]["content"] == " немного."
    emulator.fault("text", text="Касса стоит немного.")
    formed = call(emulator, "POST", "/api/chat", chat(messages=messages, stream=False, format=SCHEMA)).json()
    assert json.loads(formed["message"]["content"]) == {"answer": "Касса стоит немного."}, "a form begins anew"


def test_roles_that_the_template_does_not_know_vanish() -> None:
    known = [{"role": "user", "content": "А"}]
    assert render([{"role": "robot", "content": "x"}, *known], think=False, num_ctx=600) == render(
        known, think=False, num_ctx=600
    )


@pytest.mark.parametrize(
    ("fault", "stream", "status", "kind"),
    [
        ({"kind": "crash_mid_stream", "after_tokens": 1}, True, 200, STREAM),
        ({"kind": "crash_mid_stream", "after_tokens": 1}, False, 500, JSON),
        ({"kind": "500", "text": DIED}, True, 500, BARE),
        ({"kind": "500", "text": DIED}, False, 500, JSON),
    ],
)
def test_a_runner_that_dies(
    emulator: OllamaEmulator, fault: dict[str, Any], stream: bool, status: int, kind: str
) -> None:
    emulator.fault(**fault)
    answer = call(emulator, "POST", "/api/chat", chat(stream=stream))
    assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
    assert json.loads(answer.text.splitlines()[-1]) == {"error": DIED}
    assert call(emulator, "POST", "/api/chat", chat(stream=stream)).status_code == 200, "another is started by itself"


def test_generate_and_a_registry_that_cannot_be_reached(emulator: OllamaEmulator) -> None:
    said = call(
        emulator, "POST", "/api/generate", {"model": MODEL, "prompt": "Привет", "stream": False, "think": False}
    )
    assert list(said.json())[:6] == ["model", "created_at", "response", "done", "done_reason", "context"]
    pulled = call(emulator, "POST", "/api/pull", {"model": "nobody:1b", "stream": False})
    assert (pulled.status_code, pulled.headers["content-type"]) == (500, BARE)
    assert "no such host" in pulled.json()["error"]


def test_a_warm_request_has_the_fronts_own_time_and_who_leaves_while_reading_keeps_his_place_a_second() -> None:
    speed = 10.0
    with OllamaEmulator("--profile", "gex44", "--speed", str(speed), "--num-parallel", "1") as card:
        call(card, "POST", "/api/chat", chat(stream=False, options={"num_ctx": 4096}))
        warm = call(card, "POST", "/api/chat", chat(stream=False, options={"num_ctx": 4096})).json()
        assert 0.06 <= speed * warm["load_duration"] / 1e9 < 0.5
        long = chat("слово " * 6000, options={"num_ctx": 4096}, stream=False)
        with httpx.Client(base_url=card.url, trust_env=False, timeout=0.15) as client:
            with pytest.raises(httpx.ReadTimeout):
                client.post("/api/chat", json=long)
            began = time.monotonic()
        next_one = call(card, "POST", "/api/chat", chat(stream=False, options={"num_ctx": 4096})).json()
        assert next_one["done"]
        assert 0.6 < speed * (time.monotonic() - began) < 15


def test_a_coarse_vocabulary_has_more_tokens_of_the_same_text() -> None:
    text = "Касса стоит 9900 тенге в месяц. " * 75
    assert len(tokenise(text, 2.3)) > 1.8 * len(tokenise(text))
    assert "".join(tokenise(text, 2.3)) == text
    with pytest.raises(TooLong):
        render([{"role": "user", "content": text}], think=False, num_ctx=500, cut=False)


def test_people_may_speak_through_a_folder(tmp_path: Path) -> None:
    (tmp_path / "0006.prompt.md").write_text("of a run before", "utf-8")
    with OllamaEmulator("--profile", "instant", "--ask", str(tmp_path)) as asking:
        with httpx.Client(base_url=asking.url, trust_env=False, timeout=0.4) as client:
            with pytest.raises(httpx.ReadTimeout):
                client.post("/api/chat", json=chat("Кто ушёл?"))
            warm = call(asking, "POST", "/api/chat", chat(options={"num_ctx": 512, "num_predict": 1}, stream=False))
            assert warm.json()["done"], "a warm-up asks nobody"
        until = time.monotonic() + 5
        while not (tmp_path / "0007.left.md").exists():
            assert time.monotonic() < until
            time.sleep(0.02)
        (tmp_path / "0008.answer.md").write_text("Касса стоит немного.\n", "utf-8")
        (tmp_path / "0009.answer.md").write_text('{"answer": "Сам."}', "utf-8")
        plain = call(asking, "POST", "/api/chat", chat("Сколько?", format=SCHEMA, stream=False)).json()
        own = call(asking, "POST", "/api/chat", chat("Кто?", format=SCHEMA, stream=False)).json()
    asked = (tmp_path / "0008.prompt.md").read_text("utf-8")
    assert "Ты продавец." in asked and "Сколько?" in asked and '"answer"' in asked
    assert json.loads(plain["message"]["content"]) == {"answer": "Касса стоит немного."}
    assert own["message"]["content"] == '{"answer": "Сам."}'
