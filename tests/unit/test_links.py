"""Whoever may write the data folder cannot make root read, write or give away a file that lies elsewhere.

As root the folder belongs to another account, as on a server; otherwise to this one, and the same must hold.
"""

import os
import shutil
import sqlite3
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
from app.store import Store
from app.store.backup import DATABASE, archives, create
from app.store.files import created, folder, opened, replaced
from app.store.forgetting import left_in_damaged
from app.store.restore import restore
from app.store.rights import Person
from tests.unit.test_restore import data, talked  # noqa: F401 - fixtures

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
SECRET = b"root:$y$j9T$hidden:19000::::::\n"
NOBODY = 65534


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


@pytest.mark.parametrize(
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
    with pytest.raises(ConfigError, match="link"):
        left_in_damaged(theirs, Person("77010000001"))
    (theirs / "damaged-20260304T120000Z").unlink()
    (theirs / "damaged-20260304T120000Z").mkdir()
    link(theirs / "damaged-20260304T120000Z" / "more", other_memory)
    with pytest.raises(ConfigError, match="more"):
        left_in_damaged(theirs, Person("77010000001"))


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
