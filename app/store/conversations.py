"""Conversations: the revision that every commit moves by one, the state, and who speaks in it."""

import json
from dataclasses import dataclass, replace

from app.errors import RevisionConflict, StoreUnavailable
from app.store.engine import Connection
from app.store.states import of_stored_form, stored_form
from app.types import DialogueState, Key, Mode, Snapshot


@dataclass(frozen=True, slots=True)
class Head:
    """A conversation without its messages."""

    schema_version: int
    revision: int
    state: DialogueState
    mode: Mode
    waiting_since: float | None
    """Unix seconds."""
    behind: bool
    """The log of messages ends before this revision: a release of schema 1 has written since."""

    def snapshot(self, key: Key) -> Snapshot:
        """As a turn finds it, still without a history. Who speaks is what the column says, not the stored state."""
        state = replace(self.state, handed_over=self.mode != "machine")
        return Snapshot(
            key, state, self.revision, self.schema_version, mode=self.mode, waiting_since=self.waiting_since
        )


def dump_state(state: DialogueState) -> str:
    """The state as it is stored: JSON."""
    return json.dumps(stored_form(state), ensure_ascii=False, separators=(",", ":"))


def head(db: Connection, key: Key) -> Head | None:
    """None: there is no such conversation. Raises StoreUnavailable when its state cannot be read."""
    row = db.execute(
        "SELECT schema_version, revision, state, mode, waiting_since, logged FROM conversations"
        " WHERE session_id=? AND user_id=?",
        (key.session_id, key.user_id),
    ).fetchone()
    if row is None:
        return None
    version, revision, stored, mode, since, logged = row
    try:
        state = of_stored_form(json.loads(stored))
    except (ValueError, TypeError, AttributeError) as error:
        raise StoreUnavailable("this conversation's memory cannot be read; a person has to look at it") from error
    if behind := logged < revision:
        mode = mode_of(state.handed_over, mode)
    return Head(version, revision, state, mode, since, behind)


def mode_of(handed_over: bool, mode: Mode) -> Mode:
    """The mode of a conversation that a release of schema 1 has moved on: it knows only whether a person was asked
    for."""
    if not handed_over:
        return "machine"
    return "person" if mode == "person" else "waiting"


def advance(db: Connection, snapshot: Snapshot, now: float, *, bot: str = "", channel: str = "") -> None:
    """Moves the conversation to `snapshot`'s revision, from the one before it and from no other.

    `bot` and `channel` as they are known by what is written; empty: they stay. Its log is complete if it was before.
    Raises RevisionConflict.
    """
    key = (snapshot.key.session_id, snapshot.key.user_id)
    state = dump_state(snapshot.state)
    since = now if snapshot.mode == "waiting" else None
    if snapshot.revision == 1:
        # Columns by name, as everywhere: the next release may have added some, and this one serves after a rollback.
        changed = db.execute(
            "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at, updated_at,"
            " bot, channel, mode, waiting_since, last_at, logged) VALUES (?,?,?,1,?,?,?,?,?,?,?,?,1)"
            " ON CONFLICT DO NOTHING",  # someone was first
            (*key, snapshot.schema_version, state, now, now, bot, channel, snapshot.mode, since, now),
        ).rowcount
    else:
        changed = db.execute(
            "UPDATE conversations SET schema_version=?, revision=?, state=?, updated_at=?, last_at=?,"
            " bot=CASE WHEN ?='' THEN bot ELSE ? END, channel=CASE WHEN ?='' THEN channel ELSE ? END,"
            " waiting_since=CASE WHEN mode='waiting' AND ?='waiting' THEN waiting_since ELSE ? END, mode=?,"
            " logged=CASE WHEN logged=revision THEN ? ELSE logged END"
            " WHERE session_id=? AND user_id=? AND revision=?",
            (snapshot.schema_version, snapshot.revision, state, now, now, bot, bot, channel, channel, snapshot.mode,
             since, snapshot.mode, snapshot.revision, *key, snapshot.revision - 1),
        ).rowcount  # fmt: skip
    if changed != 1:
        raise RevisionConflict("the conversation moved on while it was being answered; send the message again")


def amend(db: Connection, snapshot: Snapshot) -> bool:
    """Writes the state of `snapshot` alone, at its own revision; False if the conversation has moved on."""
    changed = db.execute(
        "UPDATE conversations SET state=? WHERE session_id=? AND user_id=? AND revision=?",
        (dump_state(snapshot.state), snapshot.key.session_id, snapshot.key.user_id, snapshot.revision),
    ).rowcount
    return bool(changed == 1)


def behind(db: Connection, most: int) -> list[Key]:
    """Conversations whose log lacks what a release of schema 1 has written, the newest first."""
    rows = db.execute(
        "SELECT session_id, user_id FROM conversations WHERE logged < revision ORDER BY updated_at DESC LIMIT ?",
        (most,),
    )
    return [Key(*row) for row in rows]


def is_behind(db: Connection, key: Key) -> bool:
    """Whether this one is among them."""
    row = db.execute(
        "SELECT logged < revision FROM conversations WHERE session_id=? AND user_id=?", (key.session_id, key.user_id)
    ).fetchone()
    return bool(row and row[0])


def count_behind(db: Connection) -> int:
    """How many there are."""
    return int(db.execute("SELECT count(*) FROM conversations WHERE logged < revision").fetchone()[0])
