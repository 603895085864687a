"""What a backup, a restore or a deletion has written is on the disk before it counts; a call that fails undoes it all."""

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.errors import ConfigError
from app.files import replaced
from app.store.backup import DATABASE, MANIFEST, archives, create, verify
from app.store.forgetting import forget_in_backups
from app.store.restore import restore
from app.store.rights import Person
from tests.store.memories import GONE, STAYS, nested, two_people, users

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return two_people(tmp_path / "data")


@pytest.fixture
def include(tmp_path: Path) -> Path:
    return nested(tmp_path / "etc")


# What is called, and in which order


class Calls:
    """Every call that puts something on the disk, as (what, file or folder): those of SQLite itself are not seen."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Path]] = []

    def synced(self, before: int) -> set[Path]:
        """What is on the disk when call number `before` comes."""
        return {path for what, path in self.seen[:before] if what == "fsync"}

    def renames_to(self, *names: str) -> list[int]:
        return [number for number, (what, path) in enumerate(self.seen) if what == "rename" and path.name in names]


@contextmanager
def watched() -> Iterator[Calls]:
    calls = Calls()
    fsync, rename, replace = os.fsync, os.rename, os.replace

    def place(target: Any, inside: int | None) -> Path:
        return Path(f"/proc/self/fd/{inside}").readlink() / target if inside is not None else Path(target)

    def renaming(real: Callable[..., None]) -> Callable[..., None]:
        def to(source: Any, target: Any, **named: Any) -> None:
            calls.seen.append(("rename", place(target, named.get("dst_dir_fd"))))
            real(source, target, **named)

        return to

    def syncing(descriptor: int) -> None:
        fsync(descriptor)
        calls.seen.append(("fsync", Path(f"/proc/self/fd/{descriptor}").readlink()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", syncing)
        patch.setattr(os, "rename", renaming(rename))
        patch.setattr(os, "replace", renaming(replace))
        yield calls


def test_every_file_and_folder_of_a_backup_is_on_the_disk_before_it_has_its_name(
    data: Path, include: Path, tmp_path: Path
) -> None:
    with watched() as calls:
        archive = create(data, tmp_path / "backups", (include,), "0", NOON).path
    (renamed,) = calls.renames_to(archive.name)
    inside = {path.relative_to(archive) for path in (archive, *archive.rglob("*"))}
    assert {MANIFEST, DATABASE, "log.key"} <= {path.as_posix() for path in inside}
    synced = {path.relative_to(each) for path in calls.synced(renamed) for each in (partial_of(path),) if each}
    assert inside - synced == set()
    assert archive.parent in {path for what, path in calls.seen[renamed:] if what == "fsync"}, (
        "nor may its name be lost"
    )


def partial_of(path: Path) -> Path | None:
    """The unfinished archive in which it lies."""
    return next((each for each in (path, *path.parents) if each.name.startswith(".partial-")), None)


def test_a_cleaned_backup_is_on_the_disk_in_the_order_that_a_crash_can_be_told_by(data: Path, tmp_path: Path) -> None:
    """The new manifest lies beside the old one before the database is replaced, and replaces it only then."""
    archive = create(data, tmp_path / "backups", (), "0", NOON).path
    with watched() as calls:
        list(forget_in_backups(tmp_path / "backups", Person(GONE)))
    database, manifest = calls.renames_to(DATABASE, MANIFEST)
    assert [calls.seen[number][1].name for number in (database, manifest)] == [DATABASE, MANIFEST]
    before = {path.name for path in calls.synced(database)}
    assert {f".{MANIFEST}.new", DATABASE, archive.name} <= before
    assert archive in {path for what, path in calls.seen[database:manifest] if what == "fsync"}
    assert archive in {path for what, path in calls.seen[manifest:] if what == "fsync"}
    assert verify(archive).rows["turns"] == 1


def test_a_restored_memory_is_on_the_disk_before_it_takes_the_place_of_the_other(data: Path, tmp_path: Path) -> None:
    archive = create(data, tmp_path / "backups", (), "0", NOON).path
    with watched() as calls:
        restore(archive, data)
    swaps = calls.renames_to(DATABASE, "log.key")
    assert [calls.seen[number][1] for number in swaps] == [data / "log.key", data / DATABASE], "the database at last"
    before = {path.name for path in calls.synced(swaps[0])}
    assert data.name in before, "the old log is gone for good"
    assert {name.rpartition("-")[2] for name in before if name.startswith(".restore-")} == {DATABASE, "log.key"}
    assert data in {path for what, path in calls.seen[swaps[-1] :] if what == "fsync"}


def test_a_damaged_memory_that_is_kept_is_on_the_disk_before_another_takes_its_place(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = create(data, tmp_path / "backups", (), "0", NOON).path
    damaged = b"damaged" * 4096
    # A log that SQLite can open is in the database by then, or was of no use: here it could open neither.
    monkeypatch.setattr("app.store.restore._settle", lambda _: None)
    (data / DATABASE).write_bytes(damaged)
    (data / f"{DATABASE}-wal").write_bytes(b"its log" * 100)
    with watched() as calls:
        kept_in = restore(archive, data).kept
    assert kept_in is not None
    assert data in calls.synced(calls.renames_to(DATABASE)[0])
    assert {path.name: path.read_bytes() for path in kept_in.iterdir()} == {
        DATABASE: damaged,
        f"{DATABASE}-wal": b"its log" * 100,
    }
    assert stat.S_IMODE(kept_in.stat().st_mode) == 0o700


def test_a_file_that_is_written_anew_is_on_the_disk_before_it_has_its_name(tmp_path: Path) -> None:
    with watched() as calls:
        replaced(tmp_path / "status", b"new", below=tmp_path)
    (renamed,) = calls.renames_to("status")
    assert {path.name for path in calls.synced(renamed)} == {f".status-{os.getpid()}"}
    assert stat.S_IMODE((tmp_path / "status").stat().st_mode) == 0o600


# Calls that fail


class Failing:
    """Lets the calls of the file system before number `at` pass, and fails that one as a full disk does."""

    NAMES = ("fsync", "rename", "replace")

    def __init__(self, at: int) -> None:
        self.left, self.failed = at, False

    def __enter__(self) -> "Failing":
        self._patch = pytest.MonkeyPatch()
        for name in self.NAMES:
            self._patch.setattr(os, name, self._failing(getattr(os, name)))
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def _failing(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.left -= 1
            if self.left == -1:
                self.failed = True
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **named)

        return call


def tries() -> Iterator[Failing]:
    """One after the other, until a run has needed fewer calls."""
    for at in range(200):
        failing = Failing(at)
        yield failing
        if not failing.failed:
            assert at > 3, "nothing failed: the test shows nothing"
            return


def test_a_backup_whose_any_call_fails_leaves_no_archive_or_a_whole_one(
    data: Path, include: Path, tmp_path: Path
) -> None:
    for failing in tries():
        target = tmp_path / f"backups{failing.left}"
        with failing:
            try:
                create(data, target, (include,), "0", NOON)
            except ConfigError as error:
                assert "No space left" in str(error)
            else:
                assert not failing.failed
        left = sorted(path.name for path in target.iterdir()) if target.exists() else []
        assert left in ([], ["20260304T120000Z"])
        for archive in archives(target):
            verify(archive)


def test_a_restore_whose_any_call_fails_leaves_the_old_memory_or_the_new_one(data: Path, tmp_path: Path) -> None:
    archive = create(data, tmp_path / "backups", (), "0", NOON).path
    for failing in tries():
        place = shutil.copytree(data, tmp_path / f"data{failing.left}")
        with closing(sqlite3.connect(place / DATABASE)) as db:
            db.execute("UPDATE turns SET user_id = 'later' WHERE user_id = ?", (STAYS,))
            db.commit()
        with failing:
            try:
                restore(archive, place)
            except ConfigError as error:
                assert "No space left" in str(error)
            else:
                assert not failing.failed
        assert users(place / DATABASE) in ({GONE, STAYS}, {GONE, "later"})
        assert not list(place.glob(".restore-*"))


def test_a_deletion_in_backups_whose_any_call_fails_says_so_and_is_finished_by_the_next(
    data: Path, tmp_path: Path
) -> None:
    for failing in tries():
        target = tmp_path / f"backups{failing.left}"
        archive = create(data, target, (), "0", NOON).path
        with failing:
            (cleaned,) = forget_in_backups(target, Person(GONE))
        assert bool(cleaned.proof.remains) is failing.failed
        (again,) = forget_in_backups(target, Person(GONE))
        assert again.proof.remains == ()
        assert users(archive / DATABASE) == {STAYS}
        assert [path.name for path in target.iterdir()] == [archive.name]
        assert sorted(path.name for path in archive.iterdir()) == [DATABASE, "log.key", MANIFEST]
