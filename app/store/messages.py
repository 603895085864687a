"""The log of messages: every one that came in or went out, in the order of its conversation's revisions.

    direction  author                         delivery
    in         customer                       received
    out        machine                        given: handed to the caller in its response, which sends it
    out        machine, person, fallback      sent: the caller says that the customer saw it
    out        machine, person                due: to be sent by us; then sent, or failed

A message that `replaces` another was seen in its place. What nothing is known of is empty: `channel` before the first
turn of this release, `sent_ms` 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Final, Literal

from app.store.engine import Connection
from app.types import Ask, Exchange, Key, Media, Source

Author = Literal["customer", "machine", "person", "fallback"]
Delivery = Literal["received", "given", "due", "sent", "failed"]

AUTHORS: Final[Mapping[Source, Author]] = {"machine": "machine", "fallback": "fallback", "human": "person"}
"""Who writes an answer, as the log names him."""
_SOURCES: Final[Mapping[str, Source]] = {author: source for source, author in AUTHORS.items()}
_FAR = 2**62


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as it is written. Its fields are columns of the table."""

    session_id: str
    user_id: str
    revision: int
    """Of the conversation when it was written: its place."""
    direction: Literal["in", "out"]
    author: Author
    bot: str
    channel: str
    text: str
    media: str
    delivery: Delivery
    at: float
    """Unix seconds."""
    turn_id: int | None = None
    """The machine's work that it belongs to."""
    replaces: int | None = None
    """Id of the message in whose place the customer saw it."""
    sent_ms: int = 0
    """When the customer sent it, as the caller says: Unix milliseconds."""


_values = attrgetter(*(each.name for each in fields(MessageRow)))


def log_turn(db: Connection, turn: int, revision: int, ask: Ask, *, answer: str, bot: str, at: float) -> None:
    """Writes what a turn was asked and what it answered."""
    key = (ask.key.session_id, ask.key.user_id)
    asked = MessageRow(*key, revision, "in", "customer", bot, ask.channel, ask.text, ask.media, "received", at, turn)
    _insert(db, replace(asked, sent_ms=ask.timestamp_ms))
    _insert(db, MessageRow(*key, revision, "out", "machine", bot, ask.channel, answer, "text", "given", at, turn))


def log_seen(
    db: Connection, key: Key, revision: int, text: str, *, source: Source, turn: int | None, bot: str, at: float
) -> None:
    """Writes what the customer saw, in the place of a turn's answer where there is one.

    Where something stands at this revision already, its text, author and place are renewed, and nothing else of it.
    """
    where = (key.session_id, key.user_id)
    replaced = None if turn is None else answer_of(db, turn)
    told = (text, AUTHORS[source], turn, replaced, at)
    found = db.execute(
        "SELECT id, text, author, turn_id, replaces, at FROM messages WHERE session_id=? AND user_id=? AND revision=?"
        " AND direction='out' AND (turn_id IS NULL OR replaces IS NOT NULL)",
        (*where, revision),
    ).fetchone()
    if found is None:
        channel = db.execute("SELECT channel FROM conversations WHERE session_id=? AND user_id=?", where).fetchone()[0]
        author = AUTHORS[source]
        _insert(db, MessageRow(*where, revision, "out", author, bot, channel, text, "text", "sent", at, turn, replaced))
    elif tuple(found)[1:] != told:
        db.execute("UPDATE messages SET text=?, author=?, turn_id=?, replaces=?, at=? WHERE id=?", (*told, found[0]))


def answer_of(db: Connection, turn: int) -> int | None:
    """Id of the message that is a turn's own answer; None while it is not in the log."""
    row = db.execute(
        "SELECT id FROM messages WHERE turn_id=? AND direction='out' AND replaces IS NULL", (turn,)
    ).fetchone()
    return row[0] if row else None


def history(db: Connection, key: Key, count: int, before: int = _FAR) -> tuple[Exchange, ...]:
    """The newest `count` exchanges before a revision as the customer had seen them by then, oldest first."""
    rows = db.execute(
        "SELECT a.revision, q.text, coalesce(r.text, a.text), coalesce(r.author, a.author), a.at, q.media"
        " FROM messages a LEFT JOIN messages q ON q.turn_id = a.turn_id AND q.direction = 'in'"
        " LEFT JOIN messages r ON r.replaces = a.id AND r.revision < ?"
        " WHERE a.session_id = ? AND a.user_id = ? AND a.revision < ? AND a.direction = 'out' AND a.replaces IS NULL"
        " ORDER BY a.revision DESC LIMIT ?",
        (before, key.session_id, key.user_id, before, count),
    ).fetchall()
    return tuple(
        Exchange(user, answer, _SOURCES[author], at, _media(media), revision)
        for revision, user, answer, author, at, media in reversed(rows)
    )


def put_back(db: Connection, row: Mapping[str, object]) -> int:
    """Writes a message as another memory had it, by the names of the columns; its id here. `turn` and `replaced` are
    the ids that its turn and the message it replaces have here."""
    found = db.execute(
        "INSERT INTO messages (session_id, user_id, revision, direction, author, bot, channel, channel_message_id,"
        " text, media, delivery, at, turn_id, replaces, sent_ms) VALUES (:session_id, :user_id, :revision, :direction,"
        " :author, :bot, :channel, :channel_message_id, :text, :media, :delivery, :at, :turn, :replaced, :sent_ms)"
        " RETURNING id",
        row,
    ).fetchone()
    return int(found[0])


def _media(stored: str | None) -> Media:
    return "image" if stored == "image" else "audio" if stored == "audio" else "text"


def _insert(db: Connection, entry: MessageRow) -> None:
    db.execute(
        "INSERT INTO messages (session_id, user_id, revision, direction, author, bot, channel, text, media, delivery,"
        " at, turn_id, replaces, sent_ms) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
        _values(entry),
    )
