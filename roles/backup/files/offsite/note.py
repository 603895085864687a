"""What lies there, as far as this server has seen it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Note:
    """`archive` is the newest there and `at` its time, 0 before the first; `probe` a snapshot made to be deleted.

    `oldest` is the time of the oldest snapshot, which somebody should prune when it is older than `keep_days`.
    `repository` is the place that all this is said of; empty in notes of former releases.
    """

    since: float
    archive: str = ""
    at: float = 0.0
    snapshot: str = ""
    probe: str = ""
    oldest: float = 0.0
    keep_days: int = 0
    repository: str = ""


def noted(state: Path, repository: str) -> Note | None:
    """None too where the note is of another place: what lay there says nothing of this one."""
    try:
        note = Note(**json.loads((state / "newest.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return note if note.repository in {"", repository} else None


def note_down(state: Path, note: Note) -> None:
    """At once, so that nobody reads half of it."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = state / ".newest.json"
    part.write_text(json.dumps(asdict(note)), "utf-8")
    part.replace(state / "newest.json")
