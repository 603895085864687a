"""What a message is for, asked of the model: the running service against the emulated model server."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from loadtests.rig import Rig, customers
from loadtests.service import KEY, ROOT, ask, clean_environment, message

PATH = "/api/v1/process"
UNSURE = "жена ругаться будет"
PRICE = "Сколько стоит тариф Рост?"


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    """A service that asks in every turn: what is asked and what comes of it does not depend on how many turns came."""
    patient = {"MACHINE_LLM__BREAKER_FAILURES": "100"}
    with Rig(20, MACHINE_UNDERSTANDING__MODEL="always", FF_timings="true", **patient) as running:
        yield running


@pytest.fixture
def quiet(rig: Rig) -> Iterator[Rig]:
    rig.emulator.reset()
    rig.wait_ready()
    yield rig
    rig.emulator.reset()


def outcomes(rig: Rig, outcome: str) -> float:
    return rig.metric(f'machine_act_calls_total{{outcome="{outcome}"}}')


def recorded(rig: Rig, user: str) -> list[tuple[int, dict[str, Any]]]:
    with closing(sqlite3.connect(rig.server.data / "conversations.db")) as db:
        rows = db.execute("SELECT id, record FROM turns WHERE user_id = ? ORDER BY id", (user,)).fetchall()
    return [(number, json.loads(record)) for number, record in rows]


def test_the_word_of_the_model_becomes_the_act_of_the_turn(quiet: Rig) -> None:
    quiet.emulator.state(fields={"act": "discount_request"})
    with quiet.server.client() as client:
        meta = ask(client, UNSURE, user="word")["meta"]
    assert meta["reason"] == "discount_request"
    assert meta["timings"]["hearing"] > 0
    stats = quiet.emulator.stats()
    assert (stats["calls"], stats["choices"]) == (2, 1)
    ((_, record),) = recorded(quiet, "word")
    assert record["heard"] == {"act": "discount_request", "outcome": "answered"}


def test_both_calls_of_a_turn_share_what_the_server_has_read(quiet: Rig) -> None:
    """The second reads its own last message anew and nothing before that."""
    with quiet.server.client() as client:
        for text in (PRICE, "А пробный период есть?", "нас пятеро, магазин одежды"):
            ask(client, text, user="prefix")
        before = quiet.emulator.stats()
        ask(client, UNSURE, user="prefix")
    after = quiet.emulator.stats()
    read, cached = (after[name] - before[name] for name in ("prompt_tokens", "cached_tokens"))
    assert after["calls"] - before["calls"] == 2
    assert cached / read > 0.6


@pytest.mark.parametrize(
    ("kind", "more", "outcome"),
    [
        ("503", {}, "busy"),
        ("500", {}, "crash"),
        ("cut", {"after_tokens": 0}, "cut"),
        ("cut", {"after_tokens": 1, "reset": True}, "cut"),
        ("garbage_line", {"after_tokens": 0}, "garbage"),
        ("json", {"text": '{"act": "astrology"}'}, "unknown"),
        ("json", {"text": '{"act": "discount_request"'}, "malformed"),
        ("json", {"text": '{"answer": "Да."}'}, "malformed"),
        ("fields", {"fields": {"act": "other"}}, "other"),
        ("fields", {"fields": {"act": "refund"}}, "unknown"),
        ("hang", {}, "late"),
        ("hang_mid", {"after_tokens": 1}, "late"),
        ("slow", {"seconds": 1.0}, "late"),
    ],
)
def test_a_call_that_comes_to_nothing_costs_the_turn_no_more_than_a_tenth_of_its_time(
    kind: str, more: dict[str, Any], outcome: str, quiet: Rig
) -> None:
    before = outcomes(quiet, outcome)
    retries = quiet.metric("machine_model_retries_total")
    quiet.emulator.fault(kind, **more)
    user = f"{kind}-{outcome}-{time.monotonic_ns()}"
    began = time.monotonic()
    with quiet.server.client() as client:
        reply = ask(client, UNSURE, user=user)
    took = (time.monotonic() - began) * quiet.speed
    assert reply["answer"]
    assert reply["meta"]["reason"] != "discount_request"
    assert outcomes(quiet, outcome) == before + 1
    assert quiet.metric("machine_model_retries_total") == retries, "never a second try"
    ((_, record),) = recorded(quiet, user)
    assert record["heard"] == {"act": "", "outcome": outcome}
    if kind != "500":  # which loads the model again
        assert reply["meta"]["timings"]["hearing"] <= 100 + 3000 / quiet.speed
        assert took < 25


def test_no_person_comes_and_nobody_is_refused_because_a_model_says_so(quiet: Rig) -> None:
    for act in ("human_wanted", "legal", "medical", "emergency", "abuse", "injection", "opt_out"):
        quiet.emulator.fault("json", text=json.dumps({"act": act}))
        with quiet.server.client() as client:
            meta = ask(client, UNSURE, user=f"hard-{act}")["meta"]
        assert meta["action"] in ("answer", "ask"), act
        ((_, record),) = recorded(quiet, f"hard-{act}")
        assert record["heard"]["outcome"] in ("hard", "unknown")


def test_a_model_that_is_left_alone_is_not_asked(quiet: Rig) -> None:
    with Rig(20, MACHINE_UNDERSTANDING__MODEL="always", MACHINE_LLM__BREAKER_S="30", FF_degraded="true") as rig:
        with rig.server.client() as client:
            for number in range(3):  # the short call and the answer's own, three times
                rig.emulator.fault("json", text='{"act": "other"}')
                rig.emulator.fault("cut", times=2, after_tokens=0)
                assert client.post(PATH, json=message(UNSURE, user=f"fails-{number}")).status_code == 200
            rig.emulator.clear_faults()
            calls = rig.emulator.stats()["calls"]
            reply = ask(client, UNSURE, user="left-alone")
        assert reply["meta"]["model"] == "extractive"
        assert rig.emulator.stats()["calls"] == calls
        assert rig.metric('machine_act_unasked_total{reason="model"}') >= 1


def test_turns_are_walked_again_without_the_model(quiet: Rig) -> None:
    quiet.emulator.state(fields={"act": "discount_request"})
    with quiet.server.client() as client:
        for text in ("Здравствуйте", UNSURE, PRICE):
            ask(client, text, user="again")
    environ = clean_environment(MACHINE_LLM__BACKEND="ollama", MACHINE_LLM__HOST="http://127.0.0.1:9")
    turns = recorded(quiet, "again")
    assert [record["heard"]["outcome"] for _, record in turns].count("answered") >= 1
    for number, _ in turns:
        command = ["replay", str(number), "--data", str(quiet.server.data), "--kb", str(ROOT / "kb")]
        result = CliRunner(env=environ).invoke(main, command)
        assert result.exit_code == 0, result.output


def test_nothing_of_a_message_is_in_the_log(quiet: Rig) -> None:
    word = "крокозябровый"
    quiet.emulator.fault("json", text=json.dumps({"act": word}, ensure_ascii=False))
    with quiet.server.client() as client:
        ask(client, f"{UNSURE} {word}", user="quiet-log")
    quiet.emulator.fault("garbage_line", after_tokens=0, text=word)
    with quiet.server.client() as client:
        ask(client, f"{UNSURE} {word}", user="quiet-log")
    assert word not in "".join(quiet.server.log)
    assert UNSURE not in "".join(quiet.server.log)


def test_of_real_customers_at_most_one_turn_in_four_is_asked() -> None:
    """And only those of which nothing tells what they are for, in their order."""
    with Rig(profile="instant") as rig:

        async def play() -> int:
            turns = 0
            async with rig.client() as client:
                for user, texts in customers(6, 11):
                    for text in [*texts, UNSURE, UNSURE]:
                        response = await client.post(PATH, json=message(text, user=user))
                        assert response.status_code == 200, response.text
                        turns += 1
            return turns

        turns = asyncio.run(play())
        asked = rig.emulator.stats()["choices"]
        unsure = rig.metric("machine_unsure_turns_total")
    assert 0 < asked <= turns / 4
    assert asked <= unsure
    assert KEY not in "".join(rig.server.log)
