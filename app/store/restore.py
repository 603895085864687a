"""Restoring: a verified backup takes the place of the memory, whole or not at all.

Two ways. With the service stopped the database file is replaced by the archive's, byte for byte. A running service
would not notice a replaced file, and what it writes would be lost with the old one; so there the archive's pages are
written through SQLite, in one transaction, and the next turn reads them.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.errors import ConfigError
from app.files import created, folder, hand_over, opened, unlinked
from app.store import engine, turns
from app.store.backup import DATABASE, MANIFEST, Manifest, archives, count_rows, verify
from app.store.engine import connected
from app.store.migrations import schema_of
from app.store.salvage import KEPT

UNFINISHED = ".restore-"
"""How the copies begin that a restore writes into the data folder before it swaps: a killed one leaves them."""
_LOG_KEY = "log.key"
# Where SQLite keeps its locks: every connection that reads holds one of these bytes, in WAL mode as long as it is open.
_SHARED_FIRST, _SHARED_BYTES = 0x40000002, 510
_BUSY_S = 30.0


@dataclass(frozen=True, slots=True)
class Restored:
    """What now lies in the data folder. `replaced` counts the rows that were there before; None: none could be read.

    `kept` is where the replaced memory lies if it was damaged: it may hold what no backup has.
    """

    archive: Path
    manifest: Manifest
    replaced: dict[str, int] | None
    live: bool
    kept: Path | None = None


def choose(place: Path) -> Path:
    """`place` if it is an archive, else the newest archive in it. Raises ConfigError when there is none."""
    if (place / MANIFEST).is_file():
        return place
    found = archives(place)
    if not found:
        raise ConfigError(f"there is no backup in {str(place)!r}; name an archive, or the folder of all archives")
    return found[-1]


def restore(archive: Path, data: Path, *, while_running: bool = False) -> Restored:
    """Verifies `archive` and puts its memory into the folder `data`. Returns what was put there.

    Raises ConfigError, with nothing changed, when the archive is unsound, when a process uses the memory and
    `while_running` is false, or when the running service has another schema than the archive.
    """
    manifest = verify(archive)
    database = data / DATABASE
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        if in_use(database):
            if not while_running:
                raise ConfigError(
                    f"a process uses {str(database)!r}: stop the service (systemctl stop sales-machine.socket"
                    " sales-machine.service), or ask for it with --while-running"
                )
            return Restored(archive, manifest, _write_through(archive / DATABASE, database, manifest), live=True)
        replaced = _settle(database)
        kept = _keep(database) if replaced is None and database.exists() else None
        _replace(archive, data, manifest)
    except (OSError, engine.Error) as error:
        raise ConfigError(f"{str(archive)!r} was not restored to {str(data)!r}: {error}") from None
    return Restored(archive, manifest, replaced, live=False, kept=kept)


def in_use(database: Path) -> bool:
    """Whether another process has the database open; its content plays no part, so it may be damaged."""
    if not database.exists():
        return False
    try:
        with _held(database):
            return False
    except BlockingIOError:
        return True


@contextmanager
def _held(database: Path) -> Iterator[None]:
    """Keeps every other connection out. Raises BlockingIOError while one is open."""
    with opened(database, flags=os.O_RDWR) as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_BYTES, _SHARED_FIRST)
        except PermissionError as error:  # what some systems say instead
            raise BlockingIOError(*error.args) from None
        yield


def _settle(database: Path) -> dict[str, int] | None:
    """Moves what the log still holds into the database, and counts its rows; None when it is damaged.

    Without it a crash between the removal of the log and the replacement would leave a database that lacks its newest
    turns.
    """
    if not database.exists():
        return None
    try:
        with connected(database, timeout=_BUSY_S) as db:
            return count_rows(db) if engine.settled(db) else None
    except engine.DatabaseError:
        return None  # a damaged memory is what a restore is for


def _keep(database: Path) -> Path:
    """Leaves the damaged memory in a folder of its own beside the one that takes its place."""
    kept = database.parent / f"{KEPT}{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    with folder(database.parent) as data:
        os.mkdir(kept.name, 0o700, dir_fd=data)
        with folder(kept, below=database.parent) as place:
            for name in (database.name, f"{database.name}-wal"):
                # The same file: it takes no room on a disk that may be full.
                with suppress(FileNotFoundError):
                    os.link(name, name, src_dir_fd=data, dst_dir_fd=place, follow_symlinks=False)
            hand_over(place, data)
        os.fsync(data)
    return kept


def _replace(archive: Path, data: Path, manifest: Manifest) -> None:
    """Copies beside the target first, so that a full disk changes nothing; then swaps."""
    expected = {record.path: record.sha256 for record in manifest.files}
    names = [name for name in (_LOG_KEY, DATABASE) if name in expected]  # the database is what counts: last
    copies = {name: f"{UNFINISHED}{os.getpid()}-{name}" for name in names}
    with folder(data) as inside:
        for left in data.glob(f"{UNFINISHED}*"):
            unlinked(inside, left.name)
        try:
            for name, copy in copies.items():
                _copy(archive / name, inside, copy, expected[name])
            with _held(data / DATABASE) if (data / DATABASE).exists() else nullcontext():
                for suffix in ("-wal", "-shm", "-journal"):
                    # Beside another database they would be taken for its own and destroy it.
                    unlinked(inside, DATABASE + suffix)
                os.fsync(inside)
                for name, copy in copies.items():
                    os.rename(copy, name, src_dir_fd=inside, dst_dir_fd=inside)
                os.fsync(inside)
        finally:
            for copy in copies.values():
                unlinked(inside, copy)


def _copy(source: Path, data: int, copy: str, sha256: str) -> None:
    """A copy on the disk itself, for its owner alone: root hands it to the owner of the data folder."""
    digest = hashlib.sha256()
    with source.open("rb") as reader, created(data, copy) as writer:
        while block := reader.read(1 << 20):
            digest.update(block)
            writer.write(block)
    if digest.hexdigest() != sha256:
        raise OSError(f"{source.name} was not copied whole")


def _write_through(source: Path, database: Path, manifest: Manifest) -> dict[str, int]:
    # The archive first: behind it root has only the rights of the folder's owner.
    with engine.unchanging(source) as origin, connected(database, timeout=_BUSY_S) as live:
        schema = schema_of(live)
        if schema != manifest.schema:
            raise ConfigError(
                f"the running service has schema {schema}, the backup {manifest.schema}: stop the service and restore"
                " then; it migrates the memory when it starts"
            )
        replaced = count_rows(live)
        engine.written_through(origin, live)
        return replaced


def counted(data: Path, newest: int) -> tuple[dict[str, int], list[int]]:
    """Of the memory in a folder: rows of each table, and the ids of its newest turns."""
    with engine.unchanging(data / DATABASE) as db:
        return count_rows(db), turns.newest_of_all(db, newest)
