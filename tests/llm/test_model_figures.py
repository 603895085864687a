"""What a model's calls leave in the metrics, in the log and in the pace."""

import asyncio
import time
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.capacity.pace import Call, Pace
from app.deadline import Deadline
from app.errors import DeadlinePassed, MachineError, ModelUnavailable
from app.llm.chat import answer_room
from app.llm.client import SAMPLING
from app.llm.ollama import Ollama
from app.settings import load
from app.telemetry import Telemetry
from app.types import Draft
from tests.llm.test_ollama import PROMPT, RIGHT, UNUSABLE
from tests.scripted import ScriptedModel, Turn, breaks, fails, says, silent

SETTINGS = load(environ={})


class Backend:
    """A backend whose server says what is written down; what it has counted, logged and learnt."""

    def __init__(self, model: ScriptedModel, **turn: Any) -> None:
        changed = {
            "llm": SETTINGS.llm.model_copy(update={"host": model.url}),
            "turn": SETTINGS.turn.model_copy(update={"repair_s": 1.0, "reserve_s": 0.1} | turn),
        }
        self.telemetry = Telemetry(b"key")
        self.pace = Pace()
        self.learnt: list[Call] = []
        self.pace.called = self.learnt.append  # type: ignore[assignment,method-assign]
        self.ollama = Ollama(SETTINGS.model_copy(update=changed), self.telemetry, self.pace, system=PROMPT.system)

    async def answer(self, seconds: float = 10.0) -> Draft | MachineError:
        """One answer with all that stands behind it, or why there is none."""
        try:
            draft = await self.ollama.answer(PROMPT, Deadline.after(seconds))
            if draft.aside is not None:
                await asyncio.wait({draft.aside})
            return draft
        except MachineError as error:
            return error
        finally:
            await self.ollama.close()

    def samples(self, name: str) -> dict[str, float]:
        """The values of a metric by its one label, those that have moved."""
        found = {}
        for line in self.telemetry.exposition().decode().splitlines():
            if line.startswith((f"{name}{{", f"{name} ")):
                key, value = line.rsplit(" ", 1)
                found[key.partition('="')[2].removesuffix('"}')] = float(value)
        return {key: value for key, value in found.items() if value}


CUT = says('{"answer": "Рост стоит 14 900 ₸. ', "В него входят", reason="length")
LATE = says('{"answer": "Рост стоит 14 900 ₸. ', "В него вхо", ends=False)
ENDINGS: dict[str, tuple[Turn, ...]] = {
    "ok": (says(*RIGHT),),
    "length": (CUT,),
    "salvaged": (says("Рост стоит 14 900 ₸ в месяц."),),
    "deadline": (LATE,),
    "late": (says('{"answer": "Рост стоит 14 9', ends=False),),
    "hang": (silent,),
    **{kind: (turn, turn) for kind, turn in UNUSABLE.items()},
    "busy": (fails(503, "busy"),) * 2,
    "crash": (breaks(RIGHT[0], error="an error was encountered while running the model"),),
    "cut": (breaks(RIGHT[0]),),
    "rejected": (fails(400, "x"),),
    "forbidden": (fails(403, "x"),),
    "no_model": (fails(404, "x"),),
    "server_error": (fails(500, "x"),),
}
SPOKEN = {"ok", "length", "salvaged", "deadline"}
FAILED = {"busy", "crash", "cut", "rejected", "forbidden", "no_model", "server_error"}


@pytest.mark.parametrize("ending", ENDINGS)
async def test_every_way_in_which_a_call_ends_is_counted_under_its_name(ending: str) -> None:
    turns = ENDINGS[ending]
    async with ScriptedModel(*turns) as model:
        backend = Backend(model, reserve_s=0.3)
        with capture_logs() as logged:
            found = await backend.answer(seconds=0.8 if ending in {"deadline", "late", "hang"} else 10.0)
    assert backend.samples("machine_model_calls_total") == {ending: 2 if ending in UNUSABLE else 1}
    assert isinstance(found, Draft) is (ending in SPOKEN)
    if isinstance(found, Draft):
        assert found.ending == ending
    elif ending == "late":
        assert isinstance(found, DeadlinePassed)
    else:
        assert isinstance(found, ModelUnavailable)
        assert found.reason == ending
    said = [(each["log_level"], each["kind"]) for each in logged if each["event"] == "model call failed"]
    assert said == ([("warning", ending)] if ending in FAILED else [])


@pytest.mark.parametrize("ending", sorted(SPOKEN))
async def test_only_whole_calls_teach_how_fast_the_card_is(ending: str) -> None:
    async with ScriptedModel(*ENDINGS[ending]) as model:
        backend = Backend(model, reserve_s=0.3)
        await backend.answer(seconds=0.8 if ending == "deadline" else 10.0)
    if ending == "deadline":
        assert backend.learnt == []
        return
    (call,) = backend.learnt
    assert (call.fresh, call.streams) == (PROMPT.fresh, 1.0)
    assert call.answer in (1, 2)


async def test_what_is_learnt_are_the_seconds_until_the_first_word_and_from_there_to_the_last() -> None:
    async def slow_to_begin(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.3)
        await says('{"answer": "Рост стоит', " 14 900 ₸", ' в месяц.", "human": false}', pause_s=0.3)(writer)

    async with ScriptedModel(slow_to_begin) as model:
        backend = Backend(model)
        started = time.monotonic()
        draft = await backend.answer()
        whole_s = time.monotonic() - started
    (call,) = backend.learnt
    assert call.prefill_s > 0.28
    # The pieces are sent .6 s apart; a busy machine may read the first of them late, never the last of them early.
    assert call.decode_s > 0.3
    assert call.prefill_s + call.decode_s <= whole_s
    assert isinstance(draft, Draft)
    assert draft.seconds == {"prefill": call.prefill_s, "decode": call.decode_s}
    assert call.answer == 3


async def test_calls_side_by_side_know_that_they_share_the_card() -> None:
    slow = says('{"answer": "Сей', 'час."}', pause_s=0.2)
    async with ScriptedModel(slow, slow) as model:
        backend = Backend(model, parallel=4)
        deadline = Deadline.after(10)
        await asyncio.gather(*(backend.ollama.answer(PROMPT, deadline) for _ in range(2)))
        await backend.ollama.close()
    assert max(call.streams for call in backend.learnt) > 1


async def test_tokens_are_counted_by_kind_and_a_cut_prompt_is_said() -> None:
    async with ScriptedModel(says(*RIGHT, read=104)) as model:
        backend = Backend(model)
        await backend.answer()
    assert backend.samples("machine_model_tokens_total") == {"prompt": 104, "answer": 2, "fresh": PROMPT.fresh}
    assert backend.samples("machine_model_truncated_total") == {}
    assert backend.samples("machine_model_asides_total") in ({}, {"read": 1})
    for read, cut in ((70, 0), (69, 1)):
        async with ScriptedModel(says(*RIGHT, read=read)) as model:
            backend = Backend(model)
            with capture_logs() as logged:
                await backend.answer()
        assert sum(backend.samples("machine_model_truncated_total").values()) == cut
        said = [each for each in logged if each["event"] == "prompt cut by the server"]
        assert [(each["ours"], each["read"], each["log_level"]) for each in said] == [(100, read, "warning")] * cut


BEHIND = '{"answer": "Да."'


@pytest.mark.parametrize(
    ("turn", "outcome"),
    [
        (says(BEHIND, ', "human": true}', pause_s=0.02), "read"),
        (breaks(BEHIND, ', "human'), "failed"),
        (says(BEHIND, ', "human', pause_s=0.02, ends=False), "dropped"),
    ],
    ids=["read", "failed", "dropped"],
)
async def test_what_became_of_the_rest_is_counted(turn: Turn, outcome: str) -> None:
    async with ScriptedModel(turn) as model:
        backend = Backend(model)
        draft = await backend.ollama.answer(PROMPT, Deadline.after(10))
        assert draft.aside is not None
        if outcome != "dropped":
            await draft.aside
        await backend.ollama.close()
        await model.until(lambda: model.open == 0)
    assert backend.samples("machine_model_asides_total") == {outcome: 1}


@pytest.mark.parametrize(("seconds", "asked"), [(0.29, False), (0.45, True)])
async def test_a_model_is_not_asked_for_what_could_not_go_out_in_time(seconds: float, asked: bool) -> None:
    async with ScriptedModel(says(*RIGHT)) as model:
        backend = Backend(model, reserve_s=0.3)
        found = await backend.answer(seconds)
        assert bool(model.asked) is asked
    if not asked:
        assert isinstance(found, ModelUnavailable)
        assert found.reason == "late"
        assert backend.ollama._breaker.state == "closed"
        assert backend.ollama._breaker._failures == 0, "it is no fault of the model"


OTHERWISE = {
    "loop": {"temperature": 0.9, "presence_penalty": 1.5},
    "foreign": {"temperature": 0.4, "presence_penalty": 0.3},
}


@pytest.mark.parametrize("kind", UNUSABLE)
async def test_what_was_spoiled_is_written_anew_in_the_way_that_helps_against_it(kind: str) -> None:
    async with ScriptedModel(UNUSABLE[kind], says(*RIGHT)) as model:
        await Backend(model).answer()
    sent = model.asked[1]["options"]
    assert {name: sent[name] for name in SAMPLING} == {**SAMPLING, **OTHERWISE.get(kind, {"temperature": 0.4})}


def test_behind_an_answer_there_is_room_for_what_is_asked_besides() -> None:
    plain = SETTINGS.model_copy(update={"flags": SETTINGS.flags.model_copy(update={"structured": False})})
    assert answer_room(plain) == SETTINGS.llm.answer_tokens * 3 // 2
    assert answer_room(SETTINGS) == answer_room(plain) + 60
