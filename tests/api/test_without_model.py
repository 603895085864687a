"""Every way to be without the model, in both positions of the flag: the contract's refusal, or the facts and why."""

import asyncio
import contextlib
from typing import Any

import pytest

from app.composing.extractive import Extractive
from app.deadline import Deadline
from app.errors import DeadlinePassed, ModelUnavailable, PromptTooLong
from app.types import Draft, Prompt
from loadtests.service import message
from tests.api.test_contract import check_error
from tests.api.test_failures import turns

PATH = "/api/v1/process"
PRICE = "Сколько стоит тариф Рост?"
RIGHT = "Тариф «Рост» стоит 14 900 ₸ в месяц."


class Lost(Extractive):
    """A chat model that cannot be had: known before it is asked, or when it is."""

    name = "lost"
    wants_prompt = inventive = True

    def __init__(self, error: Exception | None, *, known: bool = False) -> None:
        self._error, self._known = error, known
        self.asked = 0

    def available(self) -> None:
        if self._known and self._error is not None:
            raise self._error

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        self.asked += 1
        if self._error is not None:
            raise self._error
        return Draft(RIGHT, self.name, prompt.passages[:1])


WAYS = {
    "gone": (ModelUnavailable("away", reason="gone"), True),
    "left alone": (ModelUnavailable("away", reason="breaker"), True),
    "refuses": (ModelUnavailable("away", reason="refused"), False),
    "loading": (ModelUnavailable("being loaded", retry_after=15, reason="loading"), True),
    "late": (DeadlinePassed("late"), False),
    "no time to ask": (ModelUnavailable("late", reason="late"), False),
    "hung": (ModelUnavailable("silent", reason="hang"), False),
    "known as hung": (ModelUnavailable("silent", reason="hang"), True),
    "turned away": (ModelUnavailable("busy", reason="busy"), False),
    "over its limit": (ModelUnavailable("429", reason="limited"), False),
    "nonsense": (ModelUnavailable("nothing usable", reason="malformed"), False),
    "too long": (PromptTooLong("too long", reason="too_long", tokens=10**6, room=100), False),
}
SAYS = {
    "gone": "gone", "left alone": "gone", "refuses": "gone", "loading": "loading", "late": "late",
    "no time to ask": "late", "hung": "hung", "known as hung": "hung", "turned away": "crowded",
    "over its limit": "crowded",
    "nonsense": "unusable", "too long": "unusable",
}  # fmt: skip


@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"nonsense"}))
def test_off_it_is_the_contracts_503_and_leaves_no_turn(serve_with: Any, way: str) -> None:
    error, known = WAYS[way]
    with serve_with(Lost(error, known=known)) as (client, machine):
        response = client.post(PATH, json=message(PRICE))
        check_error(response, 503)
        assert int(response.headers["retry-after"]) > 0
        assert turns(machine) == 0


@pytest.mark.parametrize("way", WAYS)
def test_on_it_is_a_200_with_the_facts_and_why(serve_with: Any, way: str) -> None:
    error, known = WAYS[way]
    model = Lost(error, known=known)
    with serve_with(model, FF_degraded="true") as (client, machine):
        response = client.post(PATH, json=message(PRICE))
        assert response.status_code == 200, response.text
        reply = response.json()
        assert "14 900" in reply["answer"].replace("\u00a0", " ")
        assert (reply["meta"]["model"], reply["meta"]["degraded"]) == ("extractive", SAYS[way])
        assert turns(machine) == 1
        assert model.asked == (not known)
        assert f'machine_degraded_turns_total{{reason="{SAYS[way]}"}} 1.0' in client.get("/metrics").text


@pytest.mark.parametrize("flag", ["true", "false"])
def test_a_model_that_answers_has_nothing_to_excuse(serve_with: Any, flag: str) -> None:
    with serve_with(Lost(None), FF_degraded=flag) as (client, _):
        meta = client.post(PATH, json=message(PRICE)).json()["meta"]
    assert meta["model"] == "lost"
    assert "degraded" not in meta


@contextlib.asynccontextmanager
async def no_place(machine: Any) -> Any:
    """All places are taken for long, and it is known that they are."""
    async with contextlib.AsyncExitStack() as stack:
        for number in range(machine.settings.turn.parallel):
            ticket = stack.enter_context(machine.admission.ticket("x", ("another", number), Deadline.after(600)))
            await stack.enter_async_context(ticket.place(lambda _: None))
            ticket.ends += 500
        yield


@pytest.mark.parametrize("flag", ["true", "false"])
def test_who_is_crowded_out_gets_the_facts_or_the_contracts_429(serve_with: Any, flag: str) -> None:
    model = Lost(None)
    with serve_with(model, FF_degraded=flag) as (client, machine):
        loop = asyncio.new_event_loop()
        held = no_place(machine)
        loop.run_until_complete(held.__aenter__())
        try:
            response = client.post(PATH, json=message(PRICE))
        finally:
            loop.run_until_complete(held.__aexit__(None, None, None))
            loop.close()
        if flag == "false":
            check_error(response, 429)
            assert int(response.headers["retry-after"]) > 0
            assert turns(machine) == 0
        else:
            meta = response.json()["meta"]
            assert (response.status_code, meta["model"], meta["degraded"]) == (200, "extractive", "crowded")
        assert model.asked == 0


def test_who_was_let_in_and_finds_no_place_in_time_gets_the_facts_before_his_deadline(serve_with: Any) -> None:
    """The prediction had let him in: what the turns before him take longer is not his loss."""
    environ = {"FF_degraded": "true", "MACHINE_TURN__TIMEOUT_S": "1.5", "MACHINE_TURN__RESERVE_S": "0.7"}
    with serve_with(Lost(None), **environ) as (client, machine):
        loop = asyncio.new_event_loop()
        held = no_place(machine)
        loop.run_until_complete(held.__aenter__())
        for ticket in machine.admission._working:
            ticket.ends -= 600
        try:
            response = client.post(PATH, json=message(PRICE))
        finally:
            loop.run_until_complete(held.__aexit__(None, None, None))
            loop.close()
        assert response.status_code == 200, response.text
        meta = response.json()["meta"]
        assert (meta["model"], meta["degraded"]) == ("extractive", "crowded")
        assert 700 <= meta["processing_ms"] < 1500


def test_too_many_at_once_are_refused_in_either_position(serve_with: Any) -> None:
    with serve_with(Lost(ModelUnavailable("away", reason="gone"), known=True), FF_degraded="true") as (client, machine):
        machine.facts._most = 0
        check_error(client.post(PATH, json=message(PRICE)), 503)


def test_without_any_model_nothing_is_degraded(serve_with: Any) -> None:
    with serve_with(None, FF_degraded="true") as (client, machine):
        loop = asyncio.new_event_loop()
        held = no_place(machine)
        loop.run_until_complete(held.__aenter__())
        try:
            check_error(client.post(PATH, json=message(PRICE)), 429)
        finally:
            loop.run_until_complete(held.__aexit__(None, None, None))
            loop.close()


def test_what_a_model_writes_badly_is_no_error_in_either_position(serve_with: Any) -> None:
    error, known = WAYS["nonsense"]
    with serve_with(Lost(error, known=known)) as (client, _):
        reply = client.post(PATH, json=message(PRICE))
    assert reply.status_code == 200
    assert reply.json()["meta"]["degraded"] == "unusable"
    assert "14 900 ₸" in reply.json()["answer"]
