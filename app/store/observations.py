"""Observations: what the customer saw, in the place of an answer or without one. Releases of schema 1 read them."""

from app.store.engine import Connection
from app.types import Snapshot, Source


def put(
    db: Connection,
    snapshot: Snapshot,
    request_id: str | None,
    turn: int | None,
    *,
    text: str,
    source: Source,
    now: float,
) -> int:
    """Writes one at `snapshot`'s revision; with a `request_id` that was observed before, that one is renewed in its
    own place. The revision it stands at."""
    key = snapshot.key
    row = db.execute(
        "INSERT INTO observations (session_id, user_id, revision, request_id, turn_id, text, source, created_at)"
        " VALUES (?,?,?,?,?,?,?,?) ON CONFLICT (session_id, user_id, request_id) DO UPDATE SET text=excluded.text,"
        " source=excluded.source, created_at=excluded.created_at, turn_id=excluded.turn_id RETURNING revision",
        (key.session_id, key.user_id, snapshot.revision, request_id, turn, text, source, now),
    ).fetchone()
    return int(row[0])
