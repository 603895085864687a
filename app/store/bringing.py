"""Bringing over what a release of schema 1 has written into the log of messages, in steps of bounded size.

That release knows turns and observations alone. It moves a conversation's `revision` and leaves `logged` behind, so
after an update, and after a rollback and an update again, `logged < revision` tells exactly whose log is not complete.
A step may be repeated: it writes what is missing, renews what that release has replaced (an observation said again
keeps its row), and deletes nothing, so that what only the log knows stays.
"""

import json
from dataclasses import dataclass
from typing import Any

from app.store import messages
from app.store.conversations import behind, mode_of
from app.store.engine import Connection
from app.types import Ask, Key

_LOOKED_BACK = 50  # turns that are looked through for the one that asked for a person


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a conversation has been looked through. It is begun anew when its `revision` has moved meanwhile."""

    key: Key
    revision: int
    after: int


@dataclass(frozen=True, slots=True)
class Brought:
    """What a step came to. `place` is where the next one goes on; None with `over`: nothing is left."""

    place: Cursor | None
    over: bool


@dataclass(frozen=True, slots=True)
class _Turn:
    id: int
    revision: int
    text: str
    answer: str
    record: str
    at: float


def bring_over(db: Connection, key: Key, place: Cursor | None, most: int) -> tuple[Cursor | None, int]:
    """Looks at the next `most` turns and observations of a conversation. Where to go on (None: its log is complete),
    and at how many it has looked."""
    where = (key.session_id, key.user_id)
    row = db.execute(
        "SELECT revision, logged, bot, channel, mode, state, updated_at FROM conversations"
        " WHERE session_id=? AND user_id=?",
        where,
    ).fetchone()
    if row is None or row[0] == row[1]:
        return None, 0
    revision, logged, bot, channel, mode, state, updated_at = row
    after = place.after if place is not None and place.revision == revision else 0
    turns = [
        _Turn(*each)
        for each in db.execute(
            "SELECT id, revision, user_text, answer, record, created_at FROM turns"
            " WHERE session_id=? AND user_id=? AND revision>? ORDER BY revision LIMIT ?",
            (*where, max(after, logged), most),
        ).fetchall()
    ]
    seen = db.execute(
        "SELECT revision, text, source, turn_id, created_at FROM observations"
        " WHERE session_id=? AND user_id=? AND revision>? ORDER BY revision LIMIT ?",
        (*where, after, most),
    ).fetchall()
    steps = sorted([each.revision for each in turns] + [each[0] for each in seen])[:most]
    last = steps[-1] if steps else revision
    for turn in turns:
        if turn.revision <= last:
            bot = _log(db, key, turn, bot, channel)
    for at_revision, text, source, of_turn, at in seen:
        if at_revision <= last:
            if of_turn is not None and messages.answer_of(db, of_turn) is None:  # observed before it was answered
                bot = _log(db, key, _turn(db, of_turn), bot, channel)
            messages.log_seen(db, key, at_revision, text, source=source, turn=of_turn, bot=bot, at=at)
    if len(steps) == most:
        return Cursor(key, revision, last), most
    now_mode = mode_of(_waits(state), mode)
    db.execute(
        "UPDATE conversations SET logged=revision, last_at=updated_at, bot=?, mode=?, waiting_since=?"
        " WHERE session_id=? AND user_id=?",
        (bot, now_mode, _since(db, key, updated_at) if now_mode == "waiting" else None, *where),
    )
    return None, len(steps)


def bring_some(db: Connection, place: Cursor | None, most: int) -> Brought:
    """One step of all that is left: about `most` turns and observations, of as many conversations."""
    while most > 0:
        if place is None:
            found = behind(db, 1)
            if not found:
                return Brought(None, over=True)
            key = found[0]
        else:
            key = place.key
        place, looked = bring_over(db, key, place, most)
        most -= looked + 1
    return Brought(place, over=False)


def _log(db: Connection, key: Key, turn: _Turn, bot: str, channel: str) -> str:
    """Writes a turn's messages if they are missing; the bot that has answered, or `bot` where nothing says it."""
    record = _parsed(turn.record)
    ask = record.get("ask")
    media = ask.get("media") if isinstance(ask, dict) else None
    bot = str(record.get("bot") or bot)
    if messages.answer_of(db, turn.id) is None:
        asked = Ask(key, turn.text, "", channel, media or "text")
        messages.log_turn(db, turn.id, turn.revision, asked, answer=turn.answer, bot=bot, at=turn.at)
    return bot


def _turn(db: Connection, turn: int) -> _Turn:
    return _Turn(
        *db.execute(
            "SELECT id, revision, user_text, answer, record, created_at FROM turns WHERE id=?", (turn,)
        ).fetchone()
    )


def _since(db: Connection, key: Key, otherwise: float) -> float:
    """Since when a person is waited for: the time of the newest turn before which none was."""
    since = otherwise
    rows = db.execute(
        "SELECT created_at, record FROM turns WHERE session_id=? AND user_id=? ORDER BY revision DESC LIMIT ?",
        (key.session_id, key.user_id, _LOOKED_BACK),
    )
    for at, record in rows:
        since = at
        before = _parsed(record).get("before")
        if not (isinstance(before, dict) and before.get("handed_over")):
            break
    return float(since)


def _waits(state: str) -> bool:
    return bool(_parsed(state).get("handed_over"))


def _parsed(text: str) -> dict[str, Any]:
    """An object of JSON; empty where it is none."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
