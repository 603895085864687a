"""Backups: a consistent copy of the memory, what else was asked for, a manifest, and which ones to keep.

An archive is a folder `<UTC time>Z` below the target:

    20260131T020000Z/
      conversations.db    the copy: no -wal or -shm beside it, so it may be moved like any file
      log.key             the key behind the hashed ids of the logs
      files/...           what `include` named
      manifest.json       size and sha256 of every file, rows of every table

It is made under another name and renamed once it is complete and verified: a folder with such a name is never half an
archive.
"""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from app.errors import ConfigError
from app.files import files_in, folder, opened
from app.store import engine
from app.store.migrations import schema_of

DATABASE = "conversations.db"
MANIFEST = "manifest.json"
KEY_BYTES = 64
"""What of log.key is read at most: the service makes one of 32 bytes."""
_FORMAT = 1
_STAMP = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\d{8}T\d{6}Z")
_PARTIAL = ".partial-"
_ABANDONED = timedelta(days=1)  # a partial archive this old belongs to a run that was killed


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file of an archive: its path inside it, size in bytes, sha256 in hex."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an archive holds. `rows` counts the rows of each table of the database."""

    format: int
    created_at: str
    release: str
    schema: int
    rows: dict[str, int]
    files: tuple[FileRecord, ...]


@dataclass(frozen=True, slots=True)
class Archive:
    """A finished archive and what it holds."""

    path: Path
    manifest: Manifest


def create(data: Path, target: Path, include: Sequence[Path], release: str, now: datetime) -> Archive:
    """Writes an archive of `data` below `target` and verifies it; the service may go on writing meanwhile.

    `include` are files or folders kept beside the memory. Raises ConfigError naming what cannot be read or written;
    then no archive of this run is left.
    """
    final = target / now.astimezone(UTC).strftime(_STAMP)
    if final.exists():
        raise ConfigError(f"backup {str(final)!r} exists already; wait a second and run it again")
    if not os.path.lexists(data / DATABASE):
        raise ConfigError(f"there is no {DATABASE} in {str(data)!r}; name the machine's data folder with --data")
    partial = target / f"{_PARTIAL}{os.getpid()}-{final.name}"
    try:
        target.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.mkdir(mode=0o700)
        schema, rows = _copy_database(data / DATABASE, partial / DATABASE)
        _copy_files(data, include, partial)
        records = tuple(_record(path, partial) for path in _files(partial))
        manifest = Manifest(_FORMAT, now.astimezone(UTC).isoformat(), release, schema, rows, records)
        _write(partial / MANIFEST, json.dumps(asdict(manifest), indent=1, ensure_ascii=False).encode())
        verify(partial)
        _sync_folders(partial)
        partial.rename(final)
        _sync(target)
    except (OSError, engine.Error) as error:
        raise ConfigError(f"the backup of {str(data)!r} to {str(target)!r} failed: {error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Archive(final, manifest)


def verify(archive: Path) -> Manifest:
    """Reads an archive through: every file, its hash, the database's integrity and row counts.

    Raises ConfigError naming the first difference.
    """
    manifest = _read_manifest(archive)
    present = {path.relative_to(archive).as_posix() for path in _files(archive)} - {MANIFEST}
    listed = {record.path for record in manifest.files}
    if present != listed:
        odd = ", ".join(sorted(present ^ listed))
        raise ConfigError(f"backup {str(archive)!r} does not hold what its manifest lists: {odd}; use another one")
    for record in manifest.files:
        found = _record(archive / record.path, archive)
        if found != record:
            raise ConfigError(f"backup {str(archive)!r}: {record.path} has changed since it was made; use another one")
    try:
        schema, rows, orphans = inspected(archive / DATABASE)
    except engine.Error as error:
        raise ConfigError(f"backup {str(archive)!r}: {DATABASE} is not readable: {error}; use another one") from None
    if schema != manifest.schema or not _fit(rows, manifest.rows):
        raise ConfigError(f"backup {str(archive)!r}: {DATABASE} holds other rows than its manifest; use another one")
    if orphans:
        raise ConfigError(f"backup {str(archive)!r}: {DATABASE} is not whole: {orphans[0]}; use another one")
    return manifest


def _fit(rows: dict[str, int], counted: dict[str, int]) -> bool:
    """Whether the rows are those that were counted. A release that knows no messages (after a rollback) deletes a
    person's with his turns, and does not count them: there may be fewer."""
    fewer = rows.get("messages", 0) <= counted.get("messages", 0)
    return fewer and {**rows, "messages": 0} == {**counted, "messages": 0}


def archives(target: Path) -> list[Path]:
    """The finished archives below `target`, oldest first."""
    if not target.is_dir():
        return []
    return sorted(path for path in target.iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def kept(names: Sequence[str], daily: int, weekly: int) -> set[str]:
    """The names (`20260131T020000Z`) to keep: the newest of each of the last `daily` days and `weekly` ISO weeks.

    Days and weeks without a backup do not count, and the newest of all always stays.
    """
    newest_first = sorted(names, reverse=True)
    keep = set(newest_first[:1])
    days: dict[str, str] = {}
    weeks: dict[tuple[int, int], str] = {}
    for name in newest_first:
        when = datetime.strptime(name, _STAMP).replace(tzinfo=UTC)
        days.setdefault(name[:8], name)
        weeks.setdefault(when.isocalendar()[:2], name)
    keep.update(list(days.values())[:daily])
    keep.update(list(weeks.values())[:weekly])
    return keep


def rotate(target: Path, daily: int, weekly: int, now: datetime) -> list[Path]:
    """Removes the archives that `kept` does not name, and what killed runs left. Returns what was removed."""
    finished = archives(target)
    keep = kept([path.name for path in finished], daily, weekly)
    doomed = [path for path in finished if path.name not in keep]
    for path in target.glob(f"{_PARTIAL}*"):
        if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > _ABANDONED:
            doomed.append(path)
    for path in doomed:
        shutil.rmtree(path)
    return doomed


def count_rows(db: engine.Connection) -> dict[str, int]:
    """Rows of each table."""
    return {
        name: int(db.execute(f"SELECT count(*) FROM {engine.quoted(name)}").fetchone()[0])  # noqa: S608 - a name, quoted
        for name in engine.tables(db)
    }


def inspected(database: Path) -> tuple[int, dict[str, int], list[str]]:
    """Schema number, rows per table, and which rows refer to what is not there, of a file that nobody writes.

    Raises engine.Error unless it can be read through.
    """
    with engine.unchanging(database) as db:
        if problems := engine.torn(db):
            raise engine.DatabaseError("; ".join(problems[:3]))
        return schema_of(db), count_rows(db), engine.orphaned(db)


def _copy_database(source: Path, copy: Path) -> tuple[int, dict[str, int]]:
    copy.touch(mode=0o600)
    engine.copied(source, copy)
    _sync(copy)
    schema, rows, orphans = inspected(copy)
    if orphans:
        raise engine.DatabaseError("; ".join(orphans[:3]))
    return schema, rows


def _copy_files(data: Path, include: Sequence[Path], archive: Path) -> None:
    log_key = data / "log.key"
    if os.path.lexists(log_key):
        with opened(log_key) as file:
            _copy(file, archive / log_key.name, at_most=KEY_BYTES)
    for path in (each.absolute() for each in include):
        place = archive / "files" / path.relative_to(path.anchor)
        home = data.absolute() if path.is_relative_to(data.absolute()) else path.parent
        if path.is_dir():
            # A link is how knowledge is published: it may lead to another folder beside it.
            with folder(path, below=home, links=True) as inside:
                for name in files_in(inside):
                    with opened(path / name, base=inside, below=path, links=True) as file:
                        _copy(file, place / name)
        else:
            with opened(path, below=home, links=True) as file:
                _copy(file, place)


def _copy(source: BinaryIO, place: Path, at_most: int | None = None) -> None:
    for upper in reversed(place.parents):  # mkdir(parents=True) would give the upper ones the default mode
        upper.mkdir(mode=0o700, exist_ok=True)
    place.touch(mode=0o600)
    with place.open("wb") as copy:
        if at_most is None:
            shutil.copyfileobj(source, copy, 1 << 20)
        else:
            copy.write(source.read(at_most))
    _sync(place)


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)
    _sync(path)


def _files(folder: Path) -> Iterator[Path]:
    """Every file below, in a fixed order. Links to folders are not followed: they could lead out, or round."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(root, name) for name in sorted(names))


def _record(path: Path, base: Path) -> FileRecord:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
        size = stream.tell()
    return FileRecord(path.relative_to(base).as_posix(), size, digest.hexdigest())


def _read_manifest(archive: Path) -> Manifest:
    try:
        tree: dict[str, Any] = json.loads((archive / MANIFEST).read_text("utf-8"))
        files = tuple(FileRecord(**record) for record in tree.pop("files"))
        manifest = Manifest(files=files, **tree)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{str(archive)!r} is no backup: its {MANIFEST} is not readable: {error}; use another one"
        ) from None
    if manifest.format != _FORMAT:
        raise ConfigError(
            f"backup {str(archive)!r} has format {manifest.format}, not {_FORMAT}; use the release that made it"
        )
    return manifest


def _sync_folders(folder: Path) -> None:
    for root, _, _ in os.walk(folder):
        _sync(Path(root))


def _sync(path: Path) -> None:
    """Puts a file or folder on the disk itself: a backup must survive the crash it is for."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
