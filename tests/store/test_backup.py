"""`machine backup`: consistent while the service writes, sound or refused, and never the last one removed."""

import json
import shutil
import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ConfigError
from app.store import Store
from app.store.backup import DATABASE, archives, create, kept, rotate, verify
from tests.forked import machine

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("talked") / "data"
    done = machine("chat", "--user", "u1", "--data", str(folder), text="сколько стоит тариф Рост?\n")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def data(talked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(talked, tmp_path / "data"))


def test_a_backup_holds_the_memory_and_what_was_asked_for(data: Path, tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "settings.yaml").write_text("log: {level: info}\n")
    (tmp_path / "kb" / "sub").mkdir(parents=True)
    (tmp_path / "kb" / "sub" / "a.yaml").write_text("x")
    target = tmp_path / "backups"
    include = ("--include", str(tmp_path / "etc/settings.yaml"), "--include", str(tmp_path / "kb"))
    done = machine("backup", "--data", str(data), "--to", str(target), *include)
    assert done.returncode == 0, done.stderr
    assert "1 conversations, 1 turns, verified" in done.stdout
    (archive,) = archives(target)
    names = {record.path for record in verify(archive).files}
    inside = tmp_path.relative_to("/").as_posix()
    assert names >= {"conversations.db", f"files/{inside}/etc/settings.yaml", f"files/{inside}/kb/sub/a.yaml"}
    assert ("log.key" in names) == (data / "log.key").exists()
    assert target.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in archive.rglob("*"))
    checked = machine("backup", "verify", str(target))
    assert checked.returncode == 0
    assert "sound, schema" in checked.stdout


def test_a_restored_backup_goes_on_where_the_talk_was(data: Path, tmp_path: Path) -> None:
    archive = create(data, tmp_path / "b", (), "0", NOON).path
    restored = tmp_path / "restored"
    restored.mkdir()
    (restored / "conversations.db").write_bytes((archive / "conversations.db").read_bytes())
    said = [sqlite3.connect(folder / "conversations.db").execute("SELECT user_text, answer FROM turns").fetchall()
            for folder in (data, restored)]  # fmt: skip
    assert said[0] == said[1]
    assert said[0][0][0] == "сколько стоит тариф Рост?"


def test_the_copy_is_one_moment_while_another_process_writes(data: Path, tmp_path: Path) -> None:
    """Each transaction adds one row to both tables: a copy in which they differ would have torn one."""
    db = sqlite3.connect(data / "conversations.db", isolation_level=None)
    db.execute("CREATE TABLE left_side (n)")
    db.execute("CREATE TABLE right_side (n)")
    stop = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        own = sqlite3.connect(data / "conversations.db", isolation_level=None, timeout=10)
        while not stop.is_set():
            own.execute("BEGIN IMMEDIATE")
            own.execute("INSERT INTO left_side VALUES (zeroblob(3000))")
            own.execute("INSERT INTO right_side VALUES (zeroblob(3000))")
            own.execute("COMMIT")
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = [create(data, tmp_path / "b", (), "0", NOON + timedelta(seconds=n)) for n in range(8)]
    finally:
        stop.set()
        writer.join()
    rows = [archive.manifest.rows for archive in made]
    assert written > 8
    assert all(row["left_side"] == row["right_side"] for row in rows)
    assert rows[-1]["left_side"] > rows[0]["left_side"]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda a: (a / "conversations.db").write_bytes((a / "conversations.db").read_bytes()[:-1] + b"x"), "changed"),
        (lambda a: (a / "conversations.db").unlink(), "conversations.db"),
        (lambda a: (a / "more").write_text("x"), "more"),
        (lambda a: (a / "manifest.json").write_text("{"), "not readable"),
        (lambda a: (a / "manifest.json").write_text("[]"), "not readable"),
    ],
)  # fmt: skip
def test_a_harmed_backup_is_refused_and_named(data: Path, tmp_path: Path, harm, said: str) -> None:  # type: ignore[no-untyped-def]
    archive = create(data, tmp_path / "b", (), "0", NOON).path
    harm(archive)
    done = machine("backup", "verify", str(archive if (archive / "manifest.json").exists() else tmp_path / "b"))
    assert done.returncode == 2
    assert said in done.stderr


def test_a_manifest_that_fits_a_harmed_database_does_not_pass(data: Path, tmp_path: Path) -> None:
    archive = create(data, tmp_path / "b", (), "0", NOON).path
    db = sqlite3.connect(archive / "conversations.db")
    db.execute("DELETE FROM turns")
    db.commit()
    db.close()
    manifest = json.loads((archive / "manifest.json").read_text())
    import hashlib

    content = (archive / "conversations.db").read_bytes()
    for record in manifest["files"]:
        if record["path"] == "conversations.db":
            record.update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
    (archive / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match="other rows"):
        verify(archive)


def test_a_corrupt_database_makes_no_archive_and_removes_none(data: Path, tmp_path: Path) -> None:
    create(data, tmp_path / "b", (), "0", NOON - timedelta(days=400))
    db = sqlite3.connect(data / "conversations.db")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    path = data / "conversations.db"
    content = bytearray(path.read_bytes())
    for page in range(1, len(content) // 4096):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    done = machine("backup", "--data", str(data), "--to", str(tmp_path / "b"))
    assert done.returncode == 2
    assert "failed" in done.stderr
    assert [entry.name for entry in (tmp_path / "b").iterdir()] == ["20250128T120000Z"]


def test_missing_data_and_missing_target_say_what_to_name(data: Path, tmp_path: Path) -> None:
    assert "--to" in machine("backup", "--data", str(data)).stderr
    done = machine("backup", "--data", str(tmp_path / "none"), "--to", str(tmp_path / "b"))
    assert done.returncode == 2
    assert "--data" in done.stderr
    assert "no backup" in machine("backup", "verify", str(tmp_path / "none")).stderr


def test_rotation_over_a_year_of_daily_backups(tmp_path: Path) -> None:
    target = tmp_path / "b"
    for day in range(365):
        (target / (NOON - timedelta(days=day)).strftime("%Y%m%dT%H%M%SZ")).mkdir(parents=True)
    (target / "mine").mkdir()
    stale = target / ".partial-1-20260101T000000Z"
    stale.mkdir()
    rotate(target, 14, 8, datetime.now(UTC))
    assert stale.exists()  # perhaps another run is at work there
    rotate(target, 14, 8, datetime.now(UTC) + timedelta(days=2))
    left = [datetime.strptime(path.name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for path in archives(target)]
    assert left[-14:] == [NOON - timedelta(days=day) for day in reversed(range(14))]
    assert len({when.isocalendar()[:2] for when in left}) == 8
    assert len(left) == 14 + 8 - 3  # the 14 days lie in three of the eight weeks
    assert (target / "mine").exists()
    assert not stale.exists()


moments = st.lists(
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)).map(lambda when: when.strftime("%Y%m%dT%H%M%SZ")),
    min_size=1,
    unique=True,
)


def monday_of(name: str) -> date:
    """The first day of the week in which a backup was made."""
    day = datetime.strptime(name[:8], "%Y%m%d").date()
    return day - timedelta(days=day.weekday())


def test_the_same_week_of_two_years_is_two_weeks() -> None:
    sparse = [f"{day}T020000Z" for day in ("20250108", "20260107", "20260114")]  # the second, the second, the third
    assert kept(sparse, 1, 3) == set(sparse)


def test_a_week_that_the_new_year_cuts_is_one_week() -> None:
    # Monday 28 December 2026 to Sunday 3 January 2027 is week 53 of 2026
    names = ["20261221T020000Z", "20261230T020000Z", "20270102T020000Z", "20270110T020000Z"]
    assert kept(names, daily=1, weekly=3) == {"20261221T020000Z", "20270102T020000Z", "20270110T020000Z"}
    # days of December that are week 1 of the next year are not those of the January before
    assert kept(["20250102T020000Z", "20251230T020000Z"], daily=1, weekly=2) == {"20250102T020000Z", "20251230T020000Z"}


def test_of_several_backups_of_a_day_the_newest_stays() -> None:
    names = [f"2026030{day}T{hour}0000Z" for day in (2, 3) for hour in ("02", "09", "21")]
    assert kept(names, daily=2, weekly=0) == {"20260302T210000Z", "20260303T210000Z"}
    assert kept(names, daily=1, weekly=1) == {"20260303T210000Z"}


@given(moments, st.integers(1, 20), st.integers(0, 10))
def test_laws_of_keeping(names: list[str], daily: int, weekly: int) -> None:
    keep = kept(names, daily, weekly)
    assert max(names) in keep
    assert keep <= set(names)
    assert len(keep) <= daily + weekly
    days = sorted({name[:8] for name in names})[-daily:]
    for day in days:
        assert max(name for name in names if name.startswith(day)) in keep
    for monday in sorted({monday_of(name) for name in names})[-weekly:] if weekly else ():
        assert max(name for name in names if monday_of(name) == monday) in keep
    assert kept(sorted(keep), daily, weekly) == keep  # a second rotation removes nothing more


async def test_an_included_link_may_lead_anywhere_in_the_data_and_outside_it_only_beside_itself(tmp_path: Path) -> None:
    data = tmp_path / "data"
    await Store(data / DATABASE).close()
    (data / "versions").mkdir()
    (data / "versions" / "a.yaml").write_text("sections: []")
    (data / "shop").mkdir()
    (data / "shop" / "kb").symlink_to("../versions")

    archive = create(data, tmp_path / "backups", (data / "shop" / "kb",), "1", NOON).path
    copied = archive / "files" / (data / "shop" / "kb" / "a.yaml").relative_to("/")
    assert copied.read_text() == "sections: []"

    (tmp_path / "etc" / "deep").mkdir(parents=True)
    (tmp_path / "etc" / "deep" / "kb").symlink_to(data / "versions")
    with pytest.raises(ConfigError, match="is a link or lies behind one"):
        create(data, tmp_path / "others", (tmp_path / "etc" / "deep" / "kb",), "1", NOON)
