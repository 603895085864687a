"""Turns that a model speaks: the running service against the emulated model server. Long forms: tests/prove/model.py."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from loadtests.emulators.faults import KINDS
from loadtests.rig import Rig
from loadtests.service import ask, message
from tests.prove import model as prove

PATH = "/api/v1/process"
PRICE = "Сколько стоит тариф Рост?"


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with Rig(20, FF_timings="true") as running:
        yield running


@pytest.fixture
def quiet(rig: Rig) -> Iterator[Rig]:
    """The rig without faults or statistics of others."""
    rig.emulator.reset()
    rig.wait_ready()
    yield rig
    rig.emulator.reset()


def test_a_fact_travels_from_the_knowledge_base_through_the_model_to_the_customer(quiet: Rig) -> None:
    with quiet.server.client() as client:
        reply = ask(client, PRICE, user="travels")
    assert "14 900" in reply["answer"].replace("\u00a0", " ")
    assert reply["meta"]["model"] == "qwen-14b"
    assert "pricing_plan_rost" in reply["meta"]["sections"]
    assert quiet.emulator.stats()["calls"] == 1


def test_every_turn_makes_one_call() -> None:
    found = prove.calls(dialogues=12, seed=3)
    asides = found["of_them_corrections"] + found["of_them_what_a_message_is_for"]
    assert found["model_calls"] == found["turns"] + asides
    assert 4 * found["of_them_what_a_message_is_for"] <= found["turns"]
    assert found["of_them_corrections"] <= 1


def test_the_reply_leaves_while_the_model_is_still_writing() -> None:
    # At a higher speed our own milliseconds count that many times.
    assert prove.early(turns=4, speed=2)["still_writing_ms"]["least"] > 300


# After which the turn cannot be answered, and is refused: all others are retried, written anew, mended or replaced.
REFUSED = frozenset({"500", "crash_mid_stream", "cut", "garbage_line", "not_loaded", "hang", "hang_mid"})
STALLING = frozenset({"hang", "hang_mid", "slow"})


@pytest.mark.parametrize("kind", sorted(KINDS - STALLING))
def test_no_fault_of_the_model_server_reaches_a_caller_or_stays(kind: str, quiet: Rig) -> None:
    retries = quiet.metric("machine_model_retries_total")
    found = prove.faults_of(quiet, kind, times=1)
    assert found["wrong"] == []
    assert not found["late"]
    assert found["statuses"] == {503 if kind in REFUSED else 200: 1}
    assert quiet.metric("machine_model_retries_total") - retries == (kind == "503")


@pytest.fixture(scope="module")
def unhurried() -> Iterator[Rig]:
    """A clock on which our own milliseconds count less: what is kept back for them at a deadline is 200 ms of the wall."""
    with Rig(5) as running:
        yield running


@pytest.mark.parametrize("kind", sorted(STALLING))
def test_a_model_that_stalls_is_given_up_in_time(kind: str, unhurried: Rig) -> None:
    found = prove.faults_of(unhurried, kind, times=1)
    assert found["wrong"] == []
    assert 25 < found["slowest_model_s"] < 35
    assert found["statuses"] == {503 if kind in REFUSED else 200: 1}


def test_a_connection_that_is_cut_before_the_first_word_is_tried_again(quiet: Rig) -> None:
    retries = quiet.metric("machine_model_retries_total")
    quiet.emulator.fault("cut", after_tokens=0)
    with quiet.server.client() as client:
        ask(client, PRICE, user="cut-first")
    assert quiet.metric("machine_model_retries_total") == retries + 1


def test_the_stages_of_a_turn_add_up_to_the_whole(quiet: Rig) -> None:
    with quiet.server.client() as client:
        meta = ask(client, PRICE, user="adds-up")["meta"]
    assert {"lock", "load", "queue", "dialogue", "retrieval", "prompt", "prefill", "decode", "guardrail"} <= set(
        meta["timings"]
    )
    assert sum(meta["timings"].values()) == pytest.approx(meta["processing_ms"], rel=0.05, abs=2)


def test_the_stages_in_the_metrics_add_up_too(quiet: Rig) -> None:
    with quiet.server.client() as client:
        for number in range(3):
            ask(client, PRICE, user=f"metrics-{number}")
    stages = quiet.metric("machine_stage_seconds_sum")
    assert quiet.metric("machine_turn_seconds_sum") == pytest.approx(stages, rel=0.10)


def test_a_caller_that_hangs_up_frees_the_model_and_leaves_no_turn() -> None:
    found = prove.hangup(times=2)
    assert found["turns_in_the_store"] == 0
    assert found["seen_after_ms"]["most"] < 200


@pytest.mark.long
def test_an_overload_is_refused_at_once_and_starves_no_bot() -> None:
    found = prove.overload(model_minutes=1.5, speed=10)
    assert found["slowest_answer_model_s"] < 32, "its deadline, and what a busy machine adds to both ends of a call"
    assert found["answers_after_the_deadline"] <= 0.01 * found["answered"]
    assert found["answered"] > 0
    assert found["refused_429"] > 0, "four times what it can do: else the test shows nothing"
    assert set(found["other_statuses"]) <= {503}
    assert sum(found["other_statuses"].values()) <= 0.02 * found["arrivals"]
    assert found["refusal_ms"]["p99"] < 300
    assert found["accepted_of_capacity"] > 0.8
    assert found["answered_share_by_bot"]["calm"] > found["answered_share_by_bot"]["loud"]


def test_most_prompt_tokens_come_from_the_prefix_cache() -> None:
    assert prove.cache(dialogues=4)["cached_share"] >= 0.65


def test_what_the_model_heard_beside_its_answer_is_known_at_the_next_turn(quiet: Rig) -> None:
    said = "Веду учёт в тетради, постоянно недостача и путаница с остатками у продавцов"
    heard = {"pain_impact": "недостача и путаница", "goal": "полёт на Марс"}
    quiet.emulator.state(fields={"slots": heard})
    with quiet.server.client() as client:
        ask(client, said, user="aside")
        quiet.emulator.state(fields={})
        ask(client, PRICE, user="aside")
    state = _state(quiet, "aside")
    assert state["slots"]["pain_impact"] == heard["pain_impact"]
    assert heard["goal"] not in json.dumps(state, ensure_ascii=False), "the customer has said nothing of the kind"


def test_a_model_that_is_loading_is_a_503_and_is_loaded_without_a_customer() -> None:
    with Rig(10, "--cold") as rig, rig.server.client() as client:
        rig.emulator.kill()
        assert client.post(PATH, json=message(PRICE, user="gone")).status_code == 503
        rig.emulator.start()  # comes back with nothing loaded
        said = set()
        until = time.monotonic() + 10
        while time.monotonic() < until:
            response = client.post(PATH, json=message(PRICE, user="loading"))
            if response.status_code == 200:
                break
            assert int(response.headers["retry-after"]) > 0
            said.add(response.json()["error"]["message"])
            time.sleep(0.02)
        assert response.status_code == 200
        assert any("being loaded" in text for text in said), said
        stats = rig.emulator.stats()
        assert (stats["loads"], stats["load_aborts"]) == (1, 0)


def test_a_model_partly_on_the_cpu_is_not_ready_and_says_what_to_do(quiet: Rig) -> None:
    quiet.emulator.state(size_vram=5_000_000_000)
    try:
        until = time.monotonic() + 5
        ready = httpx.get(f"{quiet.server.url}/ready", trust_env=False, verify=False)
        while ready.status_code == 200 and time.monotonic() < until:
            time.sleep(0.05)
            ready = httpx.get(f"{quiet.server.url}/ready", trust_env=False, verify=False)
        part = ready.json()["parts"]["model"]
        assert ready.status_code == 503
        assert "CPU" in part["detail"]
        assert part["fix"]
    finally:
        quiet.emulator.state(size_vram=None)


def test_ollama_gone_for_a_while_is_a_503_at_once_and_comes_back_by_itself() -> None:
    with Rig(20) as rig, rig.server.client() as client:
        rig.emulator.kill()
        statuses = []
        for number in range(6):
            started = time.monotonic()
            response = client.post(PATH, json=message(PRICE, user=f"gone-{number}"))
            statuses.append((response.status_code, time.monotonic() - started))
        assert {status for status, _ in statuses} == {503}
        assert statuses[-1][1] < 0.1  # nobody waits for what is known to be gone
        rig.emulator.start()
        rig.wait_ready(within_s=5)
        assert ask(client, PRICE, user="back")["answer"]


@pytest.mark.long
def test_with_the_flag_degraded_the_knowledge_base_answers_while_the_model_cannot() -> None:
    with Rig(20, FF_degraded="true") as rig, rig.server.client() as client:
        rig.emulator.kill()
        reply = ask(client, PRICE, user="degraded")
        assert reply["meta"]["model"] == "extractive"
        assert "14 900" in reply["answer"].replace("\u00a0", " ")


def test_with_the_flag_a_model_that_hangs_costs_no_more_than_the_facts_may_wait_and_is_known_after_two() -> None:
    with Rig(8, FF_degraded="true") as rig, rig.server.client() as client:
        rig.emulator.fault("hang", times=20)  # its trials too
        waited, said = [], []
        for number in range(4):
            started = time.monotonic()
            meta = ask(client, PRICE, user=f"hangs-{number}")["meta"]
            waited.append(8 * (time.monotonic() - started))
            said.append((meta["model"], meta["degraded"]))
        assert said == [("extractive", "hung")] * 4
        assert all(11 < seconds < 27 for seconds in waited[:2]), waited  # the machine that tests it is busy
        assert all(seconds < 5 for seconds in waited[2:]), waited
        ready = httpx.get(f"{rig.server.url}/ready", trust_env=False, verify=False)
        assert ready.status_code == 503
        assert "writes nothing" in ready.json()["parts"]["model"]["detail"]
        assert rig.metric("machine_model_up") == 0
        rig.emulator.restart()
        rig.wait_ready(within_s=10)
        assert ask(client, PRICE, user="well-again")["meta"]["model"] == "qwen-14b"


def test_a_model_of_a_coarse_vocabulary_gets_whole_prompts_and_never_cut_ones() -> None:
    """The first prompt is too long for it by our count of its tokens; what it counts is known from then on."""
    with Rig(8, "--coarse", "2.3", MACHINE_LLM__CONTEXT="2600") as rig, rig.server.client() as client:
        questions = (PRICE, "А пробный период есть?", "Сколько касс входит в Рост?", "Как подключить кассу?", PRICE)
        replies = [ask(client, text, user="coarse") for text in questions]
        assert {reply["meta"]["model"] for reply in replies} == {"qwen-14b"}
        assert "14 900" in replies[0]["answer"].replace("\u00a0", " ")
        stats = rig.emulator.stats()
        assert stats["truncated"] == 0
        shorter = rig.metric("machine_model_overlong_total")
        assert 1 <= shorter <= 2
        assert rig.metric('machine_model_overlong_total{left_out="nothing"}') == 0
        assert rig.metric("machine_refusals_total") == 0


def test_plain_text_works_without_the_structured_form() -> None:
    with Rig(20, FF_structured="false") as rig, rig.server.client() as client:
        reply = ask(client, PRICE, user="plain")
        assert "14 900" in reply["answer"].replace("\u00a0", " ")
        assert rig.emulator.stats()["calls"] == 1


def test_the_server_reads_as_many_tokens_as_we_count(quiet: Rig) -> None:
    """Within a tenth: it would cut a longer prompt without a word. What the count is multiplied with says so."""
    read = quiet.metric('machine_model_tokens_total{kind="prompt"}')
    with quiet.server.client() as client:
        for text in (PRICE, "А пробный период есть?", "нас пятеро, магазин одежды"):
            ask(client, text, user="counts")
    assert quiet.metric("machine_model_truncated_total") == 0
    counted = quiet.metric('machine_model_tokens_total{kind="prompt"}') - read
    assert 0 < counted <= quiet.emulator.stats()["prompt_tokens"], "of calls that were ended early it never hears"
    with sqlite3.connect(quiet.server.data / "conversations.db") as db:
        (record,) = db.execute("SELECT record FROM turns ORDER BY id DESC LIMIT 1").fetchone()
    assert json.loads(record)["tokens_factor"] == pytest.approx(1, abs=0.1)


@pytest.mark.long
def test_no_connection_to_the_model_server_is_left_behind(quiet: Rig) -> None:
    """What is written behind an answer is cut short for the next call: the connection must come back all the same."""

    async def rush(number: int) -> None:
        async with quiet.client() as client:
            bodies = [message(PRICE, user=f"rush-{number}-{each}") for each in range(8)]
            await asyncio.gather(*(client.post(PATH, json=body) for body in bodies))

    def open_files() -> int:
        return len(list(Path(f"/proc/{quiet.server.process.pid}/fd").iterdir()))

    quiet.emulator.state(fields={"slots": {"pain_point": "недостача каждый месяц и ручной учёт в тетради"}})
    asyncio.run(rush(0))
    before = open_files()
    for number in range(1, 9):
        asyncio.run(rush(number))
    time.sleep(0.5)
    assert open_files() <= before + 4


def test_two_keys_are_answered_side_by_side(quiet: Rig) -> None:
    async def both() -> float:
        async with quiet.client() as client:
            started = time.monotonic()
            bodies = [message(PRICE, user=f"side-{number}") for number in range(4)]
            responses = await asyncio.gather(*(client.post(PATH, json=body) for body in bodies))
            assert {response.status_code for response in responses} == {200}
            return time.monotonic() - started

    asyncio.run(both())
    assert quiet.emulator.stats()["peak_streams"] == 4


def _state(rig: Rig, user: str) -> dict[str, Any]:
    with sqlite3.connect(rig.server.data / "conversations.db") as db:
        row = db.execute("SELECT state FROM conversations WHERE user_id = ?", (user,)).fetchone()
    state: dict[str, Any] = json.loads(row[0])
    return state
