"""What the client of the model server asks in full, and what it makes of each thing that the server may say."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import ollama
import pytest
from pydantic import ByteSize

from app.llm import ollama as module
from app.llm.client import SAMPLING, CallFailed, LoadedModel, Piece, PieceStream, Usage
from app.llm.ollama import OllamaClient
from app.settings import load
from app.types import ChatMessage
from tests.scripted import ScriptedModel, Turn, breaks, fails, says
from tests.virtual import took

SETTINGS = load(environ={}).llm
RIGHT = says("Да", ".")


def made(url: str = "http://127.0.0.1:9", retried: Callable[[], None] = lambda: None, **changes: Any) -> OllamaClient:
    return OllamaClient(SETTINGS.model_copy(update={"host": url} | changes), retried)


async def streamed(client: OllamaClient, *, budget_s: float = 60.0, system: str = "Ты продавец.") -> list[Piece]:
    """All pieces of one call."""
    try:
        stream = await client.stream(
            system, [ChatMessage("user", "Да?")], schema=None, sampling=SAMPLING, num_predict=77, budget_s=budget_s
        )
        pieces = [piece async for piece in stream]
        stream.stop()
        await stream.closed()
        return pieces
    finally:
        await client.close()


# What it asks


def test_the_model_speaks_as_its_makers_advise_but_keeps_to_one_language() -> None:
    """Another presence penalty mixes languages; hotter, it invents."""
    assert dict(SAMPLING) == {"temperature": 0.7, "top_p": 0.8, "top_k": 20, "min_p": 0.0, "presence_penalty": 1.0}


async def test_a_call_says_the_model_its_options_and_all_messages() -> None:
    async with ScriptedModel(RIGHT) as model:
        await streamed(made(model.url, model="shop:7b", gpu_layers=-1, context=4096))
    (asked,) = model.asked
    assert asked["model"] == "shop:7b"
    assert asked["options"] == {**SAMPLING, "num_predict": 77, "num_ctx": 4096}
    assert asked["messages"] == [{"role": "system", "content": "Ты продавец."}, {"role": "user", "content": "Да?"}]
    async with ScriptedModel(RIGHT) as model:
        await streamed(made(model.url), system="")
    assert [each["role"] for each in model.asked[0]["messages"]] == ["user"], "an empty system text is none"


@pytest.mark.parametrize(("layers", "sent"), [(-1, None), (0, 0), (1, 1), (99, 99)])
async def test_layers_are_left_to_the_server_unless_they_are_set(layers: int, sent: int | None) -> None:
    async with ScriptedModel(RIGHT) as model:
        client = made(model.url, gpu_layers=layers)
        await client.warm("Ты продавец.")
        await streamed(client)
    assert [asked["options"].get("num_gpu") for asked in model.asked] == [sent, sent]


async def test_the_warm_up_reads_the_system_text_and_writes_one_token_as_a_turn_would() -> None:
    async with ScriptedModel() as model:
        client = made(model.url, context=4096, gpu_layers=-1)
        await client.warm("Ты продавец.")
        await client.warm("")
        await client.close()
    first, second = model.asked
    assert first["options"] == {**SAMPLING, "num_predict": 1, "num_ctx": 4096}
    assert (first["think"], first["keep_alive"], first["model"]) == (False, -1, SETTINGS.model)
    assert [each["role"] for each in first["messages"]] == ["system", "user"]
    assert [each["role"] for each in second["messages"]] == ["user"]


async def test_no_proxy_of_the_environment_stands_between_and_a_dead_host_costs_two_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with ScriptedModel(RIGHT) as model:
        client = made(model.url)
        assert client._client._client.timeout == httpx.Timeout(None, connect=2.0)
        assert "".join(piece.text for piece in await streamed(client)) == "Да."


# What it hears


async def test_the_end_of_a_stream_tells_what_was_read_and_written() -> None:
    async with ScriptedModel(says("Да", ".", " Нет", read=123, reason="length")) as model:
        pieces = await streamed(made(model.url))
    assert [piece.usage for piece in pieces[:-1]] == [None] * 3
    assert pieces[-1].usage == Usage(prompt_tokens=123, prefill_s=1.0, answer_tokens=3, finished="length")


def test_an_end_without_figures_is_an_end() -> None:
    chunk = ollama.ChatResponse(message=ollama.Message(role="assistant"), done=True)
    assert module._usage(chunk) == Usage(finished="stop")


@pytest.mark.parametrize(
    ("wanted", "listed", "found"),
    [
        ("qwen3:14b", "qwen3:14b", True),
        ("qwen3", "qwen3:latest", True),
        ("qwen3:latest", "qwen3", True),
        ("qwen3:14b", "qwen3:8b", False),
        ("qwen3", "qwen3:14b", False),
        ("qwen3:14b", None, False),
    ],
)
async def test_the_model_is_known_by_its_whole_name(
    wanted: str, listed: str | None, found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = ollama.ProcessResponse.Model
    others = [one(model="other:1b", digest="x", size=ByteSize(1), size_vram=ByteSize(1))]

    async def ps() -> ollama.ProcessResponse:
        mine = one(model=listed, digest="sha256:d1", size=ByteSize(10), size_vram=ByteSize(7))
        return ollama.ProcessResponse(models=[*others, mine])

    client = made(model=wanted)
    monkeypatch.setattr(client._client, "ps", ps)
    assert await client.loaded() == (LoadedModel(10, 7, "d1") if found else None)
    await client.close()


CRASHES = [
    "model runner has unexpectedly stopped, this may be due to resource limitations",
    "an error was encountered while running the model: CUDA error",
    "llama runner process no longer running: -1",
    "llama runner process has terminated: exit status 2",
]
SAID: list[tuple[Exception, str]] = [
    *((ollama.ResponseError(text, 500), "crash") for text in CRASHES),
    *((ollama.ResponseError(text), "crash") for text in CRASHES[1:2]),
    (ollama.ResponseError("x", 400), "rejected"),
    (ollama.ResponseError("x", 403), "forbidden"),
    (ollama.ResponseError("x", 404), "no_model"),
    (ollama.ResponseError("x", 503), "busy"),
    (ollama.ResponseError("x"), "stream_error"),
    (ollama.ResponseError("x", 500), "server_error"),
    (ollama.ResponseError("x", 502), "server_error"),
    (httpx.ConnectError("x"), "refused"),
    (httpx.ConnectTimeout("x"), "refused"),
    (ConnectionRefusedError("x"), "refused"),
    (ConnectionError("Failed to connect to Ollama"), "refused"),
    (httpx.ReadError("x"), "cut"),
    (httpx.ReadTimeout("x"), "cut"),
    (httpx.RemoteProtocolError("x"), "cut"),
    (httpx.WriteError("x"), "cut"),
    (ValueError("no JSON"), "garbage"),
    (UnicodeDecodeError("utf-8", b"x", 0, 1, "x"), "garbage"),
    (KeyError("x"), "server_error"),
]


@pytest.mark.parametrize(("error", "kind"), SAID, ids=lambda value: value if isinstance(value, str) else "")
def test_every_error_has_the_word_that_the_retry_the_breaker_and_the_metrics_know(error: Exception, kind: str) -> None:
    assert module._failure(error).kind == kind
    assert str(CallFailed(kind)) == kind
    assert str(CallFailed(kind, "said")) == f"{kind}: said"


async def test_an_error_in_the_midst_of_the_pieces_is_heard_by_who_reads_whatever_it_is() -> None:
    async def pieces() -> AsyncGenerator[Piece, None]:
        yield Piece("Да")
        raise KeyError("a fault of ours")

    stream = PieceStream(pieces())
    assert (await anext(stream)).text == "Да"
    with pytest.raises(CallFailed, match="server_error: KeyError"):
        await anext(stream)


# What it tries again


CRASHED = fails(500, CRASHES[0])


@pytest.mark.parametrize(
    ("first", "budget_s", "again"),
    [
        (CRASHED, 20.5, True),
        (CRASHED, 19.5, False),
        (fails(503, "busy"), 19.5, True),
        (fails(503, "busy"), 0.1, False),
        (breaks(), 19.5, True),
        (breaks(), 0.1, False),
        (fails(500, "x"), 60, False),
        (fails(404, "x"), 60, False),
        (breaks(error="x"), 60, False),
    ],
)
async def test_what_is_worth_a_second_call_gets_one_while_there_is_time(
    first: Turn, budget_s: float, again: bool
) -> None:
    retried: list[float] = []
    started = time.monotonic()
    async with ScriptedModel(first, RIGHT) as model:
        client = made(model.url, lambda: retried.append(time.monotonic()))
        if again:
            assert len(await streamed(client, budget_s=budget_s)) == 3
        else:
            with pytest.raises(CallFailed):
                await streamed(client, budget_s=budget_s)
    assert (len(model.asked), len(retried)) == ((2, 1) if again else (1, 0))
    if again:
        assert 0.15 < time.monotonic() - started < 1.5, "a pause, and a short one"


async def test_a_call_whose_caller_leaves_before_its_first_word_is_ended_at_the_server() -> None:
    async def waits(_: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    async with ScriptedModel(waits) as model:
        client = made(model.url)
        call = asyncio.create_task(streamed(client))
        await model.until(lambda: model.open == 1)
        call.cancel()
        await asyncio.wait({call})
        await model.until(lambda: model.open == 0)


def test_a_stream_that_does_not_end_by_itself_is_cut_off_after_two_seconds() -> None:
    ended: list[str] = []

    async def play() -> None:
        async def pieces() -> AsyncGenerator[Piece, None]:
            try:
                yield Piece("Да", Usage(finished="stop"))
                await asyncio.Event().wait()
            finally:
                ended.append("cut off")

        stream = PieceStream(pieces())
        await anext(stream)
        stream.stop()  # its end has come: the rest is left to come by itself
        assert ended == []
        await stream.closed()

    assert 1 <= took(play()) <= 5
    assert ended == ["cut off"]
