"""How old the newest backup outside this server is, by the note that whatever sends them leaves."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.health.readiness import PartState

_OLD_S: Final = 54 * 3_600
"""Two nights were missed."""
_LOST_S: Final = 7 * 86_400
_FIX: Final = "journalctl -u sales-machine-offsite -n 30; then systemctl start sales-machine-offsite"


@dataclass(frozen=True, slots=True)
class OffsiteFacts:
    """`archive` is the newest, of the time `at`; 0 before the first, and then `since` says how long that lasts."""

    since: float
    archive: str
    at: float


def offsite_facts(note: Path) -> OffsiteFacts | None:
    """None where nothing is sent anywhere."""
    try:
        told = json.loads(note.read_text("utf-8"))
    except FileNotFoundError:
        return None
    return OffsiteFacts(float(told["since"]), str(told["archive"]), float(told["at"]))


def offsite_part(facts: OffsiteFacts, now: float) -> PartState:
    """A warning from two missed nights on, an error after a week."""
    name, age = "off-site", now - (facts.at or facts.since)
    shown = datetime.fromtimestamp(facts.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    detail = f"the newest backup outside this server is of {shown}" if facts.at else "no backup outside this server yet"
    if age > _LOST_S:
        return PartState(name, "error", f"{detail}, for more than a week", _FIX)
    if age > _OLD_S or not facts.at:
        return PartState(name, "warning", detail, _FIX)
    return PartState(name, "ok", detail)
