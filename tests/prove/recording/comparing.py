"""What two services that were told the same said and wrote down differently, by the name of the key."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.prove.recording.house import Said, Step

TIMES = frozenset({"meta.processing_ms", "meta.timings"})
"""How long it took: not compared."""
MISSING = "(none)"


@dataclass(frozen=True, slots=True)
class Difference:
    """`where` is a request_id or a conversation, `name` the key: `answer`, `meta.action`, `record.found`, `state.slots`."""

    where: str
    name: str
    before: Any
    now: Any

    def ignored_by(self, names: frozenset[str]) -> bool:
        """Whether one of `names` is this key or one that it stands below."""
        parts = self.name.split(".")
        return any(".".join(parts[:end]) in names for end in range(1, len(parts) + 1))


def answers(step: Step, before: Said, now: Said) -> Iterator[Difference]:
    """Of one request: the status, and each key of the answer but its times."""
    where = place(step.body)
    if before.status != now.status:
        yield Difference(where, "status", before.status, now.status)
    yield from _keys(where, "", _flat(before.body), _flat(now.body), both_know=False)


def memories(before: Path, now: Path, given: Mapping[str, Said]) -> tuple[list[Difference], list[str]]:
    """Of two data folders, and what only one of them knows of. `given`: what the second service answered, by place."""
    notes: list[str] = []
    with closing(_open(before)) as old, closing(_open(now)) as new:
        found = [*_conversations(old, new, notes), *_turns(old, new, notes, given)]
    return found, list(dict.fromkeys(notes))


def place(body: Mapping[str, Any]) -> str:
    """Where a difference is: the request, or the conversation where there is none."""
    return str(body.get("request_id") or body["user_id"])


def _conversations(old: sqlite3.Connection, new: sqlite3.Connection, notes: list[str]) -> Iterator[Difference]:
    one, other = (_rows(db, "conversations", ("session_id", "user_id")) for db in (old, new))
    for where, before, now in _paired(one, other, "conversation"):
        if isinstance(before, str) or isinstance(now, str):
            yield Difference(where, "conversation", before, now)
            continue
        states = [_meaning(json.loads(row.pop("state"))) for row in (before, now)]
        yield from _keys(where, "conversation.", before, now, both_know=True, notes=notes)
        yield from _keys(where, "state.", *states, both_know=True, notes=notes)


def _turns(
    old: sqlite3.Connection, new: sqlite3.Connection, notes: list[str], given: Mapping[str, Said]
) -> Iterator[Difference]:
    one, other = (_rows(db, "turns", ("session_id", "user_id", "request_id")) for db in (old, new))
    for where, before, now in _paired(one, other, "turn"):
        if isinstance(before, str) or isinstance(now, str):
            yield Difference(where, "turn", before, now)
            continue
        records = json.loads(before.pop("record")), json.loads(now.pop("record"))
        del before["response"], before["id"]
        kept = now.pop("response"), now.pop("id")
        if where in given and kept[0] != given[where].body:
            yield Difference(where, "turn.response", given[where].body, kept[0])
        yield from _keys(where, "turn.", before, now, both_know=True, notes=notes)
        states = [_meaning(record.pop("before", {})) for record in records]
        yield from _keys(where, "record.", *records, both_know=False)
        yield from _keys(where, "record.before.", *states, both_know=True, notes=notes)


def _paired(
    one: Mapping[str, dict[str, Any]], other: Mapping[str, dict[str, Any]], what: str
) -> Iterator[tuple[str, dict[str, Any] | str, dict[str, Any] | str]]:
    for where in {**one, **other}:
        yield where, one.get(where, f"no such {what}"), other.get(where, f"no such {what}")


def _keys(
    where: str,
    prefix: str,
    before: Mapping[str, Any],
    now: Mapping[str, Any],
    *,
    both_know: bool,
    notes: list[str] | None = None,
) -> Iterator[Difference]:
    """`both_know`: a key that one side lacks is no difference but a note."""
    for name in {**before, **now}:
        if prefix + name in TIMES:
            continue
        if both_know and (name not in before or name not in now):
            if notes is not None:
                notes.append(f"{prefix}{name} is only {'in the base' if name in before else 'in the working tree'}")
        elif before.get(name, MISSING) != now.get(name, MISSING):
            yield Difference(where, prefix + name, before.get(name, MISSING), now.get(name, MISSING))


def _meaning(state: Mapping[str, Any]) -> dict[str, Any]:
    """Marks of what was said have no order; slots have one: the machine goes back to the one that was told last."""
    ordered = {name: [*state[name].items()] for name in ("slots",) if name in state}
    marks = {name: sorted(state[name]) for name in ("said",) if name in state}
    return {**state, **ordered, **marks}


def _flat(body: str) -> dict[str, Any]:
    """The keys of an answer, those of `meta` and `error` by their own names."""
    try:
        tree = json.loads(body)
    except ValueError:
        return {"body": body}
    flat: dict[str, Any] = {}
    for name, value in tree.items():
        flat |= {f"{name}.{key}": each for key, each in value.items()} if isinstance(value, dict) else {name: value}
    return flat


def _rows(db: sqlite3.Connection, table: str, key: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """The rows by the last column of their key, which the recording uses once, in the order they were written."""
    return {row[key[-1]]: dict(row) for row in db.execute(f"SELECT * FROM {table} ORDER BY rowid")}


def _open(data: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{data / 'conversations.db'}?mode=ro", uri=True)
    db.row_factory = sqlite3.Row
    return db
