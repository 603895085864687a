"""A message whose work would never end: it gets an error, and nobody else notices. The real service, on its real loop."""

import statistics
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from loadtests.service import Server, ask, message

# The service with a fault in each stage of a turn: a message that holds the word meets an expression that never ends.
_PLANTED = """
import re, sys
import app.turn.process, app.turn.speaking, app.composing.extractive as extractive
from app.cli import main
from app.knowledge.bywords import WordSearch

def planted(word, function):
    def slow(*arguments, **named):
        texts = (getattr(argument, "text", argument) for argument in arguments)
        if any(isinstance(text, str) and word in text for text in texts):
            re.match(r"(a+)+$", "a" * 64 + "b")
        return function(*arguments, **named)
    return slow

app.turn.process.decide = planted("решая", app.turn.process.decide)
WordSearch.search = planted("ища", WordSearch.search)
app.turn.process.plan = planted("готовясь", app.turn.process.plan)
extractive.compose = planted("говоря", extractive.compose)
app.turn.speaking.judge = planted("проверяя", app.turn.speaking.judge)
sys.exit(main())
"""
_STAGES = ("решая", "ища", "готовясь", "говоря", "проверяя")


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    environment = {"MACHINE_TURN__WORK_S": "0.2"}
    with Server(tmp_path_factory.mktemp("planted"), program=("-c", _PLANTED), environment=environment) as server:
        yield server


@pytest.mark.parametrize("stage", _STAGES)
def test_it_is_refused_in_every_stage_and_leaves_nothing(planted: Server, stage: str) -> None:
    user = f"costly-{stage}"
    with planted.client() as client:
        first = ask(client, "Сколько стоит тариф Рост?", user=user, request_id="first")
        refused = client.post("/api/v1/process", json=message(f"Сколько стоит тариф {stage}?", user=user))
        assert refused.status_code == 422
        assert refused.json() == {
            "error": {
                "code": "BAD_REQUEST",
                "message": "this message takes more work than a turn may; send it shorter or in parts",
            }
        }
        again = client.post("/api/v1/process", json=message("Сколько стоит сканер?", user=user))
        assert again.status_code == 429
        assert 1 <= int(again.headers["Retry-After"]) <= 60
        assert again.json()["error"]["code"] == "RATE_LIMIT"
        # what was answered before is still given to its retry
        body = message("Сколько стоит тариф Рост?", user=user, request_id="first")
        assert client.post("/api/v1/process", json=body).json() == first
        assert ask(client, "Сколько стоит тариф Рост?", user=f"other-{stage}")["answer"]


def test_everybody_else_is_answered_meanwhile(planted: Server) -> None:
    """Ten customers send nothing but such messages, each as soon as the last one is refused."""
    ended, waits = threading.Event(), []

    def attacker(number: int) -> None:
        with planted.client() as client:
            for turn in range(1000):
                if ended.is_set():
                    return
                text = f"{_STAGES[turn % len(_STAGES)]} {turn}"
                client.post("/api/v1/process", json=message(text, user=f"attacker-{number}"))

    attackers = [threading.Thread(target=attacker, args=(number,)) for number in range(10)]
    for thread in attackers:
        thread.start()
    try:
        until = time.monotonic() + 4
        with (
            httpx.Client(base_url=planted.url, timeout=60, trust_env=False, verify=False) as other,
            planted.client() as client,
        ):
            # one wait is no median: on a busy machine the first answer alone may take all four seconds
            while (now := time.monotonic()) < until or (len(waits) < 30 and now < until + 30):
                started = time.monotonic()
                assert other.get("/health").status_code == 200
                waits.append(time.monotonic() - started)
                assert ask(client, "Сколько стоит тариф Рост?", user="honest")["answer"]
    finally:
        ended.set()
        for thread in attackers:
            thread.join()
    # Each of the ten takes the machine once, for as long as a turn may at most, and then rests.
    late = [wait for wait in waits if wait > 0.1]
    assert len(late) <= 10, sorted(waits)[-15:]
    assert statistics.median(waits) < 0.1, sorted(waits)
    assert max(waits) < 3, "so much may be the work of others on a busy machine: the two before it decide"
    assert not any("loop stuck" in line for line in planted.log)
    assert not any("Traceback" in line for line in planted.log)
