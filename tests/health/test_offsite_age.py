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


@pytest.mark.parametrize(
    ("days", "keep_days", "level"), [(90, 60, "ok"), (91, 60, "warning"), (91, 0, "ok"), (None, 60, "ok")]
)
def test_it_warns_when_nobody_has_pruned_for_a_month_longer_than_is_kept(
    days: int | None, keep_days: int, level: Level
) -> None:
    oldest = 0.0 if days is None else NOW - days * 24 * HOUR - 1
    found = offsite_part(OffsiteFacts(1.0, "a", NOW, oldest, keep_days), NOW)
    assert (found.level, "prune_offsite.yml" in found.fix) == (level, level == "warning")


def test_the_note_is_that_of_the_role_and_without_one_nothing_is_said(tmp_path: Path) -> None:
    assert offsite_facts(tmp_path / "newest.json") is None
    note = {
        "since": 1.0,
        "archive": "20260131T023000Z",
        "at": 2.0,
        "snapshot": "ab",
        "probe": "cd",
        "oldest": 3.0,
        "keep_days": 60,
    }
    (tmp_path / "newest.json").write_text(json.dumps(note))
    assert offsite_facts(tmp_path / "newest.json") == OffsiteFacts(1.0, "20260131T023000Z", 2.0, 3.0, 60)
