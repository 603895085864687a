"""`machine restore` and `machine drill`: whole or not at all, and never under a service that does not know of it."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import httpx
import pytest

from app.errors import ConfigError
from app.store import restore as restoring
from app.store.backup import DATABASE, Manifest, create, verify
from app.store.restore import in_use, restore
from loadtests.service import KEY, Server, message
from tests.forked import machine

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
QUESTION = "сколько стоит тариф Рост?"


def talk(data: Path, user: str) -> None:
    assert machine("chat", "--user", user, "--data", str(data), text=f"{QUESTION}\n").returncode == 0


def users(data: Path) -> set[str]:
    with closing(sqlite3.connect(data / DATABASE)) as db:
        return {row[0] for row in db.execute("SELECT user_id FROM conversations")}


@pytest.fixture(scope="module")
def talked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("talked") / "data"
    talk(folder, "u1")
    return folder


@pytest.fixture
def data(talked: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(talked, tmp_path / "data"))


@pytest.fixture
def archive(data: Path, tmp_path: Path) -> Path:
    return create(data, tmp_path / "backups", [], "0", NOON).path


def test_what_came_later_is_gone_and_what_was_there_is_back(data: Path, archive: Path) -> None:
    talk(data, "u2")
    done = machine("restore", str(archive.parent), "--data", str(data), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["rows"]["conversations"], told["replaced"]["conversations"]) == (1, 2)
    assert users(data) == {"u1"}
    assert (data / DATABASE).read_bytes() == (archive / DATABASE).read_bytes()
    assert (data / DATABASE).stat().st_mode & 0o777 == 0o600


def test_the_newest_archive_of_a_folder_is_taken(data: Path, archive: Path) -> None:
    talk(data, "u2")
    create(data, archive.parent, [], "0", NOON + timedelta(hours=1))
    assert machine("restore", str(archive.parent), "--data", str(data)).returncode == 0
    assert users(data) == {"u1", "u2"}


def test_a_stale_log_does_not_reach_the_restored_memory(data: Path, archive: Path) -> None:
    # A crash leaves the log beside the database; here the database itself is lost too, so it cannot be settled.
    script = (
        "import os, sqlite3, sys; db = sqlite3.connect(sys.argv[1]);"
        "db.execute('PRAGMA journal_mode=WAL'); db.execute(\"UPDATE conversations SET user_id='stale'\");"
        "db.commit(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(data / DATABASE)], check=False)
    assert (data / f"{DATABASE}-wal").stat().st_size > 0
    (data / DATABASE).write_bytes(b"damaged" * 4096)
    assert restore(archive, data).replaced is None
    assert not (data / f"{DATABASE}-wal").exists()
    assert not (data / f"{DATABASE}-shm").exists()
    assert users(data) == {"u1"}


@pytest.mark.parametrize("suffix", ["-wal", "-shm", "-journal"])
@pytest.mark.parametrize("memory", [b"no database" * 500, None], ids=["unreadable", "gone"])
def test_what_lies_beside_a_memory_that_cannot_be_opened_is_removed_with_it(
    archive: Path, tmp_path: Path, memory: bytes | None, suffix: str
) -> None:
    place = tmp_path / "place"
    place.mkdir(mode=0o700)
    if memory is not None:
        (place / DATABASE).write_bytes(memory)
    stale = place / f"{DATABASE}{suffix}"
    stale.write_bytes(b"of another database" * 100)
    restore(archive, place)
    assert not stale.exists()


def test_a_memory_that_cannot_be_opened_is_kept_with_its_log_where_its_newest_turns_may_be(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    place.mkdir(mode=0o700)
    parts = {DATABASE: b"no database" * 500, f"{DATABASE}-wal": b"its newest turns" * 100}
    for name, content in parts.items():
        (place / name).write_bytes(content)

    def unopened(*_: object, **__: object) -> NoReturn:  # SQLite itself moves what it can, and removes the log
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(restoring, "connected", unopened)
    kept = restore(archive, place).kept
    assert kept is not None
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == parts


def test_a_changed_archive_is_refused_and_nothing_is_touched(data: Path, archive: Path) -> None:
    talk(data, "u2")
    raw = bytearray((archive / DATABASE).read_bytes())
    raw[-100] ^= 1
    (archive / DATABASE).write_bytes(raw)
    done = machine("restore", str(archive), "--data", str(data))
    assert done.returncode == 2
    assert "has changed since it was made" in done.stderr
    assert users(data) == {"u1", "u2"}


def test_an_archive_that_changes_behind_its_verification_takes_no_memorys_place(
    data: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (data / DATABASE).read_bytes()

    def verified(place: Path) -> Manifest:
        manifest = verify(place)
        raw = bytearray((place / DATABASE).read_bytes())
        raw[-100] ^= 1
        (place / DATABASE).write_bytes(raw)
        return manifest

    monkeypatch.setattr(restoring, "verify", verified)
    with pytest.raises(ConfigError, match="was not copied whole"):
        restore(archive, data)
    assert (data / DATABASE).read_bytes() == before
    assert not list(data.glob(".restore-*"))


def test_a_disk_that_takes_no_copy_leaves_the_memory(
    data: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (data / DATABASE).read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.store.restore.os.fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        restore(archive, data)
    assert (data / DATABASE).read_bytes() == before
    assert not list(data.glob(".restore-*"))


_OPENS = """
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("SELECT count(*) FROM turns").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


def test_who_opens_the_memory_while_the_archive_is_copied_keeps_it(
    data: Path, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk(data, "u2")
    copied = restoring._copy
    with ExitStack() as until:

        def opened_meanwhile(source: Path, inside: int, copy: str, sha256: str) -> None:
            copied(source, inside, copy, sha256)
            if source.name == DATABASE:
                command = [sys.executable, "-c", _OPENS, str(data / DATABASE)]
                other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                until.enter_context(other)
                assert other.stdout is not None and other.stdout.readline() == "open\n"

        monkeypatch.setattr(restoring, "_copy", opened_meanwhile)
        with pytest.raises(ConfigError, match="was not restored"):
            restore(archive, data)
    assert users(data) == {"u1", "u2"}
    assert not list(data.glob(".restore-*"))


def test_what_a_killed_restore_left_is_named_by_forget_and_removed_by_the_next_restore(
    data: Path, archive: Path
) -> None:
    left = data / f".restore-4711-{DATABASE}"
    shutil.copy(archive / DATABASE, left)
    done = machine("forget", "--user", "u1", "--data", str(data), "--yes")
    assert done.returncode == 2
    assert left.name in done.stdout
    restore(archive, data)
    assert not left.exists()


def test_a_running_service_is_restored_only_when_asked_and_goes_on(data: Path, archive: Path) -> None:
    with Server(data) as server:
        headers = {"Authorization": f"Bearer {KEY}"}

        def ask(user: str) -> httpx.Response:
            body = message(QUESTION, user=user)
            return httpx.post(
                f"{server.url}/api/v1/process", json=body, headers=headers, trust_env=False, verify=False, timeout=20
            )

        assert ask("later").status_code == 200
        assert in_use(data / DATABASE)
        refused = machine("restore", str(archive), "--data", str(data))
        assert refused.returncode == 2
        assert "stop the service" in refused.stderr
        assert "later" in users(data)
        done = machine("restore", str(archive), "--data", str(data), "--while-running", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["live"]
        assert users(data) == {"u1"}
        assert ask("after").status_code == 200
    assert users(data) == {"u1", "after"}
    with closing(sqlite3.connect(data / DATABASE)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


def test_an_empty_place_becomes_the_machine(archive: Path, tmp_path: Path) -> None:
    place = tmp_path / "new" / "data"
    assert machine("restore", str(archive), "--data", str(place)).returncode == 0
    assert users(place) == {"u1"}
    assert (place / "log.key").read_bytes() == (archive / "log.key").read_bytes()
    assert place.stat().st_mode & 0o777 == 0o700


def test_a_folder_without_backups_says_so(data: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    done = machine("restore", str(tmp_path / "none"), "--data", str(data))
    assert done.returncode == 2
    assert "there is no backup" in done.stderr


def test_a_drill_walks_the_turns_again_and_leaves_the_memory_alone(data: Path, archive: Path) -> None:
    before = (data / DATABASE).read_bytes()
    done = machine("drill", str(archive.parent), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["turns"] == [{"turn": 1, "equal": True, "note": ""}]
    assert told["rows"]["turns"] == 1
    assert (data / DATABASE).read_bytes() == before


def test_a_drill_names_a_turn_that_comes_to_another_answer(data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as db:
        db.execute("UPDATE turns SET answer = 'Тариф стоит 1 ₸'")
        db.commit()
    archive = create(data, tmp_path / "backups", [], "0", NOON).path
    done = machine("drill", str(archive))
    assert done.returncode == 1, done.stderr
    assert "turn 1: another answer" in done.stdout


def test_a_drill_takes_the_archives_own_settings(data: Path, tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("turn: {parallel: nonsense}\n")
    archive = create(data, tmp_path / "backups", [settings], "0", NOON).path
    settings.write_text("turn: {parallel: 2}\n")
    done = machine("drill", str(archive), "--settings", str(settings))
    assert done.returncode == 2
    assert "turn.parallel" in done.stderr
