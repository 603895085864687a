"""The emulated model server, seen through the real client and on the wire."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import jinja2
import ollama
import pytest

from loadtests.emulators.cache import PromptCache
from loadtests.emulators.harness import OllamaEmulator
from loadtests.emulators.profiles import load_profile
from loadtests.emulators.prompt import render
from loadtests.emulators.tokens import common_prefix, tokenise

MODEL = "qwen3:14b"
SPEED = 50.0
OPTIONS = {"num_ctx": 6144}
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}, "slots": {"type": "object"}, "human": {"type": "boolean"}},
    "required": ["answer", "slots", "human"],
}
FACT = "Тариф «Рост» стоит 14 900 ₸ в месяц."
TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parents[2] / "app/prompt/templates"),
    trim_blocks=True,
    lstrip_blocks=True,
)
CHUNK = re.compile(
    r'\{"model":"qwen3:14b","created_at":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{0,8}[1-9])?Z",'
    r'"message":\{"role":"assistant","content":"([^"]|\\")+"\},"done":false\}'
)
LAST = re.compile(
    r'\{"model":"qwen3:14b","created_at":"[^"]+","message":\{"role":"assistant","content":""\},"done":true,'
    r'"done_reason":"stop","total_duration":[1-9]\d*,"load_duration":[1-9]\d*,"prompt_eval_count":[1-9]\d*,'
    r'"prompt_eval_duration":[1-9]\d*,"eval_count":[1-9]\d*,"eval_duration":[1-9]\d*\}'
)


def turn(text: str = FACT + " В него входят склад и касса. Чеки уходят сами.", **step: Any) -> str:
    """The last message of a turn, as the product's own template makes it."""
    section = {"id": "pricing_growth", "title": "Тариф «Рост»"}
    values: dict[str, Any] = {"passages": [{"section": section, "text": text}] if text else [], "language": "русский"}
    unset = dict.fromkeys(("goal", "slots", "greeting", "statement", "question"), "")
    return TEMPLATES.get_template("turn.j2").render({**unset, "text": "сколько стоит?", **values, **step}).strip()


def user(text: str = "") -> list[dict[str, str]]:
    return [{"role": "system", "content": "Ты продавец."}, {"role": "user", "content": text or turn()}]


@pytest.fixture(scope="module")
def emulator() -> Iterator[OllamaEmulator]:
    with OllamaEmulator("--profile", "instant") as running:
        yield running


@pytest.fixture(scope="module")
def card() -> Iterator[OllamaEmulator]:
    with OllamaEmulator("--profile", "gex44", "--speed", str(SPEED)) as running:
        yield running


@pytest.fixture(autouse=True)
def _fresh(request: pytest.FixtureRequest) -> None:
    for name in {"emulator", "card"} & set(request.fixturenames):
        request.getfixturevalue(name).reset()


@pytest.fixture
async def client(emulator: OllamaEmulator) -> AsyncIterator[ollama.AsyncClient]:
    async with connect(emulator) as opened:
        yield opened


def connect(emulator: OllamaEmulator) -> ollama.AsyncClient:
    return ollama.AsyncClient(host=emulator.url, timeout=5, trust_env=False, verify=False)


async def say(client: ollama.AsyncClient, messages: list[dict[str, str]] | None = None, **more: Any) -> str:
    """The text of a streamed answer; whatever the client raises goes on."""
    arguments: dict[str, Any] = {
        "model": MODEL,
        "messages": messages or user(),
        "think": False,
        "options": OPTIONS,
    } | more
    return "".join([part.message.content or "" async for part in await client.chat(stream=True, **arguments)])


async def whole(client: ollama.AsyncClient, messages: list[dict[str, str]] | None = None, **more: Any) -> Any:
    arguments: dict[str, Any] = {
        "model": MODEL,
        "messages": messages or user(),
        "think": False,
        "options": OPTIONS,
    } | more
    return await client.chat(stream=False, **arguments)


def raw(emulator: OllamaEmulator, method: str, path: str, **more: Any) -> httpx.Response:
    with httpx.Client(base_url=emulator.url, trust_env=False, verify=False, timeout=5) as caller:
        return caller.request(method, path, **more)


def test_every_line_of_a_stream_has_the_bytes_of_the_original(emulator: OllamaEmulator) -> None:
    body = {"model": MODEL, "messages": user(), "think": False}
    answer = raw(emulator, "POST", "/api/chat", json=body)
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["transfer-encoding"] == "chunked"
    *chunks, last = answer.text.removesuffix("\n").split("\n")
    assert len(chunks) > 5
    assert all(CHUNK.fullmatch(line) for line in chunks)
    assert LAST.fullmatch(last)
    assert json.loads(last)["eval_count"] == len(chunks)
    whole_answer = raw(emulator, "POST", "/api/chat", json=body | {"stream": False})
    assert whole_answer.headers["content-type"] == "application/json; charset=utf-8"
    assert list(whole_answer.json()) == [*json.loads(last)]
    assert whole_answer.json()["message"]["content"] == "".join(
        json.loads(line)["message"]["content"] for line in chunks
    )


def test_html_signs_are_escaped_as_go_does(emulator: OllamaEmulator) -> None:
    emulator.fault("text", text="a<b>&c")
    answer = raw(
        emulator, "POST", "/api/chat", json={"model": MODEL, "messages": user(), "think": False, "stream": False}
    )
    assert '"content":"a\\u003cb\\u003e\\u0026c"' in answer.text


def test_the_other_paths(emulator: OllamaEmulator) -> None:
    assert raw(emulator, "GET", "/").text == "Ollama is running"
    head = raw(emulator, "HEAD", "/")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", "17")
    assert list(raw(emulator, "GET", "/api/version").json()) == ["version"]
    tags = raw(emulator, "GET", "/api/tags").json()["models"][0]
    assert list(tags) == ["name", "model", "modified_at", "size", "digest", "details", "capabilities"]
    assert tags["digest"].startswith("bdbd181c33f2")
    shown = raw(emulator, "POST", "/api/show", json={"model": MODEL}).json()
    assert shown["capabilities"] == ["completion", "tools", "thinking"]
    assert raw(emulator, "GET", "/api/nothing").status_code == 404
    assert raw(emulator, "GET", "/api/chat").status_code == 405


async def test_what_runs_is_shown_after_its_load_only(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    emulator.state(loaded=False)
    assert (await client.ps()).models == []
    await client.generate(model=MODEL, prompt="", keep_alive=-1, options=OPTIONS)
    running = (await client.ps()).models[0]
    assert running.size == running.size_vram
    assert running.expires_at and running.expires_at.year > 2300
    emulator.state(size_vram=5)
    assert (await client.ps()).models[0].size_vram == 5
    await client.generate(model=MODEL, prompt="", keep_alive=0)
    assert (await client.ps()).models == []


async def test_an_unused_model_goes_after_its_keep_alive(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    assert FACT in await say(client, keep_alive=0)
    assert (await client.ps()).models == []
    assert FACT in await say(client, keep_alive="150ms")
    assert len((await client.ps()).models) == 1
    await asyncio.sleep(0.3)
    assert (await client.ps()).models == []
    assert emulator.stats()["loads"] == 1


async def test_a_pull_tells_its_steps_and_brings_the_model(
    emulator: OllamaEmulator, client: ollama.AsyncClient
) -> None:
    emulator.state(present=False)
    with pytest.raises(ollama.ResponseError) as refused:
        await say(client)
    assert refused.value.status_code == 404
    steps = [step async for step in await client.pull(MODEL, stream=True)]
    names = [step.status for step in steps]
    assert names[0] == "pulling manifest"
    assert names[1] == names[2] == "pulling bdbd181c33f2"
    assert names[-3:] == ["verifying sha256 digest", "writing manifest", "success"]
    assert steps[3].completed == steps[3].total
    assert "14 900" in await say(client)
    with pytest.raises(ollama.ResponseError, match="pull model manifest"):
        _ = [step async for step in await client.pull("other:1b", stream=True)]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "missing request body"),
        (b"{x", 400, "invalid character 'x' looking for beginning of object key string"),
        (b'{"messages":[]}', 400, "model is required"),
        (b'{"model":"nobody:1b","messages":[]}', 404, "model 'nobody:1b' not found"),
        (b'{"model":"qwen3:14b","messages":"hi"}', 400, "cannot unmarshal string"),
        (b'{"model":"qwen3:14b","options":{"num_ctx":"many"}}', 500, 'option "num_ctx" must be of type integer'),
        (b'{"model":"qwen3:14b","options":{"temperature":"hot"}}', 500, 'option "temperature" must be of type float32'),
        (b'{"model":"qwen3:14b","messages":[{"role":"user","content":3}]}', 400, "messages.content of type string"),
        (b'{"model":"qwen3:14b","keep_alive":"-1"}', 400, 'time: missing unit in duration "-1"'),
    ],
)  # fmt: skip
def test_what_is_refused(emulator: OllamaEmulator, body: bytes, status: int, error: str) -> None:
    answer = raw(emulator, "POST", "/api/chat", content=body)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert error in answer.json()["error"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_a_foreign_host_or_origin_is_forbidden(emulator: OllamaEmulator) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
        answer = raw(emulator, "GET", "/api/tags", headers=headers)
        assert (answer.status_code, answer.content) == (403, b"")
    assert raw(emulator, "GET", "/api/tags", headers={"Origin": "http://localhost:3000"}).status_code == 200


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ({"kind": "503"}, ollama.ResponseError, "server busy, please try again.  maximum pending requests exceeded"),
        ({"kind": "500"}, ollama.ResponseError, "model runner has unexpectedly stopped"),
        ({"kind": "not_loaded"}, ollama.ResponseError, "model 'qwen3:14b' not found"),
        ({"kind": "crash_mid_stream"}, ollama.ResponseError, "error was encountered while running"),
        ({"kind": "cut"}, httpx.RemoteProtocolError, "incomplete chunked read"),
        ({"kind": "cut", "reset": True}, httpx.ReadError, None),
        ({"kind": "garbage_line"}, json.JSONDecodeError, None),
    ],
)
async def test_faults_that_the_client_raises(
    emulator: OllamaEmulator,
    client: ollama.AsyncClient,
    fault: dict[str, Any],
    error: type[Exception],
    words: str | None,
) -> None:
    emulator.fault(**fault)
    with pytest.raises(error, match=words and re.escape(words)) as raised:
        await say(client)
    if isinstance(raised.value, ollama.ResponseError):
        status = {"503": 503, "500": 500, "not_loaded": 404}.get(fault["kind"], -1)
        assert raised.value.status_code == status
    assert "14 900" in await say(client)  # one request took the fault


async def test_faults_that_the_client_does_not_see(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    good = await say(client)
    emulator.fault("no_done", after_tokens=4)
    emulator.fault("repeat_stop")
    assert good.startswith(cut := await say(client))
    assert cut != good
    assert (await say(client)).endswith(" да" * 40)
    stats = emulator.stats()
    assert (stats["completed"], stats["failed"]) == (1, 2)


async def test_faults_of_an_answer_in_one_body(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    for kind in ("cut", "crash_mid_stream", "no_done"):
        emulator.fault(kind)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await whole(client)
    with pytest.raises(ollama.ResponseError) as crashed:
        await whole(client)
    assert crashed.value.status_code == 500
    assert (await whole(client)).done is False


async def test_faults_of_the_words(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    for kind in ("chinese", "think_leak", "phrase_loop", "empty", "invented_price"):
        emulator.fault(kind)
    emulator.fault("text", text="Как скажете.")
    assert re.search(r"[\u4e00-\u9fff]", await say(client))
    assert (await say(client)).startswith("<think>")
    loop = await whole(client, options=OPTIONS | {"num_predict": 50})
    assert (loop.done_reason, loop.eval_count) == ("length", 50)
    assert loop.message.content.count("Мы всегда") > 3
    empty = await whole(client)
    assert (empty.message.content, empty.done_reason, empty.eval_count) == ("", "stop", None)
    assert set(re.findall(r"\d{3} \d{3}", await say(client))) - set(re.findall(r"\d{3} \d{3}", turn()))
    assert await say(client) == "Как скажете."


async def test_faults_of_the_form(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    for kind in ("malformed_json", "malformed_early", "think_leak"):
        emulator.fault(kind)
    emulator.fault("json", text='{"answer": 5}')
    emulator.fault("fields", fields={"human": True, "slots": {"name": "Айгуль"}})
    late, early = await say(client, format=SCHEMA), await say(client, format=SCHEMA)
    for broken in (late, early):
        with pytest.raises(json.JSONDecodeError):
            json.loads(broken)
    answer, _ = json.JSONDecoder().raw_decode(late, late.index(": ") + 2)
    assert FACT in answer
    with pytest.raises(json.JSONDecodeError):
        json.JSONDecoder().raw_decode(early, early.index(": ") + 2)
    assert json.loads(await say(client, format=SCHEMA))["answer"].startswith("<think>\n")
    assert await say(client, format=SCHEMA) == '{"answer": 5}'
    assert json.loads(await say(client, format=SCHEMA)) | {"answer": ""} == {
        "answer": "",
        "slots": {"name": "Айгуль"},
        "human": True,
    }


async def test_faults_of_time(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    emulator.fault("hang")
    emulator.fault("hang_mid")
    emulator.fault("delay", seconds=0.2)
    emulator.fault("slow", seconds=0.02)
    async with ollama.AsyncClient(host=emulator.url, timeout=0.2, trust_env=False, verify=False) as hasty:
        for _ in range(2):
            with pytest.raises(httpx.ReadTimeout):
                await say(hasty)
    began = time.monotonic()
    await say(client)
    assert 0.2 <= time.monotonic() - began < 0.6
    slow = await whole(client, options=OPTIONS | {"num_predict": 10})
    assert 0.19 <= slow.eval_duration / 1e9 < 0.5
    assert [entry["tokens_out"] for entry in emulator.stats()["cancels"]] == [0, 3]


def test_a_fault_that_does_not_exist_is_refused(emulator: OllamaEmulator) -> None:
    with pytest.raises(ValueError, match="unknown fault 'sulk'"):
        emulator.fault("sulk")
    with pytest.raises(ValueError, match="times"):
        emulator.fault("cut", times=0)
    emulator.fault("503", times=2)
    emulator.clear_faults()
    assert raw(emulator, "POST", "/api/chat", json={"model": MODEL, "messages": user()}).status_code == 200


async def test_the_answer_is_made_of_what_the_prompt_says(client: ollama.AsyncClient) -> None:
    told = turn(greeting="Здравствуйте!", statement="Рады вам", question="Сколько у вас магазинов?")
    answer = await say(client, user(told))
    assert answer == (
        f"Здравствуйте! Рады вам. {FACT} В него входят склад и касса. Сколько у вас магазинов?"
    )  # fmt: skip
    for language, words in {
        "русский": "менеджер",
        "казахский (қазақша)": "менеджер",
        "английский (English)": "manager",
    }.items():
        unknown = await say(client, user(turn("", language=language)))
        assert words in unknown
        assert not re.search(r"\d", unknown)
    assert not re.search(r"\d", await say(client, user("Напиши число 5.")))


async def test_json_has_the_properties_in_their_order(client: ollama.AsyncClient) -> None:
    text = await say(client, format=SCHEMA)
    assert list(json.loads(text)) == ["answer", "slots", "human"]
    assert json.loads(text) | {"answer": ""} == {"answer": "", "slots": {}, "human": False}
    kinds = {
        "z": {"enum": ["b", "a"]},
        "answer": {"type": "string"},
        "n": {"type": "integer", "minimum": 2},
        "list": {"type": "array", "items": {"type": "string"}},
        "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    }
    value = json.loads(await say(client, format={"type": "object", "properties": kinds}))
    assert list(value) == list(kinds)
    assert (value["z"], value["n"], value["list"], value["maybe"]) == ("b", 2, [], None)
    cut = await whole(client, format=SCHEMA, options=OPTIONS | {"num_predict": 8})
    assert cut.done_reason == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut.message.content)


async def test_it_thinks_unless_told_not_to(client: ollama.AsyncClient) -> None:
    parts = [part async for part in await client.chat(MODEL, user(), stream=True, options=OPTIONS)]
    thoughts = [bool(part.message.thinking) for part in parts]
    assert thoughts[0]
    assert thoughts == sorted(thoughts, reverse=True)
    assert FACT in "".join(part.message.content or "" for part in parts)
    assert not (await whole(client)).message.thinking


async def test_a_growing_dialogue_costs_only_its_new_part(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    system = {"role": "system", "content": "Ты продавец магазина и отвечаешь коротко. " * 40}
    history: list[dict[str, str]] = []
    fresh = []
    for _ in range(4):
        before = emulator.stats()
        last = {"role": "user", "content": turn()}
        answer = await whole(client, [system, *history, last])
        after = emulator.stats()
        cached = after["cached_tokens"] - before["cached_tokens"]
        assert answer.prompt_eval_count == after["prompt_tokens"] - before["prompt_tokens"]
        fresh.append(answer.prompt_eval_count - cached)
        history += [
            {"role": "user", "content": "сколько стоит?"},
            {"role": "assistant", "content": answer.message.content},
        ]
    assert fresh[0] > 600
    assert max(fresh[1:]) < 200
    spoilt = [system, *history, {"role": "system", "content": "Ещё правило."}, {"role": "user", "content": turn()}]
    before = emulator.stats()["cached_tokens"]
    await say(client, spoilt)
    shared = len(render([system, last], think=False, num_ctx=6144).tokens) - len(tokenise(turn())) - 12
    assert emulator.stats()["cached_tokens"] - before <= shared  # a late system message moves to the top


def test_the_template_puts_every_system_text_first() -> None:
    late = [*user("привет"), {"role": "system", "content": "Ещё правило."}]
    assert "".join(render(late, think=False, num_ctx=600).tokens) == (
        "<|im_start|>system\n\nТы продавец.\n\nЕщё правило.<|im_end|>\n"
        "<|im_start|>user\nпривет /no_think<|im_end|>\n"
        "<|im_start|>assistant\n<think>\n\n</think>\n\n"
    )


def test_the_cache_keeps_evicted_prompts_within_its_bounds() -> None:
    cache = PromptCache(width=1, capacity=25)
    first, second, third = (tuple(f"{name}{place}" for place in range(12)) for name in "abc")
    for prompt in (first, second, third):
        slot, cached = cache.take(prompt)
        assert cached == 0
        cache.release(slot, prompt)
    assert cache.ram_tokens == 24
    slot, cached = cache.take((*first, "more"))
    assert cached == 12  # restored from RAM
    cache.release(slot, (*first, "more"))
    _, cached = cache.take((*first, "more"))
    assert cached == 12  # the last token is always evaluated


async def test_another_load_option_loads_the_model_again(card: OllamaEmulator) -> None:
    async with connect(card) as client:
        await whole(client)
        assert (card.stats()["loads"], card.stats()["reloads"]) == (0, 0)
        again = await whole(client, options={"num_ctx": 4096})
        assert again.load_duration / 1e9 >= 12 / SPEED
        await whole(client, options={"num_ctx": 4096, "temperature": 0.1})
    assert (card.stats()["loads"], card.stats()["reloads"]) == (1, 1)


async def test_a_load_ends_with_the_client_that_asked_for_it(card: OllamaEmulator) -> None:
    card.state(loaded=False)
    async with connect(card) as client:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(say(client), 0.1)
        await _until(card, "cancelled", 1)
        assert card.stats()["load_aborts"] == 1
        assert (await client.ps()).models == []
        await whole(client)
    assert card.stats()["loads"] == 1


@pytest.mark.parametrize("streams", [1, 4])
async def test_the_service_time_is_that_of_the_formula(card: OllamaEmulator, streams: int) -> None:
    eff = {1: 1.0, 4: 2.75}[streams]
    tokens = 600 if streams == 1 else 400
    taken = []
    async with connect(card) as client:
        for attempt in range(3):  # a busy machine only adds time: the best of three is the emulator's own
            card.reset()
            card.fault("phrase_loop", times=streams)
            asked = [user(turn(text=f"{attempt}{place} " + "Слово. " * 300)) for place in range(streams)]
            options = OPTIONS | {"num_predict": tokens}
            began = time.monotonic()
            answers = await asyncio.gather(*[whole(client, messages, options=options) for messages in asked])
            taken.append(time.monotonic() - began)
            assert {answer.eval_count for answer in answers} == {tokens}
            uncached = answers[0].prompt_eval_count
    expected = (uncached / 900 + tokens * streams / (23.5 * eff)) / SPEED
    assert min(taken) == pytest.approx(expected, rel=0.1)
    assert card.stats()["peak_streams"] == streams


async def test_a_stream_speeds_up_when_another_ends(card: OllamaEmulator) -> None:
    taken = []
    async with connect(card) as client:
        for _ in range(3):
            card.reset()
            card.fault("phrase_loop", times=2)
            both = [whole(client, options=OPTIONS | {"num_predict": tokens}) for tokens in (400, 200)]
            taken.append((await asyncio.gather(*both))[0].eval_duration / 1e9)
    assert min(taken) == pytest.approx((200 * 2 / (23.5 * 1.75) + 200 / 23.5) / SPEED, rel=0.1)


async def test_what_is_cached_takes_no_time(card: OllamaEmulator) -> None:
    async with connect(card) as client:
        long = user(turn(text="Слово. " * 800))
        first, second = await whole(client, long), await whole(client, long)
    assert first.prompt_eval_count == second.prompt_eval_count > 1800
    assert first.prompt_eval_duration / 1e9 >= 1800 / 900 / SPEED
    assert second.prompt_eval_duration < first.prompt_eval_duration / 3


async def test_the_server_is_busy_only_while_it_loads() -> None:
    with OllamaEmulator("--speed", "40", "--cold", "--max-queue", "2") as emulator:
        async with connect(emulator) as client:
            told = await asyncio.gather(*[whole(client) for _ in range(6)], return_exceptions=True)
            refused = [answer for answer in told if isinstance(answer, ollama.ResponseError)]
            assert [error.status_code for error in refused] == [503] * 3  # one loads, two wait
            again = await asyncio.gather(*[whole(client) for _ in range(8)])
            assert all(answer.done for answer in again)


async def test_a_fifth_request_waits_for_a_slot(card: OllamaEmulator) -> None:
    card.fault("phrase_loop", times=5)
    async with connect(card) as client:
        answers = [whole(client, options=OPTIONS | {"num_predict": 60}) for _ in range(5)]
        done = await asyncio.gather(*answers)
    queued = [
        answer.total_duration - answer.load_duration - answer.prompt_eval_duration - answer.eval_duration
        for answer in done
    ]
    assert sum(wait > 30_000_000 for wait in queued) == 1
    stats = card.stats()
    assert (stats["peak_queue"], stats["peak_streams"]) == (1, 4)
    assert stats["queue_s"] == pytest.approx(max(queued) / 1e9, rel=0.2)


@pytest.mark.parametrize("phase", ["queued", "prefill", "decode", "hang"])
async def test_a_client_that_leaves_is_noticed_at_once(card: OllamaEmulator, phase: str) -> None:
    card.state(speed=1)
    if phase == "queued":
        card.fault("hang", times=4)
    if phase == "hang":
        card.fault("hang")
    long = user(turn(text="Слово. " * 1200)) if phase == "prefill" else user()
    async with connect(card) as client:
        holders = [asyncio.create_task(say(client)) for _ in range(4 if phase == "queued" else 0)]
        await _until(card, "in_use", len(holders))
        task = asyncio.create_task(say(client, long))
        await (_until(card, "output_tokens", 3) if phase == "decode" else _until(card, "in_use", len(holders) + 1))
        left = time.monotonic()
        task.cancel()
        await _until(card, "cancelled", 1)
        noticed = card.stats()["cancels"][0]
        assert noticed["at"] - left < 0.05
        assert (noticed["tokens_out"] > 0) == (phase == "decode")
        for holder in holders:
            holder.cancel()
        await _until(card, "in_use", 0)  # every slot is free again
        card.state(speed=SPEED)
        assert FACT in await say(client)


async def _until(emulator: OllamaEmulator, name: str, value: int) -> None:
    for _ in range(300):
        stats = await asyncio.to_thread(emulator.stats)
        if stats[name] == value or (name == "output_tokens" and stats[name] >= value):
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{name} is {stats[name]}, not {value}")


async def test_an_overlong_prompt_is_cut_without_a_word(emulator: OllamaEmulator, client: ollama.AsyncClient) -> None:
    turns = [
        {"role": role, "content": f"{place} " + "Длинное сообщение. " * 20}
        for place in range(10)
        for role in ("user", "assistant")
    ]
    messages = [user()[0], *turns, user()[1]]
    answer = await whole(client, messages, options={"num_ctx": 600})
    assert answer.prompt_eval_count <= 600
    assert FACT in answer.message.content
    kept = "".join(render(messages, think=False, num_ctx=600).tokens)
    assert "Ты продавец." in kept
    assert "0 Длинное" not in kept.replace("10 Длинное", "")
    assert "9 Длинное" in kept
    alone = await whole(client, user("Слово " * 2000), options={"num_ctx": 600})
    assert alone.prompt_eval_count == 4 + (600 - 4) // 2, "half of the context is lost, not the excess"
    assert emulator.stats()["truncated"] == 2


@pytest.mark.parametrize(
    ("text", "characters"),
    [
        ("Расскажите про доставку и оплату заказа ", 2.8),
        ("Менің дүкенім үшін қанша тұрады ", 1.6),
        ("How much is the delivery of it ", 4.7),
    ],
)
def test_tokens_are_as_many_as_the_script_has(text: str, characters: float) -> None:
    long = text * 20
    assert len(long) / len(tokenise(long)) == pytest.approx(characters, rel=0.03)
    assert "".join(tokenise(long)) == long
    assert tokenise("14 900") == ("1", "4", " ", "9", "0", "0")
    assert common_prefix(tokenise(long), tokenise(long + "и ещё")) >= len(tokenise(long)) - 1


def test_a_profile_may_be_measured(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_text('{"decode_tps": 30, "eff": [1, 1.5]}', encoding="utf-8")
    profile = load_profile(str(path))
    assert profile.token_s(4) == pytest.approx(4 / 45)
    assert profile.prefill_tps == 900
    path.write_text('{"decode": 30}', encoding="utf-8")
    with pytest.raises(ValueError, match="decode_tps"):
        load_profile(str(path))


async def test_an_answer_is_about_as_long_as_asked_for() -> None:
    facts = " ".join(f"Предложение номер {place} о нашем тарифе и складе." for place in "абвгдежзик")
    with OllamaEmulator("--profile", "instant", "--answer-tokens", "100", "--cold") as emulator:
        async with connect(emulator) as client:
            assert (await client.ps()).models == []
            answer = await whole(client, user(turn(text=facts)))
            assert answer.eval_count == pytest.approx(100, abs=12)
            assert facts.startswith(answer.message.content)
        assert emulator.stats()["loads"] == 1
        url = emulator.url
        emulator.kill()
        with pytest.raises(ConnectionError):
            await whole(connect(emulator))
        emulator.start()
        assert emulator.url == url
