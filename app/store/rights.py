"""A person's data: shown whole, or deleted and proven gone from the files.

A person is a user_id, in all sessions or in one. Deleting works while the service runs: it is one transaction, what was
in the pages is overwritten, the write-ahead log is emptied, and the bytes of the files are searched for what is left.
"""

import json
import os
import re
import sqlite3
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.errors import ConfigError
from app.files import connected, quoted
from app.store.numbers import holds
from app.store.retention import TABLES, Deleted, delete_conversations, delete_expired, plain
from app.store.traces import standing_among, standing_in

DATABASE = "conversations.db"
_PATIENCE_S = 30.0  # for the service to finish what it writes or reads
_SHORTEST = 6  # characters of an id or text that can be looked for among bytes: shorter ones stand in others' words
_NAMED = 5  # rows that a proof names at most
_REBUILT = 64 << 20  # bytes: a file up to this is rebuilt in about a second
_PIECE = 64  # characters: a long text is looked for in pieces, because it may be spread over pages


@dataclass(frozen=True, slots=True)
class Person:
    """Whose data: `session` None means every session.

    With `number` (as of `numbers.number_in`) also everybody whose user_id or session_id holds it in some form.
    """

    user: str
    session: str | None = None
    number: str | None = None

    @property
    def where(self) -> tuple[str, tuple[str, ...]]:
        """Condition and parameters that choose the rows."""
        if self.number is None:
            chosen, values = "user_id=?", [self.user]
        else:
            chosen = "(user_id=? OR holds(user_id, ?) OR holds(session_id, ?))"
            values = [self.user, self.number, self.number]
        if self.session is not None:
            chosen, values = f"{chosen} AND session_id=?", [*values, self.session]
        return chosen, tuple(values)

    @property
    def shortest(self) -> str:
        """What stands in every file in which an id stands that is written without spaces."""
        return self.number or self.user


@dataclass(frozen=True, slots=True)
class Proof:
    """What was looked for in which files, and what was found there."""

    files: tuple[str, ...]
    looked_for: int
    """Ids, texts and hashes of the person."""
    shared: int
    """Of them, those that stand in other people's conversations too: greetings, answers said to many."""
    remains: tuple[str, ...]
    """What should not be there, in words that do not repeat it; empty: nothing of the person is left."""


def export(database: Path, person: Person) -> dict[str, Any]:
    """Everything that is kept of a person, as JSON values; times in Unix seconds. Raises ConfigError."""
    where, values = person.where
    with _opened(database) as db:
        db.execute("PRAGMA query_only=ON")
        db.execute("BEGIN")  # one state of the database for all tables
        db.row_factory = sqlite3.Row
        found = {
            table: [dict(row) for row in db.execute(f"SELECT * FROM {table} WHERE {where} ORDER BY 1, 2, 3", values)]  # noqa: S608 - names from the schema
            for table in TABLES
        }
    for rows, column in (("conversations", "state"), ("turns", "response"), ("turns", "record")):
        for row in found[rows]:
            row[column] = json.loads(row[column])
    return {"user_id": person.user, "session_id": person.session, "exported_at": time.time(), **found}


def count(database: Path, person: Person) -> Deleted:
    """How many rows are kept of a person. Raises ConfigError."""
    with _opened(database) as db:
        return _count(db, person)


def alike(database: Path, person: Person) -> list[tuple[str, str, Deleted]]:
    """The conversations that `person` chooses, each with session_id, user_id and its rows. Raises ConfigError."""
    with _opened(database) as db:
        found = []
        for session, user in sorted(_keys(db, person)):
            found.append((session, user, _count(db, Person(user, session))))
        return found


def forget(database: Path, person: Person) -> tuple[Deleted, Proof]:
    """Deletes a person and looks through the files for what might be left. Raises ConfigError when it cannot."""
    with _opened(database) as db:
        db.execute("PRAGMA secure_delete=ON")
        db.execute("BEGIN IMMEDIATE")
        try:
            needles, ids = _needles(db, person), _ids(db, person)
            deleted = delete_conversations(db, _keys(db, person))
            db.execute("COMMIT")
        except BaseException:
            db.execute("ROLLBACK")
            raise
        _emptied_log(db)
        proof = _prove(db, database, person, needles, ids)
        # Pages may keep what stood in them before: copies from when the tree was balanced, and from releases that did
        # not overwrite. A rebuilt file is free of that, but nobody can write meanwhile: a large one only when it must.
        if proof.remains or database.stat().st_size <= _REBUILT:
            db.execute("VACUUM")
            _emptied_log(db)
            proof = _prove(db, database, person, needles, ids)
        return deleted, proof


def expire(database: Path, before: float, batch: int) -> Deleted:
    """Deletes the conversations last touched before `before` (Unix seconds), `batch` to a transaction, overwritten."""
    total = Deleted()
    with _opened(database) as db:
        db.execute("PRAGMA secure_delete=ON")
        while True:
            db.execute("BEGIN IMMEDIATE")
            try:
                deleted = delete_expired(db, before, batch)
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise
            total += deleted
            if not deleted.conversations:
                break
        _emptied_log(db)
    return total


def stands_in(file: Path, person: Person, *, below: Path | None = None) -> bool:
    """Whether the person's id stands among the bytes of a file; an id too short to tell never does.

    `below`: as `files.opened`.
    """
    return len(person.shortest) >= _SHORTEST and bool(standing_in([file], [person.shortest], below=below))


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    if not os.path.lexists(database):
        raise ConfigError(f"there is no {database.name} in {str(database.parent)!r}; name the data folder with --data")
    try:
        with connected(database, isolation_level=None, timeout=_PATIENCE_S) as db:
            plain(db)
            db.execute("PRAGMA foreign_keys=ON")
            db.create_function("holds", 2, holds, deterministic=True)
            yield db
    except sqlite3.Error as error:
        raise ConfigError(f"database {str(database)!r} cannot be used: {error}; see `machine doctor`") from None


def _emptied_log(db: sqlite3.Connection) -> None:
    """Brings the write-ahead log into the file and cuts it to nothing. A file without one has nothing to do."""
    until = time.monotonic() + _PATIENCE_S
    while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > until:
            raise sqlite3.OperationalError("somebody reads an old state of it for too long; run the command again")
        time.sleep(0.05)


def _keys(db: sqlite3.Connection, person: Person) -> list[tuple[str, str]]:
    where, values = person.where
    parts = " UNION ".join(f"SELECT session_id, user_id FROM {table} WHERE {where}" for table in TABLES)  # noqa: S608 - names from the schema
    return [(row[0], row[1]) for row in db.execute(parts, values * len(TABLES))]


def _count(db: sqlite3.Connection, person: Person) -> Deleted:
    where, values = person.where
    counts = {
        table: db.execute(f"SELECT count(*) FROM {table} WHERE {where}", values).fetchone()[0]  # noqa: S608 - names from the schema
        for table in TABLES
    }
    return Deleted(**counts)


def _ids(db: sqlite3.Connection, person: Person) -> set[str]:
    """The ids that are the person: the one that was named and, with a number, all that hold it."""
    ids = {person.user, person.shortest}
    if person.number is not None:
        number = person.number
        ids.update(each for key in _keys(db, person) for each in key if holds(each, number))
    return {each for each in ids if len(each) >= _SHORTEST}


def _needles(db: sqlite3.Connection, person: Person) -> list[str]:
    """The person's texts and what else names only their rows (request ids, hashes of bodies), in pieces."""
    where, values = person.where
    found: set[str] = set()
    for table, columns in (
        ("turns", "request_id, body_hash, user_text, answer"),
        ("observations", "request_id, text"),
    ):
        for row in db.execute(f"SELECT {columns} FROM {table} WHERE {where}", values):  # noqa: S608 - names from the schema
            found.update(text for text in row if text)
    for (state,) in db.execute(f"SELECT state FROM conversations WHERE {where}", values):  # noqa: S608 - names from the schema
        found.update(str(value) for value in json.loads(state).get("slots", {}).values())
    written = {form for text in found for form in (text, json.dumps(text, ensure_ascii=False)[1:-1])}
    pieces = {piece for text in written for piece in _pieces(text)}
    return sorted(piece for piece in pieces if len(piece) >= _SHORTEST)


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, max(1, len(text)), _PIECE):
        yield text[start : start + _PIECE]


def _prove(
    db: sqlite3.Connection, database: Path, person: Person, needles: Sequence[str], ids: Collection[str]
) -> Proof:
    files = [path for suffix in ("", "-wal", "-journal") if os.path.lexists(path := Path(f"{database}{suffix}"))]
    remains = [f"{left} rows of {table}" for table, left in asdict(_count(db, person)).items() if left]
    present = standing_in(files, needles)
    shared = standing_among(_texts(db), sorted(present))
    if odd := len(present - shared):
        remains.append(f"{odd} pieces of texts or hashes among the bytes")
    standing = standing_in(files, sorted(ids))
    living = standing_among(_texts(db), sorted(standing))
    mentions = list(dict.fromkeys(row for each in sorted(living)[:_NAMED] for row in _live(db, each)))
    if standing and (person.session is None or not mentions):
        named = ", ".join(mentions[:_NAMED]) if mentions else "no row, but the bytes"
        remains.append(f"the id itself, in {named}")
    return Proof(tuple(path.name for path in files), len(needles) + max(1, len(ids)), len(shared), tuple(remains))


def _texts(db: sqlite3.Connection) -> Iterator[bytes]:
    """Every text of every row, once: what it costs grows with the memory, not with what is looked for."""
    for table in TABLES:
        columns = ", ".join(f"CAST({column} AS BLOB)" for column in _columns(db, table))
        for row in db.execute(f"SELECT {columns} FROM {table}"):  # noqa: S608 - names from the schema
            yield from (text for text in row if text)


def _live(db: sqlite3.Connection, needle: str) -> list[str]:
    """Rows that hold it, as `turns 17`: at most six."""
    rows: list[str] = []
    for table in TABLES:
        columns = _columns(db, table)
        any_of = " OR ".join(f"instr({column}, ?)" for column in columns)
        sql = f"SELECT rowid FROM {table} WHERE {any_of} LIMIT 6"  # noqa: S608 - names from the schema
        rows += [f"{table} {row[0]}" for row in db.execute(sql, (needle,) * len(columns))]
    return rows[:6]


def _columns(db: sqlite3.Connection, table: str) -> list[str]:
    return [quoted(row[1]) for row in db.execute(f"PRAGMA table_info({table})") if re.fullmatch("TEXT", row[2])]
