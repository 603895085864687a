"""Whether the event loop still gets on: told to systemd, to the log and to the metrics.

The pings come from a thread. A ping on the loop itself would be late on a loop that is busy, behind everything that
waits before it, and systemd would end the service with all its turns; the thread looks whether anything has ended
since its last ping, and stays silent only when nothing has.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

import structlog

from app.api.notify import Notifier

_BEAT_S = 0.25
_PINGS_PER_TIMEOUT = 3  # one may be late and another lost before systemd restarts the service
_STUCK_S = 10.0  # after so long a stuck loop is written down where no systemd watches
_PLACES = 12  # innermost ones of the code in which it is stuck


class Watchdog:
    """`progress` counts what the loop has finished beside our own beats; `on_late` gets each beat's delay (seconds)."""

    def __init__(self, notifier: Notifier, progress: Callable[[], int], on_late: Callable[[float], None]) -> None:
        self._notifier = notifier
        self._progress = progress
        self._on_late = on_late
        self._beats = 0
        self._loop_thread = 0
        self._ended = threading.Event()
        self._every_s = (notifier.watchdog_s or _PINGS_PER_TIMEOUT * _STUCK_S) / _PINGS_PER_TIMEOUT
        self._beat_s = min(_BEAT_S, self._every_s / 2)

    async def run(self) -> None:
        """Beats on the loop until cancelled, with the thread beside it."""
        self._loop_thread = threading.get_ident()
        self._ended.clear()
        thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        thread.start()
        try:
            while True:
                due = time.monotonic() + self._beat_s
                await asyncio.sleep(self._beat_s)
                self._on_late(max(0.0, time.monotonic() - due))
                self._beats += 1
        finally:
            self._ended.set()

    def _watch(self) -> None:
        seen, moved_at, stuck = -1, time.monotonic(), False
        while True:
            done = self._beats + self._progress()
            if done != seen:
                if stuck:
                    structlog.get_logger().warning("loop goes on", after_s=round(time.monotonic() - moved_at, 1))
                seen, moved_at, stuck = done, time.monotonic(), False
                if self._notifier.watchdog_s:
                    self._notifier.send("WATCHDOG=1")
            elif not stuck:
                stuck = True
                place = _places(sys._current_frames().get(self._loop_thread))
                structlog.get_logger().error("loop stuck", trace=place)
            if self._ended.wait(self._every_s):
                return


def _places(frame: FrameType | None) -> list[str]:
    """Files, lines and functions of a stack, outermost first; no values, which could be a customer's words."""
    places: list[str] = []
    while frame is not None and len(places) < _PLACES:
        code = frame.f_code
        places.append(f"{code.co_filename.rpartition('/')[2]}:{frame.f_lineno}:{code.co_name}")
        frame = frame.f_back
    return places[::-1]
