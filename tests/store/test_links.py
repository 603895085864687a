"""Whoever may write the data folder cannot make root read, write or give away a file that lies elsewhere.

As root the folder belongs to another account, as on a server; otherwise to this one, and the same must hold.
"""

import os
import shutil
import sqlite3
import struct
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.errors import ConfigError
from app.files import acting_for, created, folder, opened, replaced
from app.knowledge.history import Entry, append
from app.knowledge.publishing import Place, locked, prune, store, switch
from app.knowledge.sections import KnowledgeBase, load
from app.store import Store
from app.store.backup import DATABASE, archives, create
from app.store.forgetting import left_in_damaged
from app.store.restore import restore
from app.store.rights import Person
from tests.store.test_restore import data, talked  # noqa: F401 - fixtures

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SECRET = b"root:$y$j9T$hidden:19000::::::\n"
NOBODY = 65534


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """Not below pytest's folder, which nobody but its owner may pass through."""
    with tempfile.TemporaryDirectory(prefix="links-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A file that the folder's owner may not read."""
    path = tmp_path / "elsewhere" / "shadow"
    path.parent.mkdir(mode=0o700)
    path.write_bytes(SECRET)
    path.chmod(0o600)
    return path


@pytest.fixture
def other_memory(tmp_path: Path, talked: Path) -> Path:  # noqa: F811
    """The memory of another service: a sound database that is not this folder's."""
    place = tmp_path / "other" / DATABASE
    place.parent.mkdir()
    shutil.copytree(talked, place.parent, dirs_exist_ok=True)
    with closing(sqlite3.connect(place)) as db:
        db.execute("UPDATE turns SET user_text='hidden'")
        db.commit()
    return place


@pytest.fixture
def theirs(data: Path) -> Path:  # noqa: F811
    """The data folder, given to another account where that is possible."""
    give(data)
    return data


def give(path: Path) -> None:
    if os.geteuid() == 0:
        for each in (path, *path.rglob("*")):
            os.chown(each, NOBODY, NOBODY, follow_symlinks=False)


def link(path: Path, target: Path) -> None:
    """`path` becomes a link, whatever it was; made by the folder's owner."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.symlink_to(target)
    give(path)


def machine(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, [str(each) for each in arguments])
    return done.exit_code, done.output


def held(place: Path) -> bytes:
    """Every byte of every file below a folder."""
    return b"".join(path.read_bytes() for path in place.rglob("*") if path.is_file() and not path.is_symlink())


def as_it_was(path: Path, owner: tuple[int, int]) -> bool:
    found = path.stat()
    return path.read_bytes() == SECRET and (found.st_uid, found.st_mode & 0o777) == (owner[0], owner[1])


def owner_of(path: Path) -> tuple[int, int]:
    return path.stat().st_uid, path.stat().st_mode & 0o777


@pytest.mark.parametrize("name", ["log.key", DATABASE])
def test_a_backup_refuses_a_link_and_names_it(theirs: Path, secret: Path, tmp_path: Path, name: str) -> None:
    link(theirs / name, secret)
    status, said = machine("backup", "--data", theirs, "--to", tmp_path / "b")
    assert status == 2
    assert f"{theirs / name}" in said
    assert "remove it" in said
    assert SECRET not in held(tmp_path / "b")
    assert archives(tmp_path / "b") == []


def test_a_backup_refuses_the_memory_of_another_service(theirs: Path, other_memory: Path, tmp_path: Path) -> None:
    link(theirs / DATABASE, other_memory)
    assert machine("backup", "--data", theirs, "--to", tmp_path / "b")[0] == 2
    assert archives(tmp_path / "b") == []


def test_a_pipe_is_refused_and_not_waited_for(theirs: Path, tmp_path: Path) -> None:
    (theirs / "log.key").unlink()
    os.mkfifo(theirs / "log.key")
    status, said = machine("backup", "--data", theirs, "--to", tmp_path / "b")
    assert (status, "no regular file" in said) == (2, True)


def knowledge(folder_: Path) -> None:
    (folder_ / "kb-versions" / "first" / "sub").mkdir(parents=True)
    (folder_ / "kb-versions" / "first" / "sub" / "a.yaml").write_text("known")
    (folder_ / "kb").symlink_to("kb-versions/first")
    give(folder_)


@pytest.mark.parametrize("absolute", [False, True])
def test_published_knowledge_is_a_link_within_the_folder_and_is_kept(
    theirs: Path, tmp_path: Path, absolute: bool
) -> None:
    knowledge(theirs)
    if absolute:
        link(theirs / "kb", theirs / "kb-versions" / "first")
    archive = create(theirs, tmp_path / "b", [theirs / "kb"], "0", NOON).path
    assert (archive / "files" / theirs.relative_to("/") / "kb/sub/a.yaml").read_text() == "known"


@pytest.mark.parametrize(
    "lead",
    [
        lambda place, away: link(place / "kb", away.parent),
        lambda place, away: link(place / "kb", away),
        lambda place, away: link(place / "kb", Path("..", "elsewhere")),
        lambda place, away: link(place / "kb", Path("kb-versions", "..", "..", "elsewhere")),
        lambda place, away: link(place / "kb-versions" / "first", away.parent),
        lambda place, away: link(place / "kb-versions", away.parent.parent / "versions"),
        lambda place, away: link(place / "kb-versions" / "first" / "sub" / "a.yaml", away),
        lambda place, away: link(place / "kb-versions" / "first" / "sub" / "b.yaml", Path("../" * 9, str(away)[1:])),
        lambda place, away: link(place / "kb", place / "kb"),
    ],
    ids=["folder", "file", "upwards", "down and upwards", "version", "versions", "inside", "inside, upwards", "itself"],
)
def test_what_is_asked_for_beside_the_memory_leads_nowhere_else(
    theirs: Path, secret: Path, tmp_path: Path, lead: Callable[[Path, Path], None]
) -> None:
    knowledge(theirs)
    (tmp_path / "versions" / "first").mkdir(parents=True)
    shutil.copy(secret, tmp_path / "versions" / "first" / "a.yaml")
    lead(theirs, secret)
    with pytest.raises((ConfigError, RuntimeError)) as refused:
        create(theirs, tmp_path / "b", [theirs / "kb"], "0", NOON)
    assert "link" in str(refused.value)
    assert SECRET not in held(tmp_path / "b")


def test_a_second_name_of_anothers_file_is_no_file_of_the_folder(theirs: Path, secret: Path) -> None:
    if os.geteuid() != 0:
        secret.unlink()  # this account's own file under two names is its own affair
        secret.write_bytes(b"")
    os.link(secret, theirs / "second")
    if os.geteuid() == 0:
        with pytest.raises(ConfigError, match="link"), opened(theirs / "second"):
            pass
    else:
        with opened(theirs / "second") as file:
            assert file.read() == b""


@contextmanager
def swapping(*steps: Callable[[], object]) -> Iterator[None]:
    """Meanwhile the folder's owner does `steps` one after the other, again and again."""
    stop, rounds = threading.Event(), count()

    def work() -> None:
        while not stop.is_set():
            next(rounds)
            for step in steps:
                with suppress(OSError):
                    step()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    assert next(rounds) > 20, "the race was not run"


def swapper(path: Path, target: Path) -> tuple[Callable[[], object], Callable[[], object]]:
    """Steps that put a link in the place of a file, and the file back."""
    own, lead = path.with_name(f"{path.name}.own"), path.with_name(f"{path.name}.lead")
    shutil.copy(path, own)
    give(own)

    def to_link() -> None:
        lead.symlink_to(target)
        lead.rename(path)

    def back() -> None:
        shutil.copy(own, lead)
        lead.rename(path)

    return to_link, back


def test_a_link_that_comes_and_goes_is_never_read_through(theirs: Path, secret: Path, tmp_path: Path) -> None:
    made = refused = 0
    with swapping(*swapper(theirs / "log.key", secret)):
        for second in range(150):
            try:
                create(theirs, tmp_path / "b", [], "0", NOON + timedelta(seconds=second))
                made += 1
            except ConfigError:
                refused += 1
    assert made + refused == 150
    assert refused, "the link was never there when it counted"
    assert SECRET not in held(tmp_path / "b")


def test_a_memory_that_comes_and_goes_is_never_another_services(
    theirs: Path, other_memory: Path, tmp_path: Path
) -> None:
    refused = 0
    with swapping(*swapper(theirs / DATABASE, other_memory)):
        for second in range(150):
            try:
                create(theirs, tmp_path / "b", [], "0", NOON + timedelta(seconds=second))
            except ConfigError:
                refused += 1
    assert refused
    assert b"hidden" not in held(tmp_path / "b")


def test_a_restore_writes_to_no_file_that_a_planted_name_leads_to(theirs: Path, secret: Path, tmp_path: Path) -> None:
    archive = create(theirs, tmp_path / "b", [], "0", NOON).path
    before = owner_of(secret)
    names = [theirs / f".restore-{os.getpid()}-{name}" for name in (DATABASE, "log.key")]
    for name in names:
        link(name, secret)
    restore(archive, theirs)
    assert as_it_was(secret, before)

    with swapping(*(lambda name=name: name.symlink_to(secret) for name in names)):  # type: ignore[misc]
        for _ in range(60):
            with suppress(ConfigError):
                restore(archive, theirs)
            assert as_it_was(secret, before)
    restore(archive, theirs)
    assert not (theirs / DATABASE).is_symlink()
    assert (theirs / DATABASE).stat().st_uid == theirs.stat().st_uid
    assert (theirs / DATABASE).stat().st_mode & 0o777 == 0o600


EVERY_COMMAND = pytest.mark.parametrize(
    "command",
    [
        lambda place: ("retention", "--data", place, "--days", 1),
        lambda place: ("forget", "--user", "u1", "--data", place, "--yes"),
        lambda place: ("export", "--user", "u1", "--data", place, "--out", place.parent / "out.json"),
        lambda place: ("restore", place.parent / "b", "--data", place),
        lambda place: ("restore", place.parent / "b", "--data", place, "--while-running"),
        lambda place: ("salvage", "--data", place),
    ],
    ids=["retention", "forget", "export", "restore", "restore while running", "salvage"],
)
EVERY_READER = pytest.mark.parametrize(
    "command",
    [
        *EVERY_COMMAND.args[1],
        lambda place: ("backup", "--data", place, "--to", place.parent / "more"),
        lambda place: ("doctor", "--data", place, "--kb", "kb"),
        lambda place: ("replay", 1, "--data", place),
        lambda place: ("chat", "--data", place),
    ],
    ids=[*EVERY_COMMAND.kwargs["ids"], "backup", "doctor", "replay", "chat"],
)


@EVERY_COMMAND
def test_no_command_works_on_the_memory_that_a_link_leads_to(
    theirs: Path, other_memory: Path, tmp_path: Path, command: Callable[[Path], tuple[object, ...]]
) -> None:
    create(theirs, tmp_path / "b", [], "0", NOON)
    (theirs / "damaged-20260304T120000Z").mkdir()
    shutil.copy(theirs / DATABASE, theirs / "damaged-20260304T120000Z")
    link(theirs / DATABASE, other_memory)
    before = other_memory.read_bytes()
    status, said = machine(*command(theirs))
    assert (status, "link" in said) == (2, True), said
    assert other_memory.read_bytes() == before
    assert not (tmp_path / "out.json").exists()


def journal(database: Path, names: Path) -> None:
    """Beside the memory lies what a killed transaction leaves that spanned several files; the list of them is `names`."""
    with closing(sqlite3.connect(database)) as db:
        size, pages = (db.execute(f"PRAGMA {each}").fetchone()[0] for each in ("page_size", "page_count"))
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    magic, name = bytes.fromhex("d9d505f920a163d7"), str(names).encode()
    head = (magic + struct.pack(">5I", 0, 1, pages, 512, size)).ljust(512, b"\0")
    tail = struct.pack(">I", 0x40000000 // size + 1) + name + struct.pack(">II", len(name), sum(name)) + magic
    Path(f"{database}-journal").write_bytes(head + tail)


def ready(theirs: Path, tmp_path: Path) -> None:
    """What each of the commands works on."""
    create(theirs, tmp_path / "b", [], "0", NOON)
    (theirs / "damaged-20260304T120000Z").mkdir()
    shutil.copy(theirs / DATABASE, theirs / "damaged-20260304T120000Z")


@EVERY_READER
def test_what_a_journal_names_is_not_removed(
    theirs: Path, secret: Path, tmp_path: Path, command: Callable[[Path], tuple[object, ...]]
) -> None:
    ready(theirs, tmp_path)
    secret.parent.chmod(0o755 if os.geteuid() == 0 else 0o555)  # the folder's owner sees it and may not remove it
    for database in (theirs / DATABASE, theirs / "damaged-20260304T120000Z" / DATABASE):
        journal(database, secret)
    give(theirs)
    before, rights = owner_of(secret), (os.geteuid(), os.getegid(), os.getgroups())
    machine(*command(theirs))
    secret.parent.chmod(0o700)
    assert as_it_was(secret, before)
    assert (os.geteuid(), os.getegid(), os.getgroups()) == rights


@EVERY_READER
@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm", ""])
def test_a_pipe_beside_the_memory_is_named_and_not_waited_for(
    theirs: Path, tmp_path: Path, command: Callable[[Path], tuple[object, ...]], suffix: str
) -> None:
    ready(theirs, tmp_path)
    pipe = theirs / f"{DATABASE}{suffix}"
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    give(theirs)
    status, said = machine(*command(theirs))
    assert (status, "no regular file" in said, str(pipe) in said) == (2, True, True), said


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another account's rights")
def test_root_has_the_rights_of_the_folders_owner_and_then_its_own_again(theirs: Path, secret: Path) -> None:
    before = (os.geteuid(), os.getegid(), os.getgroups())
    with acting_for(theirs):
        assert (os.getresuid(), os.getegid(), os.getgroups()) == ((0, NOBODY, 0), NOBODY, [NOBODY])
        with pytest.raises(PermissionError):
            secret.read_bytes()
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before
    theirs.parent.chmod(0o700)
    with pytest.raises(ConfigError, match="cannot enter"), acting_for(theirs):
        pass
    assert (os.geteuid(), os.getegid(), os.getgroups()) == before


@pytest.mark.parametrize(
    "planted",
    [
        "CREATE VIEW observations AS WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r)"
        " SELECT i AS session_id, i AS user_id, i AS text, i AS request_id FROM r",
        "CREATE TRIGGER more BEFORE DELETE ON turns BEGIN SELECT max(i) FROM"
        " (WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM r) SELECT i FROM r); END",
    ],
    ids=["view", "trigger"],
)
@pytest.mark.parametrize("command", EVERY_COMMAND.args[1][:3], ids=EVERY_COMMAND.kwargs["ids"][:3])
def test_a_schema_that_computes_for_ever_is_refused(
    theirs: Path, command: Callable[[Path], tuple[object, ...]], planted: str
) -> None:
    with closing(sqlite3.connect(theirs / DATABASE)) as db:
        if "VIEW" in planted:
            db.execute("DROP TABLE observations")
        db.execute(planted)
        db.commit()
    give(theirs)
    status, said = machine(*command(theirs))
    assert (status, "schema" in said) == (2, True), said


def test_a_tables_name_is_no_statement(theirs: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(theirs / DATABASE)) as db:
        db.execute('CREATE TABLE "x"" , (SELECT nothing) AS ""y" (a)')
        db.commit()
    give(theirs)
    rows = create(theirs, tmp_path / "b", [], "0", NOON).manifest.rows
    assert rows['x" , (SELECT nothing) AS "y'] == 0


def test_of_a_key_without_end_only_a_keys_length_is_read(theirs: Path, tmp_path: Path) -> None:
    os.truncate(theirs / "log.key", 1 << 40)
    archive = create(theirs, tmp_path / "b", [], "0", NOON).path
    assert (archive / "log.key").stat().st_size == 64
    assert machine("logid", "someone", "--data", theirs)[0] == 0


def test_a_damaged_memory_is_kept_without_following_what_lies_in_its_way(
    theirs: Path, secret: Path, tmp_path: Path
) -> None:
    archive = create(theirs, tmp_path / "b", [], "0", NOON).path
    (theirs / DATABASE).write_bytes(b"no database at all" * 500)
    for suffix in ("-wal", "-shm"):
        link(theirs / f"{DATABASE}{suffix}", secret)
    before = owner_of(secret)
    kept = restore(archive, theirs).kept
    assert kept is not None
    assert as_it_was(secret, before)
    assert SECRET not in held(theirs)
    assert secret.stat().st_nlink == 1


def test_what_could_not_be_salvaged_is_written_where_it_says(theirs: Path, secret: Path) -> None:
    damaged = theirs / "damaged-20260304T120000Z"
    damaged.mkdir()
    shutil.move(theirs / DATABASE, damaged / DATABASE)
    with closing(sqlite3.connect(damaged / DATABASE)) as db:  # a conversation of two turns, one of which is lost
        db.execute("UPDATE conversations SET state=json_set(state, '$.turns', 2), revision=2")
        db.commit()
    for suffix in ("-wal", "-shm"):
        (theirs / f"{DATABASE}{suffix}").unlink(missing_ok=True)
    store = Store(theirs / DATABASE)
    store._writer.close()
    store._reader.close()
    store._reads.shutdown()
    give(theirs)
    link(damaged / "rest.jsonl", secret)
    before = owner_of(secret)
    status, said = machine("salvage", "--data", theirs)
    assert (status, "1 rows" in said) == (1, True), said
    assert as_it_was(secret, before)
    rest = damaged / "rest.jsonl"
    assert not rest.is_symlink()
    assert "user_text" in rest.read_text()
    assert (rest.stat().st_uid, rest.stat().st_mode & 0o777) == (theirs.stat().st_uid, 0o600)


def test_a_damaged_folder_that_leads_elsewhere_is_refused(theirs: Path, other_memory: Path) -> None:
    link(theirs / "damaged-20260304T120000Z", other_memory.parent)
    status, said = machine("salvage", "--data", theirs)
    assert (status, "damaged-20260304T120000Z" in said, "link" in said) == (2, True, True)
    assert "link" in left_in_damaged(theirs, Person("77010000001"))[0].proof.remains[0]
    (theirs / "damaged-20260304T120000Z").unlink()
    (theirs / "damaged-20260304T120000Z").mkdir()
    link(theirs / "damaged-20260304T120000Z" / "more", other_memory)
    assert "more" in left_in_damaged(theirs, Person("77010000001"))[0].proof.remains[0]


def test_what_stands_in_the_way_of_a_deletion_keeps_nothing_in_the_backups(theirs: Path, tmp_path: Path) -> None:
    archive = create(theirs, tmp_path / "b", [], "0", NOON).path
    link(theirs / "damaged-99", Path("/etc"))
    status, said = machine("forget", "--user", "u1", "--data", theirs, "--backups", tmp_path / "b", "--yes")
    assert (status, "damaged-99" in said) == (2, True), said
    assert f"{archive}: deleted 1 conversations" in said
    with closing(sqlite3.connect(archive / DATABASE)) as db:
        assert db.execute("SELECT count(*) FROM turns").fetchone() == (0,)


def test_a_new_file_takes_nobodys_place(theirs: Path, secret: Path) -> None:
    before = owner_of(secret)
    link(theirs / "new", secret)
    with folder(theirs) as inside, pytest.raises(FileExistsError), created(inside, "new"):
        pass
    assert as_it_was(secret, before)
    replaced(theirs / "new", b"content", below=theirs)
    assert as_it_was(secret, before)
    assert ((theirs / "new").read_bytes(), (theirs / "new").is_symlink()) == (b"content", False)
    assert sorted(path.name for path in theirs.glob(".new*")) == []


@pytest.fixture
def publishing(theirs: Path) -> tuple[Place, KnowledgeBase, Path]:
    """Root publishes into the folder of the service; its owner has put versions of their own in the place of root's."""
    place, source = Place(theirs / "kb"), theirs.parent / "source"
    source.mkdir()
    (source / "a.yaml").write_text("category: a\nsections:\n  - {id: one, title: One, text: First.}\n", "utf-8")
    base = load(source)
    with locked(place):
        switch(place, store(place, source, base), "publish")
    give(theirs)
    return place, base, source


def publish(place: Place, base: KnowledgeBase, source: Path) -> None:
    with locked(place):
        switch(place, store(place, source, base), "publish")
        prune(place, 1)


@pytest.mark.parametrize("name", [".lock", ".history.jsonl"])
@pytest.mark.parametrize("there", [True, False])
def test_what_is_kept_beside_versions_is_no_link(
    publishing: tuple[Place, KnowledgeBase, Path], secret: Path, name: str, there: bool
) -> None:
    place, *what = publishing
    before, target = owner_of(secret), secret if there else secret.with_name("made-by-root")
    link(place.versions / name, target)
    with pytest.raises(ConfigError, match="link"):
        publish(place, *what)
    assert as_it_was(secret, before)
    assert [path.name for path in secret.parent.iterdir()] == [secret.name]


def test_versions_that_lead_elsewhere_are_refused(publishing: tuple[Place, KnowledgeBase, Path], secret: Path) -> None:
    place, *what = publishing
    for name in (".partial-x", "0123456789ab-01234567"):  # what would be removed where it stood among the versions
        (secret.parent / name).mkdir()
    present = sorted(path.name for path in secret.parent.iterdir())
    link(place.versions, secret.parent)
    with pytest.raises(ConfigError, match="link"):
        publish(place, *what)
    with pytest.raises(ConfigError, match="link"):
        prune(place, 1)
    with pytest.raises(ConfigError, match="link"):
        switch(place, place.versions / "other", "rollback")
    assert sorted(path.name for path in secret.parent.iterdir()) == present


def test_links_that_are_left_among_versions_are_removed_themselves(
    publishing: tuple[Place, KnowledgeBase, Path], secret: Path
) -> None:
    place, *what = publishing
    append(place.log, Entry("2026-01-01", "publish", "0123456789ab-01234567", "0123456789ab", "x"))
    for name in (".partial-link", ".partial-x", "0123456789ab-01234567"):
        link(place.versions / name, secret.parent)
    publish(place, *what)
    assert secret.exists()
    assert [path.name for path in place.versions.iterdir() if path.is_symlink()] == []


def test_a_half_made_version_that_is_swapped_gives_nothing_away(
    publishing: tuple[Place, KnowledgeBase, Path], secret: Path
) -> None:
    place, base, source = publishing
    before, version = owner_of(secret), place.in_use()
    assert version is not None
    half = place.versions / f".partial-{version.name}"

    def swap() -> None:
        half.rename(place.versions / "gone")
        half.mkdir()
        (half / "a.yaml").symlink_to(secret)

    def back() -> None:
        shutil.rmtree(place.versions / "gone")

    with swapping(swap, back):
        for _ in range(80):
            with suppress(ConfigError, OSError), locked(place):
                shutil.rmtree(version, ignore_errors=True)
                store(place, source, base)
            assert as_it_was(secret, before)


def test_a_pipe_in_the_place_of_the_history_is_not_waited_for(publishing: tuple[Place, KnowledgeBase, Path]) -> None:
    place, *_ = publishing
    for name in (".lock", ".history.jsonl"):
        (place.versions / name).unlink()
        os.mkfifo(place.versions / name)
    with pytest.raises(ConfigError, match="no regular file"):
        place.history()
    with pytest.raises(ConfigError, match="no regular file"), locked(place):
        pass
