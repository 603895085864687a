"""The one module that knows which engine keeps the memory: SQLite, one file in WAL mode.

Everywhere else SQL is what SQLite and PostgreSQL share. Here stands what another engine does otherwise: connecting,
transactions, the meaning of its errors, copies, checks of a file; `pages` reads the file's bytes past all that.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, Protocol

import sqlite_utils

from app.files import acting_for, ordinary, refused

Database = sqlite_utils.Database
Raw = sqlite3.Connection
Error = sqlite3.Error
DatabaseError = sqlite3.DatabaseError
OperationalError = sqlite3.OperationalError
FaultKind = Literal["full", "read_only", "locked", "damaged", "io", "slow", "other"]

_LOG_BYTES = 16 << 20
_KINDS: Final[dict[int, FaultKind]] = {
    sqlite3.SQLITE_FULL: "full",
    sqlite3.SQLITE_READONLY: "read_only",
    sqlite3.SQLITE_PERM: "read_only",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_LOCKED: "locked",
    sqlite3.SQLITE_CORRUPT: "damaged",
    sqlite3.SQLITE_NOTADB: "damaged",
    sqlite3.SQLITE_IOERR: "io",
    sqlite3.SQLITE_CANTOPEN: "io",
}
_PATIENCE_S = 30.0  # for the service to finish what it writes or reads


class Connection(Protocol):
    """sqlite3's connection, or what wraps it."""

    def execute(self, sql: str, parameters: Any = ..., /) -> Any: ...


def kind_of(error: sqlite3.Error) -> FaultKind:
    """What an error means for the whole file; "other": only for the statement that met it."""
    code = getattr(error, "sqlite_errorcode", None)  # None: the error came from the binding, not from SQLite
    return _KINDS.get(code & 0xFF, "other") if code is not None else "other"


# Connections


def open_reading(path: Path, busy_timeout_ms: int) -> Database:
    """A connection that may not write. Raises Error."""
    db = _open(path, busy_timeout_ms)
    db.execute("PRAGMA query_only=ON")
    return db


def open_writing(path: Path, busy_timeout_ms: int) -> Database:
    """A connection whose commits are on the disk when they return. Raises Error."""
    db = _open(path, busy_timeout_ms)
    try:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        db.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")  # a log that has grown gives its room back
        db.execute("PRAGMA secure_delete=ON")  # what is deleted or replaced is overwritten, not only forgotten
    except sqlite3.Error:
        db.close()
        raise
    return db


def _open(path: Path, busy_timeout_ms: int) -> Database:
    conn = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    conn.execute(f"PRAGMA busy_timeout={busy_timeout_ms}")
    conn.execute("PRAGMA foreign_keys=ON")
    return Database(conn)


@contextmanager
def connected(
    database: Path, *, below: Path | None = None, mode: str = "rw", **options: Any
) -> Iterator[sqlite3.Connection]:
    """A connection to an existing database, opened as `files.opened` would. `mode` as in SQLite's URIs: rw, ro.

    Until it is closed root has the rights of the owner of the folder `below` [the database's own].
    SQLite itself opens the files beside it (the log) without following a link.
    """
    below = below or database.parent
    with acting_for(below):
        ordinary(database, below=below)
        expected = str(below.resolve() / database.relative_to(below))
        uri = f"{database.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True, **options)) as connection:
            # It has followed links on its way, and says which file it has opened; the last step follows none.
            if connection.execute("PRAGMA database_list").fetchone()[2] != expected:
                raise refused(database)
            connection.execute("PRAGMA trusted_schema=OFF")
            yield connection


@contextmanager
def unchanging(database: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that nobody writes, such as an archive's: it takes no lock and reads no log."""
    uri = f"{database.absolute().as_uri()}?mode=ro&immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        yield connection


def careful(db: Connection) -> None:
    """For a connection that deletes or brings over: what refers to another goes with it, and is overwritten."""
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON"):
        db.execute(f"PRAGMA {pragma}")


def named_rows(db: sqlite3.Connection) -> None:
    """From now on its rows are also read by the names of their columns."""
    db.row_factory = sqlite3.Row


def with_function(db: sqlite3.Connection, name: str, function: Callable[..., bool], arguments: int) -> None:
    """Lets statements of this connection call `function`, which gives the same for the same arguments."""
    db.create_function(name, arguments, function, deterministic=True)


# Transactions


def begin(db: Connection) -> None:
    """Begins a transaction that may write: it waits for its turn here, and not at its first write."""
    db.execute("BEGIN IMMEDIATE")


@contextmanager
def writing(db: Connection) -> Iterator[None]:
    """A transaction around its body."""
    begin(db)
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


@contextmanager
def one_state(db: Connection) -> Iterator[None]:
    """All statements of its body read the same state of the database."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        with suppress(sqlite3.Error):
            db.execute("COMMIT")


def write_something(db: Connection) -> None:
    """A real write that changes nothing: an UPDATE that changes nothing would write nothing."""
    db.execute("PRAGMA user_version=0")  # the header's page is written again as it is


def give_room(db: Connection) -> None:
    """Brings what it can of the write-ahead log into the file."""
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()


def emptied_log(db: Connection) -> None:
    """Brings the write-ahead log into the file and cuts it to nothing. A file without one has nothing to do.

    Raises Error when somebody reads an old state of it for too long.
    """
    until = time.monotonic() + _PATIENCE_S
    while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if time.monotonic() > until:
            raise sqlite3.OperationalError("somebody reads an old state of it for too long; run the command again")
        time.sleep(0.05)


def rebuilt(db: Connection) -> None:
    """Writes the file anew, without what its pages kept of former rows. Nobody else can write meanwhile."""
    db.execute("VACUUM")


# Checks and copies


def settled(db: Connection) -> bool:
    """Moves what the write-ahead log still holds into the file, and says whether that is sound. Raises Error."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return bool(db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")


def complaint(path: Path, busy_timeout_ms: int, stop: threading.Event) -> str:
    """The first thing that is wrong with a file; empty when there is nothing, or when `stop` came first."""
    try:
        with closing(open_reading(path, busy_timeout_ms)) as db:
            db.conn.set_progress_handler(lambda: int(stop.is_set()), 10_000)
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
            return "" if found == "ok" else found
    except sqlite3.Error as error:
        return str(error) if kind_of(error) == "damaged" else ""


def complaints(db: sqlite3.Connection, limit_s: float) -> tuple[str, ...] | None:
    """What is wrong with a file, five things at most; None when the time was over before the end."""
    until = time.monotonic() + limit_s
    db.set_progress_handler(lambda: int(time.monotonic() > until), 10_000)
    try:
        rows = [str(row[0]) for row in db.execute("PRAGMA quick_check(5)")]
    except sqlite3.OperationalError:
        if time.monotonic() > until:
            return None
        raise
    finally:
        db.set_progress_handler(None, 0)
    return tuple(row for row in rows if row != "ok")


def torn(db: Connection) -> list[str]:
    """What is wrong with a file, read through to the end."""
    return [str(row[0]) for row in db.execute("PRAGMA integrity_check(3)") if row[0] != "ok"]


def orphaned(db: Connection) -> list[str]:
    """Rows that refer to what is not there."""
    return [f"{row[0]} row {row[1]} has no {row[2]}" for row in db.execute("PRAGMA foreign_key_check")]


def copied(source: Path, copy: Path) -> None:
    """A copy of a database that others may be writing, without a log beside it; `copy` is an empty file."""
    with closing(sqlite3.connect(copy)) as destination:
        # Opened before root has the other's rights; the rest goes without a name in root's folder.
        destination.execute("PRAGMA journal_mode=OFF")
        with connected(source, mode="ro", timeout=_PATIENCE_S) as origin:
            # All pages in one step: under WAL a reader hinders no writer, and steps would start again at each write.
            origin.backup(destination)
        destination.execute("PRAGMA journal_mode=DELETE")


def written_through(origin: sqlite3.Connection, live: sqlite3.Connection) -> None:
    """All pages of `origin` into a database that others read, in one transaction."""
    origin.backup(live)
    give_room(live)


# Schema


def quoted(name: str) -> str:
    """A name of a schema that anybody may have written, as it stands in a statement."""
    return '"' + name.replace('"', '""') + '"'


def tables(db: Connection) -> list[str]:
    """Names of the tables, in order."""
    rows = db.execute("SELECT name FROM sqlite_master WHERE type='table' AND rootpage > 0 ORDER BY name")
    return [row[0] for row in rows if not row[0].startswith("sqlite_")]


def computed(db: Connection) -> list[str]:
    """Views and triggers: what others wrote, and this program would run."""
    return [str(row[0]) for row in db.execute("SELECT name FROM sqlite_master WHERE type IN ('view', 'trigger')")]
