"""What a turn leaves beside its answer: in meta, in its record, in the metrics; and what a turn that fails leaves: nothing."""

import asyncio
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from app.capacity.admission import Admission
from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import Conflict, DeadlinePassed, ModelUnavailable, Overloaded, RevisionConflict, TooCostly
from app.store.states import stored_form
from app.turn.locks import KeyLocks
from app.turn.machine import Machine
from app.turn.process import observe, process
from app.turn.reply import Reply
from app.types import Aside, Ask, Draft, Key, ModelState, Observation, Prompt

KEY = Key("BOT_1", "77010000001")
PRICE = "Сколько стоит тариф Рост?"
RIGHT = "Тариф «Рост» стоит 14 900 ₸ в месяц за магазин."
WRONG = "Тариф «Рост» стоит 9 900 ₸ в месяц за магазин."


class Model(Extractive):
    """A chat model that is a list of drafts or errors, each with something still being written behind it."""

    name, wants_prompt, inventive = "scripted", True, True

    def __init__(self, *said: str | Exception, ending: Any = "ok", takes_s: float = 0.0) -> None:
        self.said, self.ending, self.takes_s = list(said), ending, takes_s
        self.asides: list[asyncio.Task[Aside]] = []
        self.asked = 0

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        self.asked += 1
        await asyncio.sleep(self.takes_s)
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        self.asides.append(asyncio.create_task(self._behind()))
        seconds = {"prefill": 0.5, "decode": 1.5}
        return Draft(said, self.name, prompt.passages[:1], self.ending, seconds, self.asides[-1])

    async def _behind(self) -> Aside:
        await asyncio.Event().wait()
        return Aside()


def ask(text: str = PRICE, number: int = 1, **fields: Any) -> Ask:
    return Ask(KEY, text, f"r{number}", body_hash=f"h{number}", **fields)


def meta(reply: Reply) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(reply.body)["meta"]
    return found


def figure(machine: Machine, sample: str) -> float:
    """The value of one sample; 0 where it has none."""
    lines = machine.telemetry.exposition().decode().splitlines()
    return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.rsplit(" ", 1)[0] == sample), 0.0)


async def turn(said: Ask, machine: Machine) -> Reply:
    """A turn of the machine's own bot."""
    return await process(said, machine.bots.default, machine)


async def record_of(machine: Machine) -> dict[str, Any]:
    number = await machine.store.newest_turn(KEY)
    assert number is not None
    kept = await machine.store.recorded(number)
    assert kept is not None
    return kept.record


@pytest.fixture
async def quiet(machine: Machine) -> Any:
    """The machine, and no aside left running."""
    yield machine
    await machine.asides.close()


async def test_what_was_found_and_not_said_is_not_called_used(quiet: Machine) -> None:
    said = meta(await turn(ask("Сколько у вас клиентов?"), quiet))
    assert said["kb_used"] is False
    record = await record_of(quiet)
    assert record["found"], "something was found, and holds no such number"


async def test_the_wait_for_the_turn_before_counts_among_the_milliseconds_and_has_its_name(quiet: Machine) -> None:
    flags = quiet.settings.flags.model_copy(update={"timings": True})
    settings = quiet.settings.model_copy(update={"flags": flags})
    machine = replace(
        quiet, llm=Model(RIGHT, RIGHT, "За магазин в месяц «Рост» стоит 14 900 ₸.", takes_s=0.3), settings=settings
    )
    first = asyncio.create_task(turn(ask(), machine))
    await asyncio.sleep(0.05)
    arrived = time.monotonic()
    told = meta(await turn(ask(number=2), machine))
    took = (time.monotonic() - arrived) * 1000
    await first
    assert told["timings"]["lock"] >= 200
    assert told["processing_ms"] >= told["timings"]["lock"] + 200
    assert told["processing_ms"] > took - told["timings"]["lock"] / 2, (
        "all of it, but for what is written down behind it"
    )


async def test_meta_tells_what_the_page_of_the_api_names(quiet: Machine) -> None:
    machine = replace(quiet, llm=Model(RIGHT, takes_s=0.05))
    started = time.monotonic()
    reply = await turn(ask(), machine)
    took = (time.monotonic() - started) * 1000
    told = meta(reply)
    assert json.loads(reply.body)["answer"] == reply.answer
    assert "₸" in reply.body, "as it is sent, letters are letters"
    assert 50 <= told.pop("processing_ms") <= took
    assert {name: told[name] for name in ("model", "kb_used", "request_id", "bot", "action", "reason", "flow", "language")} == {
        "model": "scripted", "kb_used": True, "request_id": "r1", "bot": "default", "action": "answer",
        "reason": "price", "flow": "spin_selling", "language": "ru",
    }  # fmt: skip
    assert told["sections"] == ["pricing_plan_rost"]
    assert told["kb_version"] == machine.bots.default.knowledge.version
    assert told["stage"]
    assert told["tone"]
    assert not {"ending", "guardrail", "timings", "calls", "handover"} & set(told)


async def test_meta_says_more_only_where_there_is_more_to_say(quiet: Machine) -> None:
    reply = await turn(ask(), replace(quiet, llm=Model(RIGHT, ending="deadline")))
    assert meta(reply)["ending"] == "deadline"
    reply = await turn(ask(number=2), replace(quiet, llm=Model(WRONG, WRONG)))
    assert meta(reply)["guardrail"] == ["amount"]
    person = await turn(ask("Позовите человека", 3), replace(quiet, llm=Model("Зову коллегу.", "Зову коллегу.")))
    assert meta(person)["action"] == "handover"
    assert meta(person)["handover"]
    flags = quiet.settings.model_copy(update={"flags": quiet.settings.flags.model_copy(update={"timings": True})})
    timed = meta(await turn(ask(number=4), replace(quiet, settings=flags, llm=Model(RIGHT))))
    assert timed["calls"] == 1
    assert (timed["timings"]["prefill"], timed["timings"]["decode"]) == (500.0, 1500.0), "milliseconds"
    assert {"lock", "load", "aside", "queue", "dialogue", "retrieval", "prompt", "model", "guardrail"} <= set(
        timed["timings"]
    )
    assert "commit" not in timed["timings"]


async def test_the_record_has_all_that_walking_the_turn_again_needs(quiet: Machine) -> None:
    now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
    machine = replace(quiet, clock=lambda: now)
    await turn(ask("Здравствуйте", 1), replace(machine, llm=Model("Добрый день!", "Добрый день!")))
    before = (await machine.store.load(KEY, "", 9)).snapshot
    said = ask(number=2, media="audio", time_of_day="evening", timezone="Asia/Almaty", flow_name="spin_selling")
    reply = await turn(said, replace(machine, llm=Model(WRONG, RIGHT)))
    kept = await record_of(machine)
    assert kept["ask"] == {
        "media": "audio", "time_of_day": "evening", "timezone": "Asia/Almaty", "flow_name": "spin_selling",
    }  # fmt: skip
    assert kept["before"] == json.loads(json.dumps(stored_form(before.state)))
    assert (kept["bot"], kept["history"], kept["now"]) == ("default", len(before.history), now.timestamp())
    assert (kept["action"], kept["reason"]) == (meta(reply)["action"], "price")
    assert "price" in kept["intents"]
    assert "Рост" in kept["query"]
    assert kept["found"][0][0] == "pricing_plan_rost"
    assert kept["found"][0][1] > 0
    assert (kept["degraded"], kept["kb_version"]) == ([], machine.bots.default.knowledge.version)
    assert kept["tokens_factor"] > 0
    assert len(kept["prompt"]) >= 16
    assert [(each["text"], each["model"], each["ending"], each["used"]) for each in kept["drafts"]] == [
        (WRONG, "scripted", "ok", ["pricing_plan_rost"]),
        (RIGHT, "scripted", "ok", ["pricing_plan_rost"]),
    ]
    assert (kept["verdict"]["ok"], kept["replaced"], kept["used"]) == (True, False, ["pricing_plan_rost"])
    assert kept["verdict"]["findings"] == []


async def test_every_answered_turn_is_counted_once_in_each_figure(quiet: Machine) -> None:
    machine = replace(quiet, llm=Model(RIGHT))
    await turn(ask(), machine)
    assert figure(machine, 'machine_turns_total{action="answer",reason="price"}') == 1
    assert figure(machine, 'machine_guardrail_verdicts_total{verdict="ok"}') == 1
    assert figure(machine, "machine_turn_seconds_count") == 1
    assert figure(machine, "machine_replays_total") == 0
    for stage in ("lock", "load", "aside", "queue", "dialogue", "retrieval", "prompt", "prefill", "decode", "model", "guardrail", "commit"):  # fmt: skip
        assert figure(machine, f'machine_stage_seconds_count{{stage="{stage}"}}') == 1, stage
    assert figure(machine, 'machine_stage_seconds_sum{stage="decode"}') == 1.5
    again = await turn(ask(), machine)
    assert again.replayed
    assert figure(machine, "machine_replays_total") == 1
    assert figure(machine, "machine_turn_seconds_count") == 1, "a replay is no turn"
    assert figure(machine, 'machine_turns_total{action="answer",reason="price"}') == 1


async def test_a_draft_that_was_tidied_is_counted_as_repaired_and_recorded_so(quiet: Machine) -> None:
    machine = replace(quiet, llm=Model(f"**{RIGHT}**"))
    reply = await turn(ask(), machine)
    assert "*" not in reply.answer
    assert figure(machine, 'machine_guardrail_verdicts_total{verdict="repaired"}') == 1
    assert figure(machine, 'machine_guardrail_verdicts_total{verdict="ok"}') == 0
    assert "markdown" in (await record_of(machine))["verdict"]["repairs"]


async def test_a_replaced_draft_is_counted_with_what_was_found_in_it(quiet: Machine) -> None:
    machine = replace(quiet, llm=Model(WRONG, WRONG))
    await turn(ask(), machine)
    assert figure(machine, 'machine_guardrail_verdicts_total{verdict="replaced"}') == 1
    assert figure(machine, 'machine_guardrail_findings_total{check="amount"}') >= 1
    assert figure(machine, 'machine_stage_seconds_count{stage="repair"}') == 1


# Failures


async def nothing_is_left(machine: Machine, request: str = "r1") -> None:
    loaded = await machine.store.load(KEY, request, 9)
    assert (loaded.stored, loaded.snapshot.history) == (None, ())
    assert len(machine.locks) == 0
    assert (machine.admission.running, machine.admission.waiting) == (0, 0)
    assert figure(machine, "machine_turn_seconds_count") == 0


@pytest.mark.parametrize(
    "error", [ModelUnavailable("gone"), DeadlinePassed("late"), KeyError("bug"), TooCostly("long")]
)
async def test_a_turn_that_fails_at_the_model_leaves_nothing(quiet: Machine, error: Exception) -> None:
    machine = replace(quiet, llm=Model(error))
    with pytest.raises(type(error)):
        await turn(ask(), machine)
    await nothing_is_left(machine)


async def test_a_turn_that_cannot_be_kept_ends_what_is_still_being_written(
    quiet: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Model(RIGHT, RIGHT)
    machine = replace(quiet, llm=model)

    async def fails(*_: Any) -> None:
        raise RevisionConflict("moved")

    monkeypatch.setattr(machine.store, "commit", fails)
    with pytest.raises(RevisionConflict):
        await turn(ask(), machine)
    await asyncio.wait(model.asides, timeout=5)
    assert [each.cancelled() for each in model.asides] == [True, True], "it was tried twice, and no more"
    assert model.asked == 2
    await nothing_is_left(machine)


async def test_a_model_that_does_not_end_is_ended_at_the_deadline(quiet: Machine) -> None:
    short = quiet.settings.model_copy(update={"turn": quiet.settings.turn.model_copy(update={"timeout_s": 0.3})})
    machine = replace(quiet, settings=short, llm=Model(RIGHT, takes_s=30))
    with pytest.raises(DeadlinePassed):
        await turn(ask(), machine)
    await nothing_is_left(machine)


async def test_the_same_request_id_with_another_body_is_a_conflict_that_names_it(quiet: Machine) -> None:
    machine = replace(quiet, llm=Model(RIGHT))
    await turn(ask(), machine)
    with pytest.raises(Conflict, match="request_id 'r1' was used for another message"):
        await turn(replace(ask(), body_hash="other"), machine)


async def test_nobody_waits_for_a_model_that_is_known_to_be_gone(quiet: Machine) -> None:
    class Gone(Model):
        def available(self) -> None:
            raise ModelUnavailable("gone", reason="gone")

        def state(self) -> ModelState:
            return ModelState("failed", "gone")

    machine = replace(quiet, llm=Gone(RIGHT), admission=Admission(1, 0))
    with machine.admission.ticket("default", "another", Deadline.after(5)) as other:
        async with other.place(lambda _: None):
            with pytest.raises(ModelUnavailable):  # and not Overloaded: the fallback speaks, whatever the queue
                await turn(ask(), machine)


async def test_a_full_house_refuses_before_anything_is_waited_for(quiet: Machine) -> None:
    machine = replace(quiet, llm=Model(RIGHT), admission=Admission(1, 0))
    with machine.admission.ticket("default", "another", Deadline.after(5)) as other:
        async with other.place(lambda _: None):
            with pytest.raises(Overloaded):
                await turn(ask(), machine)
    assert machine.llm.asked == 0  # type: ignore[attr-defined]


async def test_what_was_seen_waits_for_the_turn_of_its_conversation(quiet: Machine) -> None:
    machine = replace(quiet, locks=KeyLocks())
    async with machine.locks.hold(KEY, Deadline.after(5)):
        seeing = asyncio.create_task(observe(Observation(KEY, "Перезвоним", "human"), machine.bots.default, machine))
        await asyncio.sleep(0.05)
        assert not seeing.done()
    assert await seeing is False
    (seen,) = (await machine.store.load(KEY, "", 9)).snapshot.history
    assert (seen.answer, seen.source) == ("Перезвоним", "human")


async def test_a_turn_tells_admission_what_it_took_at_the_model(
    quiet: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = replace(quiet, llm=Model(RIGHT, takes_s=0.3), admission=Admission(1, 5))
    took: list[tuple[float, float]] = []
    monkeypatch.setattr(machine.admission.pace, "finished", lambda total_s, model_s: took.append((total_s, model_s)))
    await turn(ask(), machine)
    ((total_s, model_s),) = took
    assert 0.3 <= model_s <= total_s, "the seconds at the model are no overhead"
