"""A host that slept has not had its clock set: the steady clock counts the sleep (CLOCK_BOOTTIME)."""

import time

import pytest

from app.health.clock import ClockWatch

pytestmark = pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no such clock")


def test_a_host_that_slept_has_not_had_its_clock_set(monkeypatch: pytest.MonkeyPatch) -> None:
    slept, real = [0.0], time.clock_gettime

    def clock_gettime(which: int) -> float:
        return real(which) + (slept[0] if which in (time.CLOCK_BOOTTIME, time.CLOCK_REALTIME) else 0.0)

    monkeypatch.setattr(time, "clock_gettime", clock_gettime)
    watch = ClockWatch(wall=lambda: real(time.CLOCK_REALTIME) + slept[0])
    slept[0] = 8 * 3600.0
    assert watch.step() == 0
