"""The turns of a recording by kind, and how many of each kind came out equal."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.prove.recording.comparing import Difference, place
from tests.prove.recording.house import Said, Step


@dataclass(frozen=True, slots=True)
class Recorded:
    """One stored turn: `number` is its id in the memory, `kinds` what it was, by dimension."""

    number: int
    request: str
    kinds: Mapping[str, str]


def recorded(part: str, data: Path, done: Sequence[tuple[Step, Said]]) -> list[Recorded]:
    """The turns of a part's memory with their kinds, in their order. Raises RuntimeError where the clock was not heeded."""
    steps: dict[str, Step] = {}
    for step, said in done:
        if step.path == "process" and said.status == 200:
            steps.setdefault(place(step.body), step)  # what comes again later was answered before
    seen = {
        step.body["request_id"]: step.body["source"]
        for step, _ in done
        if step.path == "observe" and "request_id" in step.body
    }
    with closing(sqlite3.connect(data / "conversations.db")) as db:
        rows = db.execute("SELECT id, request_id, revision, response, record FROM turns ORDER BY id").fetchall()
    turns = []
    for number, request, revision, response, text in rows:
        meta, record = json.loads(response)["meta"], json.loads(text)
        if abs(record["now"] - steps[request].at) > 0.001:
            raise RuntimeError(f"the turn {request} was answered at {record['now']}, not at {steps[request].at}")
        kinds = {
            "backend": part,
            "scene": steps[request].scene,
            "bot": record["bot"],
            "language": meta["language"],
            "action": meta["action"],
            "guardrail": _judged(record),
            "ending": " then ".join(draft["ending"] for draft in record["drafts"]),
            "drafts by": record["drafts"][-1]["model"],
            "message": record["ask"]["media"],
            "caller names": _named(record["ask"]),
            "history": "longer than is read" if revision > 25 else "whole",
            "answer": f"replaced by {seen[request]}" if request in seen else "seen",
            "flow": meta["flow"],
            "reason": meta["reason"],
        }
        turns.append(Recorded(number, request, kinds))
    return turns


def table(turns: Sequence[Recorded], differ: Sequence[Difference]) -> str:
    """A line a kind: turns, and those of them that came out equal when replayed and when asked again."""
    walked = {each.where for each in differ if each.name.startswith("replay.")}
    asked = {each.where for each in differ if not each.name.startswith("replay.")}
    counts: dict[tuple[str, str], list[int]] = {}
    for turn in turns:
        for kind in turn.kinds.items():
            line = counts.setdefault(kind, [0, 0, 0])
            line[0] += 1
            line[1] += turn.request not in walked
            line[2] += turn.request not in asked
    order = {name: place for place, name in enumerate(turns[0].kinds)} if turns else {}
    lines = [f"{'':44}{'turns':>7}{'replayed':>10}{'answered':>10}"]
    for (name, value), (all_, walk, ask) in sorted(counts.items(), key=lambda row: (order[row[0][0]], -row[1][0])):
        lines.append(f"{name:14}{value:30}{all_:7}{walk:10}{ask:10}")
    total = (
        len(turns),
        sum(turn.request not in walked for turn in turns),
        sum(turn.request not in asked for turn in turns),
    )
    return "\n".join([*lines, f"{'all':44}{total[0]:7}{total[1]:10}{total[2]:10}"])


def _judged(record: Mapping[str, Any]) -> str:
    if record["replaced"]:
        return "replaced"
    if len(record["drafts"]) > 1:
        return "second draft"
    return "repaired" if record["verdict"]["repairs"] else "ok"


def _named(ask: Mapping[str, Any]) -> str:
    return ", ".join(name for name in ("flow_name", "timezone", "time_of_day") if ask[name]) or "nothing"
