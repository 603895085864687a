"""What an engine's error means for the memory: its kind, what an operator reads and does, what a caller is told."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from app.errors import StoreUnavailable
from app.store.engine import Error, FaultKind, kind_of

ROOM: Final = 1 << 20
"""Bytes: with less than this free a disk is full, although the log may have room left for a few pages."""

_RESTART = "systemctl restart sales-machine"
_WORDS: Final[dict[FaultKind, tuple[str, str]]] = {
    "full": ("the disk is full", "df -h {folder}; du -xh {folder} | sort -h | tail; it goes on once there is room"),
    "read_only": (
        "it can only be read",
        "ls -l {path}*: once its owner may write them it goes on; else dmesg | grep -i 'remount\\|i/o error'; mend the"
        f" disk, then {_RESTART}",
    ),
    "locked": (
        "another process holds its lock",
        "machine doctor --data {folder} names the process; it goes on once that one lets go or is ended",
    ),
    "damaged": (
        "it is damaged, so nothing is answered from it",
        "systemctl stop sales-machine.socket sales-machine; machine restore BACKUPS --data {folder}; machine salvage"
        " --data {folder}; systemctl start sales-machine.socket sales-machine",
    ),
    "io": ("its disk does not work", f"dmesg | grep -i 'i/o error'; ls -l {{path}}*; mend it, then {_RESTART}"),
    "slow": (
        "a write has not come to its end",
        "machine doctor --data {folder} names a process that holds its lock; else the disk is slow: iostat -x 1",
    ),
    "other": ("it cannot be written", "journalctl -u sales-machine -n 50; machine doctor --data {folder}"),
}
_RETRY_S: Final[dict[FaultKind, int]] = {"damaged": 60, "read_only": 30, "io": 30, "full": 15}
_PUBLIC_DAMAGED = "the conversation memory is damaged and has to be restored; use the fallback"


@dataclass(frozen=True, slots=True)
class StoreFault:
    """Why the memory cannot serve. `detail` and `fix` are for the operator, never for a caller."""

    kind: FaultKind
    detail: str
    fix: str

    @classmethod
    def of(cls, kind: FaultKind, path: Path, cause: str = "") -> "StoreFault":
        """`cause`: what SQLite says."""
        words, fix = _WORDS[kind]
        return cls(kind, f"{words} ({cause})" if cause else words, fix.format(path=path, folder=path.parent))


def fault_of(error: Error, path: Path) -> StoreFault:
    """The fault behind an error of the database at `path`."""
    kind = kind_of(error)
    if kind == "io":  # SQLite says of a disk only that it failed
        kind = _of_disk(path)
    return StoreFault.of(kind, path, str(error))


def out_of_room(path: Path) -> StoreFault | None:
    """The fault of a disk without room. The next write may still fit into the log, the one after it does not."""
    found = os.statvfs(path.parent)
    return StoreFault.of("full", path) if found.f_bavail * found.f_frsize < ROOM else None


def unavailable(fault: StoreFault, doing: str) -> StoreUnavailable:
    """What the caller is told; `doing` is "read" or "written". The metrics get the kind."""
    retry = _RETRY_S.get(fault.kind, 5)
    if fault.kind == "damaged":
        return StoreUnavailable(_PUBLIC_DAMAGED, retry_after=retry, reason=fault.kind)
    undone = "; nothing was changed, try again shortly" if doing == "written" else "; try again shortly"
    return StoreUnavailable(f"the conversation memory cannot be {doing}{undone}", retry_after=retry, reason=fault.kind)


def _of_disk(path: Path) -> FaultKind:
    try:
        os.utime(path)
    except OSError as error:
        if error.errno == errno.EROFS:
            return "read_only"
    try:
        return "full" if out_of_room(path) else "io"
    except OSError:
        return "io"


class StoreCondition:
    """How the memory was found by those who used it last.

    Damage is remembered until the service starts again: on what is damaged every further write may destroy more, and
    a conversation of which a part is missing would be answered as if it were whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: StoreFault | None = None
        self.last: StoreFault | None = None
        """The fault of the newest write; None once one came through."""

    def check(self, doing: str) -> None:
        """Raises StoreUnavailable where nothing may be read or written any more."""
        if self.damage is not None:
            raise unavailable(self.damage, doing)

    def note(self, fault: StoreFault) -> None:
        self.last = fault
        if fault.kind == "damaged" and self.damage is None:
            self.damage = fault
            structlog.get_logger().error("memory damaged", detail=fault.detail, fix=fault.fix)

    def concerns_all(self, error: BaseException) -> bool:
        """Whether the file or its disk is at fault, and not the one write that met it."""
        return isinstance(error, Error) and fault_of(error, self.path).kind != "other"

    def public(self, error: BaseException, doing: str) -> BaseException:
        """`error` as the caller may see it: an engine's error becomes StoreUnavailable, with itself as the cause."""
        if not isinstance(error, Error):
            return error
        fault = fault_of(error, self.path)
        self.note(fault)
        told = unavailable(fault, doing)
        told.__cause__ = error
        return told
