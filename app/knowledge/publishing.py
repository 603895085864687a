"""Versions of a knowledge base on disk: a link DIR that is switched, and beside it DIR-versions that never change.

    kb                          -> kb-versions/5ead7dab3689-1f2e3d4c
    kb-versions/
      5ead7dab3689-1f2e3d4c/    the YAML files and eval/*.jsonl; the name: what the sections say, what the files hold
      .history.jsonl            what was published when (app/knowledge/history.py)
      .lock                     held by whoever publishes

A version is copied under another name, read through and renamed; then the link is replaced by one rename. So at every
moment, a power cut included, DIR leads to one whole version. A deployment has its version stored here too, and replaces
the link itself, together with the release. Folders of other names (older deployments, by hand) are versions like these.

DIR may stand in a folder of the service's user while root publishes: everything written, given away or removed is
reached from a descriptor of that folder, and no link below it is followed.
"""

import fcntl
import getpass
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.errors import ConfigError
from app.files import folder, kept, removed
from app.knowledge.history import Action, Entry, append, read, standing
from app.knowledge.sections import KnowledgeBase, load

_OWN = re.compile(r"[0-9a-f]{12}-[0-9a-f]{8}")
_PARTIAL = ".partial-"


@dataclass(frozen=True, slots=True)
class Place:
    """Where versions are published: `link` is the folder that the service is given."""

    link: Path

    @property
    def versions(self) -> Path:
        return self.link.with_name(f"{self.link.name}-versions")

    @property
    def log(self) -> Path:
        return self.versions / ".history.jsonl"

    def in_use(self) -> Path | None:
        """The version that the link leads to; None before the first one, or when it leads into nothing.

        Raises ConfigError when something else than a link stands there.
        """
        if self.link.is_symlink():
            target = self.link.resolve()
            return target if target.is_dir() else None
        if not self.link.exists():
            return None
        first = self.versions / "first"
        raise ConfigError(
            f"{str(self.link)!r} is no link, so it cannot be switched in one step; stop the service and say once: "
            f"mkdir -p {self.versions} && mv {self.link} {first} && ln -s {self.versions.name}/first {self.link}"
        )

    def history(self) -> tuple[Entry, ...]:
        """Every change, oldest first."""
        return read(self.log)


@contextmanager
def locked(place: Place) -> Iterator[None]:
    """Holds the publisher's lock around its body. Raises ConfigError when somebody else publishes."""
    try:
        _make_versions(place)
        with _versions(place) as inside:
            lock = kept(place.versions / ".lock", inside)
    except OSError as error:
        raise ConfigError(f"cannot publish below {str(place.link.parent)!r}: {error.strerror}") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            busy = f"somebody else is publishing to {str(place.link)!r}; try again when they are done"
            raise ConfigError(busy) from None
        with _versions(place) as inside:
            for left in os.listdir(inside):  # noqa: PTH208 - a descriptor
                if left.startswith(_PARTIAL):  # of a run that was killed: nobody else holds the lock
                    removed(inside, left)
        yield


def store(place: Place, source: Path, base: KnowledgeBase) -> Path:
    """Copies `source`, whose content is `base`, to a version of its own; one that is there already is taken as it is.

    Call it locked. Raises ConfigError when a file cannot be copied, or `source` has changed since it was read.
    """
    files = published_files(source)
    try:
        name = f"{base.version}-{_content(source, files)[:8]}"
        final = place.versions / name
        if final.is_dir():
            if f"{load(final).version}-{_content(final, published_files(final))[:8]}" != name:
                raise ConfigError(f"{str(final)!r} was changed by hand; remove it and publish again")
            return final
        partial = place.versions / f"{_PARTIAL}{name}"
        with _versions(place) as inside:
            _copy_all(source, files, inside, partial.name)
            if f"{load(partial).version}-{_content(partial, published_files(partial))[:8]}" != name:
                raise ConfigError(f"{str(source)!r} was changed while it was read; publish again")
            os.rename(partial.name, name, src_dir_fd=inside, dst_dir_fd=inside)
            os.fsync(inside)
    except OSError as error:
        raise ConfigError(f"{str(source)!r} cannot be copied to {str(place.versions)!r}: {error}") from None
    return final


def switch(place: Place, version: Path, action: Action, *, forced: bool = False) -> None:
    """Makes the link lead to `version` by one rename, then notes it. Call it locked."""
    current = place.in_use()
    _note_found(place, current)
    new = f"{_PARTIAL}link"
    with folder(place.link.parent) as home, _versions(place) as inside:
        removed(inside, new)
        os.symlink(Path(place.versions.name) / version.name, new, dir_fd=inside)
        os.rename(new, place.link.name, src_dir_fd=inside, dst_dir_fd=home)
        os.fsync(home)
    _note(place, action, version, forced=forced)


def before(place: Place) -> Path:
    """The version that a rollback goes to. Call it locked. Raises ConfigError when there is none."""
    current = place.in_use()
    _note_found(place, current)
    stack = standing(place.history())
    if len(stack) < 2:
        raise ConfigError(f"there is no version before the one in use at {str(place.link)!r}; publish another one")
    version = place.versions / stack[-2].folder
    if not version.is_dir():
        raise ConfigError(f"the version before, {version.name}, is no longer kept; publish it again from its source")
    return version


def prune(place: Place, keep: int) -> list[str]:
    """Removes published versions but the `keep` that stand newest; never the one in use. Returns the names removed.

    What the history knows of no publication of (a deployment's, stored to be used later) is left alone. Call it locked.
    """
    history = place.history()
    stack = standing(history)
    published = {entry.folder for entry in history if entry.action == "publish" and _OWN.fullmatch(entry.folder)}
    wanted = list(dict.fromkeys(entry.folder for entry in reversed(stack)))[:keep]
    current = place.in_use()
    stay = {*wanted, current.name if current else ""}
    with _versions(place) as inside:
        names = os.listdir(inside)  # noqa: PTH208 - a descriptor
        doomed = sorted(name for name in names if name in published - stay)
        for name in doomed:
            removed(inside, name)
    return doomed


def published_files(folder: Path) -> list[Path]:
    """What is published of a folder: its YAML files and its evaluation questions, in a fixed order."""
    found = [path for suffix in ("*.yaml", "*.yml", "eval/*.jsonl") for path in folder.glob(suffix) if path.is_file()]
    return sorted(found)


def _content(folder: Path, files: list[Path]) -> str:
    whole = hashlib.sha256()
    for file in files:
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        whole.update(f"{file.relative_to(folder).as_posix()}={digest}\n".encode())
    return whole.hexdigest()


def _note_found(place: Place, current: Path | None) -> None:
    """Enters the version in use where the history does not end with it."""
    if current is None:
        return
    stack = standing(place.history())
    if not stack or stack[-1].folder != current.name:
        _note(place, "found", current)


def _note(place: Place, action: Action, version: Path, *, forced: bool = False) -> None:
    who = "" if action == "found" else os.environ.get("SUDO_USER") or _user()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    append(place.log, Entry(now, action, version.name, _version(version), who, forced))


def _version(folder: Path) -> str:
    try:
        return load(folder).version
    except ConfigError:  # in use, though it cannot be read any more: that must not hinder its replacement
        return ""


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def _versions(place: Place) -> AbstractContextManager[int]:
    return folder(place.versions, below=place.link.parent)


def _make_versions(place: Place) -> None:
    with folder(place.link.parent) as home, suppress(FileExistsError):
        _make_folder(place.versions.name, home, os.fstat(home).st_gid)


def _make_folder(name: str, inside: int, group: int) -> None:
    os.mkdir(name, 0o700, dir_fd=inside)
    made = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=inside)
    try:
        _own(made, group, 0o750)
    finally:
        os.close(made)


def _copy_all(source: Path, files: list[Path], versions: int, name: str) -> None:
    """Copies into a new folder `name`. What another account puts in its place meanwhile gets none of it."""
    group = os.fstat(versions).st_gid
    _make_folder(name, versions, group)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    with ExitStack() as stack:

        def step(part: str, upper: int) -> int:
            descriptor = os.open(part, flags, dir_fd=upper)
            stack.callback(os.close, descriptor)
            return descriptor

        folders = {Path(): step(name, versions)}
        for file in files:
            copy = file.relative_to(source)
            if copy.parent not in folders:  # eval: one step below
                _make_folder(copy.parent.name, folders[Path()], group)
                folders[copy.parent] = step(copy.parent.name, folders[Path()])
            new = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with os.fdopen(os.open(copy.name, new, 0o600, dir_fd=folders[copy.parent]), "wb") as written:
                written.write(file.read_bytes())
                written.flush()
                os.fsync(written.fileno())
                _own(written.fileno(), group, 0o640)
        for descriptor in folders.values():
            os.fsync(descriptor)


def _own(descriptor: int, group: int, mode: int) -> None:
    """For the group that the folder above has: the service reads what root has published."""
    with suppress(PermissionError):
        os.fchown(descriptor, -1, group)
    os.fchmod(descriptor, mode)
