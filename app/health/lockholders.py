"""Which process holds the locks of an SQLite database in WAL mode, asked of the kernel without waiting for any."""

import fcntl
import os
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# Bytes of the -shm file that stand for locks, as SQLite's os_unix.c and wal.c place them.
_WRITE: Final = 120
_READERS: Final = (123, 5)  # whoever holds one keeps the log from being emptied
_FLOCK: Final = struct.Struct("@hhqqi4x")
_LOOKS: Final = 20
_LOOK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """A process; `program` is empty where it cannot be told."""

    pid: int
    program: str

    def __str__(self) -> str:
        return f"process {self.pid} ({self.program})" if self.program else f"process {self.pid}"


def writing(database: Path) -> Holder | None:
    """Who has held the write lock for the whole second in which it was looked at."""
    found: set[int | None] = set()
    for _ in range(_LOOKS):
        found.add(_owner(database, _WRITE, 1))
        if None in found or len(found) > 1:
            return None
        time.sleep(_LOOK_S)
    pid = found.pop()
    return None if pid is None else _holder(pid)


def reading(database: Path) -> Holder | None:
    """Who reads at this moment."""
    pid = _owner(database, *_READERS)
    return None if pid is None else _holder(pid)


def _owner(database: Path, start: int, length: int) -> int | None:
    try:
        handle = os.open(f"{database}-shm", os.O_RDONLY | os.O_NONBLOCK)  # a pipe is not waited for
    except OSError:  # nobody has it open
        return None
    try:
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
        kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    finally:
        os.close(handle)  # drops no lock of ours: the doctor holds none meanwhile
    return None if kind == fcntl.F_UNLCK else int(pid)


def _holder(pid: int) -> Holder:
    try:
        return Holder(pid, Path(f"/proc/{pid}/comm").read_text("utf-8").strip())
    except OSError:
        return Holder(pid, "")
