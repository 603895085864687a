"""kill -9 in the middle of turns: what was delivered is remembered, and no turn is half there."""

import json
import random
import signal
import sqlite3
import threading
import time
from pathlib import Path

import httpx
import pytest

from loadtests.service import Server, message

CALLERS = 8
SPOKEN_S = 20


class Caller(threading.Thread):
    """One customer who writes on and on, and sends the same request again when no answer came."""

    def __init__(self, number: int, server: Server, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.user = f"crash-{number}"
        self.delivered: dict[str, str] = {}
        self._server = server
        self._over = over

    def run(self) -> None:
        turn = 0
        while not self._over.is_set():
            body = message(f"сколько стоит сканер {turn}", user=self.user, request_id=f"r{turn}")
            try:
                with self._server.client() as client:
                    while not self._over.is_set():
                        response = client.post("/api/v1/process", json=body, timeout=10)
                        assert response.status_code == 200, response.text
                        self.delivered[body["request_id"]] = response.text
                        turn += 1
                        body = message(f"сколько стоит сканер {turn}", user=self.user, request_id=f"r{turn}")
            except (httpx.TransportError, httpx.UnsupportedProtocol):
                time.sleep(0.05)  # the service is down: it will be back


def spoken(callers: list[Caller], count: int) -> None:
    """Until each of them has had so many answers: on a slow machine a life of half a second is too short for one."""
    until = time.monotonic() + SPOKEN_S
    while min(len(caller.delivered) for caller in callers) < count:
        assert time.monotonic() < until, "the callers hardly speak: the test shows nothing"
        time.sleep(0.02)


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(400)])])
def test_kill_9_in_mid_turn_loses_no_delivered_answer(tmp_path: Path, kills: int) -> None:
    rng = random.Random(9)
    over = threading.Event()
    server = Server(tmp_path / "data").start()
    callers = [Caller(number, server, over) for number in range(CALLERS)]
    for caller in callers:
        caller.start()
    for lives in range(1, kills + 1):
        time.sleep(0.3 + rng.random() * 0.4)
        spoken(callers, lives)
        assert server.stop(signal.SIGKILL) == -signal.SIGKILL
        server.start()
    time.sleep(0.3)
    over.set()
    for caller in callers:
        caller.join(15)
        assert not caller.is_alive()
    server.stop()

    db = sqlite3.connect(tmp_path / "data" / "conversations.db")
    assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for caller in callers:
        turns = db.execute(
            "SELECT revision, request_id, response FROM turns WHERE user_id = ? ORDER BY revision", (caller.user,)
        ).fetchall()
        stored = {request: response for _, request, response in turns}
        missing = {request for request, response in caller.delivered.items() if stored.get(request) != response}
        assert missing == set(), "delivered, but not in the history as delivered"
        # No half turn: the state counts exactly the turns that are there, in an unbroken order, each message once.
        revision, state = db.execute(
            "SELECT revision, state FROM conversations WHERE user_id = ?", (caller.user,)
        ).fetchone()
        assert [number for number, _, _ in turns] == list(range(1, revision + 1))
        assert json.loads(state)["turns"] == revision == len(stored)
        assert [request for _, request, _ in turns] == [f"r{number}" for number in range(revision)]
    db.close()
