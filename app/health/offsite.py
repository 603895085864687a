"""How old the newest backup outside this server is, by the note that whatever sends them leaves."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from app.health.readiness import PartState

_OLD_S: Final = 54 * 3_600
"""Two nights were missed."""
_DAY_S: Final = 86_400
_LOST_S: Final = 7 * _DAY_S
_MONTH_S: Final = 31 * _DAY_S
"""An operator prunes once a month."""
_PRUNE: Final = "on the operator's machine: ansible-playbook -i inventory/production playbooks/prune_offsite.yml"
_FIX: Final = "journalctl -u sales-machine-offsite -n 30; then systemctl start sales-machine-offsite"


@dataclass(frozen=True, slots=True)
class OffsiteFacts:
    """`archive` is the newest, of the time `at`; 0 before the first, and then `since` says how long that lasts.

    `oldest` is the time of the oldest snapshot; `keep_days` how old one should become, 0 where nobody said.
    """

    since: float
    archive: str
    at: float
    oldest: float = 0.0
    keep_days: int = 0


def offsite_facts(note: Path) -> OffsiteFacts | None:
    """None where nothing is sent anywhere."""
    try:
        told = json.loads(note.read_text("utf-8"))
    except FileNotFoundError:
        return None
    oldest, keep_days = float(told.get("oldest", 0)), int(told.get("keep_days", 0))
    return OffsiteFacts(float(told["since"]), str(told["archive"]), float(told["at"]), oldest, keep_days)


def offsite_part(facts: OffsiteFacts, now: float) -> PartState:
    """A warning from two missed nights on, an error after a week; a warning when nobody has pruned for a month."""
    name, age = "off-site", now - (facts.at or facts.since)
    shown = datetime.fromtimestamp(facts.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    detail = f"the newest backup outside this server is of {shown}" if facts.at else "no backup outside this server yet"
    if age > _LOST_S:
        return PartState(name, "error", f"{detail}, for more than a week", _FIX)
    if age > _OLD_S or not facts.at:
        return PartState(name, "warning", detail, _FIX)
    if facts.keep_days and facts.oldest and now - facts.oldest > facts.keep_days * _DAY_S + _MONTH_S:
        left = f"{detail}; what was deleted here since still lies there, for {(now - facts.oldest) / _DAY_S:.0f} days"
        return PartState(name, "warning", left, _PRUNE)
    return PartState(name, "ok", detail)
