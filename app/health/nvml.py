"""One session with NVML. Every call may block for ever when the driver hangs: use it from a thread of its own."""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pynvml

from app.health.nvml_errors import NO_GPU, NOT_OFFERED, remedy
from app.health.readings import Ecc, GpuProcess, GpuReading, GpuTrouble, RemappedRows

_T = TypeVar("_T")
_PCI = Path("/sys/bus/pci/devices")
_NVIDIA = "0x10de"
_DISPLAY = "0x03"  # PCI class of display controllers: an NVIDIA audio function is no GPU
_MOST_EVENTS = 16  # events taken at one reading: a storm of them must not hold it up
_KEPT = 16


class Session:
    """Opened at the first `read`, opened again after every failure. Not thread-safe."""

    def __init__(self, index: int = 0) -> None:
        """`index` counts from 0 in the driver's order."""
        self._index = index
        self._handle: Any = None
        self._events: Any = None
        self._count = 0
        self._open = False
        self.xids: tuple[int, ...] = ()
        """Critical events seen by this session, oldest first, the newest 16; they outlive a failure."""
        self.events = 0
        """How many there were in all."""

    def read(self) -> GpuReading | GpuTrouble:
        """The GPU now, or why it cannot be read. Never raises an NVML error."""
        try:
            if not self._open:
                self._connect()
            if self._handle is None:
                self.close()
                return GpuTrouble.of(NO_GPU, time.time(), xids=self.xids)
            self._take_events()
            return self._measure()
        except pynvml.NVMLError as error:
            with suppress(pynvml.NVMLError):
                self._take_events()  # the reason, when the card was lost in the middle of a reading
            self.close()
            return GpuTrouble.of(remedy(error.value), time.time(), error.value, self.xids)

    def close(self) -> None:
        """Ends the session. Safe to call twice and after any failure."""
        if self._events is not None:
            with suppress(pynvml.NVMLError):
                pynvml.nvmlEventSetFree(self._events)
        if self._open:
            with suppress(pynvml.NVMLError):
                pynvml.nvmlShutdown()
        self._open, self._handle, self._events = False, None, None

    def _connect(self) -> None:
        pynvml.nvmlInit()
        self._open = True
        self._count = pynvml.nvmlDeviceGetCount()
        if self._count == 0:
            return
        self._handle = pynvml.nvmlDeviceGetHandleByIndex(self._index)
        events = _offered(pynvml.nvmlEventSetCreate)
        if events is None:
            return
        try:
            pynvml.nvmlDeviceRegisterEvents(self._handle, pynvml.nvmlEventTypeXidCriticalError, events)
        except pynvml.NVMLError:  # no events on this card: readings do without
            pynvml.nvmlEventSetFree(events)
        else:
            self._events = events

    def _take_events(self) -> None:
        if self._events is None:
            return
        for _ in range(_MOST_EVENTS):
            try:
                event = pynvml.nvmlEventSetWait_v2(self._events, 0)
            except pynvml.NVMLError_Timeout:
                return
            if event.eventType == pynvml.nvmlEventTypeXidCriticalError:
                self.events += 1
                self.xids = (*self.xids, int(event.eventData))[-_KEPT:]

    def _measure(self) -> GpuReading:
        device = self._handle
        memory = pynvml.nvmlDeviceGetMemoryInfo(device, version=pynvml.nvmlMemory_v2)
        busy = _offered(pynvml.nvmlDeviceGetUtilizationRates, device)
        return GpuReading(
            at=time.time(),
            index=self._index,
            count=self._count,
            name=str(pynvml.nvmlDeviceGetName(device)),
            uuid=str(pynvml.nvmlDeviceGetUUID(device)),
            driver=str(pynvml.nvmlSystemGetDriverVersion()),
            memory_total=int(memory.total),
            memory_used=int(memory.used),
            memory_reserved=int(memory.reserved),
            utilisation=None if busy is None else int(busy.gpu),
            temperature_c=_offered(pynvml.nvmlDeviceGetTemperature, device, pynvml.NVML_TEMPERATURE_GPU),
            power_w=_watts(_offered(pynvml.nvmlDeviceGetPowerUsage, device)),
            power_limit_w=_watts(_offered(pynvml.nvmlDeviceGetEnforcedPowerLimit, device)),
            sm_clock_mhz=_offered(pynvml.nvmlDeviceGetClockInfo, device, pynvml.NVML_CLOCK_SM),
            memory_clock_mhz=_offered(pynvml.nvmlDeviceGetClockInfo, device, pynvml.NVML_CLOCK_MEM),
            clock_reasons=_offered(pynvml.nvmlDeviceGetCurrentClocksEventReasons, device) or 0,
            ecc=_offered(_ecc, device),
            remapped=_offered(_remapped, device),
            processes=_offered(_processes, device) or (),
            xids=self.xids,
        )


def card_present(devices: Path = _PCI) -> bool:
    """Whether the PCI bus shows an NVIDIA display controller; no driver is asked."""
    for device in devices.glob("*"):
        with suppress(OSError):
            vendor = (device / "vendor").read_text("ascii").strip()
            if vendor == _NVIDIA and (device / "class").read_text("ascii").startswith(_DISPLAY):
                return True
    return False


def _offered(call: Callable[..., _T], *arguments: Any) -> _T | None:
    """The call's result; None where this card, driver or account does not offer it."""
    try:
        return call(*arguments)
    except pynvml.NVMLError as error:
        if error.value in NOT_OFFERED:
            return None
        raise


def _watts(milliwatts: int | None) -> float | None:
    return None if milliwatts is None else milliwatts / 1000


def _ecc(device: Any) -> Ecc | None:
    if not pynvml.nvmlDeviceGetEccMode(device)[0]:
        return None
    return Ecc(
        *(
            int(pynvml.nvmlDeviceGetTotalEccErrors(device, kind, pynvml.NVML_VOLATILE_ECC))
            for kind in (pynvml.NVML_MEMORY_ERROR_TYPE_CORRECTED, pynvml.NVML_MEMORY_ERROR_TYPE_UNCORRECTED)
        )
    )


def _remapped(device: Any) -> RemappedRows:
    correctable, uncorrectable, pending, failed = pynvml.nvmlDeviceGetRemappedRows(device)
    return RemappedRows(correctable, uncorrectable, bool(pending), bool(failed))


def _processes(device: Any) -> tuple[GpuProcess, ...]:
    return tuple(
        GpuProcess(int(each.pid), each.usedGpuMemory) for each in pynvml.nvmlDeviceGetComputeRunningProcesses_v3(device)
    )
