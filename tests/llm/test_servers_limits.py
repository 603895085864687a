"""How much is read of what a model server says, how long it is waited for, and what its refusals are called."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from app.capacity.pace import Pace
from app.deadline import Deadline
from app.errors import ModelUnavailable
from app.health.readiness import model_part
from app.llm import openai
from app.llm.chat import Chat
from app.llm.client import LoadedModel
from app.llm.hearing import heard
from app.llm.ollama import Ollama, OllamaClient
from app.llm.openai import OpenAIClient, _refused, _words_of
from app.llm.wire import kind_of, seconds_of
from app.settings import load
from app.telemetry import Telemetry
from tests.llm.test_hearing import QUESTION
from tests.llm.test_ollama import PROMPT
from tests.scripted import ScriptedModel, fails, says
from tests.scripted_openai import MODEL, ROLE, ScriptedOpenAI, chunk, counted, events, whole
from tests.virtual import took

SETTINGS = load(environ={})


def changed(**groups: dict[str, Any]) -> Any:
    own = {name: getattr(SETTINGS, name).model_copy(update=fields) for name, fields in groups.items()}
    return SETTINGS.model_copy(update=own)


# What it is called


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "rejected"), (401, "forbidden"), (402, "forbidden"), (403, "forbidden"), (404, "no_model"), (409, "rejected"),
        (422, "rejected"), (429, "limited"), (499, "rejected"), (500, "server_error"), (501, "server_error"), (502, "busy"),
        (503, "busy"), (504, "busy"), (505, "server_error"), (529, "busy"), (530, "server_error"),
    ],
)  # fmt: skip
def test_a_status_alone_says_what_a_refusal_is(status: int, kind: str) -> None:
    assert kind_of(status, b"") == kind


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("model_not_found", "no_model"), ("NotFoundError", "no_model"), ("invalid_api_key", "forbidden"),
        ("authentication_error", "forbidden"), ("insufficient_quota", "forbidden"), ("overloaded_error", "busy"),
    ],
)  # fmt: skip
def test_a_code_says_more_than_a_status_that_says_little(code: str, kind: str) -> None:
    body = f'{{"error": {{"type": "{code}", "message": "x"}}}}'.encode()
    assert [kind_of(status, body) for status in (400, 429, 500)] == [kind] * 3
    assert kind_of(401, body) == "forbidden"
    assert kind_of(503, body) == "busy"


@pytest.mark.parametrize(
    ("status", "kind"), [(400, "too_long"), (413, "too_long"), (422, "rejected"), (500, "server_error")]
)
def test_a_prompt_that_is_too_long_is_known_by_words_only_where_they_may_stand(status: int, kind: str) -> None:
    body = b'{"error": {"code": "context_length_exceeded", "message": "x"}}'
    assert _refused(status, httpx.Headers(), body).kind == kind


@pytest.mark.parametrize("status", [404, 405, 429, 501])
async def test_a_server_without_a_list_of_models_is_taken_at_its_word(status: int) -> None:
    async with ScriptedOpenAI(models=whole(status, "no such path")) as model:
        client = OpenAIClient(SETTINGS.llm.model_copy(update={"host": model.url, "model": MODEL}), lambda: None)
        assert await client.loaded() == LoadedModel(0, 0, "")
        await client.close()
    (head,) = model.heads
    assert "accept-encoding: identity\r\n" in head, "nothing is packed: a stream comes as it is written"
    assert "user-agent: sales-machine\r\n" in head


# How much is read, and for how long


class Endless:
    """A body that never ends, a mebibyte at a time; `pause_s` before each."""

    def __init__(self, pause_s: float = 0.0) -> None:
        self.read, self._pause_s = 0, pause_s

    async def aiter_bytes(self) -> Any:
        while True:
            await asyncio.sleep(self._pause_s)
            self.read += 1 << 14
            yield b"x" * (1 << 14)


async def test_of_a_refusal_64_kib_are_read_and_of_an_answer_that_is_no_stream_a_mebibyte() -> None:
    refusal, answer = Endless(), Endless()
    assert len(await _words_of(refusal)) == 1 << 16  # type: ignore[arg-type]
    assert refusal.read <= (1 << 16) + (1 << 14)
    assert len(await openai._body_of(answer, openai._LONGEST)) == 1 << 20  # type: ignore[arg-type]


def test_a_refusal_that_does_not_come_is_waited_for_a_second() -> None:
    assert took(_words_of(Endless(pause_s=99))) == pytest.approx(1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("ends", "seconds"), [("[DONE]", 0.2), ("a last word", 1.0)])
def test_behind_its_end_a_stream_is_waited_for_a_moment_and_behind_its_last_word_for_what_was_counted(
    ends: str, seconds: float
) -> None:
    said = {"[DONE]": b"data: [DONE]\n\n", "a last word": b'data: {"choices": [{"finish_reason": "stop"}]}\n\n'}

    class Open:
        headers = httpx.Headers({"content-type": "text/event-stream"})

        async def aiter_bytes(self) -> Any:
            yield said[ends]
            await asyncio.Event().wait()

    async def read() -> None:
        (piece,) = [piece async for piece in openai._read(Open())]  # type: ignore[arg-type]
        assert piece.usage is not None and piece.usage.finished == "stop"

    assert took(read()) == pytest.approx(seconds)


async def test_a_short_call_is_read_up_to_four_hundred_signs_and_its_place_given_back() -> None:
    async with ScriptedModel(says(*["слово " * 10] * 20, ends=False)) as model:
        client = OllamaClient(SETTINGS.llm.model_copy(update={"host": model.url}), lambda: None)
        began = time.monotonic()
        assert (await heard(client, QUESTION, 20)).outcome == "malformed"
        assert time.monotonic() - began < 5
        await model.until(lambda: model.open == 0)
        await client.close()


@pytest.mark.parametrize(("signs", "outcome"), [(400, "answered"), (401, "malformed")])
async def test_what_stands_behind_the_four_hundredth_sign_is_not_heard(signs: int, outcome: str) -> None:
    before = '{"why": "'
    before += "x" * (signs - len(before) - 3) + '", '
    async with ScriptedModel(says(before, '"act": "price"}')) as model:
        client = OllamaClient(SETTINGS.llm.model_copy(update={"host": model.url}), lambda: None)
        assert (await heard(client, QUESTION, 20)).outcome == outcome
        await client.close()


# What a caller is told


async def refused(backend: Chat, seconds: float = 30.0) -> ModelUnavailable:
    with pytest.raises(ModelUnavailable) as error:
        await backend.answer(PROMPT, Deadline.after(seconds))
    return error.value


async def test_a_caller_is_asked_to_wait_five_seconds_where_the_server_names_none() -> None:
    async with ScriptedModel(fails(404, "no such model")) as model:
        backend = Ollama(changed(llm={"host": model.url}), Telemetry(b"key"), Pace())
        error = await refused(backend)
        await backend.close()
    assert (error.reason, error.retry_after) == ("no_model", 5)


async def test_while_it_is_left_alone_a_caller_is_told_until_when_and_one_second_at_least() -> None:
    async with ScriptedModel(fails(404, "no such model")) as model:
        backend = Ollama(
            changed(llm={"host": model.url, "breaker_failures": 1, "breaker_s": 7.0}), Telemetry(b"key"), Pace()
        )
        await refused(backend)
        resting = await refused(backend)
        backend._breaker._pause_s = 0.4
        last = await refused(backend)
        with pytest.raises(ModelUnavailable) as away:
            backend._watch._set("warm", "is there")
            backend.available()
        await backend.close()
    assert (resting.reason, resting.retry_after) == ("breaker", 7)
    assert (last.reason, last.retry_after, away.value.retry_after) == ("breaker", 1, 1)


@pytest.mark.parametrize(("facts_after_s", "seconds"), [(12, 12), (26, 26), (27, 27), (40, 27)])
def test_who_is_silent_for_nine_tenths_of_a_turns_time_is_silent_for_all_of_it(
    facts_after_s: float, seconds: float
) -> None:
    backend = Chat(
        None,  # type: ignore[arg-type] it is never asked
        changed(turn={"facts_after_s": float(facts_after_s), "timeout_s": 30.0}),
        Telemetry(b"key"),
        Pace(),
        system="",
        on_count=lambda ours, theirs: None,
    )
    assert backend._patience_s == pytest.approx(seconds)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_model_that_may_lie_in_the_processors_memory_needs_no_card(accepted: bool) -> None:
    backend = Ollama(changed(llm={"cpu_accepted": accepted}), Telemetry(b"key"), Pace())
    assert backend.needs_gpu is not accepted


def test_a_pause_that_a_date_names_ends_there() -> None:
    now = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
    assert seconds_of("Sat, 31 Jan 2026 12:00:42 GMT", now) == 42
    assert seconds_of("Sat, 31 Jan 2026 11:59:00 GMT", now) == 0
    assert [seconds_of(text, now) for text in ("0.5", " 7 ", "1234567", "1.2345", "", None)] == [0.5, 7, 0, 0, 0, 0]


async def test_an_answer_whose_call_is_counted_late_is_still_counted() -> None:
    late = events(ROLE, chunk('{"answer": "Да.", "human": false}'), chunk(finish="stop"), counted(41, 9), pause_s=0.05)
    async with ScriptedOpenAI(late) as model:
        counts: list[tuple[int, int]] = []
        backend = openai.OpenAI(
            changed(llm={"host": model.url, "model": MODEL}),
            Telemetry(b"key"),
            Pace(),
            on_count=lambda ours, theirs: counts.append((ours, theirs)),
        )
        draft = await backend.answer(PROMPT, Deadline.after(10))
        assert draft.aside is not None
        await draft.aside
        await backend.close()
    assert counts == [(PROMPT.tokens, 41)]


@pytest.mark.parametrize(
    ("kind", "fix"),
    [
        (Ollama, "journalctl -u ollama -n 50"),
        (openai.OpenAI, "machine doctor; is llm.host right, and is its server up?"),
    ],
)
async def test_an_operator_is_sent_to_the_server_that_is_used(kind: type[Chat], fix: str) -> None:
    """Not to Ollama's journal where no Ollama is."""
    async with ScriptedOpenAI() as model:
        gone = model.url
    backend = kind(changed(llm={"host": gone, "model": MODEL}), Telemetry(b"key"), Pace())  # type: ignore[call-arg]
    await backend.open()
    part = model_part(backend.state())
    await backend.close()
    assert (part.level, part.fix) == ("error", fix)
    assert gone in part.detail
