"""What is known of a GPU at one moment: a reading, or the trouble that prevents one."""

from dataclasses import dataclass
from typing import Final

from app.health.nvml_errors import Remedy

POWER_CAP: Final = 0x4
_TROUBLE: Final[dict[int, str]] = {
    0x8: "hardware slowdown",
    0x20: "software thermal slowdown",
    0x40: "hardware thermal slowdown",
    0x80: "power brake (the supply asked for less)",
}
_NORMAL: Final[dict[int, str]] = {
    0x1: "idle",
    0x2: "application clocks",
    POWER_CAP: "power cap",
    0x10: "sync boost",
    0x100: "display clocks",
}


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process that computes on the GPU. `memory` in bytes; None where the driver does not say."""

    pid: int
    memory: int | None


@dataclass(frozen=True, slots=True)
class RemappedRows:
    """Rows of GPU memory that were replaced; `pending` takes effect at the next reset, `failed`: no spare row left."""

    correctable: int
    uncorrectable: int
    pending: bool
    failed: bool


@dataclass(frozen=True, slots=True)
class Ecc:
    """Memory errors since the driver was loaded."""

    corrected: int
    uncorrected: int


@dataclass(frozen=True, slots=True)
class GpuTrouble:
    """Why there is no reading, or no newer one.

    `number` is NVML's error, None for trouble that NVML does not name. `at` is Unix seconds.
    """

    name: str
    detail: str
    fix: str
    at: float
    number: int | None = None
    xids: tuple[int, ...] = ()

    @classmethod
    def of(cls, remedy: Remedy, at: float, number: int | None = None, xids: tuple[int, ...] = ()) -> "GpuTrouble":
        """The trouble that `remedy` describes."""
        return cls(remedy.name, remedy.meaning, remedy.fix, at, number, xids)


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One GPU as NVML saw it. Memory in bytes, `at` in Unix seconds; None: the card or driver does not say."""

    at: float
    index: int
    count: int
    """GPUs that the driver sees."""
    name: str
    uuid: str
    driver: str
    memory_total: int
    memory_used: int
    memory_reserved: int
    """Taken by the driver itself, not part of `memory_used`."""
    utilisation: int | None
    """Percent of the last sample period in which a kernel ran."""
    temperature_c: int | None
    power_w: float | None
    power_limit_w: float | None
    sm_clock_mhz: int | None
    memory_clock_mhz: int | None
    clock_reasons: int
    """NVML's bit mask of why the clocks are not higher."""
    ecc: Ecc | None
    remapped: RemappedRows | None
    processes: tuple[GpuProcess, ...]
    xids: tuple[int, ...] = ()
    """Critical events since the monitor started, oldest first."""
    stale: GpuTrouble | None = None
    """Set when the driver stopped answering after this reading: it is the last one, not the present."""

    @property
    def memory_free(self) -> int:
        return self.memory_total - self.memory_used - self.memory_reserved

    @property
    def throttled(self) -> tuple[str, ...]:
        """The reasons that mean trouble: heat or supply, not the power cap that a small card always runs at."""
        return tuple(words for bit, words in _TROUBLE.items() if self.clock_reasons & bit)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason in words, unknown bits as hexadecimal."""
        known = _NORMAL | _TROUBLE
        words = [text for bit, text in sorted(known.items()) if self.clock_reasons & bit]
        rest = self.clock_reasons & ~sum(known)
        return (*words, hex(rest)) if rest else tuple(words)
