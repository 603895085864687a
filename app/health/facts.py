"""What the host says of its files, memory and clock. Gathering only: `checks` judges."""

import os
import resource
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from app.health.lockholders import Holder, reading, writing
from app.store.looking import look


@dataclass(frozen=True, slots=True)
class FileFacts:
    """`mode` holds the permission bits alone."""

    path: Path
    mode: int
    uid: int


@dataclass(frozen=True, slots=True)
class FolderFacts:
    """The data folder. `self_` is None when there is none; `problem` when it cannot be looked into."""

    path: Path
    self_: FileFacts | None
    files: tuple[FileFacts, ...] = ()
    problem: str = ""
    damaged: tuple[Path, ...] = ()
    """Damaged memories that `machine restore` kept."""


def folder_facts(path: Path) -> FolderFacts:
    """`path` and the files right inside it."""
    if not path.is_dir():
        return FolderFacts(path, None, problem="it is no folder" if path.exists() else "it does not exist")
    own = _file(path)
    try:
        inside = sorted(path.iterdir())
        files = tuple(_file(each) for each in inside if each.is_file())
        damaged = tuple(each for each in inside if each.is_dir() and each.name.startswith("damaged-"))
        return FolderFacts(path, own, files, damaged=damaged)
    except OSError as error:
        return FolderFacts(path, own, problem=f"it cannot be read: {error.strerror}")


def file_facts(path: Path) -> FileFacts | None:
    """None when there is no such file. Raises OSError when its folder may not be searched."""
    return _file(path) if path.exists() else None


def _file(path: Path) -> FileFacts:
    found = path.stat()
    return FileFacts(path, stat.S_IMODE(found.st_mode), found.st_uid)


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """The conversation memory as a reader sees it. `newest` is the latest time of its last turns, in Unix seconds."""

    path: Path
    exists: bool
    problem: str = ""
    complaints: tuple[str, ...] = ()
    """What `PRAGMA quick_check` found."""
    complete: bool = True
    """Whether quick_check came to its end in its time."""
    schema: int = 0
    newest: float | None = None
    log_bytes: int = 0
    """Size of the write-ahead log."""
    writer: Holder | None = None
    """Who has held the write lock for a second."""
    reader: Holder | None = None
    """Who reads now: while one process goes on reading, the log grows."""


def database_facts(path: Path, limit_s: float) -> DatabaseFacts:
    """Reads `path` without changing it, beside a running service; quick_check is broken off after `limit_s`."""
    if not path.exists():
        return DatabaseFacts(path, exists=False)
    writer, reader = writing(path), reading(path)  # before a connection of our own takes part in the locking
    log = path.with_name(f"{path.name}-wal")
    log_bytes = log.stat().st_size if log.exists() else 0
    found = look(path, limit_s)
    return DatabaseFacts(
        path,
        exists=True,
        problem=found.problem,
        complaints=found.complaints,
        complete=found.complete,
        schema=found.schema,
        newest=found.newest,
        log_bytes=log_bytes,
        writer=writer,
        reader=reader,
    )


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """The file system under a path: bytes and inodes that an ordinary account may still take."""

    path: Path
    total: int
    free: int
    inodes: int
    """0: the file system does not count them."""
    inodes_free: int
    read_only: bool


def disk_facts(path: Path) -> DiskFacts:
    """The disk of `path`, or of the nearest folder above it that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    found = os.statvfs(path)
    return DiskFacts(
        path,
        found.f_blocks * found.f_frsize,
        found.f_bavail * found.f_frsize,
        found.f_files,
        found.f_favail,
        bool(found.f_flag & os.ST_RDONLY) or _fell_read_only(path),
    )


def _fell_read_only(path: Path) -> bool:
    """Whether the kernel has stopped writing there after an error: newer ones say it among the options alone."""
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    try:
        lines = Path("/proc/self/mountinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    found = (line.split() for line in lines)
    return any(
        not {"ro", "emergency_ro", "shutdown"}.isdisjoint(words[-1].split(",")) for words in found if words[2] == number
    )


def clock_synchronised() -> bool | None:
    """Whether the clock follows a time server; None where systemd cannot be asked."""
    program = shutil.which("timedatectl")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            [program, "show", "-p", "NTPSynchronized", "--value"],
            capture_output=True, text=True, timeout=3, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    return {"yes": True, "no": False}.get(done.stdout.strip())


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """The host's memory in bytes; `available` is what can be taken without swapping."""

    total: int
    available: int


def memory_facts() -> MemoryFacts:
    """From the kernel's /proc/meminfo."""
    lines = (line.split() for line in Path("/proc/meminfo").read_text("ascii").splitlines())
    kib = {words[0].rstrip(":"): int(words[1]) for words in lines}
    return MemoryFacts(kib["MemTotal"] << 10, kib["MemAvailable"] << 10)


@dataclass(frozen=True, slots=True)
class DescriptorFacts:
    """Open files: the soft limit (None: unlimited) and how many are in use, of process `pid`."""

    pid: int
    limit: int | None
    used: int


def descriptor_facts(pid: int | None) -> DescriptorFacts:
    """Of `pid`, else, when it is None or gone or not ours to look into, of this process."""
    try:
        if pid is not None:
            return DescriptorFacts(pid, _limit(pid), len(list(Path(f"/proc/{pid}/fd").iterdir())))
    except OSError:
        pass
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = None if soft == resource.RLIM_INFINITY else soft
    return DescriptorFacts(os.getpid(), limit, len(list(Path("/proc/self/fd").iterdir())))


def _limit(pid: int) -> int | None:
    for line in Path(f"/proc/{pid}/limits").read_text("ascii").splitlines():
        if line.startswith("Max open files"):
            soft = line.split()[3]
            return None if soft == "unlimited" else int(soft)
    return None


def uvm_missing(modules: Path = Path("/sys/module")) -> bool:
    """Whether the NVIDIA driver is loaded without the module that CUDA needs."""
    return (modules / "nvidia").is_dir() and not (modules / "nvidia_uvm").is_dir()
