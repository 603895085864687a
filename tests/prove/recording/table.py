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

_FOLDED = 14  # kinds of one sort, from which on those that are wholly equal share a line


@dataclass(frozen=True, slots=True)
class Recorded:
    """One stored turn: `number` is its id in the memory, `kinds` what it was, by sort."""

    number: int
    request: str
    kinds: Mapping[str, str]


def recorded(part: str, data: Path, done: Sequence[tuple[Step, Said]]) -> list[Recorded]:
    """The turns of a part's memory with their kinds, in their order. Raises RuntimeError where the clock was not heeded."""
    steps: dict[str, Step] = {}
    seen: dict[str, str] = {}
    for step, said in done:
        if step.path == "process" and said.status == 200:
            steps.setdefault(place(step.body), step)  # what comes again later was answered before
        elif step.path == "observe" and "request_id" in step.body:
            seen[step.body["request_id"]] = step.body["source"]
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
            "caller names": ", ".join(n for n in ("flow_name", "timezone", "time_of_day") if record["ask"][n]) or "nothing",
            "history": "longer than is read" if revision - 1 > record["history"] else "whole",
            "answer": f"replaced by {seen[request]}" if request in seen else "seen",
            "flow": meta["flow"],
            "reason": meta["reason"],
        }  # fmt: skip
        turns.append(Recorded(number, request, kinds))
    return turns


def table(turns: Sequence[Recorded], differ: Sequence[Difference]) -> str:
    """A line a kind: turns, and those of them that came out equal when replayed and when asked again."""
    walked = {each.where for each in differ if each.name.startswith("replay.")}
    asked = {each.where for each in differ if not each.name.startswith("replay.")}
    sorts: dict[str, dict[str, list[int]]] = {}
    for turn in turns:
        row = (1, int(turn.request not in walked), int(turn.request not in asked))
        for sort, kind in {**turn.kinds, "all": ""}.items():
            counts = sorts.setdefault(sort, {}).setdefault(kind, [0, 0, 0])
            counts[:] = [one + more for one, more in zip(counts, row, strict=True)]
    lines = [f"{'':44}{'turns':>7}{'replayed':>10}{'answered':>10}"]
    for sort, kinds in sorts.items():
        rows = sorted(kinds.items(), key=lambda row: -row[1][0])
        equal = [kind for kind, counts in rows if len(set(counts)) == 1] if len(rows) > _FOLDED else []
        lines += [
            f"{sort:14}{kind:30}{counts[0]:7}{counts[1]:10}{counts[2]:10}" for kind, counts in rows if kind not in equal
        ]
        if equal:
            lines.append(f"{sort:14}{len(equal)} kinds, all equal: {', '.join(f'{k} {kinds[k][0]}' for k in equal)}")
    return "\n".join(lines)


def _judged(record: Mapping[str, Any]) -> str:
    if record["replaced"]:
        return "replaced"
    if len(record["drafts"]) > 1:
        return "second draft"
    return "repaired" if record["verdict"]["repairs"] else "ok"
