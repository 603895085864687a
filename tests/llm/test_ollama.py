"""The Ollama backend, call by call: what it asks, what it tries again, and what it makes of what it gets."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.capacity.pace import Pace
from app.deadline import Deadline
from app.errors import DeadlinePassed, ModelUnavailable
from app.llm.chat import answer_room
from app.llm.client import CallFailed, LoadedModel
from app.llm.ollama import Ollama
from app.settings import load
from app.telemetry import Telemetry
from app.types import Aside, ChatMessage, DialogueState, Draft, Prompt, Step
from tests.scripted import ScriptedModel, Turn, breaks, fails, says, silent

BUSY = fails(503, "server busy, please try again.  maximum pending requests exceeded")
CRASHED = fails(500, "model runner has unexpectedly stopped, this may be due to resource limitations")
RIGHT = ('{"answer": "Рост стоит 14 900 ₸', ' в месяц.", "human": false}')
PROMPT = Prompt(
    Step("answer", "price", DialogueState()),
    (),
    (),
    "Сколько стоит Рост?",
    system="Ты продавец.",
    messages=(
        ChatMessage("user", "Здравствуйте"),
        ChatMessage("assistant", "Добрый день!"),
        ChatMessage("user", "Сколько?"),
    ),
    tokens=100,
    fresh=20,
    wanted=("goal", "pain_point"),
)
SETTINGS = load(environ={})
Speaks = Callable[..., Ollama]


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry(b"key")


@pytest.fixture
def speaks(telemetry: Telemetry) -> Speaks:
    """speaks(model, parallel=2, structured=False, ...): a backend whose model server is `model`; the rest is turn.*."""

    def through(
        model: ScriptedModel,
        *,
        structured: bool = True,
        told: list[tuple[int, int]] | None = None,
        llm: dict[str, Any] | None = None,
        **turn: Any,
    ) -> Ollama:
        heard = told if told is not None else []
        changed = {
            "llm": SETTINGS.llm.model_copy(update={"host": model.url} | (llm or {})),
            "turn": SETTINGS.turn.model_copy(update={"repair_s": 1.0, "reserve_s": 0.1} | turn),
            "flags": SETTINGS.flags.model_copy(update={"structured": structured}),
        }
        return Ollama(
            SETTINGS.model_copy(update=changed),
            telemetry,
            Pace(),
            system=PROMPT.system,
            on_count=lambda ours, theirs: heard.append((ours, theirs)),
        )

    return through


async def spoken(backend: Ollama, seconds: float = 10.0, prompt: Prompt = PROMPT) -> Draft:
    """One answer, and what stands behind it heard to its end."""
    try:
        draft = await backend.answer(prompt, Deadline.after(seconds))
        if draft.aside is not None:
            await asyncio.wait({draft.aside})
        return draft
    finally:
        await backend.close()


def figure(telemetry: Telemetry, name: str) -> float:
    """The sum of a metric's samples."""
    lines = telemetry.exposition().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))


# What it asks


async def test_the_model_is_asked_for_json_with_the_answer_first_and_never_to_think(speaks: Speaks) -> None:
    async with ScriptedModel(says(*RIGHT)) as model:
        await spoken(speaks(model))
    (asked,) = model.asked
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert asked["messages"][0]["content"] == "Ты продавец."
    assert asked["messages"][-1]["content"] == "Сколько?"
    assert list(asked["format"]["properties"]) == ["answer", "slots", "human"]
    assert list(asked["format"]["properties"]["slots"]["properties"]) == ["goal", "pain_point"]
    assert asked["format"]["required"] == ["answer", "slots", "human"]
    assert (asked["think"], asked["stream"], asked["keep_alive"]) == (False, True, -1)


async def test_plain_text_is_asked_for_without_a_form(speaks: Speaks) -> None:
    async with ScriptedModel(says("Рост стоит ", "14 900 ₸.")) as model:
        draft = await spoken(speaks(model, structured=False))
    assert draft.text == "Рост стоит 14 900 ₸."
    assert draft.aside is None
    assert model.asked[0].get("format") in (None, "")


async def test_no_call_has_other_load_options_than_the_warm_up(speaks: Speaks) -> None:
    """Another value of one of them and the server loads the model again, before a customer's eyes."""
    loop = says('{"answer": "', *["Мы всегда рады помочь вам. "] * 60, ends=False)
    async with ScriptedModel(loop, says(*RIGHT)) as model:
        backend = speaks(model, llm={"gpu_layers": 99, "context": 5000})
        await backend.open()
        backend.available()
        await spoken(backend)
    fixed = [{name: asked["options"].get(name) for name in ("num_ctx", "num_gpu")} for asked in model.asked]
    assert fixed == [{"num_ctx": 5000, "num_gpu": 99}] * 3
    assert [asked["keep_alive"] for asked in model.asked] == [-1] * 3, "it stays loaded"
    assert model.asked[0]["messages"][0] == {"role": "system", "content": "Ты продавец."}, "which is then read already"
    assert model.asked[0]["options"]["num_predict"] == 1


async def test_an_answer_has_room_for_half_as_much_again_and_no_more(speaks: Speaks, telemetry: Telemetry) -> None:
    async with ScriptedModel(says(*RIGHT)) as model:
        await spoken(speaks(model))
    room = model.asked[0]["options"]["num_predict"]
    assert room == answer_room(SETTINGS)
    assert 1.5 * SETTINGS.llm.answer_tokens <= room < 2 * SETTINGS.llm.answer_tokens


# What it tries again


@pytest.mark.parametrize("first", [BUSY, CRASHED, breaks()], ids=["busy", "crashed", "cut off"])
async def test_a_call_that_failed_before_its_first_word_is_made_once_more(
    speaks: Speaks, telemetry: Telemetry, first: Turn
) -> None:
    async with ScriptedModel(first, says(*RIGHT)) as model:
        draft = await spoken(speaks(model), seconds=60)
    assert draft.text == "Рост стоит 14 900 ₸ в месяц."
    assert len(model.asked) == 2
    assert figure(telemetry, "machine_model_retries_total") == 1


async def test_it_is_made_once_more_and_not_twice(speaks: Speaks) -> None:
    async with ScriptedModel(BUSY, BUSY) as model:
        with pytest.raises(ModelUnavailable) as refused:
            await spoken(speaks(model))
    assert (refused.value.reason, len(model.asked)) == ("busy", 2)


async def test_a_server_that_does_not_listen_is_called_twice_and_then_given_up(
    speaks: Speaks, telemetry: Telemetry
) -> None:
    async with ScriptedModel() as model:
        pass
    with pytest.raises(ModelUnavailable) as refused:
        await spoken(speaks(model))
    assert refused.value.reason == "refused"
    assert figure(telemetry, "machine_model_retries_total") == 1


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (fails(400, "invalid option"), "rejected"),
        (fails(403, "forbidden"), "forbidden"),
        (fails(404, "model 'qwen3:14b' not found"), "no_model"),
        (fails(500, "something else"), "server_error"),
        (breaks(RIGHT[0]), "cut"),
        (breaks(RIGHT[0], error="an error was encountered while running the model: unexpected EOF"), "crash"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_would_fail_again_or_had_begun_is_not_tried_again(
    speaks: Speaks, telemetry: Telemetry, first: Turn, reason: str
) -> None:
    async with ScriptedModel(first) as model:
        with pytest.raises(ModelUnavailable) as refused:
            await spoken(speaks(model), seconds=60)
    assert (refused.value.reason, len(model.asked)) == (reason, 1)
    assert figure(telemetry, "machine_model_retries_total") == 0


async def test_a_crashed_runner_is_waited_for_only_while_there_is_time_for_its_return(speaks: Speaks) -> None:
    async with ScriptedModel(CRASHED) as model:
        with pytest.raises(ModelUnavailable) as refused:
            await spoken(speaks(model), seconds=15)
    assert (refused.value.reason, len(model.asked)) == ("crash", 1)


UNUSABLE = {
    "loop": says('{"answer": "', *["Мы всегда рады помочь вам. "] * 60, ends=False),
    "foreign": says('{"answer": "', "您好，这个价格很合适, это правда", " и ещё много слов об этом", ends=False),
    "empty": says('{"answer": ""', ', "human": false}'),
    "malformed": says('{"slots": {}}'),
    "no_done": says('{"answer": "Рост', read=None),
}


@pytest.mark.parametrize("kind", UNUSABLE)
async def test_what_cannot_be_used_is_stopped_and_written_once_more_in_another_way(
    speaks: Speaks, telemetry: Telemetry, kind: str
) -> None:
    async with ScriptedModel(UNUSABLE[kind], says(*RIGHT)) as model:
        draft = await spoken(speaks(model))
        await model.until(lambda: model.open == 0)
    assert (draft.text, draft.ending) == ("Рост стоит 14 900 ₸ в месяц.", "ok")
    first, second = (asked["options"] for asked in model.asked)
    assert first["temperature"] != second["temperature"]
    assert model.asked[0]["messages"] == model.asked[1]["messages"]
    assert f'machine_model_calls_total{{outcome="{kind}"}} 1.0' in telemetry.exposition().decode()


@pytest.mark.parametrize("kind", UNUSABLE)
async def test_what_cannot_be_used_twice_is_refused(speaks: Speaks, kind: str) -> None:
    async with ScriptedModel(UNUSABLE[kind], UNUSABLE[kind]) as model:
        with pytest.raises(ModelUnavailable, match="nothing usable") as refused:
            await spoken(speaks(model))
    assert (refused.value.reason, len(model.asked)) == (kind, 2)


async def test_without_time_for_it_nothing_is_written_once_more(speaks: Speaks) -> None:
    async with ScriptedModel(UNUSABLE["empty"]) as model:
        with pytest.raises(ModelUnavailable, match="nothing usable"):
            await spoken(speaks(model, repair_s=8), seconds=7)
    assert len(model.asked) == 1


# When it ends


async def test_an_answer_still_being_written_near_the_deadline_ends_with_its_last_whole_sentence(
    speaks: Speaks,
) -> None:
    begun = says('{"answer": "Рост стоит 14 900 ₸. ', "В него вхо", ends=False)
    async with ScriptedModel(begun) as model:
        backend, deadline = speaks(model, reserve_s=0.5), Deadline.after(1.2)
        draft = await backend.answer(PROMPT, deadline)
        assert deadline.remaining() > 0.2, "what is left of the turn needs its time too"
        await model.until(lambda: model.open == 0)
        await backend.close()
    assert (draft.text, draft.ending) == ("Рост стоит 14 900 ₸.", "deadline")


@pytest.mark.parametrize(
    ("begun", "error", "reason"),
    [
        (says('{"answer": "Рост стоит 14 9', ends=False), DeadlinePassed, ""),
        (silent, ModelUnavailable, "hang"),
    ],
    ids=["no whole sentence", "not a word"],
)
async def test_what_says_nothing_by_then_is_refused(
    speaks: Speaks, begun: Turn, error: type[ModelUnavailable | DeadlinePassed], reason: str
) -> None:
    async with ScriptedModel(begun) as model:
        with pytest.raises(error) as refused:
            await spoken(speaks(model), seconds=0.8)
    assert refused.value.reason == reason


async def test_an_answer_that_is_cut_at_its_length_ends_with_its_last_whole_sentence(speaks: Speaks) -> None:
    async with ScriptedModel(says('{"answer": "Рост стоит 14 900 ₸. ', "В него входят", reason="length")) as model:
        draft = await spoken(speaks(model))
    assert (draft.text, draft.ending) == ("Рост стоит 14 900 ₸.", "length")


async def test_a_prompt_that_the_server_has_cut_is_counted_and_teaches_nothing(
    speaks: Speaks, telemetry: Telemetry
) -> None:
    told: list[tuple[int, int]] = []
    for read, cut in ((104, 0), (71, 0), (69, 1), (20, 2)):  # of the hundred that we count
        async with ScriptedModel(says(*RIGHT, read=read)) as model:
            await spoken(speaks(model, told=told))
        assert figure(telemetry, "machine_model_truncated_total") == cut
    assert told == [(100, 104), (100, 71)]


# Behind the answer


async def test_the_draft_is_there_before_the_rest_is_written(speaks: Speaks) -> None:
    rest = ', "slots": {"goal": " порядок ", "pain_point": "' + "о" * 200 + '"}, "human": true}'
    async with ScriptedModel(says('{"answer": "Понимаю вас."', rest, pause_s=0.2)) as model:
        backend = speaks(model)
        draft = await backend.answer(PROMPT, Deadline.after(10))
        assert draft.text == "Понимаю вас."
        assert draft.aside is not None
        assert not draft.aside.done()
        heard = await draft.aside
        await backend.close()
    assert heard == Aside({"goal": "порядок"}, human=True), "what is too long is no value"


async def test_the_last_place_is_for_an_answer_and_not_for_what_stands_behind_another(
    speaks: Speaks, telemetry: Telemetry
) -> None:
    """More calls than the server has places would wait in its own queue, where nobody sees them."""
    slow = says('{"answer": "Да."', ', "slots": {}', ends=False)
    waits = says('{"answer": "Сей', 'час."}', pause_s=0.5)
    async with ScriptedModel(slow, waits, waits) as model:
        backend = speaks(model, parallel=2)
        first = await backend.answer(PROMPT, Deadline.after(10))
        assert first.aside is not None
        second = asyncio.create_task(backend.answer(PROMPT, Deadline.after(10)))
        await model.until(lambda: model.open == 2)
        assert not first.aside.done(), "there is a place for it still"
        third = await backend.answer(PROMPT, Deadline.after(10))
        assert first.aside.cancelled()
        assert 'machine_model_asides_total{outcome="dropped"} 1.0' in telemetry.exposition().decode()
        assert [draft.text for draft in (await second, third)] == ["Сейчас."] * 2
        await backend.close()
    assert model.most_open == 2


# The breaker


async def test_after_so_many_failures_in_a_row_nobody_calls_and_all_are_told_when_to_come_back(
    speaks: Speaks, telemetry: Telemetry
) -> None:
    limit = SETTINGS.llm.breaker_failures
    async with ScriptedModel(*[fails(500, "broken")] * limit) as model:
        backend = speaks(model)
        for _ in range(limit):
            with pytest.raises(ModelUnavailable, match="cannot be reached"):
                await backend.answer(PROMPT, Deadline.after(10))
        with pytest.raises(ModelUnavailable) as resting:
            await backend.answer(PROMPT, Deadline.after(10))
        await backend.close()
    assert (resting.value.reason, resting.value.retry_after) == ("breaker", SETTINGS.llm.breaker_s)
    assert len(model.asked) == limit


@pytest.mark.parametrize("kind", [kind for kind in UNUSABLE if kind != "no_done"])
async def test_who_talks_the_model_into_nonsense_does_not_shut_it_off_for_everybody(speaks: Speaks, kind: str) -> None:
    """The server does answer: also the one trial after real failures is passed by it."""
    limit = SETTINGS.llm.breaker_failures
    spoiled = [UNUSABLE[kind]] * (2 * limit + 2)
    async with ScriptedModel(*spoiled, *[fails(500, "broken")] * limit, *spoiled[:2], says(*RIGHT)) as model:
        backend = speaks(model, llm={"breaker_s": 0.05})
        for _ in range(limit + 1):
            with pytest.raises(ModelUnavailable, match="nothing usable"):
                await backend.answer(PROMPT, Deadline.after(10))
        for _ in range(limit):
            with pytest.raises(ModelUnavailable, match="cannot be reached"):
                await backend.answer(PROMPT, Deadline.after(10))
        await asyncio.sleep(0.06)
        with pytest.raises(ModelUnavailable, match="nothing usable"):
            await backend.answer(PROMPT, Deadline.after(10))
        assert (await backend.answer(PROMPT, Deadline.after(10))).ending == "ok"
        await backend.close()


async def test_a_prompt_full_of_rare_letters_teaches_nothing_of_the_count(speaks: Speaks) -> None:
    told: list[tuple[int, int]] = []
    async with ScriptedModel(says(*RIGHT), says(*RIGHT)) as model:
        backend = speaks(model, told=told)
        for prompt in (replace(PROMPT, usual=False), PROMPT):
            draft = await backend.answer(prompt, Deadline.after(10))
            assert draft.aside is not None
            await draft.aside
        await backend.close()
    assert told == [(100, 100)]


async def test_callers_that_hang_up_say_nothing_of_the_model(speaks: Speaks, telemetry: Telemetry) -> None:
    calls = SETTINGS.llm.breaker_failures + 1
    async with ScriptedModel(*[silent] * calls, says(*RIGHT)) as model:
        backend = speaks(model)
        for _ in range(calls):
            call = asyncio.create_task(backend.answer(PROMPT, Deadline.after(10)))
            await model.until(lambda: model.open == 1)
            call.cancel()
            await asyncio.wait({call})
            assert call.cancelled()
            await model.until(lambda: model.open == 0)  # its place is given back
        assert (await spoken(backend)).text == "Рост стоит 14 900 ₸ в месяц."
    assert f'machine_model_calls_total{{outcome="cancelled"}} {calls}.0' in telemetry.exposition().decode()


async def test_behind_a_failed_call_the_server_is_looked_at_at_once(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Ollama(load(environ={"MACHINE_LLM__WATCH_S": "60"}), telemetry, Pace())
    gone, looks = asyncio.Event(), 0

    async def loaded() -> LoadedModel:
        nonlocal looks
        looks += 1
        if gone.is_set():
            raise CallFailed("refused")
        return LoadedModel(1, 1, "")

    async def warm(system: str) -> None:
        return None

    async def stream(*_: object, **__: object) -> None:
        raise CallFailed("refused")

    for name, stand_in in (("loaded", loaded), ("warm", warm), ("stream", stream)):
        monkeypatch.setattr(model._client, name, stand_in)

    async def until(state: str) -> None:
        async with asyncio.timeout(5):  # the next look of itself would be in a minute
            while model.state().state != state:  # noqa: ASYNC110 the watch tells nobody
                await asyncio.sleep(0.01)

    await model.open()
    try:
        await until("warm")
        before = looks
        gone.set()
        with pytest.raises(ModelUnavailable):
            await model.answer(PROMPT, Deadline.after(30))
        await until("failed")
        assert looks == before + 1
    finally:
        await model.close()


async def test_nothing_of_what_the_server_said_reaches_a_caller(speaks: Speaks) -> None:
    secret = "CUDA error at /usr/lib/ollama: Айгуль 77010000001"
    async with ScriptedModel(fails(500, secret)) as model:
        with pytest.raises(ModelUnavailable) as refused:
            await spoken(speaks(model))
    assert not {"CUDA", "Айгуль", "ollama"} & set(json.dumps(str(refused.value), ensure_ascii=False).split())
