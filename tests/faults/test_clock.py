"""The wall clock set while the service runs, two days forwards and two days back: the service under libfaketime."""

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from app.health.clock import ClockWatch
from app.service import jobs
from app.store.backup import DATABASE
from loadtests.rig import Rig
from loadtests.service import KEY, clean_environment
from tests.faults.rig import Callers, doctor, wait_ready

DAY = 86_400
LIBRARY = next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


class Clock:
    """The clock of the processes with this environment. Monotonic clocks are left alone, as `date -s` leaves them."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.environment = {
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds until a step is seen
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }
        self.set(0)

    def set(self, days: int) -> None:
        """As many days off the host's clock, from now on."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{days:+d}d\n")
        new.replace(self._file)


@pytest.mark.skipif(
    LIBRARY is None, reason="setting a clock for one process alone needs libfaketime (apt install faketime)"
)
def test_a_clock_set_forwards_and_back_changes_no_deadline_and_no_order(tmp_path: Path) -> None:
    clock = Clock(tmp_path)
    with Rig(10, **clock.environment, MACHINE_STORE__RETENTION_DAYS="1", MACHINE_TURN__TIMEOUT_S="20") as rig:
        callers = Callers(rig.server)
        environment = clean_environment(API_KEYS=KEY, **rig.server.environment)
        assert callers.say(1, "now").status_code == 200
        for days, request in ((2, "forwards"), (-2, "back")):
            assert _spoken_while(rig, callers, request, partial(clock.set, days)) == 200
            part = wait_ready(rig.server, "clock", "warning")
            assert f"the clock was set {request} by 172" in part["detail"]
            assert "timedatectl" in part["fix"]
            for user in (2, 3):
                assert callers.say(user, request).status_code == 200, "nobody is refused because of it"
            found = doctor(rig.server, environment=environment)
            assert found["service: clock"]["level"] == "warning"
            if days < 0:
                assert found["clock"]["level"] == "error"
                assert "the clock was set back" in found["clock"]["detail"]
        clock.set(0)
        wait_ready(rig.server, "clock", "ok")
        assert callers.say(1, "again").status_code == 200
        callers.check()
        with closing(sqlite3.connect(rig.server.data / DATABASE)) as db:
            rows = db.execute(
                "SELECT request_id, created_at FROM turns WHERE user_id='fault-1' ORDER BY revision"
            ).fetchall()
        assert [row[0] for row in rows] == ["now", "forwards", "back", "again"]
        assert rows[1][1] - rows[0][1] > 1.9 * DAY
        assert rows[2][1] - rows[0][1] < -1.9 * DAY, "the history's order is not that of its times"


def _spoken_while(rig: Rig, callers: Callers, request: str, step: Callable[[], None]) -> int:
    """The status of an answer in whose middle the clock is set: the model takes its time over it."""
    rig.emulator.fault("delay", seconds=2.5)
    status: list[int] = []
    asking = threading.Thread(target=lambda: status.append(callers.say(1, request).status_code))
    calls = rig.emulator.stats()["calls"]
    asking.start()
    while rig.emulator.stats()["calls"] == calls:
        time.sleep(0.01)
    step()
    asking.join()
    return status[0]


class Clocks:
    """Two clocks of a test's own."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_800_000_000.0, 100.0

    def watch(self) -> ClockWatch:
        return ClockWatch(lambda: self.wall, lambda: self.steady)

    def pass_(self, seconds: float) -> None:
        self.wall += seconds
        self.steady += seconds


def test_a_step_is_told_from_time_that_passes() -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.pass_(30 * DAY)
    assert watch.step() == 0
    clocks.wall += 59
    assert watch.step() == 0, "a correction"
    clocks.wall += 2 * DAY
    assert watch.step() == 2 * DAY + 59
    watch.accept()
    assert watch.step() == 0
    clocks.wall -= 2 * DAY
    assert watch.step() == -2 * DAY


@pytest.mark.parametrize(
    ("step", "synchronised", "trusted"),
    [(0, True, True), (0, None, True), (0, False, False), (2 * DAY, None, False), (2 * DAY, False, False), (-2 * DAY, True, False)],
)  # fmt: skip
async def test_nothing_is_deleted_for_ever_by_a_clock_that_is_not_trusted(
    step: int, synchronised: bool | None, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    clocks = Clocks()
    watch = clocks.watch()
    clocks.wall += step
    monkeypatch.setattr(jobs, "clock_synchronised", lambda: synchronised)
    assert await jobs._trusted(watch) is trusted
