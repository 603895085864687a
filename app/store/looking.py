"""A memory as somebody finds it who only looks: beside a running service, without changing anything."""

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from app.errors import ConfigError
from app.store import engine
from app.store.loading import load
from app.store.migrations import MIGRATIONS, schema_of
from app.types import Key, Snapshot

_UNDISTURBED_S = 2.0  # for whoever holds a lock

_GAPS = """
    SELECT count(*) FROM conversations c WHERE c.revision !=
        (SELECT count(*) FROM turns t WHERE t.session_id = c.session_id AND t.user_id = c.user_id)
      + (SELECT count(*) FROM observations o WHERE o.session_id = c.session_id AND o.user_id = c.user_id)
"""
_UNLOGGED = """
    SELECT count(*) FROM turns t JOIN conversations c ON c.session_id = t.session_id AND c.user_id = t.user_id
    WHERE t.revision <= c.logged
      AND 2 != (SELECT count(*) FROM messages m WHERE m.turn_id = t.id AND m.replaces IS NULL)
"""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found. `problem`: why nothing could be."""

    problem: str = ""
    complaints: tuple[str, ...] = ()
    """What is wrong with the file."""
    complete: bool = True
    """Whether it was checked to its end in its time."""
    schema: int = 0
    newest: float | None = None
    """The latest time of its last turns, in Unix seconds."""


def look(path: Path, limit_s: float) -> Looked:
    """Reads the memory `path`; the check of the file is broken off after `limit_s`."""
    try:
        with engine.connected(path, mode="ro", timeout=_UNDISTURBED_S) as db:
            schema = schema_of(db)
            # of the last ones: behind a step back the very last may be of the past again
            newest = db.execute(
                "SELECT max(created_at) FROM (SELECT created_at FROM turns ORDER BY id DESC LIMIT 500) AS last_ones"
            ).fetchone()[0]
            complaints = engine.complaints(db, limit_s)
    except (ConfigError, OSError) as error:
        return Looked(str(error))
    except engine.Error as error:
        if engine.kind_of(error) == "damaged":
            return Looked(complaints=(str(error),))
        return Looked(str(error))
    return Looked("", complaints or (), complaints is not None, schema, newest)


def answers(path: Path) -> tuple[list[tuple[str, object]], int]:
    """Every turn's request_id and response, and how much is not as it should be: conversations whose revisions have a
    gap, turns that are not in the log of messages with their question and their answer, damage. Raises engine.Error."""
    with closing(engine.open_reading(path, int(_UNDISTURBED_S * 1000))) as db:
        rows = db.execute("SELECT request_id, response FROM turns").fetchall()
        gaps = db.execute(_GAPS).fetchone()[0] + db.execute(_UNLOGGED).fetchone()[0]
        return [(str(request_id), response) for request_id, response in rows], gaps + bool(engine.torn(db))


def conversation(path: Path, user: str, session: str | None, history: int) -> Snapshot | None:
    """A person's conversation, the newest of several, with at most `history` exchanges; None: there is none.

    Raises ConfigError when the memory cannot be read, or has to be brought over first.
    """
    where, values = ("user_id = ?", (user,)) if session is None else ("user_id = ? AND session_id = ?", (user, session))
    try:
        with engine.connected(path, mode="ro", timeout=_UNDISTURBED_S) as db:
            if schema_of(db) < len(MIGRATIONS):
                raise ConfigError(f"database {str(path)!r} is of another release; start the service of this one first")
            row = db.execute(
                f"SELECT session_id FROM conversations WHERE {where} ORDER BY last_at DESC, updated_at DESC LIMIT 1",  # noqa: S608 - one of two
                values,
            ).fetchone()
            if row is None:
                return None
            loaded = load(db, Key(str(row[0]), user), "", history)
    except engine.Error as error:
        raise ConfigError(f"database {str(path)!r} cannot be used: {error}; see `machine doctor`") from None
    if loaded.behind:
        raise ConfigError("this conversation has still to be brought over; the running service does it by and by")
    return loaded.snapshot
