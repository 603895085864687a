"""Customers for Locust: `python -m loadtests.run` starts it with a plan; see docs/load.md.

Each message is one task, so the end of a run waits for the answers still due.
"""

import json
import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import gevent
import requests
from locust import HttpUser, LoadTestShape, task
from locust.exception import StopUser

from loadtests import record
from loadtests.customers import Dialogue, Town
from loadtests.plan import PATIENCE_S, load_plan
from loadtests.record import Kind, Record
from loadtests.shapes import customers_at

PLAN = load_plan()
TOWN = Town(PLAN)
_RECORDS = Path(PLAN.records).open("a", encoding="utf-8")  # noqa: SIM115 - the process's end closes it
_RANDOM = random.Random(PLAN.seed + 1)
_LEAVES_S = 1.0  # of the model, after which one who hangs up does so
_TWIN_S = 0.5


class Talking(HttpUser):
    """A place in the town: one dialogue after another, each of another customer."""

    host = PLAN.host

    def wait_time(self) -> float:
        """Seconds of the wall until the next message."""
        return PLAN.wall_s(_RANDOM.expovariate(1 / PLAN.think_s))

    def on_start(self) -> None:
        """Nobody begins in the same moment."""
        self.client.trust_env = False
        self.client.headers["Authorization"] = f"Bearer {PLAN.key}"
        self._dialogue: Dialogue | None = None
        self._texts: Iterator[str] = iter(())
        gevent.sleep(self.wait_time())

    def on_stop(self) -> None:
        if self._dialogue is not None:
            TOWN.left(self._dialogue.customer)

    @task
    def write(self) -> None:
        """The next message of the dialogue, as customers and their callers do it."""
        text = self._next_text()
        request_id = uuid.uuid4().hex
        chance = _RANDOM.random()
        if chance < PLAN.hangups:
            self._send("hangup", request_id, text)
        elif chance < PLAN.hangups + PLAN.retries:
            self._again(request_id, text)
        elif chance < PLAN.hangups + PLAN.retries + PLAN.bursts:
            more = next(self._texts, "Алло?")
            second = gevent.spawn(self._send, "burst", uuid.uuid4().hex, more)
            self._send("turn", request_id, text)
            second.join()
        else:
            self._send("turn", request_id, text)

    def _again(self, request_id: str, text: str) -> None:
        """The caller repeats its request: in half of the cases before the answer to the first is there."""
        if _RANDOM.random() < 0.5:
            twin = gevent.spawn_later(PLAN.wall_s(_TWIN_S), self._send, "twin", request_id, text)
            self._send("turn", request_id, text)
            twin.join()
        else:
            self._send("turn", request_id, text)
            self._send("retry", request_id, text)

    def _next_text(self) -> str:
        text = next(self._texts, None)
        if text is None:
            if self._dialogue is not None:
                TOWN.left(self._dialogue.customer)
                self._dialogue = None
            if TOWN.exhausted:
                raise StopUser
            self._dialogue = TOWN.next()
            self._texts = iter(self._dialogue.texts)
            text = next(self._texts)
        return text

    def _send(self, kind: Kind, request_id: str, text: str) -> None:
        assert self._dialogue is not None
        customer = self._dialogue.customer
        status, digest, processing_ms, error = record.CUT, "", 0, "cut off"
        patience = _LEAVES_S if kind == "hangup" else PATIENCE_S
        at, began = time.time(), time.perf_counter()
        try:
            with self.client.post(
                record.PATH,
                name=kind,
                json=record.body(request_id, customer.session, customer.user, customer.channel, text),
                timeout=max(0.02, PLAN.wall_s(patience)),
                catch_response=True,
            ) as response:
                status, error = response.status_code, ""
                if status == 0:  # Locust's own stand-in for an exception
                    left = kind == "hangup" and isinstance(response.error, requests.exceptions.ReadTimeout)
                    status, error = (record.CUT, "hung up") if left else (-1, type(response.error).__name__)
                elif status == 200:
                    digest = record.digest(response.content)
                    processing_ms, error = record.answer(response.content)
                else:
                    error = _code(response.content)
                response.success()  # the gate judges, not Locust
        finally:  # the end of the run too leaves a line
            took_s = time.perf_counter() - began
            record.write(
                _RECORDS,
                Record(kind, at, took_s, status, request_id, customer.session, customer.user, customer.channel, text,
                       digest, processing_ms, error),
            )  # fmt: skip


class Shape(LoadTestShape):
    """The plan's shape; ends by time, or when the plan's dialogues have been played."""

    def tick(self) -> tuple[int, float] | None:
        """(customers, customers started a second), None at the end."""
        share = float(self.get_run_time()) / PLAN.wall_s(PLAN.minutes * 60)  # type: ignore[no-untyped-call]
        if PLAN.dialogues:
            share = TOWN.begun / PLAN.dialogues
            if TOWN.exhausted and self.get_current_user_count() == 0:  # type: ignore[no-untyped-call]
                return None
            share = min(share, 0.999)
        if share >= 1:
            return None
        return customers_at(PLAN.shape, share, PLAN.users), max(5.0, PLAN.users / 2)


def _code(content: bytes) -> str:
    """The contract's error code, or what came in its place."""
    try:
        return str(json.loads(content)["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "outside the contract"
