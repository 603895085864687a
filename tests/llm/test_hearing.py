"""The short call that says what a message is for, against a real server: what it asks, and every way in which it fails."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.capacity.pace import Pace
from app.deadline import Deadline
from app.errors import ModelUnavailable
from app.llm import Hearing
from app.llm.hearing import _of
from app.llm.ollama import Ollama
from app.settings import load
from app.telemetry import Telemetry
from app.types import ChatMessage, DialogueState, Prompt, Step
from app.understanding.doubt import ActHeard, ActQuestion
from tests.scripted import ScriptedModel, Turn, breaks, fails, says, silent

SETTINGS = load(environ={})
QUESTION = ActQuestion(
    "Ты продавец.",
    (ChatMessage("user", "Здравствуйте"), ChatMessage("assistant", "Добрый день!"), ChatMessage("user", "Для чего?")),
    ("price", "demo", "other"),
    fresh=20,
)
PROMPT = Prompt(Step("answer", "price", DialogueState()), (), (), "Сколько?", "Ты продавец.",
                (ChatMessage("user", "Сколько?"),), tokens=100)  # fmt: skip
BUSY = fails(503, "server busy, please try again.  maximum pending requests exceeded")
RIGHT = says('{"act"', ': "price"', "}")
Hears = Callable[..., Ollama]


@pytest.fixture
def hears() -> Hears:
    """hears(model, breaker_failures=3, parallel=4): a backend whose model server is `model`."""

    def through(model: ScriptedModel, *, parallel: int = 4, **llm: Any) -> Ollama:
        changed = {
            "llm": SETTINGS.llm.model_copy(update={"host": model.url} | llm),
            "turn": SETTINGS.turn.model_copy(update={"parallel": parallel, "repair_s": 1.0, "reserve_s": 0.1}),
        }
        return Ollama(SETTINGS.model_copy(update=changed), Telemetry(b"key"), Pace())

    return through


async def heard(hears: Hears, *turns: Turn, seconds: float = 5.0, calls: int = 1) -> list[ActHeard]:
    """What as many calls come to, one after another."""
    async with ScriptedModel(*turns) as model:
        backend = hears(model)
        try:
            found = [await backend.hear(QUESTION, seconds) for _ in range(calls)]
        finally:
            await backend.close()
        assert len(model.asked) == len(turns), "never a second try"
    return found


async def test_it_asks_for_one_name_of_few_with_no_thought_and_no_chance(hears: Hears) -> None:
    async with ScriptedModel(RIGHT, says('{"answer": "Да.", "human": false}')) as model:
        backend = hears(model)
        assert isinstance(backend, Hearing)
        assert await backend.hear(QUESTION, 5.0) == ActHeard("price", "answered")
        draft = await backend.answer(PROMPT, Deadline.after(5))
        if draft.aside is not None:
            await asyncio.wait({draft.aside})
        await backend.close()
    short, answer = model.asked
    assert [message["role"] for message in short["messages"]] == ["system", "user", "assistant", "user"]
    assert short["format"]["properties"] == {"act": {"type": "string", "enum": ["price", "demo", "other"]}}
    assert short["format"]["required"] == ["act"]
    assert (short["think"], short["keep_alive"]) == (False, -1)
    assert short["options"]["temperature"] == 0
    assert short["options"]["num_predict"] <= 40
    loading = ("num_ctx", "num_gpu")
    assert [short["options"].get(name) for name in loading] == [answer["options"].get(name) for name in loading]


@pytest.mark.parametrize(
    ("turn", "outcome"),
    [
        (says('{"act": "other"}'), "other"),
        (says('{"act": "refund"}'), "unknown"),
        (says('{"act": "Price"}'), "unknown"),
        (says('{"act": ["price"]}'), "unknown"),
        (says('{"act": null}'), "unknown"),
        (says('{"intent": "price"}'), "malformed"),
        (says('["price"]'), "malformed"),
        (says("price"), "malformed"),
        (says('{"act": "pri', reason="length"), "malformed"),
        (says("<think>", "hm", "</think>"), "malformed"),
        (says("[" * 2000), "malformed"),
        (says(), "malformed"),
        (BUSY, "busy"),
        (fails(500, "model runner has unexpectedly stopped, this may be due to resource limitations"), "crash"),
        (fails(404, "model 'qwen3:14b' not found"), "no_model"),
        (breaks(), "cut"),
        (breaks('{"act"'), "cut"),
        (breaks('{"act"', error="boom"), "stream_error"),
    ],
)
async def test_whatever_else_comes_is_nothing_and_has_a_name(hears: Hears, turn: Turn, outcome: str) -> None:
    assert await heard(hears, turn) == [ActHeard("", outcome)]


@given(
    st.one_of(st.text(), st.builds(lambda act: json.dumps({"act": act}), st.one_of(st.text(), st.none(), st.floats())))
)
def test_nothing_that_a_model_writes_is_anything_but_a_choice_or_nothing(said: str) -> None:
    found = _of(said, QUESTION)
    assert (found.act in QUESTION.choices[:-1]) == (found.outcome == "answered")
    assert found.act or found.outcome in ("other", "unknown", "malformed")


async def test_who_comes_late_is_left_and_frees_its_place(hears: Hears) -> None:
    for turn in (silent, says('{"act"', ': "price"}', pause_s=5.0), says('{"act"', ends=False)):
        async with ScriptedModel(turn) as model:
            backend = hears(model)
            began = time.monotonic()
            assert await backend.hear(QUESTION, 0.2) == ActHeard("", "late")
            assert time.monotonic() - began < 1.0
            await model.until(lambda model=model: not model.open)  # type: ignore[misc]
            await backend.close()


async def test_a_server_that_writes_on_is_stopped(hears: Hears) -> None:
    began = time.monotonic()
    (found,) = await heard(hears, says(*["price "] * 500, pause_s=0.001, ends=False), seconds=30)
    assert found == ActHeard("", "malformed")
    assert time.monotonic() - began < 5


async def test_a_name_behind_which_the_server_stays_silent_is_taken_at_once(hears: Hears) -> None:
    began = time.monotonic()
    assert await heard(hears, says('{"act": "demo"}', ends=False), seconds=30) == [ActHeard("demo", "answered")]
    assert time.monotonic() - began < 5


async def test_after_failures_in_a_row_it_is_not_asked_for_a_while(hears: Hears) -> None:
    found = await heard(hears, BUSY, BUSY, BUSY, calls=4)
    assert [each.outcome for each in found] == ["busy", "busy", "busy", "failing"]


async def test_what_the_model_writes_badly_is_no_failure_of_the_server(hears: Hears) -> None:
    bad = says('{"act": "astrology"}')
    found = await heard(hears, bad, bad, bad, bad, RIGHT, calls=5)
    assert [each.outcome for each in found] == ["unknown"] * 4 + ["answered"]


async def test_its_failures_do_not_shut_the_answers_off(hears: Hears) -> None:
    async with ScriptedModel(BUSY, BUSY, BUSY, says('{"answer": "Да.", "human": false}')) as model:
        backend = hears(model)
        await backend.open()
        for _ in range(3):
            await backend.hear(QUESTION, 5.0)
        assert backend.cannot_hear() == "failing"
        backend.available()
        draft = await backend.answer(PROMPT, Deadline.after(5))
        assert draft.text == "Да."
        if draft.aside is not None:
            await asyncio.wait({draft.aside})
        await backend.close()


async def test_it_is_not_asked_while_the_model_is_left_alone_or_not_loaded(hears: Hears) -> None:
    async with ScriptedModel(fails(404, "not found")) as model:
        backend = hears(model, breaker_failures=1)
        assert backend.cannot_hear() == "model", "not looked at yet"
        await backend.open()
        assert backend.cannot_hear() == ""
        with pytest.raises(Exception, match="cannot be reached"):
            await backend.answer(PROMPT, Deadline.after(5))
        assert backend.cannot_hear() == "model"
        await backend.close()


@pytest.mark.parametrize("tried", [True, False], ids=["well", "ill"])
async def test_a_model_that_was_left_alone_is_tried_by_an_answer_first(hears: Hears, tried: bool) -> None:
    ill = fails(400, "invalid options")
    async with ScriptedModel(ill, says('{"answer": "Да.", "human": false}') if tried else ill, RIGHT) as model:
        backend = hears(model, breaker_failures=1, breaker_s=0.3)
        await backend.open()
        with pytest.raises(ModelUnavailable):
            await backend.answer(PROMPT, Deadline.after(5))
        await asyncio.sleep(0.4)
        backend.available()  # the pause is over: an answer may try
        assert backend.cannot_hear() == "model"
        if not tried:
            with pytest.raises(ModelUnavailable):
                await backend.answer(PROMPT, Deadline.after(5))
            assert backend.cannot_hear() == "model"
        else:
            await backend.answer(PROMPT, Deadline.after(5))
            assert backend.cannot_hear() == ""
            assert await backend.hear(QUESTION, 5.0) == ActHeard("price", "answered")
        await backend.close()


async def test_a_caller_that_leaves_frees_the_place(hears: Hears) -> None:
    async with ScriptedModel(silent, RIGHT) as model:
        backend = hears(model)
        asking = asyncio.create_task(backend.hear(QUESTION, 30.0))
        await model.until(lambda: bool(model.open))
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await model.until(lambda: not model.open)
        assert await backend.hear(QUESTION, 5.0) == ActHeard("price", "answered")
        await backend.close()


async def test_it_takes_no_place_beyond_those_of_the_turns(hears: Hears) -> None:
    """What is being written behind an older answer gives way, as it does for an answer."""
    behind = says('{"answer": "Да."', ', "slots": {', ends=False)
    async with ScriptedModel(behind, RIGHT) as model:
        backend = hears(model, parallel=1)
        draft = await backend.answer(PROMPT, Deadline.after(5))
        assert draft.aside is not None
        assert await backend.hear(QUESTION, 5.0) == ActHeard("price", "answered")
        assert model.most_open == 1
        assert draft.aside.cancelled()
        await backend.close()
