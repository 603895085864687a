"""The OpenAI backend, call by call, against a real server: what it asks, what it tries again, what it makes of what it gets."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pydantic import SecretStr

from app.capacity.pace import Call, Pace
from app.deadline import Deadline
from app.errors import ConfigError, DeadlinePassed, ModelUnavailable
from app.llm import Backend, Hearing
from app.llm.chat import answer_room
from app.llm.openai import OpenAI
from app.settings import load
from app.telemetry import Telemetry
from app.types import Draft, Prompt
from app.understanding.doubt import ActHeard
from tests.llm.test_hearing import QUESTION
from tests.llm.test_ollama import PROMPT, figure
from tests.scripted import Turn, silent
from tests.scripted_openai import MODEL, ROLE, ScriptedOpenAI, answer, chunk, counted, events, refuses, speaks, whole

SETTINGS = load(environ={})
RIGHT = ('{"answer": "Рост стоит 14 900 ₸', ' в месяц.", "human": false}')
TEXT = "Рост стоит 14 900 ₸ в месяц."
KEY = "sk-never-to-be-seen-anywhere"


class Rig:
    """A backend, its metrics and what it has learnt."""

    def __init__(self, model: ScriptedOpenAI, structured: bool, llm: dict[str, Any], turn: dict[str, Any]) -> None:
        changed = {
            "llm": SETTINGS.llm.model_copy(update={"host": model.url, "model": MODEL} | llm),
            "turn": SETTINGS.turn.model_copy(update={"repair_s": 1.0, "reserve_s": 0.1} | turn),
            "flags": SETTINGS.flags.model_copy(update={"structured": structured}),
        }
        self.telemetry, self.pace = Telemetry(b"key"), Pace()
        self.learnt: list[Call] = []
        self.counts: list[tuple[int, int]] = []
        self.pace.called = self.learnt.append  # type: ignore[assignment,method-assign]
        self.backend = OpenAI(
            SETTINGS.model_copy(update=changed),
            self.telemetry,
            self.pace,
            system=PROMPT.system,
            on_count=lambda ours, theirs: self.counts.append((ours, theirs)),
        )

    async def answer(self, seconds: float = 10.0, prompt: Prompt = PROMPT) -> Draft:
        """One answer, and what stands behind it heard to its end."""
        try:
            draft = await self.backend.answer(prompt, Deadline.after(seconds))
            if draft.aside is not None:
                await asyncio.wait({draft.aside})
            return draft
        finally:
            await self.backend.close()

    async def refused(self, seconds: float = 10.0) -> ModelUnavailable:
        with pytest.raises(ModelUnavailable) as refused:
            await self.answer(seconds)
        return refused.value


def rig(model: ScriptedOpenAI, *, structured: bool = True, llm: dict[str, Any] | None = None, **turn: Any) -> Rig:
    return Rig(model, structured, llm or {}, turn)


# What it asks


async def test_a_call_has_the_protocols_own_fields_and_no_others() -> None:
    async with ScriptedOpenAI(speaks(*RIGHT)) as model:
        whole = rig(model)
        assert isinstance(whole.backend, Hearing)
        backend: Backend = whole.backend
        assert (backend.wants_prompt, backend.inventive, backend.needs_gpu) == (True, True, False)
        await whole.answer()
    (asked,) = model.asked
    form = asked.pop("response_format")
    messages = asked.pop("messages")
    assert asked == {
        "model": MODEL, "stream": True, "stream_options": {"include_usage": True}, "temperature": 0.7, "top_p": 0.8,
        "presence_penalty": 1.0, "max_tokens": answer_room(SETTINGS),
    }  # fmt: skip
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user"]
    assert form["type"] == "json_schema"
    assert form["json_schema"]["strict"] is False, "slots may be left out, which strict mode does not know"
    schema = form["json_schema"]["schema"]
    assert list(schema["properties"]) == ["answer", "slots", "human"]
    assert schema["additionalProperties"] is schema["properties"]["slots"]["additionalProperties"] is False


async def test_a_form_whose_fields_are_all_wanted_is_strict_and_plain_text_has_none() -> None:
    bare = Prompt(PROMPT.step, (), (), "x", "Ты продавец.", PROMPT.messages, tokens=100)
    async with ScriptedOpenAI(speaks(*RIGHT), speaks("Рост стоит ", "14 900 ₸.")) as model:
        await rig(model).answer(prompt=bare)
        assert (await rig(model, structured=False).answer()).text == "Рост стоит 14 900 ₸."
    assert model.asked[0]["response_format"]["json_schema"]["strict"] is True
    assert "response_format" not in model.asked[1]


async def test_further_fields_are_laid_over_the_sampling_and_null_leaves_one_out() -> None:
    extra = '{"seed": 7, "top_k": 20, "presence_penalty": null, "chat_template_kwargs": {"enable_thinking": false}}'
    async with ScriptedOpenAI(speaks(*RIGHT)) as model:
        await rig(model, llm={"extra_body": extra}).answer()
    (asked,) = model.asked
    assert (asked["seed"], asked["top_k"], asked["temperature"]) == (7, 20, 0.7)
    assert asked["chat_template_kwargs"] == {"enable_thinking": False}
    assert "presence_penalty" not in asked
    with pytest.raises(ConfigError, match="names messages, model, which the service itself writes"):
        rig(model, llm={"extra_body": '{"model": "x", "messages": []}'})


@pytest.mark.parametrize(("host", "root"), [("", "/v1"), ("/", "/v1"), ("/v1", "/v1"), ("/v1/", "/v1"), ("/openai", "/openai")])  # fmt: skip
async def test_the_base_url_may_be_written_with_its_path_and_without(host: str, root: str) -> None:
    async with ScriptedOpenAI(speaks(*RIGHT), root=root) as model:
        assert (await rig(model, llm={"host": model.url + host}).answer()).text == TEXT


async def test_the_key_goes_with_every_request_and_none_where_there_is_none() -> None:
    for key in (KEY, ""):
        async with ScriptedOpenAI(speaks(*RIGHT)) as model:
            whole = rig(model, llm={"key": SecretStr(key)})
            await whole.backend.open()
            await whole.answer()
        assert len(model.heads) >= 3
        assert all((f"authorization: bearer {KEY}" in head) is bool(key) for head in model.heads)
        assert KEY not in repr(vars(whole.backend)) + repr(vars(whole.backend._client))


# What it hears


HEARD: dict[str, Turn] = {
    "as it comes": speaks(*RIGHT),
    "byte by byte": speaks(*RIGHT, sliced=1),
    "three bytes a time": speaks(*RIGHT, sliced=3),
    "line ends of two signs": speaks(*RIGHT, line="\r\n", sliced=1),
    "line ends of the old kind": speaks(*RIGHT, line="\r", sliced=2),
    "comments between": events(": still working\n\n", ROLE, ":\n", *map(chunk, RIGHT), "event: x\nid: 5\nretry: 9\n\n",
                               chunk(finish="stop"), counted(100, 2), "data: [DONE]\n\n"),
    "no blank behind the colon": events(*(f"data:{json.dumps(chunk(piece))}\n\n" for piece in RIGHT), "data:[DONE]\n\n"),
    "a mark at the head": events("\ufeff", *map(chunk, RIGHT), chunk(finish="stop")),
    "counted with the last word": events(*map(chunk, RIGHT), chunk(finish="stop", usage=counted(100, 2)["usage"])),
    "counted all along": events(*(chunk(piece, usage=counted(100, 1)["usage"]) for piece in RIGHT), chunk(finish="stop")),
    "nothing counted": speaks(*RIGHT, read=None),
    "no mark of its end": speaks(*RIGHT, done=False),
    "cut behind its end": speaks(*RIGHT, done=False, cut=True),
    "open behind its end": speaks(*RIGHT, ends=False),
    "open behind its last word": speaks(*RIGHT, read=None, done=False, ends=False),
    "thoughts before": events(chunk(reasoning_content="hm", reasoning="hm"), *map(chunk, RIGHT), "data: [DONE]\n\n"),
    "other shapes between": events({"choices": "x"}, {"choices": [None]}, {"choices": [{"delta": [1]}]}, {},
                                   {"choices": [{"delta": {"content": ["x"]}}]}, *map(chunk, RIGHT), chunk(finish="stop"),
                                   {"usage": {"prompt_tokens": "many", "completion_tokens": -1}, "timings": 5}),
    "no stream at all": answer(200, json.dumps({"choices": [{"message": {"content": "".join(RIGHT)}, "finish_reason": "stop"}],
                                                "usage": counted(100, 2)["usage"]}, indent=1)),
    "a form not kept": speaks(TEXT),
    "a form in a fence": speaks("```json\n", *RIGHT, "\n```"),
}  # fmt: skip


@pytest.mark.parametrize("way", HEARD)
async def test_an_answer_is_the_same_however_its_server_writes_it(way: str) -> None:
    async with ScriptedOpenAI(HEARD[way]) as model:
        found = rig(model)
        started = time.monotonic()
        draft = await found.answer()
        assert time.monotonic() - started < 4, "nobody waits for what does not come"
        assert (draft.text, draft.name) == (TEXT, SETTINGS.llm.label) if hasattr(draft, "name") else draft.text == TEXT
        await model.until(lambda: model.open == 0)
    assert draft.ending == ("salvaged" if way == "a form not kept" else "ok")
    assert figure(found.telemetry, "machine_model_truncated_total") == 0


async def test_what_the_server_counts_is_counted_and_what_it_does_not_is_not() -> None:
    async with ScriptedOpenAI(speaks(*RIGHT, read=40), speaks(*RIGHT, read=None)) as model:
        told, untold = rig(model), rig(model)
        await told.answer()
        await untold.answer()
    assert told.counts == [(100, 40)], "no server of this protocol shortens a prompt: its count is its count"
    assert untold.counts == []
    assert figure(told.telemetry, "machine_model_truncated_total") == 0
    exposed = told.telemetry.exposition().decode()
    assert 'machine_model_tokens_total{kind="prompt"} 40.0' in exposed
    assert 'machine_model_tokens_total{kind="answer"} 2.0' in exposed


@pytest.mark.parametrize(
    ("finish", "ending"),
    [("length", "length"), ("content_filter", "length"), ("stop", "salvaged"), ("eos", "salvaged")],
)
async def test_an_answer_that_was_cut_ends_with_its_last_whole_sentence(finish: str, ending: str) -> None:
    async with ScriptedOpenAI(speaks('{"answer": "Рост стоит 14 900 ₸. ', "В него входят", finish=finish)) as model:
        draft = await rig(model).answer()
    assert draft.ending == ending
    if ending == "length":
        assert draft.text == "Рост стоит 14 900 ₸."


async def test_the_first_word_and_not_the_first_chunk_ends_the_reading() -> None:
    slow = events(
        ROLE,
        *(chunk(piece) for piece in ('{"answer": "Рост', " стоит", ' 14 900 ₸."}')),
        "data: [DONE]\n\n",
        pause_s=0.2,
    )
    async with ScriptedOpenAI(slow) as model:
        found = rig(model)
        await found.answer()
    (call,) = found.learnt
    assert call.prefill_s > 0.18
    assert call.decode_s > 0.2
    assert (call.fresh, call.answer) == (PROMPT.fresh, 3)


# Blanks for ever


async def test_a_model_that_writes_blanks_before_its_answer_is_given_up_at_once() -> None:
    blanks = speaks('{"answer":', *[" \n\t"] * 20, finish=None, ends=False, read=None, done=False)
    async with ScriptedOpenAI(blanks, speaks(*RIGHT)) as model:
        found = rig(model)
        started = time.monotonic()
        assert (await found.answer()).text == TEXT
        assert time.monotonic() - started < 2
    assert 'machine_model_calls_total{outcome="loop"} 1.0' in found.telemetry.exposition().decode()


async def test_blanks_behind_the_answer_are_left_there() -> None:
    blanks = speaks('{"answer": "Да."', *["\n"] * 60, finish=None, ends=False, read=None, done=False)
    async with ScriptedOpenAI(blanks) as model:
        found = rig(model)
        assert (await asyncio.wait_for(found.answer(), 3)).text == "Да."
        await model.until(lambda: model.open == 0)


# What it tries again


AGAIN: dict[str, Turn] = {
    "503": refuses(503, "Loading model"),
    "502 of a proxy": answer(502, "<html><body>Bad Gateway</body></html>", "text/html"),
    "529": refuses(529),
    "500": refuses(500),
    "429": refuses(429),
    "429 with a number": refuses(429, Retry_After="0"),
    "dropped": events(cut=True),
    "dropped before its first word": events(ROLE, cut=True),
    "503 in the stream": events(ROLE, {"error": {"message": "x", "code": 503}}),
}


@pytest.mark.parametrize("first", AGAIN)
async def test_a_call_that_failed_before_its_first_word_is_made_once_more(first: str) -> None:
    async with ScriptedOpenAI(AGAIN[first], speaks(*RIGHT)) as model:
        found = rig(model)
        assert (await found.answer(60)).text == TEXT
    assert (len(model.asked), figure(found.telemetry, "machine_model_retries_total")) == (2, 1)


async def test_a_server_asks_for_a_pause_and_gets_it_where_there_is_time() -> None:
    async with ScriptedOpenAI(refuses(429, Retry_After="1"), speaks(*RIGHT)) as model:
        started = time.monotonic()
        assert (await rig(model).answer(30)).text == TEXT
        assert 1.0 <= time.monotonic() - started < 3


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ("20", 20),
        ("8", 8),
        ("7200", 60),
        (format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True), 60),
    ],
    ids=["seconds", "no time behind it", "hours", "a date"],
)
async def test_a_pause_for_which_there_is_no_time_is_told_to_the_caller(after: str, told: int) -> None:
    async with ScriptedOpenAI(refuses(429, Retry_After=after)) as model:
        started = time.monotonic()
        refused = await rig(model).refused(10)
        assert time.monotonic() - started < 1
    assert (refused.reason, refused.retry_after, len(model.asked)) == ("limited", told, 1)


@pytest.mark.parametrize("after", ["soon", "-1", "1e9", "Wed, 99 Foo 2026", "٣"])
async def test_a_pause_that_nobody_can_read_is_none(after: str) -> None:
    header = after.encode().decode("latin-1")
    async with ScriptedOpenAI(refuses(503, Retry_After=header), speaks(*RIGHT)) as model:
        assert (await asyncio.wait_for(rig(model).answer(30), 3)).text == TEXT


async def breaks_off(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 x\r\nContent-Length: 99\r\n\r\n{")


async def hangs(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 x\r\nContent-Length: 99\r\n\r\n{")
    await asyncio.Event().wait()


NEVER: dict[str, tuple[Turn, str]] = {
    "400": (refuses(400, "invalid response_format"), "rejected"),
    "401": (refuses(401, f"Incorrect API key provided: {KEY}", "invalid_api_key"), "forbidden"),
    "402": (refuses(402), "forbidden"),
    "403": (answer(403, "<html>no</html>", "text/html"), "forbidden"),
    "404": (refuses(404, "The model does not exist", "model_not_found"), "no_model"),
    "400, and means 404": (refuses(400, "x", "model_not_found"), "no_model"),
    "429, and means 402": (refuses(429, "You exceeded your current quota", "insufficient_quota"), "forbidden"),
    "422": (answer(422, '{"detail": [{"msg": "x"}]}'), "rejected"),
    "307": (answer(307, "", Location="https://example.com/v1/chat/completions"), "rejected"),
    "error as words": (answer(400, '{"error": "no such option"}'), "rejected"),
    "error as null": (answer(400, '{"error": null}'), "rejected"),
    "error as nesting": (answer(400, "[" * 100_000), "rejected"),
    "error without end": (breaks_off, "rejected"),
    "error that hangs": (hangs, "rejected"),
    "not JSON": (events("data: {not json}\n\n"), "garbage"),
    "not an object": (events("data: [1]\n\n"), "garbage"),
    "nested": (events("data: " + "[" * 100_000 + "\n\n"), "garbage"),
    "a page": (answer(200, "<html>Welcome</html>", "text/html"), "garbage"),
    "JSON, and broken": (answer(200, '{"choices": ['), "garbage"),
    "an error in the stream": (events(chunk(RIGHT[0]), {"error": {"message": KEY, "code": 500}}), "stream_error"),
    "an error in words": (events(chunk(RIGHT[0]), {"error": "boom"}), "stream_error"),
    "an error in a field": (events(chunk(RIGHT[0]), 'error: {"error": {"code": 500}}\n\n'), "stream_error"),
    "dropped in mid-word": (events(ROLE, chunk(RIGHT[0]), cut=True), "cut"),
    "a line without end": (events("data: " + "x" * (1 << 21)), "garbage"),
}  # fmt: skip


@pytest.mark.parametrize("case", NEVER)
async def test_what_would_fail_again_or_had_begun_is_not_tried_again_and_tells_nothing(case: str) -> None:
    turn, reason = NEVER[case]
    async with ScriptedOpenAI(turn) as model:
        found = rig(model, llm={"key": SecretStr(KEY)})
        refused = await found.refused(60)
    assert (refused.reason, len(model.asked)) == (reason, 1)
    assert KEY not in str(refused) and "boom" not in str(refused)
    assert refused.__cause__ is None
    assert refused.__suppress_context__
    assert f'machine_model_calls_total{{outcome="{reason}"}} 1.0' in found.telemetry.exposition().decode()


async def test_a_server_that_does_not_listen_is_called_twice_and_then_given_up() -> None:
    async with ScriptedOpenAI() as model:
        pass
    found = rig(model)
    assert (await found.refused()).reason == "refused"
    assert figure(found.telemetry, "machine_model_retries_total") == 1


SPOILT: dict[str, tuple[Turn, str]] = {
    "nothing said": (speaks(), "malformed"),
    "an empty answer": (speaks('{"answer": ""}'), "empty"),
    "another form": (speaks('{"slots": {}}'), "malformed"),
    "round and round": (speaks('{"answer": "', *["Мы всегда рады помочь вам. "] * 60, ends=False), "loop"),
    "never ended": (speaks('{"answer": "Рост', finish=None, read=None, done=False), "no_done"),
}


@pytest.mark.parametrize("case", SPOILT)
async def test_what_cannot_be_used_is_written_once_more(case: str) -> None:
    turn, kind = SPOILT[case]
    async with ScriptedOpenAI(turn, speaks(*RIGHT)) as model:
        found = rig(model)
        assert (await found.answer()).text == TEXT
    assert len(model.asked) == 2
    assert f'machine_model_calls_total{{outcome="{kind}"}} 1.0' in found.telemetry.exposition().decode()


async def test_an_empty_stream_is_no_answer() -> None:
    async with ScriptedOpenAI(events()) as model:
        assert (await rig(model).refused()).reason == "no_done"


# Time and place


async def test_near_the_deadline_what_was_said_is_closed_and_silence_is_refused() -> None:
    late = speaks('{"answer": "Рост стоит 14 900 ₸. ', "В него вхо", finish=None, read=None, done=False, ends=False)
    async with ScriptedOpenAI(
        late, silent, speaks('{"answer": "Рост', finish=None, ends=False, read=None, done=False)
    ) as model:
        draft = await rig(model).answer(0.6)
        assert (draft.text, draft.ending) == ("Рост стоит 14 900 ₸.", "deadline")
        await model.until(lambda: model.open == 0)
        assert (await rig(model).refused(0.4)).reason == "hang"
        with pytest.raises(DeadlinePassed):
            await rig(model).answer(0.4)
        await model.until(lambda: model.open == 0)


async def test_a_caller_that_hangs_up_frees_its_place_at_once() -> None:
    for turn in (
        silent,
        speaks('{"answer": "Рост', finish=None, ends=False, read=None, done=False),
        events(ROLE, ends=False),
    ):
        async with ScriptedOpenAI(turn, speaks(*RIGHT)) as model:
            found = rig(model)
            call = asyncio.create_task(found.backend.answer(PROMPT, Deadline.after(10)))
            await model.until(lambda model=model: model.open == 1)  # type: ignore[misc]
            await asyncio.sleep(0.05)
            call.cancel()
            await asyncio.wait({call})
            await model.until(lambda model=model: model.open == 0)  # type: ignore[misc]
            assert (await found.answer()).text == TEXT


async def test_failures_in_a_row_shut_it_off_for_a_while() -> None:
    limit = SETTINGS.llm.breaker_failures
    async with ScriptedOpenAI(*[refuses(401)] * limit) as model:
        found = rig(model)
        for _ in range(limit):
            with pytest.raises(ModelUnavailable, match="cannot be reached"):
                await found.backend.answer(PROMPT, Deadline.after(10))
        assert (await found.refused()).reason == "breaker"
    assert len(model.asked) == limit


# Hearing


@pytest.mark.parametrize(
    ("turn", "heard"),
    [
        (speaks('{"act"', ': "price"', "}"), ActHeard("price", "answered")),
        (speaks('{"act": "other"}', sliced=1), ActHeard("", "other")),
        (speaks('{"act": "refund"}'), ActHeard("", "unknown")),
        (speaks("price"), ActHeard("", "malformed")),
        (speaks('{"act":', *["\n"] * 100, ends=False), ActHeard("", "malformed")),
        (silent, ActHeard("", "late")),
        (refuses(503), ActHeard("", "busy")),
        (refuses(429, Retry_After="1"), ActHeard("", "limited")),
        (refuses(401), ActHeard("", "forbidden")),
        (events(cut=True), ActHeard("", "cut")),
    ],
)
async def test_the_short_call_goes_through_it_too_and_never_twice(turn: Turn, heard: ActHeard) -> None:
    async with ScriptedOpenAI(turn) as model:
        backend = rig(model).backend
        assert await backend.hear(QUESTION, 0.5) == heard
        await backend.close()
    (asked,) = model.asked
    assert (asked["temperature"], asked["max_tokens"] <= 40) == (0, True)
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert asked["response_format"]["json_schema"]["schema"]["properties"]["act"]["enum"] == list(QUESTION.choices)


# Warm-up and watch


async def test_the_model_is_warmed_up_with_the_system_text_before_its_first_customer() -> None:
    async with ScriptedOpenAI() as model:
        backend = rig(model, llm={"digest": "ab" * 32}).backend
        with pytest.raises(ModelUnavailable) as cold:
            backend.available()
        assert cold.value.reason == "loading"
        await backend.open()
        backend.available()
        await backend.close()
    (warm,) = model.asked
    assert warm["messages"][0] == {"role": "system", "content": PROMPT.system}
    assert "response_format" not in warm
    assert (backend.state().state, backend.state().expected_digest) == ("warm", ""), "the protocol knows no digest"
    assert backend.state().size == backend.state().size_vram


LOOKS: dict[str, tuple[Any, bytes | None, str, str]] = {
    "another model": (("other-7b", "shop-8b"), None, "failed", f"has no model {MODEL}; it has: shop-8b, other-7b"),
    "very many": (tuple(f"m{n}" for n in range(300)), None, "failed", "and 292 more"),
    "names that are none": (("a b", "\x1b[31m", "x" * 200), None, "failed", "it has: and 3 more"),
    "no model": ((), None, "failed", "it has: not told"),
    "key refused": (whole(401, f'{{"error": {{"message": "bad key {KEY}"}}}}'), None, "failed", "refuses the key"),
    "no list of models": (whole(200, '{"models": []}'), None, "failed", "does not speak OpenAI's protocol"),
    "a page": (whole(200, "<html>", "text/html"), None, "failed", "does not speak OpenAI's protocol"),
    "loading": ((MODEL,), whole(503, '{"error": {"message": "Loading model"}}'), "loading", "is being loaded"),
    "not up": (whole(503, ""), None, "loading", "is being loaded"),
    "rejected": ((MODEL,), whole(400, "{}"), "failed", "rejects the call"),
    "limit": ((MODEL,), whole(429, "{}", Retry_After="30"), "failed", "a limit is reached"),
    "no list, and it answers": (whole(404, "{}"), None, "warm", "is loaded"),
    "no list now": (whole(429, "{}"), None, "warm", "is loaded"),
    "no list, and no model": (whole(404, "{}"), whole(404, "{}"), "failed", "it has: not told"),
    "out of order": (whole(500, "{}"), None, "failed", "failed (server_error); look at its log"),
}


@pytest.mark.parametrize("case", LOOKS)
async def test_what_a_look_finds_is_said_with_what_to_do(case: str) -> None:
    models, warm, state, said = LOOKS[case]
    async with ScriptedOpenAI(models=models, warm=warm) as model:
        backend = rig(model, llm={"key": SecretStr(KEY), "watch_s": 60.0}).backend
        await backend.open()
        found = backend.state()
        await backend.close()
    assert found.state == state
    assert said in found.detail
    assert KEY not in found.detail and "\x1b" not in found.detail
    assert "ollama" not in (found.detail + found.fix).lower()


async def test_a_server_that_is_away_is_said_and_comes_back_by_itself() -> None:
    async with ScriptedOpenAI() as model:
        port = int(model.url.rpartition(":")[2])
    backend = rig(model, llm={"watch_s": 0.05}).backend
    await backend.open()
    assert "no model server listens" in backend.state().detail
    again = ScriptedOpenAI()
    server = await asyncio.start_server(again._serve, "127.0.0.1", port)
    async with asyncio.timeout(5):
        while backend.state().state != "warm":  # noqa: ASYNC110 the watch tells nobody
            await asyncio.sleep(0.02)
    await backend.close()
    server.close()
    await server.wait_closed()


async def test_what_is_no_address_stops_the_start_and_a_name_that_nobody_has_does_not() -> None:
    with pytest.raises(ConfigError, match=r"llm\.host .* is no address"):
        rig(ScriptedOpenAI(), llm={"host": "http://-\u0378-"})
    for host, said in (
        ("https://no-such-name.invalid", "no model server listens at https://no-such-name.invalid"),
        ("http://127.0.0.1:1", "no model server listens"),
        ("http://127.0.0.1:99999", "failed (server_error)"),
    ):
        backend = rig(ScriptedOpenAI(), llm={"host": host}).backend
        await backend.open()
        await backend.close()
        assert said in backend.state().detail


# The key


def test_a_key_that_cannot_be_sent_is_said_without_it(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: Callable[..., OpenAI] = lambda **llm: OpenAI(  # noqa: E731
        SETTINGS.model_copy(update={"llm": SETTINGS.llm.model_copy(update=llm)}), Telemetry(b"key"), Pace()
    )
    for bad in (f"{KEY} x", f"{KEY}\n{KEY}2", f"{KEY}é", "", "# nothing\n"):
        file = tmp_path / "llm_key"
        file.write_text(bad, "utf-8")
        for how in ({"key_file": str(file)}, {}):
            monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path) if not how else "")
            with pytest.raises(ConfigError) as refused:
                made(**how)
            assert KEY not in str(refused.value)
    file.write_bytes(f"{KEY}".encode() + b"\xff")
    with pytest.raises(ConfigError) as refused:
        made(key_file=str(file))
    assert KEY not in str(refused.value)
    with pytest.raises(ConfigError, match=r"nowhere' cannot be read.*check llm\.key_file"):
        made(key_file=str(tmp_path / "nowhere"))
