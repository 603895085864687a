"""What a deletion looks for, piece by piece, and what an export holds, column by column."""

import json
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.store import rights
from app.store.backup import DATABASE, MANIFEST, create, verify
from app.store.forgetting import BESIDE, forget_in_backups, left_in_damaged, places
from app.store.restore import choose, in_use, restore
from app.store.retention import TABLES, Deleted
from app.store.rights import Person, export, forget, stands_in
from tests.forked import machine
from tests.store.memories import GONE, STAYS, two_people, users

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return two_people(tmp_path / "data")


def rewrite(data: Path, sql: str, *values: object) -> None:
    with closing(sqlite3.connect(data / DATABASE)) as db:
        db.execute(sql, values)
        db.commit()


# What is looked for


COLUMNS = (("turns", "request_id"), ("turns", "body_hash"), ("turns", "user_text"), ("turns", "answer"),
           ("observations", "request_id"), ("observations", "text"))  # fmt: skip


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_every_text_and_hash_of_a_person_is_looked_for(data: Path, table: str, column: str) -> None:
    if table == "observations":
        rewrite(
            data,
            "INSERT INTO observations (session_id, user_id, revision, text, source, created_at)"
            " VALUES ('BOT_1', ?, 2, 'x', 'human', 1)",
            GONE,
        )
    long = "Гульнара «из Капчагая»\n" + "о" * 100
    rewrite(data, f"UPDATE {table} SET {column} = ? WHERE user_id = ?", long, GONE)
    with closing(sqlite3.connect(data / DATABASE)) as db:
        needles = rights._needles(db, Person(GONE))
    for form in (long, json.dumps(long, ensure_ascii=False)[1:-1]):
        for start in range(0, len(form) - 5, 64):
            assert form[start : start + 64] in needles
    assert all(6 <= len(needle) <= 64 for needle in needles)


def test_what_the_dialogue_knows_of_a_person_is_looked_for(data: Path) -> None:
    state = json.dumps({"slots": {"name": "Гульнара", "size": 5, "goal": "порядок в учёте"}})
    rewrite(data, "UPDATE conversations SET state = ? WHERE user_id = ?", state, GONE)
    with closing(sqlite3.connect(data / DATABASE)) as db:
        assert {"Гульнара", "порядок в учёте"} <= set(rights._needles(db, Person(GONE)))


@pytest.mark.parametrize(("identity", "told"), [("12345", False), ("123456", True), ("1234567", True)])
def test_an_id_of_six_characters_can_be_told_from_other_words(tmp_path: Path, identity: str, told: bool) -> None:
    (tmp_path / "file").write_text(f"words {identity} words")
    assert stands_in(tmp_path / "file", Person(identity)) is told


def test_a_number_is_looked_for_as_its_digits(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("77022951810@c.us")
    assert stands_in(tmp_path / "file", Person("+7 702 295 18 10", number="77022951810"))
    assert not stands_in(tmp_path / "file", Person("+7 702 295 18 10"))


@pytest.mark.parametrize("leftover", [GONE, "Гульнара из Капчагая", "hash-of-the-request"])
@pytest.mark.parametrize("large", [False, True])
def test_what_a_page_kept_is_gone_after_a_deletion_whatever_the_size_of_the_file(
    data: Path, leftover: str, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(
        data,
        "UPDATE turns SET user_text = 'Гульнара из Капчагая', body_hash = 'hash-of-the-request' WHERE user_id = ?",
        GONE,
    )
    with closing(sqlite3.connect(data / DATABASE)) as db:
        db.execute("PRAGMA secure_delete=OFF")
        db.execute("CREATE TABLE leftover (x)")
        db.execute("INSERT INTO leftover VALUES (?)", (leftover * 20,))
        db.commit()
        db.execute("DROP TABLE leftover")
        db.commit()
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if large:
        monkeypatch.setattr(rights, "_REBUILT", 0)
    deleted, proof = forget(data / DATABASE, Person(GONE))
    assert (deleted.conversations, deleted.turns, proof.remains) == (1, 1, ())
    assert leftover.encode() not in b"".join(path.read_bytes() for path in data.iterdir())
    assert users(data / DATABASE) == {STAYS}


@pytest.mark.usefixtures("forgetful")
def test_a_small_file_is_rebuilt_always_and_a_large_one_when_something_was_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rights._REBUILT == 64 << 20

    def rebuilt() -> bool:
        said: list[str] = []
        opened = rights._opened

        @contextmanager
        def traced(database: Path) -> Iterator[sqlite3.Connection]:
            with opened(database) as db:
                said.extend(f"secure {row[0]}" for row in db.execute("PRAGMA secure_delete"))
                db.set_trace_callback(said.append)
                yield db

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rights, "_opened", traced)
            forget(data / DATABASE, Person("nobody at all"))
        assert said[0] == "secure 1", "what is deleted is overwritten"
        assert any("wal_checkpoint(TRUNCATE)" in each for each in said), "its log is emptied"
        return "VACUUM" in said

    size = (data / DATABASE).stat().st_size
    for most, expected in ((size, True), (size - 1, False)):
        monkeypatch.setattr(rights, "_REBUILT", most)
        assert rebuilt() is expected


@pytest.mark.usefixtures("forgetful")
def test_what_retention_deletes_is_overwritten_and_its_log_emptied(data: Path) -> None:
    rewrite(data, "UPDATE turns SET user_text = 'Гульнара из Капчагая' WHERE user_id = ?", GONE)
    rewrite(data, "UPDATE conversations SET updated_at = 50 WHERE user_id = ?", STAYS)
    with closing(sqlite3.connect(data / DATABASE)) as keeps:  # as the service does: the log stays
        keeps.execute("SELECT count(*) FROM turns").fetchone()
        assert rights.expire(data / DATABASE, 10, 1) == Deleted(1, 1, 0)
        found = {path.name: path.read_bytes() for path in data.iterdir()}
    assert "Гульнара".encode() not in found[DATABASE]
    assert found.get(f"{DATABASE}-wal", b"") == b""


def test_an_export_holds_every_column_of_every_table_and_nothing_of_others(data: Path) -> None:
    rewrite(
        data,
        "INSERT INTO observations (session_id, user_id, revision, request_id, text, source, created_at)"
        " VALUES ('BOT_2', ?, 2, 'r2', 'x', 'human', 1)",
        GONE,
    )
    found = export(data / DATABASE, Person(GONE))
    with closing(sqlite3.connect(data / DATABASE)) as db:
        for table in TABLES:
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            assert found[table]
            assert all(set(row) == columns for row in found[table]), table
            assert {row["user_id"] for row in found[table]} == {GONE}
    assert (found["user_id"], found["session_id"]) == (GONE, None)
    assert abs(found["exported_at"] - datetime.now(UTC).timestamp()) < 60
    assert found["turns"][0]["record"] == found["turns"][0]["response"] == {}, "JSON, and no text of it"
    assert export(data / DATABASE, Person(GONE, "BOT_2"))["turns"] == []


# In backups


def test_the_manifest_of_a_cleaned_backup_tells_what_is_there_now(data: Path, tmp_path: Path) -> None:
    archive = create(data, tmp_path / "backups", (), "1.2.3", NOON).path
    before = verify(archive)
    list(forget_in_backups(tmp_path / "backups", Person(GONE)))
    after = verify(archive)
    assert (after.created_at, after.release, after.schema) == (before.created_at, before.release, before.schema)
    assert after.rows == before.rows | {"conversations": 1, "turns": 1}
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in archive.iterdir()}
    assert set(modes) == {DATABASE, MANIFEST, "log.key"}
    assert {oct(mode & 0o077) for mode in modes.values()} == {"0o0"}


def test_an_archive_in_whose_other_files_the_person_stands_is_said(data: Path, tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text(f"# call {GONE}")
    create(data, tmp_path / "backups", (tmp_path / "settings.yaml",), "0", NOON)
    (cleaned,) = forget_in_backups(tmp_path / "backups", Person(GONE))
    (remains,) = cleaned.proof.remains
    assert "the id itself, in files/" in remains
    assert remains.endswith("settings.yaml")


def test_while_a_backup_is_being_made_a_deletion_is_not_over(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    archive = create(data, target, (), "0", NOON).path
    (target / ".partial-4711-20260305T120000Z").mkdir()
    with pytest.raises(ConfigError, match=r"a backup is being made .*; run the command again when it is done"):
        list(forget_in_backups(target, Person(GONE)))
    assert users(archive / DATABASE) == {STAYS}, "what is there is clean already"


def test_what_a_killed_deletion_left_is_finished_by_which_database_is_in_place(data: Path, tmp_path: Path) -> None:
    for replaced in (False, True):
        target = tmp_path / f"backups {replaced}"
        archive = create(data, target, (), "0", NOON).path
        old = {path.name: path.read_bytes() for path in archive.iterdir()}
        list(forget_in_backups(target, Person(GONE)))
        new = {path.name: path.read_bytes() for path in archive.iterdir()}
        (archive / f".{MANIFEST}.new").write_bytes(new[MANIFEST])
        (archive / MANIFEST).write_bytes(old[MANIFEST])
        (archive / DATABASE).write_bytes((new if replaced else old)[DATABASE])
        (target / ".partial-forget-20260304T120000Z").mkdir()
        list(forget_in_backups(target, Person("nobody at all")))
        assert verify(archive).rows["turns"] == (1 if replaced else 2)
        assert sorted(path.name for path in archive.iterdir()) == [DATABASE, "log.key", MANIFEST]
        assert [path.name for path in target.iterdir()] == [archive.name]


def test_the_folders_that_a_restore_keeps_and_fetches_are_cleaned_with_the_backups(tmp_path: Path) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    assert places(target) == [target]
    assert BESIDE == ("-before-restore", "-offsite")
    beside = [tmp_path / f"backups{name}" for name in BESIDE]
    for folder in beside:
        folder.mkdir()
    assert places(target) == [target, *beside]


def test_each_damaged_memory_that_is_kept_remains_until_it_is_removed(data: Path, tmp_path: Path) -> None:
    assert left_in_damaged(data, Person(GONE)) == []
    for name, content in (("damaged-1", GONE), ("damaged-2", "nothing of the kind")):
        (data / name).mkdir()
        (data / name / DATABASE).write_text(content)
    (data / "damaged-3").symlink_to(tmp_path)
    (data / ".restore-4711-conversations.db").write_text("x")
    found = {each.archive.name: each.proof.remains[0] for each in left_in_damaged(data, Person(GONE))}
    assert "the id itself stands in it" in found["damaged-1"]
    assert "it may hold more" in found["damaged-2"]
    assert f"machine salvage --data {data}" in found["damaged-2"]
    assert (
        "is a link" in found["damaged-3"] or "cannot" in found["damaged-3"] or "Not a directory" in found["damaged-3"]
    )
    assert "a copy that a killed restore has left; remove it" in found[".restore-4711-conversations.db"]


def test_a_person_is_not_forgotten_while_a_damaged_memory_is_kept(data: Path) -> None:
    kept = data / "damaged-20260304T120000Z"
    kept.mkdir()
    (kept / DATABASE).write_text("nothing of the kind")
    command = ("forget", "--user", GONE, "--data", str(data), "--yes")
    assert machine(*command).returncode == 2
    shutil.rmtree(kept)
    assert machine(*command).returncode == 0


# A restore beside a running service


@pytest.fixture
def running(data: Path) -> Iterator[Path]:
    """The data folder while another process has the memory open."""
    code = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute('SELECT count(*) FROM turns').fetchone(); print('open', flush=True); sys.stdin.read()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(data / DATABASE)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin
    assert process.stdout
    assert process.stdout.readline() == "open\n"
    yield data
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


def test_a_memory_in_use_is_replaced_only_where_that_is_asked_for(running: Path, tmp_path: Path) -> None:
    archive = create(running, tmp_path / "backups", (), "0", NOON).path
    rewrite(running, "UPDATE turns SET user_id = 'later' WHERE user_id = ?", STAYS)
    assert in_use(running / DATABASE)
    with pytest.raises(ConfigError, match=r"stop the service .*or ask for it with --while-running"):
        restore(archive, running)
    assert users(running / DATABASE) == {GONE, "later"}
    done = restore(archive, running, while_running=True)
    assert (done.live, done.kept, done.replaced) == (True, None, {"conversations": 2, "knowledge_versions": 0, "messages": 0, "migrations": 2, "observations": 0, "turns": 2})  # fmt: skip
    assert users(running / DATABASE) == {GONE, STAYS}


def test_a_running_service_is_given_no_memory_of_another_schema(running: Path, tmp_path: Path) -> None:
    archive = create(running, tmp_path / "backups", (), "0", NOON).path
    rewrite(running, "INSERT INTO migrations VALUES (3, 'later', 0)")
    rewrite(running, "UPDATE turns SET user_id = 'later' WHERE user_id = ?", STAYS)
    with pytest.raises(ConfigError, match="the running service has schema 3, the backup 2: stop the service"):
        restore(archive, running, while_running=True)
    assert users(running / DATABASE) == {GONE, "later"}


def test_an_archive_is_named_itself_or_by_the_folder_of_all(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    first = create(data, target, (), "0", NOON).path
    second = create(data, target, (), "0", NOON.replace(hour=13)).path
    assert choose(first) == first
    assert choose(target) == second
    assert not in_use(data / DATABASE)
    assert not in_use(tmp_path / "none")
