"""What a damaged memory still holds beyond the restored one, brought over: whole conversations or nothing of them.

A damaged page takes the rows on it and, where it leads to others, the rows behind it. Rows are read by their number
around such pages, past every index. A conversation is brought over when the rows that the restored memory lacks are all
there; the rest of what can be read is for a person to look at.
"""

import json
import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Final

from app.errors import ConfigError
from app.store import engine, messages, pages, turns
from app.store.backup import DATABASE
from app.store.bringing import bring_over
from app.store.engine import Connection, connected
from app.store.migrations import migrate
from app.store.retention import TABLES, plain, tables_in
from app.types import Key

KEPT: Final = "damaged-"
"""How the folders of `machine restore` begin in which it keeps a damaged memory."""
_BUSY_S = 30.0
_ALL = 1 << 40

Row = Mapping[str, Any]
_Person = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What came of it. `rest` are rows that could be read, but belong to a conversation that is not whole."""

    source: Path
    conversations: int
    turns: int
    holes: int
    """Places in the tables where rows could not be read."""
    rest: tuple[Row, ...]


def newest_kept(data: Path) -> Path:
    """The damaged memory that was kept last in the folder `data`. Raises ConfigError when there is none."""
    found = sorted(path for path in data.glob(f"{KEPT}*") if (path / DATABASE).is_file())
    if not found:
        raise ConfigError(f"no damaged memory is kept in {str(data)!r}; machine restore keeps one when it finds damage")
    return found[-1]


def salvage(damaged: Path, live: Path) -> Salvaged:
    """Brings over from the database in the folder `damaged` what the one in `live` lacks, in one transaction.

    A conversation that has gone on since the restore is left as it is. Raises ConfigError when nothing can be read.
    """
    source, target = damaged / DATABASE, live / DATABASE
    if not os.path.lexists(target):
        raise ConfigError(
            f"there is no memory in {str(live)!r}: restore a backup first, or name the folder with --data"
        )
    try:
        with connected(source, below=damaged.parent, mode="ro") as db:
            plain(db)
            engine.named_rows(db)
            holes: dict[str, list[int]] = {table: [] for table in TABLES}
            read: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
            for table in tables_in(db):
                read[table] = [dict(row) for row in pages.readable_rows(db, table, holes[table])]
        with connected(target, timeout=_BUSY_S, isolation_level=None) as db:
            plain(db)
            engine.careful(db)
            migrate(db)  # a restored backup may be of schema 1
            engine.named_rows(db)
            with engine.writing(db):
                done = _merge(db, read, strict=bool(holes["observations"]))
    except (OSError, engine.Error) as error:
        raise ConfigError(f"nothing was brought over from {str(source)!r}: {error}") from None
    count = sum(len(places) for places in holes.values())
    return Salvaged(damaged, done.conversations, done.turns, count, tuple(done.rest))


@dataclass
class _Done:
    conversations: int
    turns: int
    rest: list[Row]


def _merge(db: Connection, read: Mapping[str, list[dict[str, Any]]], *, strict: bool) -> _Done:
    heads = {(row["session_id"], row["user_id"]): row for row in read["conversations"]}
    answered, observations, log = (_by_person(read[table]) for table in TABLES[1:])
    done = _Done(0, 0, [])
    for person in sorted(heads.keys() | answered.keys() | observations.keys()):
        had = db.execute("SELECT revision FROM conversations WHERE session_id=? AND user_id=?", person).fetchone()
        revision = had["revision"] if had else 0
        head = heads.get(person)
        newer = [row for row in answered[person] if row["revision"] > revision]
        seen = observations[person]
        if not newer and (head is None or head["revision"] <= revision):
            continue  # the restored memory has it all
        said = [row for row in log[person] if row["revision"] > revision]
        found = _Found(person, revision, answered[person], newer, seen, said)
        if head is None or _went_on(db, found) or not _whole(db, head, found, strict=strict):
            told = {row["revision"] for row in [*newer, *seen]}
            done.rest += [*newer, *(row for row in seen if row["revision"] > revision)]
            done.rest += [row for row in said if row["revision"] not in told]
            continue
        _put(db, head, found)
        _put_log(db, head, found)
        done.conversations += 1
        done.turns += len(newer)
    return done


@dataclass(frozen=True, slots=True)
class _Found:
    """What can be read of a conversation; the restored memory has it up to `revision`."""

    person: _Person
    revision: int
    turns: list[dict[str, Any]]
    newer: list[dict[str, Any]]
    seen: list[dict[str, Any]]
    said: list[dict[str, Any]]
    """Its messages beyond that revision."""


def _by_person(rows: list[dict[str, Any]]) -> dict[_Person, list[dict[str, Any]]]:
    found: dict[_Person, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        found[row["session_id"], row["user_id"]].append(row)
    return found


def _went_on(db: Connection, found: _Found) -> bool:
    """Whether the restored conversation has a turn that the damaged one has otherwise: it was answered since."""
    row = db.execute(
        "SELECT revision, request_id FROM turns WHERE session_id=? AND user_id=? AND revision<=?"
        " ORDER BY revision DESC LIMIT 1",
        (*found.person, found.revision),
    ).fetchone()
    return row is not None and any(
        each["revision"] == row["revision"] and each["request_id"] != row["request_id"] for each in found.turns
    )


def _whole(db: Connection, head: Row, found: _Found, *, strict: bool) -> bool:
    """Whether every turn of `head` is there. `strict`: also what the customer saw besides, of which some was lost."""
    try:
        counted = json.loads(head["state"])["turns"]
    except (ValueError, KeyError, TypeError):
        return False
    kept = db.execute("SELECT count(*) FROM turns WHERE session_id=? AND user_id=?", found.person).fetchone()[0]
    if kept + len(found.newer) != counted:
        return False
    # What the customer saw may be said again: a step without a row of its own, so steps may be missing.
    steps = {row["revision"] for row in [*found.newer, *found.seen]}
    return not strict or steps >= set(range(found.revision + 1, head["revision"] + 1))


def _put(db: Connection, head: Row, found: _Found) -> None:
    db.execute(
        "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at, updated_at)"
        " VALUES (:session_id, :user_id, :schema_version, :revision, :state, :created_at, :updated_at)"
        " ON CONFLICT (session_id, user_id) DO UPDATE SET schema_version=excluded.schema_version,"
        " revision=excluded.revision, state=excluded.state, updated_at=excluded.updated_at",
        head,
    )
    for row in found.newer:
        db.execute(
            "INSERT INTO turns (session_id, user_id, revision, request_id, body_hash, user_text, answer, response,"
            " record, created_at) VALUES (:session_id, :user_id, :revision, :request_id, :body_hash, :user_text,"
            " :answer, :response, :record, :created_at)",
            row,
        )
    for row in found.seen:
        turn = db.execute(
            "SELECT id FROM turns WHERE session_id=? AND user_id=? AND request_id=?",
            (*found.person, row["request_id"]),
        ).fetchone()
        db.execute(
            "INSERT INTO observations (session_id, user_id, revision, request_id, turn_id, text, source, created_at)"
            " VALUES (:session_id, :user_id, :revision, :request_id, :turn, :text, :source, :created_at)"
            " ON CONFLICT (session_id, user_id, revision) DO UPDATE SET text=excluded.text, source=excluded.source",
            {**row, "turn": turn["id"] if turn and row["turn_id"] is not None else None},
        )


def _put_log(db: Connection, head: Row, found: _Found) -> None:
    """Puts back what only the log of messages knew; what it lacks follows from the turns and observations."""
    if "mode" in head:  # a memory of schema 1 has neither
        db.execute(
            "UPDATE conversations SET bot=:bot, channel=:channel, mode=:mode WHERE session_id=:session_id"
            " AND user_id=:user_id",
            head,
        )
    key = Key(*found.person)
    names = {row["id"]: row["request_id"] for row in found.turns}
    put: dict[int, int] = {}
    for row in sorted(found.said, key=itemgetter("id")):
        turn = turns.id_of(db, key, names.get(row["turn_id"]))
        replaced = put.get(row["replaces"]) or (turn and messages.answer_of(db, turn))
        if row["replaces"] is None or replaced is not None:
            place = {"turn": turn, "replaced": replaced if row["replaces"] is not None else None}
            put[row["id"]] = messages.put_back(db, {**row, **place})
    bring_over(db, key, None, _ALL)
