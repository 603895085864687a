"""Files in a folder that another account may write, opened so that nothing in it leads elsewhere.

The data folder belongs to the service's user; backups, restores and deletions run as root. A link in it would let that
user choose which file root reads or writes, so every step below the folder is taken from a descriptor, and what was
opened is looked at, not what a name meant a moment before.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.errors import ConfigError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_ANY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY  # NONBLOCK: a pipe is refused, not waited for
_MOST_LINKS = 20


@contextmanager
def opened(
    path: Path, *, below: Path | None = None, base: int | None = None, links: bool = False, flags: int = os.O_RDONLY
) -> Iterator[BinaryIO]:
    """The regular file `path`. No part of it below the folder `below` [its own folder] may be a link.

    `base` is that folder where it is open already. `links`: they may, as long as they lead to something below it.
    Raises ConfigError naming a link that is refused, or what is no file; OSError as `open`.
    """
    descriptor = _open(path, below or path.parent, links, flags, base)
    with os.fdopen(descriptor, "rb+" if flags & os.O_RDWR else "rb") as file:
        yield file


@contextmanager
def folder(path: Path, *, below: Path | None = None, links: bool = False) -> Iterator[int]:
    """A descriptor of the folder `path`, to be taken as `dir_fd`. As `opened`; without `below`, `path` is trusted."""
    descriptor = os.open(path, _FOLDER) if below is None else _open(path, below, links, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def created(folder_descriptor: int, name: str) -> Iterator[BinaryIO]:
    """A new file for its owner alone, which root hands to the folder's owner. Nothing of that name may be there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=folder_descriptor), "wb") as file:
        hand_over(file.fileno(), folder_descriptor)
        yield file
        file.flush()
        os.fsync(file.fileno())


def replaced(path: Path, content: bytes, *, below: Path) -> None:
    """Writes `path` for its owner alone, whole or not at all; a link of that name is replaced, not followed."""
    with folder(path.parent, below=below) as inside:
        new = f".{path.name}-{os.getpid()}"
        unlinked(inside, new)
        try:
            with created(inside, new) as file:
                file.write(content)
            os.rename(new, path.name, src_dir_fd=inside, dst_dir_fd=inside)
        finally:
            unlinked(inside, new)


def unlinked(folder_descriptor: int, name: str) -> None:
    """Removes the file or link `name`, if it is there."""
    try:
        os.unlink(name, dir_fd=folder_descriptor)
    except FileNotFoundError:
        return


def kept(path: Path, inside: int) -> BinaryIO:
    """The regular file `path` to be read and changed, in the open folder `inside`; made where there is none.

    The caller closes it. Raises ConfigError for a link, what is no file, or a second name of another's file.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with suppress(FileExistsError):
        return os.fdopen(os.open(path.name, flags, 0o640, dir_fd=inside), "rb+")
    return os.fdopen(_open(path, path.parent, False, os.O_RDWR, inside), "rb+")


def removed(folder_descriptor: int, name: str) -> None:
    """Removes the file, link or folder `name` with all below it, if it is there."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(os.stat(name, dir_fd=folder_descriptor, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=folder_descriptor)  # follows no link either
        else:
            os.unlink(name, dir_fd=folder_descriptor)


def hand_over(descriptor: int, folder_descriptor: int) -> None:
    """Where root writes for another account: to the owner of the folder."""
    if os.geteuid() == 0:
        owner = os.fstat(folder_descriptor)
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


@contextmanager
def acting_for(place: Path) -> Iterator[None]:
    """As root, with the rights of the owner of the folder `place` until the end; for anybody else nothing changes.

    What needs root's rights is opened before. Raises ConfigError when the owner cannot enter the folder.
    """
    owner = place.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    group, groups = os.getegid(), os.getgroups()
    # The effective ids alone: the real ones stay root's, so that the owner can neither stop nor trace this process.
    os.setgroups([owner.st_gid])
    try:
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)
        if not os.access(place, os.R_OK | os.X_OK, effective_ids=True):
            raise ConfigError(
                f"the owner of {str(place)!r} (uid {owner.st_uid}) cannot enter it, and root works in it with their"
                f" rights: let them pass through the folders above (namei -l {place})"
            )
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def ordinary(database: Path, *, below: Path | None = None) -> None:
    """Raises ConfigError unless a database and what lies beside it are files: SQLite waits for a pipe for ever."""
    with opened(database, below=below):
        pass
    for suffix in ("-journal", "-wal", "-shm"):
        path = Path(f"{database}{suffix}")
        with suppress(FileNotFoundError):
            if not stat.S_ISREG(mode := os.lstat(path).st_mode) and not stat.S_ISLNK(mode):
                raise _odd(path)


def files_in(folder_descriptor: int) -> Iterator[Path]:
    """Every file below a folder, as paths from it, in a fixed order. Links to folders are not followed."""
    for root, folders, names, _ in os.fwalk(".", dir_fd=folder_descriptor):
        folders.sort()
        yield from (Path(root, name) for name in sorted(names))


def _open(path: Path, below: Path, links: bool, flags: int, base: int | None = None) -> int:
    wanted = flags & os.O_DIRECTORY
    stack = [os.open(below, _FOLDER) if base is None else os.dup(base)]
    try:
        found = _walk(stack, path, below=below, links=links, flags=flags & ~os.O_DIRECTORY)
    finally:
        for each in stack:
            os.close(each)
    mode = os.fstat(found).st_mode
    if not (stat.S_ISDIR(mode) if wanted else stat.S_ISREG(mode)):
        os.close(found)
        raise _odd(path, "folder" if wanted else "regular file")
    return found


def _walk(stack: list[int], path: Path, *, below: Path, links: bool, flags: int) -> int:
    """`stack` holds the folders on the way, the first being `below`; they are the caller's to close."""
    todo, followed = list(path.relative_to(below).parts) or ["."], 0
    while True:
        part = todo.pop(0)
        if part == "..":
            if len(stack) == 1:
                raise refused(path)
            os.close(stack.pop())
            if todo:
                continue
            part = "."
        inside = stack[-1]
        found = os.stat(part, dir_fd=inside, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            followed += 1
            target = Path(os.readlink(part, dir_fd=inside))
            if not links or followed > _MOST_LINKS:
                raise refused(path)
            if target.is_absolute():
                homes = [home for home in (below.absolute(), below.resolve()) if target.is_relative_to(home)]
                if not homes:
                    raise refused(path)
                while len(stack) > 1:
                    os.close(stack.pop())
                target = target.relative_to(homes[0])
            todo = [*target.parts, *todo] or ["."]
            continue
        if todo:
            stack.append(_step(part, inside, os.O_RDONLY | os.O_DIRECTORY, path))
            continue
        opened_ = _step(part, inside, flags, path)
        got = os.fstat(opened_)
        if got.st_nlink > 1 and stat.S_ISREG(got.st_mode) and got.st_uid != os.fstat(inside).st_uid:
            os.close(opened_)
            raise refused(path)  # a second name of a file that is not the folder's owner's
        return opened_


def _step(part: str, inside: int, flags: int, path: Path) -> int:
    try:
        return os.open(part, flags | _ANY, dir_fd=inside)
    except OSError:
        if stat.S_ISLNK(os.stat(part, dir_fd=inside, follow_symlinks=False).st_mode):  # put there this moment
            raise refused(path) from None
        raise


def _odd(path: Path, wanted: str = "regular file") -> ConfigError:
    return ConfigError(f"{str(path)!r} is no {wanted}; look at it and move it away")


def refused(path: Path) -> ConfigError:
    """What is raised for a link."""
    return ConfigError(
        f"{str(path)!r} is a link or lies behind one, and none is followed where another account may make them:"
        f" see where it leads (namei -l {path}), remove it, put the file itself in its place"
    )
