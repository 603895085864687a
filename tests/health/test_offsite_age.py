"""The doctor's line about backups outside the server: by the note that whatever sends them leaves."""

import json
from pathlib import Path

import pytest

from app.health.offsite import OffsiteFacts, offsite_facts, offsite_part
from app.health.readiness import Level

HOUR = 3_600.0
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("since", "age", "level", "said"),
    [
        (NOW - 900 * HOUR, 20 * HOUR, "ok", "is of 2027-01-14 12:00 UTC"),
        (NOW - 900 * HOUR, 54 * HOUR, "ok", "is of"),
        (NOW - 900 * HOUR, 54 * HOUR + 1, "warning", "is of"),
        (NOW - 900 * HOUR, 168 * HOUR + 1, "error", "for more than a week"),
        (NOW - HOUR, None, "warning", "no backup outside this server yet"),
        (NOW - 169 * HOUR, None, "error", "no backup outside this server yet, for more than a week"),
    ],
)
def test_it_warns_after_two_missed_nights(since: float, age: float | None, level: Level, said: str) -> None:
    found = offsite_part(OffsiteFacts(since, "a", 0.0 if age is None else NOW - age), NOW)
    assert (found.name, found.level, bool(found.fix)) == ("off-site", level, level != "ok")
    assert said in found.detail


def test_the_note_is_that_of_the_role_and_without_one_nothing_is_said(tmp_path: Path) -> None:
    assert offsite_facts(tmp_path / "newest.json") is None
    note = {"since": 1.0, "archive": "20260131T023000Z", "at": 2.0, "snapshot": "ab", "probe": "cd"}
    (tmp_path / "newest.json").write_text(json.dumps(note))
    assert offsite_facts(tmp_path / "newest.json") == OffsiteFacts(1.0, "20260131T023000Z", 2.0)
