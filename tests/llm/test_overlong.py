"""A prompt that is too long for the server: it is never cut, and the refusal is read on both protocols."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.capacity.pace import Pace
from app.deadline import Deadline
from app.errors import ModelUnavailable, PromptTooLong
from app.llm.chat import answer_room
from app.llm.ollama import Ollama
from app.llm.overlong import overlong
from app.telemetry import Telemetry
from app.understanding.doubt import ActHeard
from tests.llm.test_hearing import QUESTION
from tests.llm.test_ollama import PROMPT, RIGHT, SETTINGS, Speaks, figure, speaks, spoken, telemetry
from tests.llm.test_openai import Rig
from tests.scripted import ScriptedModel, fails, says
from tests.scripted_openai import ScriptedOpenAI, answer
from tests.scripted_openai import speaks as writes

__all__ = ["speaks", "telemetry"]

INSIDE = {
    "code": 400,
    "message": "request (9000 tokens) exceeds the available context size (6144 tokens), try increasing it",
    "type": "exceed_context_size_error",
    "n_prompt_tokens": 9000,
    "n_ctx": 6144,
}
TOO_LONG = fails(400, json.dumps({"error": INSIDE}))
ROOM = 6144 - answer_room(SETTINGS)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (json.dumps({"error": INSIDE}), (9000, 6144)),
        ({"error": INSIDE}, (9000, 6144)),
        (json.dumps({"error": json.dumps({"error": INSIDE})}), (9000, 6144)),
        ({"error": {"code": "context_length_exceeded", "message": "shorten it", "type": "invalid_request_error"}}, (0, 0)),
        ({"message": "This model's maximum context length is 6144 tokens. You asked for 9000", "code": 400}, (0, 0)),
        ("the prompt is longer than the context length currently available to the model; shorten it", (0, 0)),
        ({"error": {**INSIDE, "n_prompt_tokens": "many", "n_ctx": -1}}, (0, 0)),
        ({"error": {"type": "invalid_request_error", "message": "Field 'json_schema': ..."}}, None),
        ('option "num_ctx" must be of type integer', None),
        ("{" * 5000, None),
        ("", None),
    ],
)  # fmt: skip
def test_it_is_known_by_its_name_or_by_its_words(said: object, read: tuple[int, int] | None) -> None:
    assert overlong(said) == read


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), lambda each: st.dictionaries(st.text(), each)))
def test_whatever_an_error_is_made_of_it_is_read(said: object) -> None:
    overlong(said)
    overlong(json.dumps({"error": said}))


async def test_no_request_lets_the_server_cut_its_prompt(speaks: Speaks) -> None:
    """Nor one shift it: an option of loading that would have the model loaded anew."""
    async with ScriptedModel(says('{"act": "price"}'), says('{"answer": ""'), says(*RIGHT)) as model:
        backend = speaks(model)
        await backend.open()
        await backend.hear(QUESTION, 5)
        await spoken(backend)
    assert [asked["truncate"] for asked in model.asked] == [False] * 4, "warm-up, hearing, answer, answer again"
    assert [asked["stream"] for asked in model.asked] == [False, True, True, True], (
        "it streams unless it is told not to"
    )
    assert not any("shift" in {*asked, *asked["options"]} for asked in model.asked)


async def test_it_is_told_by_how_much_and_is_no_failure_of_the_server(speaks: Speaks, telemetry: Telemetry) -> None:
    times = SETTINGS.llm.breaker_failures + 1
    async with ScriptedModel(*[TOO_LONG] * times, says(*RIGHT)) as model:
        backend = speaks(model)
        for _ in range(times):
            with pytest.raises(PromptTooLong) as refused:
                await backend.answer(PROMPT, Deadline.after(10))
            assert (refused.value.tokens, refused.value.room, refused.value.status) == (9000, ROOM, 503)
        assert (await spoken(backend)).ending == "ok", "the breaker has stayed shut"
    assert f'machine_model_calls_total{{outcome="too_long"}} {times}.0' in telemetry.exposition().decode()
    assert figure(telemetry, "machine_model_retries_total") == 0


async def test_another_400_is_what_it_was(speaks: Speaks) -> None:
    async with ScriptedModel(fails(400, json.dumps({"error": {"type": "invalid_request_error"}}))) as model:
        with pytest.raises(ModelUnavailable) as refused:
            await spoken(speaks(model))
    assert (refused.value.reason, type(refused.value)) == ("rejected", ModelUnavailable)


async def test_a_system_text_that_is_too_long_by_itself_is_said_with_its_fix(telemetry: Telemetry) -> None:
    class Full(ScriptedModel):
        def _warmed(self, asked: dict[str, object]) -> bytes | None:
            body = json.dumps({"error": json.dumps({"error": INSIDE})}).encode()
            return b"HTTP/1.1 400 x\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)

    async with Full() as model:
        llm = SETTINGS.llm.model_copy(update={"host": model.url})
        backend = Ollama(SETTINGS.model_copy(update={"llm": llm}), telemetry, Pace())
        await backend.open()
        state = backend.state()
        await backend.close()
    assert state.state == "failed"
    assert "llm.context" in state.detail


@pytest.mark.parametrize(
    ("said", "tokens", "room"),
    [
        ({"error": INSIDE}, 9000, ROOM),
        ({"error": {"code": "context_length_exceeded", "message": "x"}}, SETTINGS.llm.context * 1.25, ROOM),
    ],
)
async def test_a_server_of_the_other_protocol_is_read_the_same(
    said: dict[str, object], tokens: float, room: int
) -> None:
    async with ScriptedOpenAI(answer(400, json.dumps(said)), writes(*RIGHT)) as model:
        found = Rig(model, True, {}, {})
        with pytest.raises(PromptTooLong) as refused:
            await found.backend.answer(PROMPT, Deadline.after(10))
        assert (refused.value.tokens, refused.value.room) == (tokens, room)
        assert (await found.answer()).ending == "ok"


async def test_a_question_that_is_too_long_shuts_off_no_other(speaks: Speaks) -> None:
    times = SETTINGS.llm.breaker_failures + 1
    async with ScriptedModel(*[TOO_LONG] * times) as model:
        backend = speaks(model)
        await backend.open()
        assert [await backend.hear(QUESTION, 5) for _ in range(times)] == [ActHeard("", "too_long")] * times
        await backend.close()
