"""A person taken out of backups that exist already: each database is cleaned like the memory, its manifest rewritten.

The new manifest lies beside the old one until the database has been replaced, so that a run which was killed in
between is finished by the next one.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.errors import ConfigError
from app.files import files_in, folder
from app.store.backup import DATABASE, MANIFEST, FileRecord, Manifest, archives, inspected, verify
from app.store.restore import UNFINISHED
from app.store.retention import Deleted
from app.store.rights import Person, Proof, forget, stands_in
from app.store.salvage import KEPT

BESIDE = ("-before-restore", "-offsite")  # as playbooks/tasks/put_back.yml and fetch_offsite.yml name them
_PENDING = f".{MANIFEST}.new"
_WORK = ".partial-forget-"


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One archive: what was deleted from it, and what was found in it afterwards."""

    archive: Path
    deleted: Deleted
    proof: Proof


def places(target: Path) -> list[Path]:
    """The folder of the backups, and those beside it: what a restore has replaced, and what it fetched from outside."""
    own = target.resolve()
    beside = (own.with_name(f"{own.name}{name}") for name in BESIDE)
    return [target, *(place for place in beside if place.is_dir())]


def left_in_damaged(data: Path, person: Person) -> list[Cleaned]:
    """The damaged memories that a restore has kept in the folder `data`: from those nothing can be deleted.

    Each remains until it is removed, also where the id is not seen: its texts may stand on a page that lost the id.
    So does the copy that a killed restore has left.
    """
    found = []
    for kept in sorted(path for path in data.glob(f"{KEPT}*") if path.is_dir() or path.is_symlink()):
        try:
            with folder(kept, below=data) as inside:
                files = [kept / name for name in files_in(inside)]
            stands = any(stands_in(path, person, below=data) for path in files)
        except (ConfigError, OSError) as error:  # what somebody has put there keeps nobody's data in the backups
            found.append(Cleaned(kept, Deleted(), Proof((), 0, 0, (f"{error}; then forget again",))))
            continue
        seen = "the id itself stands in it" if stands else "it may hold more"
        remains = (
            f"a damaged memory, from which nothing can be deleted; {seen}."
            f" Bring over what it has (machine salvage --data {data}), remove the folder, then forget again",
        )
        found.append(Cleaned(kept, Deleted(), Proof(tuple(path.name for path in files), 1, 0, remains)))
    for copy in sorted(data.glob(f"{UNFINISHED}*{DATABASE}")):
        remains = ("a copy that a killed restore has left; remove it, then forget again",)
        found.append(Cleaned(copy, Deleted(), Proof((copy.name,), 1, 0, remains)))
    return found


def forget_in_backups(target: Path, person: Person) -> Iterator[Cleaned]:
    """Cleans every archive below `target`, oldest first. One that is not sound is left alone and said to remain.

    Raises ConfigError when a backup is being made meanwhile: it may hold what was deleted after it began.
    """
    for left in target.glob(f"{_WORK}*"):
        shutil.rmtree(left)
    for archive in archives(target):
        try:
            yield _clean(archive, person)
        except ConfigError as error:
            said = str(error).removesuffix("; use another one")
            remains = (f"{said}; nothing was deleted from it. Mend or remove it, then forget again",)
            yield Cleaned(archive, Deleted(), Proof((), 0, 0, remains))
    if busy := [path.name for path in target.glob(".partial-*")]:
        raise ConfigError(f"a backup is being made ({busy[0]}); run the command again when it is done")


def _clean(archive: Path, person: Person) -> Cleaned:
    _finish(archive)
    manifest = verify(archive)
    work = archive.parent / f"{_WORK}{archive.name}"
    try:
        work.mkdir(mode=0o700)
        shutil.copy2(archive / DATABASE, work / DATABASE)
        deleted, proof = forget(work / DATABASE, person)
        if deleted != Deleted() or stands_in(archive / DATABASE, person):
            _replace(archive, work / DATABASE, _changed(manifest, work / DATABASE))
            verify(archive)
    except OSError as error:
        raise ConfigError(f"backup {str(archive)!r} cannot be changed: {error}") from None
    finally:
        shutil.rmtree(work, ignore_errors=True)
    beside = [record.path for record in manifest.files if record.path != DATABASE]
    odd = tuple(f"the id itself, in {path}" for path in beside if stands_in(archive / path, person, below=archive))
    return Cleaned(archive, deleted, replace(proof, remains=proof.remains + odd, files=(*proof.files, *beside)))


def _changed(manifest: Manifest, database: Path) -> Manifest:
    records = tuple(_record(database) if record.path == DATABASE else record for record in manifest.files)
    return replace(manifest, files=records, rows=inspected(database)[1])


def _replace(archive: Path, database: Path, manifest: Manifest) -> None:
    pending = archive / _PENDING
    pending.touch(mode=0o600)
    pending.write_text(json.dumps(asdict(manifest), indent=1, ensure_ascii=False), "utf-8")
    for path in (pending, database, archive):
        _sync(path)
    database.replace(archive / DATABASE)
    _sync(archive)
    pending.replace(archive / MANIFEST)
    _sync(archive)


def _finish(archive: Path) -> None:
    """What a killed run left: the new manifest holds if the new database is in place, else the old one does."""
    pending = archive / _PENDING
    if not pending.exists():
        return
    try:
        listed = {record["path"]: record["sha256"] for record in json.loads(pending.read_text("utf-8"))["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        listed = {}
    if listed.get(DATABASE) == _record(archive / DATABASE).sha256:
        pending.replace(archive / MANIFEST)
    else:
        pending.unlink()
    _sync(archive)


def _record(database: Path) -> FileRecord:
    with database.open("rb") as stream:
        return FileRecord(DATABASE, database.stat().st_size, hashlib.file_digest(stream, "sha256").hexdigest())


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
