"""Dialogues played through the whole service over HTTP, with a model or without, and what became of its drafts."""

import json
import re
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from app.evaluation.cases import DialogueCase
from app.evaluation.dialogues import misses_of
from loadtests.service import Server, message

_BOT = "BOT_1"
# Short prompts, long deadlines, one place: a processor reads, not a card. The model never rests: each of its drafts
# is judged. Else all is as it comes, the flag `degraded` off: what it writes is no error.
SPEAKING = {
    "MACHINE_LLM__BACKEND": "ollama", "MACHINE_LLM__QUALITY_SHARE": "1", "MACHINE_LLM__LOAD_S": "600",
    "MACHINE_TURN__TIMEOUT_S": "240", "MACHINE_TURN__PARALLEL": "1",
    "MACHINE_TURN__PROMPT_TOKENS": "400", "MACHINE_TURN__PASSAGES": "1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Turn:
    """A message and its answer. `how` and `kinds` are empty without a model."""

    said: str
    answer: str
    action: str = ""
    reason: str = ""
    error: str = ""
    how: str = ""
    kinds: tuple[str, ...] = ()
    """Faults of the draft that decided."""
    drafts: tuple[str, ...] = ()
    missed: tuple[tuple[str, str], ...] = ()
    """(check, detail) of what was expected and does not hold."""


@dataclass(frozen=True, slots=True)
class Played:
    """One dialogue to its end, or to its first error."""

    case: DialogueCase
    turns: tuple[Turn, ...]

    def misses(self, check: str) -> bool:
        """Whether some expectation of this kind does not hold; all that is expected behind an error does not."""
        broken = any(turn.error for turn in self.turns)
        return broken or any(check == name for turn in self.turns for name, _ in turn.missed)


def ready(server: Server, within_s: float = 600) -> None:
    """Waits until the model has read the system text. Raises AssertionError with what /ready says."""
    until = time.monotonic() + within_s
    while (said := httpx.get(f"{server.url}/ready", trust_env=False, verify=False)).status_code != 200:
        assert time.monotonic() < until, said.text
        time.sleep(0.2)


def play(cases: Sequence[DialogueCase], folder: Path, **environment: str) -> list[Played]:
    """All of them, one after the other, each as a customer of its own. `folder`: of the memory, empty."""
    with Server(folder, environment=environment) as server:
        ready(server)
        with server.client() as client:
            client.timeout = httpx.Timeout(300)
            replies = [[_ask(client, case, number) for number in range(len(case.turns))] for case in cases]
    records = _records(folder)
    return [
        Played(case, tuple(_turn(case, number, reply, records) for number, reply in enumerate(own) if reply))
        for case, own in zip(cases, replies, strict=True)
    ]


def _ask(client: httpx.Client, case: DialogueCase, number: int) -> httpx.Response:
    body = message(case.turns[number][0], user=case.id, session=_BOT, request_id=f"{case.id}-{number}")
    return client.post("/api/v1/process", json=body)


def _turn(case: DialogueCase, number: int, reply: httpx.Response, records: dict[str, dict[str, Any]]) -> Turn:
    said, expected = case.turns[number]
    if reply.status_code != 200:
        return Turn(said, "", error=f"{reply.status_code} {reply.text[:200]}")
    body, record = reply.json(), records[f"{case.id}-{number}"]
    meta, verdict = body["meta"], record["verdict"]
    written = [draft["text"] for draft in record["drafts"] if draft["model"] != "extractive"]
    unusable = meta.get("degraded") == "unusable"
    faults = [check for check, _ in (*verdict["findings"], *verdict["lacks"])] if written else []
    missed = (
        misses_of(expected, body["answer"], meta["action"], meta["reason"], meta.get("topic") or "") if expected else []
    )
    return Turn(
        said,
        body["answer"],
        meta["action"],
        meta["reason"],
        how=record["how"] if written or unusable else "",
        kinds=("unusable",) if unusable else tuple(sorted(set(faults))),
        drafts=tuple(written),
        missed=tuple(missed),
    )


def _records(folder: Path) -> dict[str, dict[str, Any]]:
    """What the service kept of each turn, by request id."""
    with closing(sqlite3.connect(folder / "conversations.db")) as memory:
        return {name: json.loads(text) for name, text in memory.execute("SELECT request_id, record FROM turns")}


def calls(metrics: str) -> dict[str, int]:
    """Calls of the model by outcome, from /metrics."""
    found = re.findall(r'^machine_model_calls_total{outcome="(\w+)"} (\d+)', metrics, re.MULTILINE)
    return {outcome: int(count) for outcome, count in found}
