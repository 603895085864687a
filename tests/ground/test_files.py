"""Files in a folder that another account may write: how they are made, opened, listed and removed, call by call."""

import os
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from app.errors import ConfigError
from app.files import (  # fmt: skip
    created,
    files_in,
    folder,
    hand_over,
    kept,
    opened,
    ordinary,
    removed,
    replaced,
    unlinked,
)
from app.store.engine import connected, quoted


def chain(place: Path, links: int) -> Path:
    """A file behind so many links, one leading to the next."""
    (place / "0").write_bytes(b"found")
    for number in range(links):
        (place / str(number + 1)).symlink_to(str(number))
    return place / str(links)


@pytest.mark.parametrize(("links", "followed"), [(0, True), (1, True), (20, True), (21, False)])
def test_twenty_links_are_followed_where_any_are_and_no_more(tmp_path: Path, links: int, followed: bool) -> None:
    path = chain(tmp_path, links)
    if followed:
        with opened(path, links=True) as file:
            assert file.read() == b"found"
    else:
        with pytest.raises(ConfigError, match="is a link or lies behind one"), opened(path, links=True):
            pass
    if links:
        with pytest.raises(ConfigError, match="is a link or lies behind one"), opened(path):
            pass


@pytest.mark.parametrize("target", ["..", "../..", "../outside", "/etc", "/", "deep/../../outside"])
@pytest.mark.parametrize("name", ["file", "deep/file"])
def test_no_link_leads_out_of_the_folder(tmp_path: Path, target: str, name: str) -> None:
    inside = tmp_path / "inside"
    (inside / "deep").mkdir(parents=True)
    (tmp_path / "outside").write_text("secret")
    link = inside / name
    link.symlink_to(target if name == "file" or target.startswith("/") else f"../{target}")
    for links in (True, False):
        with pytest.raises((ConfigError, FileNotFoundError)), opened(link, below=inside, links=links):
            pass


def test_a_link_within_the_folder_may_be_said_from_its_root_or_from_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "found").write_bytes(b"found")
    (tmp_path / "a" / "b" / "relative").symlink_to("../found")
    (tmp_path / "a" / "b" / "whole").symlink_to(tmp_path / "a" / "found")
    for name in ("relative", "whole"):
        with opened(tmp_path / "a" / "b" / name, below=tmp_path, links=True) as file:
            assert file.read() == b"found"


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (os.mkfifo, "regular file"),
        (lambda path: path.mkdir(), "regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "link"),
    ],
    ids=["pipe", "folder", "device"],
)
def test_what_is_no_file_is_named_and_not_waited_for(tmp_path: Path, make: Callable[[Path], None], what: str) -> None:
    make(tmp_path / "odd")
    with pytest.raises(ConfigError, match=what), opened(tmp_path / "odd"):
        pass
    (tmp_path / "file").write_text("x")
    with pytest.raises((ConfigError, NotADirectoryError)), folder(tmp_path / "file", below=tmp_path):
        pass


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_what_lies_beside_a_database_must_be_a_file(tmp_path: Path, suffix: str, kind: str) -> None:
    database = tmp_path / "db"
    with closing(sqlite3.connect(database)) as db:
        db.execute("CREATE TABLE t (x)")
    ordinary(database)
    odd = Path(f"{database}{suffix}")
    if kind == "pipe":
        os.mkfifo(odd)
    else:
        odd.mkdir()
    with pytest.raises(ConfigError, match="is no regular file"):
        ordinary(database)


# Written for its owner alone


@pytest.mark.parametrize("umask", [0o000, 0o022])
def test_a_new_file_is_for_its_owner_alone_and_takes_nobodys_place(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        with folder(tmp_path) as inside, created(inside, "new") as file:
            file.write(b"x")
        replaced(tmp_path / "again", b"y", below=tmp_path)
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("new", "again")] == [0o600] * 2
    for name in ("new", "again"):
        with folder(tmp_path) as inside, pytest.raises(FileExistsError), created(inside, name):
            pass
    assert (tmp_path / "new").read_bytes() == b"x"


def test_what_cannot_be_written_whole_changes_nothing_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "status").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replaced(tmp_path / "status", b"new", below=tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"status": b"old"}


def test_a_link_in_a_files_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"theirs")
    (tmp_path / "place").mkdir()
    (tmp_path / "place" / "status").symlink_to(tmp_path / "elsewhere")
    replaced(tmp_path / "place" / "status", b"new", below=tmp_path / "place")
    assert (tmp_path / "elsewhere").read_bytes() == b"theirs"
    assert (tmp_path / "place" / "status").read_bytes() == b"new"
    assert not (tmp_path / "place" / "status").is_symlink()


def test_a_kept_file_is_made_once_and_then_opened_as_it_is(tmp_path: Path) -> None:
    with folder(tmp_path) as inside:
        with kept(tmp_path / "history", inside) as file:
            file.write(b"first")
        with kept(tmp_path / "history", inside) as file:
            assert file.read() == b"first"
        (tmp_path / "link").symlink_to("history")
        with pytest.raises(ConfigError, match="is a link"):
            kept(tmp_path / "link", inside)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for another account")
def test_root_hands_what_it_makes_to_the_owner_and_the_group_of_the_folder(tmp_path: Path) -> None:
    place = tmp_path / "theirs"
    place.mkdir()
    os.chown(place, 4711, 4712)
    with folder(place) as inside, created(inside, "new"):
        pass
    replaced(place / "status", b"x", below=place)
    for name in ("new", "status"):
        found = (place / name).stat()
        assert (found.st_uid, found.st_gid) == (4711, 4712)


def test_nobody_but_root_hands_anything_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "fchown", lambda *_: pytest.fail("it may not"))
    with folder(tmp_path) as inside:
        hand_over(inside, inside)


# Removed and listed


def test_what_is_removed_is_the_thing_itself_and_not_what_it_leads_to(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "full" / "deep").mkdir(parents=True)
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "theirs").write_text("x")
    (inside / "full" / "deep" / "link").symlink_to(outside)
    (inside / "link").symlink_to(outside)
    (inside / "file").write_text("x")
    with folder(inside) as descriptor:
        for name in ("full", "link", "file", "nothing"):
            removed(descriptor, name)
        unlinked(descriptor, "nothing")
    assert list(inside.iterdir()) == []
    assert (outside / "theirs").exists()


def test_files_are_listed_in_one_order_and_no_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    for name in ("b/2", "b/1", "a/x/3", "c", "B/0"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "round").symlink_to(tmp_path)
    with folder(tmp_path) as inside:
        assert [path.as_posix() for path in files_in(inside)] == ["c", "B/0", "a/x/3", "b/1", "b/2"]


# Databases


@pytest.mark.parametrize("name", ["plain", 'a"b', '"; DROP TABLE t; --', "a b", ""])
def test_a_name_stands_in_a_statement_as_a_name(name: str) -> None:
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute(f"CREATE TABLE {quoted(name or 'x')} (x)")
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [(name or "x",)]


def test_a_connection_trusts_no_schema_and_makes_no_database(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "db")) as db:
        db.execute("CREATE TABLE t (x)")
    for mode in ("rw", "ro"):
        with connected(tmp_path / "db", mode=mode) as db:
            assert db.execute("PRAGMA trusted_schema").fetchone() == (0,)
            if mode == "ro":
                with pytest.raises(sqlite3.OperationalError, match="readonly"):
                    db.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(FileNotFoundError), connected(tmp_path / "none"):
        pass
    assert not (tmp_path / "none").exists()
