"""Turns in which the model is asked what the message is for: when, how often, and what its word may and may not do."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from app.capacity.admission import Admission
from app.capacity.pace import Pace
from app.capacity.quota import Quota
from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.dialogue import Dialogue
from app.dialogue.policy.model import Policy, parse
from app.errors import ModelUnavailable
from app.turn.machine import Machine
from app.turn.process import process
from app.turn.replay import replay
from app.types import Ask, Draft, Key, Prompt
from app.understanding.doubt import HARD, ActHeard, ActQuestion

UNSURE = "жена ругаться будет"
"""Words that may mean anything."""
PRICE = "Сколько стоит тариф Рост?"


class Model(Extractive):
    """The knowledge's own voice behind a chat prompt, which says what a message is for as it is told to."""

    wants_prompt = True

    def __init__(self, *says: ActHeard | str, takes_s: float = 0.0, why: str = "") -> None:
        self._says, self._takes_s, self.why = list(says), takes_s, why
        self.asked: list[ActQuestion] = []
        self.given_s: list[float] = []

    def cannot_hear(self) -> str:
        return self.why

    async def hear(self, question: ActQuestion, seconds: float) -> ActHeard:
        self.asked.append(question)
        self.given_s.append(seconds)
        await asyncio.sleep(self._takes_s)
        said = self._says.pop(0) if self._says else "other"
        return (
            said
            if isinstance(said, ActHeard)
            else ActHeard("", said)
            if said == "other"
            else ActHeard(said, "answered")
        )


class Free(Quota):
    """No limit."""

    def take(self) -> bool:
        return True


@pytest.fixture
async def quiet(machine: Machine) -> AsyncIterator[Machine]:
    yield replace(machine, heard=Free())
    await machine.asides.close()


def with_choice(machine: Machine, choice: str, **more: Any) -> Machine:
    settings = machine.settings.model_copy(
        update={"understanding": machine.settings.understanding.model_copy(update={"model": choice})}
    )
    return replace(machine, settings=settings, **more)


async def turn(machine: Machine, text: str = UNSURE, user: str = "7701", number: int = 1) -> dict[str, Any]:
    ask = Ask(Key("BOT_1", user), text, f"r-{user}-{number}")
    reply = await process(ask, machine.bots.default, machine)
    return {"answer": reply.answer, **json.loads(reply.body)["meta"]}


async def record_of(machine: Machine, user: str = "7701") -> dict[str, Any]:
    number = await machine.store.newest_turn(Key("BOT_1", user))
    assert number is not None
    kept = await machine.store.recorded(number)
    assert kept is not None
    return kept.record


def figures(machine: Machine, name: str) -> dict[str, float]:
    """A metric's samples, by their label's value."""
    found = {}
    for line in machine.telemetry.exposition().decode().splitlines():
        if line.startswith((f"{name} ", f"{name}{{")):
            sample, value = line.rsplit(" ", 1)
            found[sample.partition('="')[2].partition('"')[0]] = float(value)
    return {label: value for label, value in found.items() if value}


async def test_the_word_of_the_model_decides_what_nothing_tells(quiet: Machine) -> None:
    without = await turn(quiet, user="a")
    model = Model("discount_request")
    told = await turn(replace(quiet, llm=model), user="b")
    assert without["reason"] != "discount_request"
    assert told["reason"] == "discount_request"
    assert len(model.asked) == 1
    assert figures(quiet, "machine_act_calls_total") == {"answered": 1}
    assert figures(quiet, "machine_act_seconds_count") == {"": 1}
    assert figures(quiet, "machine_unsure_turns_total") == {"": 2}, "it counts without a model too"
    assert (await record_of(quiet, "b"))["heard"] == {"act": "discount_request", "outcome": "answered"}
    assert (await record_of(quiet, "a"))["heard"] is None


async def test_the_word_of_the_model_leads_out_of_no_topic(quiet: Machine) -> None:
    topics = [
        {"name": "visit", "action": "answer", "intents": ["demo"], "text": {"ru": ["Зал показываем по записи."]}},
        {"name": "hall", "action": "answer", "intents": ["feature"], "text": {"ru": ["В зале сорок мест."]}},
    ]
    policy = parse({"topics": topics}, "policy.yaml", Policy.default())
    own = replace(quiet.bots.default, dialogue=Dialogue.load(policy=policy))
    machine = with_choice(quiet, "always", llm=Model("demo", "demo"))
    ask = Ask(Key("BOT_1", "7701"), "ведущий на юбилей в мае свободен?", "r-1")
    assert json.loads((await process(ask, own, machine)).body)["meta"]["topic"] == "hall"
    assert (await record_of(machine))["heard"] == {"act": "demo", "outcome": "hard"}
    ask = Ask(Key("BOT_1", "7702"), UNSURE, "r-2")
    assert json.loads((await process(ask, own, machine)).body)["meta"]["topic"] == "visit", "it leads into one"


async def test_nobody_is_asked_what_is_known(quiet: Machine) -> None:
    model = Model()
    for number, text in enumerate((PRICE, "спасибо!", "👍", "...", "+7 701 000 00 01")):
        await turn(replace(quiet, llm=model), text, number=number)
    assert model.asked == []
    assert figures(quiet, "machine_act_unasked_total") == {}


async def test_a_turn_goes_on_as_it_was_whatever_else_the_call_comes_to(quiet: Machine) -> None:
    without = await turn(quiet, user="a")
    outcomes = ("late", "busy", "malformed", "unknown", "other", "cut")
    for outcome in outcomes:
        told = await turn(replace(quiet, llm=Model(ActHeard("", outcome))), user=outcome)
        same = ("answer", "action", "reason", "stage")
        assert {name: told[name] for name in same} == {name: without[name] for name in same}
        assert (await record_of(quiet, outcome))["heard"] == {"act": "", "outcome": outcome}
    assert figures(quiet, "machine_act_calls_total") == dict.fromkeys(outcomes, 1)


@pytest.mark.parametrize("choice", ["auto", "always"])
async def test_no_hard_lane_is_reached_by_the_word_of_the_model_alone(quiet: Machine, choice: str) -> None:
    without = await turn(quiet, user="a")
    for act in sorted(HARD):
        told = await turn(with_choice(quiet, choice, llm=Model(act)), user=act)
        same = ("answer", "action", "reason", "topic", "handover")
        assert {name: told.get(name) for name in same} == {name: without.get(name) for name in same}, act
        assert (await record_of(quiet, act))["heard"] == {"act": act, "outcome": "hard"}
    assert figures(quiet, "machine_act_calls_total") == {"hard": len(HARD)}


async def test_a_soft_word_brings_no_person_either(quiet: Machine) -> None:
    """Who has left a contact and buys is handed over: not because a model says so."""
    machine = replace(quiet, llm=Model("purchase"))
    await turn(machine, "Меня зовут Айгуль, мой номер +7 701 000 00 01")
    told = await turn(machine, number=2)
    assert told["action"] != "handover"
    assert figures(quiet, "machine_act_calls_total") == {"hard": 1}


async def test_nor_does_its_word_lead_out_of_one(quiet: Machine) -> None:
    for text in ("Подам на вас в суд!", "Позовите человека", "У нас пожар, люди внутри!"):
        without = await turn(quiet, text, user=f"a-{text}")
        told = await turn(with_choice(quiet, "always", llm=Model("small_talk")), text, user=f"b-{text}")
        assert told["action"] == without["action"] == "handover"
        assert told["reason"] == without["reason"]


async def test_in_many_turns_no_more_than_one_of_four_is_asked(quiet: Machine) -> None:
    model = Model()
    machine = replace(quiet, llm=model, heard=Quota())
    for number in range(12):
        await turn(machine, user=f"u{number}")
    assert len(model.asked) == 3
    assert figures(quiet, "machine_act_unasked_total") == {"share": 9}


async def test_always_asks_in_every_turn_and_never_in_none(quiet: Machine) -> None:
    texts = (UNSURE, PRICE, UNSURE)
    for choice, count in (("always", 3), ("never", 0)):
        model = Model()
        machine = with_choice(quiet, choice, llm=model, heard=Quota())
        for number, text in enumerate(texts):
            await turn(machine, text, user=f"{choice}-{number}")
        assert len(model.asked) == count
    assert figures(quiet, "machine_act_unasked_total") == {}


async def test_a_model_that_had_better_not_be_asked_is_not(quiet: Machine) -> None:
    model = Model(why="failing")
    await turn(replace(quiet, llm=model))
    assert model.asked == []
    assert figures(quiet, "machine_act_unasked_total") == {"failing": 1}


class Gone(Model):
    """Could hear, and has no place: it is not there to answer."""

    inventive = True

    def available(self) -> None:
        raise ModelUnavailable("gone", reason="hang")


async def test_a_turn_without_a_place_at_the_model_does_not_ask_it(quiet: Machine) -> None:
    model = Gone("discount_request")
    flags = quiet.settings.flags.model_copy(update={"degraded": True})
    settings = quiet.settings.model_copy(update={"flags": flags})
    await turn(replace(quiet, settings=settings, llm=model))
    assert model.asked == []
    assert figures(quiet, "machine_act_unasked_total") == {"model": 1}


async def test_a_backend_that_cannot_hear_is_never_asked(quiet: Machine) -> None:
    await turn(quiet)
    assert figures(quiet, "machine_act_unasked_total") == {}


async def test_it_gets_a_tenth_of_the_time(quiet: Machine) -> None:
    model = Model()
    await turn(replace(quiet, llm=model))
    assert model.given_s == [pytest.approx(quiet.settings.turn.timeout_s / 10)]


async def test_nobody_is_asked_while_somebody_waits(quiet: Machine) -> None:
    model = Held()
    admission = Admission(1, 256, Pace(900, 23.5, fresh=400, answer=120))
    machine = replace(quiet, llm=model, admission=admission)
    first = asyncio.create_task(turn(machine, PRICE, user="first"))
    await model.speaking.wait()
    others = [asyncio.create_task(turn(machine, user=f"u{number}")) for number in range(2)]
    async with asyncio.timeout(10):
        while admission.waiting < len(others):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
    model.release.set()
    await asyncio.gather(first, *others)
    assert len(model.asked) == 1, "the last one, behind whom nobody waits"
    assert figures(quiet, "machine_act_unasked_total") == {"busy": 1}


class Held(Model):
    """Speaks once it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.speaking, self.release = asyncio.Event(), asyncio.Event()

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        self.speaking.set()
        await self.release.wait()
        return await super().answer(prompt, deadline)


async def test_nobody_is_asked_where_the_answer_itself_has_hardly_time(quiet: Machine) -> None:
    model = Model()
    slow = Admission(4, 256, Pace(900, 4.5, fresh=400, answer=120))  # 27 s for an answer
    await turn(replace(quiet, llm=model, admission=slow))
    assert model.asked == []
    assert figures(quiet, "machine_act_unasked_total") == {"busy": 1}


async def test_a_turn_is_walked_again_without_a_model_and_comes_out_equal(quiet: Machine) -> None:
    for act in ("discount_request", "refund", "other"):
        machine = replace(quiet, llm=Model(act))
        for number, text in enumerate(("Здравствуйте", UNSURE, PRICE)):
            await turn(machine, text, act, number)
    silent = replace(quiet, llm=Model(why="model"))
    for number in range(1, 10):
        assert (await replay(number, silent)).differences == ()


async def test_a_record_of_an_earlier_release_is_walked_again_too(quiet: Machine) -> None:
    from app.turn.record import TurnRecord

    await turn(quiet)
    kept = await record_of(quiet)
    del kept["heard"]
    assert TurnRecord.load(kept).heard is None


async def test_the_stages_of_the_turn_tell_of_it(quiet: Machine) -> None:
    flags = quiet.settings.flags.model_copy(update={"timings": True})
    settings = quiet.settings.model_copy(update={"flags": flags})
    told = await turn(replace(quiet, settings=settings, llm=Model("demo", takes_s=0.05)))
    assert told["timings"]["hearing"] >= 50
    assert sum(told["timings"].values()) == pytest.approx(told["processing_ms"], rel=0.1, abs=5)


async def test_who_comes_meanwhile_reckons_with_it(quiet: Machine) -> None:
    """The turn's end is put off while it asks, and the running mean of what a turn takes has learnt of it afterwards."""
    pace = Pace(900, 23.5, fresh=400, answer=120)
    admission, before, ends = Admission(1, 256, pace), pace.overhead_s, []

    class Watched(Model):
        async def hear(self, question: ActQuestion, seconds: float) -> ActHeard:
            ends.extend(ticket.ends for ticket in admission._working)
            return await super().hear(question, seconds)

        async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
            ends.extend(ticket.ends for ticket in admission._working)
            return await super().answer(prompt, deadline)

    await turn(replace(quiet, llm=Watched("demo", takes_s=0.2), admission=admission))
    asked, answered = ends
    expected = pace.call_s(fresh=150, answer=8, streams=1)
    assert answered == pytest.approx(asked - expected + 0.2, abs=0.15), "first what it should take, then what it took"
    assert pace.overhead_s - before > 0.1 * 0.2 * 0.9


def test_what_is_hard_covers_what_the_policy_of_the_package_hands_over() -> None:
    from app.dialogue.policy.model import Policy

    grave: Sequence[str] = [
        intent
        for topic in Policy.default().topics
        if topic.action in ("handover", "refuse")
        for intent in topic.intents
    ]
    assert grave
    assert set(grave) <= HARD
