"""What an archive says of itself, for whom it is, and what is never taken for one."""

import json
import os
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigError
from app.files import folder, kept
from app.store import backup
from app.store.backup import DATABASE, MANIFEST, archives, create, rotate, verify
from app.store.migrations import MIGRATIONS
from tests.store.memories import nested, two_people

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return two_people(tmp_path / "data")


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return nested(tmp_path / "etc")


# What is for its owner alone


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_nothing_of_a_backup_can_be_read_by_others_whatever_the_umask(
    data: Path, include: Path, tmp_path: Path, umask: int
) -> None:
    seen: dict[str, int] = {}
    rename = os.rename

    def look(source: Any, target: Any, **named: Any) -> None:  # while it has another name too
        for path in (Path(source), *Path(source).rglob("*")):
            seen[path.relative_to(source).as_posix()] = stat.S_IMODE(path.stat().st_mode)
        rename(source, target, **named)

    before = os.umask(umask)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "rename", look)
            archive = create(data, tmp_path / "made" / "backups", (include,), "0", NOON).path
    finally:
        os.umask(before)
    assert {name: oct(mode) for name, mode in seen.items() if mode & 0o077} == {}
    assert stat.S_IMODE(archive.parent.stat().st_mode) & 0o077 == 0
    assert len(seen) > 8


def test_a_lock_or_history_that_is_kept_is_not_for_others_to_write(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with folder(tmp_path) as inside, kept(tmp_path / "history", inside) as file:
            file.write(b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "history").stat().st_mode) == 0o640


# What an archive says of itself


def test_an_archive_has_the_time_of_the_world_and_the_release_that_made_it(data: Path, tmp_path: Path) -> None:
    almaty = NOON.astimezone(timezone(timedelta(hours=5)))
    archive = create(data, tmp_path / "backups", (), "1.2.3", almaty)
    assert archive.path.name == "20260304T120000Z"
    told = json.loads((archive.path / MANIFEST).read_text())
    assert told["created_at"] == "2026-03-04T12:00:00+00:00"
    assert (told["format"], told["release"], told["schema"]) == (1, "1.2.3", len(MIGRATIONS))
    assert (told["rows"]["conversations"], told["rows"]["turns"]) == (2, 2)


def test_a_second_backup_of_the_same_second_does_not_touch_the_first(data: Path, tmp_path: Path) -> None:
    archive = create(data, tmp_path / "backups", (), "0", NOON).path
    with pytest.raises(ConfigError, match="exists already"):
        create(data, tmp_path / "backups", (), "1", NOON)
    assert verify(archive).release == "0"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": 2}, "has format 2, not 1; use the release that made it"),
        ({"format": 0}, "has format 0, not 1; use the release that made it"),
        ({"schema": 1}, "other rows than its manifest"),
        ({"schema": 0}, "other rows than its manifest"),
    ],
)
def test_a_manifest_of_another_kind_is_refused(data: Path, tmp_path: Path, change: dict[str, int], said: str) -> None:
    archive = create(data, tmp_path / "backups", (), "0", NOON).path
    told = json.loads((archive / MANIFEST).read_text())
    (archive / MANIFEST).write_text(json.dumps(told | change))
    with pytest.raises(ConfigError, match=said):
        verify(archive)


def test_a_memory_with_an_observation_of_no_turn_makes_no_backup(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as db:
        db.execute(
            "INSERT INTO observations (session_id, user_id, revision, request_id, turn_id, text, source, created_at)"
            " VALUES ('BOT_1', 'u', 2, 'r', 4711, 'x', 'human', 1)"
        )
        db.commit()
    with pytest.raises(ConfigError, match="observations row 1 has no turns"):
        create(data, tmp_path / "backups", (), "0", NOON)
    assert archives(tmp_path / "backups") == []


@pytest.mark.parametrize(("size", "copied"), [(32, 32), (64, 64), (65, 64), (100_000, 64)])
def test_the_key_of_the_logs_is_copied_whole_and_no_more_than_a_key(
    data: Path, tmp_path: Path, size: int, copied: int
) -> None:
    """Who may write the data folder could make root copy a file that fills the disk of the backups."""
    key = os.urandom(size)
    (data / "log.key").write_bytes(key)
    archive = create(data, tmp_path / "backups", (), "0", NOON).path
    assert (archive / "log.key").read_bytes() == key[:copied]


@pytest.mark.parametrize(
    ("age", "stays"), [(timedelta(hours=23, minutes=59), True), (timedelta(days=1, minutes=1), False)]
)
def test_what_an_unfinished_run_left_is_removed_after_a_day_and_not_before(
    tmp_path: Path, age: timedelta, stays: bool
) -> None:
    left = tmp_path / ".partial-1-20260101T000000Z"
    left.mkdir()
    made = datetime.now(UTC).timestamp()
    os.utime(left, (made, made))
    removed = rotate(tmp_path, 14, 8, datetime.fromtimestamp(made, UTC) + age)
    assert (left.exists(), removed) == (stays, [] if stays else [left])


def test_a_copy_that_the_disk_gives_back_otherwise_becomes_no_archive(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup is read through before it counts, not when it is needed."""
    write = backup._write

    def lies(path: Path, content: bytes) -> None:
        write(path, content)
        copy = path.with_name(DATABASE)
        copy.write_bytes(copy.read_bytes()[:-1] + b"x")

    monkeypatch.setattr(backup, "_write", lies)
    with pytest.raises(ConfigError, match="has changed since it was made"):
        create(data, tmp_path / "backups", (), "0", NOON)
    assert list((tmp_path / "backups").iterdir()) == []
