"""GpuMonitor watches a GPU from a thread of its own; `probe` looks once."""

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import replace

from app.health.nvml import Session, card_present
from app.health.nvml_errors import LIBRARY_NOT_FOUND, SILENT, Remedy, xid_words
from app.health.readings import Ecc, GpuProcess, GpuReading, GpuTrouble, RemappedRows
from app.settings import GpuSettings
from app.telemetry import Telemetry

__all__ = ["Ecc", "GpuMonitor", "GpuProcess", "GpuReading", "GpuTrouble", "RemappedRows", "probe"]


class GpuMonitor:
    """Keeps the newest reading of one GPU.

    A hung driver blocks its caller for ever and cannot be interrupted, so the one thread that asks it is a daemon
    and is never replaced: while it hangs, `latest` says so from the time it has been waiting, and once the call
    returns the thread goes on.
    """

    def __init__(self, settings: GpuSettings, telemetry: Telemetry) -> None:
        self._settings = settings
        self._telemetry = telemetry
        self._label = str(settings.index)
        self._session = Session(settings.index)
        # (since when the driver is being asked, what it said last): one attribute, so that a reader sees a pair
        self._state: tuple[float | None, GpuReading | GpuTrouble | None] = (None, None)
        self._events = 0
        """How many of the session's events were logged."""
        self._first = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    async def start(self) -> None:
        """Begins to watch and waits for the first reading, at most `gpu.timeout_s`. Nothing to do while off."""
        if self._settings.enabled == "off" or self._thread is not None:
            return
        self._thread = threading.Thread(target=self._run, name="gpu-monitor", daemon=True)
        self._thread.start()
        await asyncio.to_thread(self._first.wait, self._settings.timeout_s)

    async def close(self) -> None:
        """Stops watching; a thread that the driver holds is left behind after `gpu.timeout_s`. Safe to call twice."""
        self._stop.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, self._settings.timeout_s)

    def latest(self) -> GpuReading | GpuTrouble | None:
        """The newest reading, or why there is none; None while off, or where `auto` found no GPU.

        Never blocks. While the driver does not answer, the last reading comes with `stale` set.
        """
        asked, last = self._state
        waited = 0.0 if asked is None else time.monotonic() - asked
        if waited <= self._settings.timeout_s:
            return last
        silence = _silence(waited, last.xids if last else ())
        return replace(last, stale=silence) if isinstance(last, GpuReading) else silence

    def _run(self) -> None:
        if self._settings.enabled == "on" or card_present():
            self._announce()  # before the first question, which may never be answered
        while not self._stop.is_set():
            self._state = (time.monotonic(), self._state[1])
            found = _read(self._session)
            if self._settings.enabled == "auto" and _absent(found):
                self._state = (None, None)
                self._first.set()
                return
            self._note_change(self._state[1], found)
            self._publish(found)
            self._state = (None, found)
            self._first.set()
            self._stop.wait(self._settings.poll_s)
        self._session.close()

    def _note_change(self, before: GpuReading | GpuTrouble | None, now: GpuReading | GpuTrouble) -> None:
        fresh = self._session.events - self._events
        self._events = self._session.events
        for xid in now.xids[-fresh:] if fresh else ():
            self._telemetry.log.error("gpu_xid", gpu=self._label, xid=xid, meaning=xid_words(xid))
            self._telemetry.gpu_xids.labels(self._label, str(xid)).inc()
        if isinstance(now, GpuTrouble):
            if not isinstance(before, GpuTrouble) or before.name != now.name:
                self._telemetry.log.error(
                    "gpu_trouble", gpu=self._label, trouble=now.name, number=now.number, meaning=now.detail, fix=now.fix
                )
        elif not isinstance(before, GpuReading):
            self._telemetry.log.info("gpu_found", gpu=self._label, name=now.name, driver=now.driver)

    def _publish(self, found: GpuReading | GpuTrouble) -> None:
        """Sets the gauges; without a reading they vanish, so that none shows a figure of a lost card."""
        telemetry, label = self._telemetry, self._label
        self._announce()
        figures = dict.fromkeys(telemetry.gpu_gauges, None) | _figures(found)
        for name, gauge in telemetry.gpu_gauges.items():
            value = figures[name]
            if value is None:
                with suppress(KeyError):  # not set so far
                    gauge.remove(label)
            else:
                gauge.labels(label).set(value)

    def _announce(self) -> None:
        """`machine_gpu_up` is asked at the scrape: a thread that hangs cannot set its own gauge."""
        self._telemetry.gpu_up.labels(self._label).set_function(self._up)

    def _up(self) -> float:
        latest = self.latest()
        return float(isinstance(latest, GpuReading) and latest.stale is None)


def probe(settings: GpuSettings) -> GpuReading | GpuTrouble | None:
    """Looks once, within `gpu.timeout_s`; None while off, or where `auto` finds no GPU. Blocks that long at most."""
    if settings.enabled == "off":
        return None
    found: list[GpuReading | GpuTrouble] = []

    def look() -> None:
        session = Session(settings.index)
        found.append(_read(session))
        session.close()

    thread = threading.Thread(target=look, name="gpu-probe", daemon=True)
    thread.start()
    thread.join(settings.timeout_s)
    if not found:
        return _silence(settings.timeout_s, ())
    return None if settings.enabled == "auto" and _absent(found[0]) else found[0]


def _read(session: Session) -> GpuReading | GpuTrouble:
    try:
        return session.read()
    except Exception as error:
        # the thread must outlive anything a driver may answer, also what the binding cannot decode
        session.close()
        unreadable = Remedy("unreadable", f"the driver's answer cannot be read ({type(error).__name__})", "nvidia-smi")
        return GpuTrouble.of(unreadable, time.time(), xids=session.xids)


def _absent(found: GpuReading | GpuTrouble) -> bool:
    """Neither a driver library nor a card: a host that never had a GPU, not one in trouble."""
    return isinstance(found, GpuTrouble) and found.number == LIBRARY_NOT_FOUND and not card_present()


def _silence(waited: float, xids: tuple[int, ...]) -> GpuTrouble:
    detail = f"{SILENT.meaning} (asked {waited:.0f} s ago)"
    return GpuTrouble(SILENT.name, detail, SILENT.fix, time.time(), xids=xids)


def _figures(found: GpuReading | GpuTrouble) -> dict[str, float | None]:
    if isinstance(found, GpuTrouble):
        return {}
    return {
        "memory_used_bytes": found.memory_used,
        "memory_total_bytes": found.memory_total,
        "utilisation_ratio": None if found.utilisation is None else found.utilisation / 100,
        "temperature_celsius": found.temperature_c,
        "power_watts": found.power_w,
        "power_limit_watts": found.power_limit_w,
        "throttled": float(bool(found.throttled)),
    }
