"""What the service tells systemd and takes from it, how it listens, and what a stuck loop leaves in the log."""

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from fastapi import FastAPI
from structlog.testing import capture_logs

from app.api import watchdog as module
from app.api.notify import Notifier
from app.api.server import adopt, bind, build_server, listening
from app.api.watchdog import Watchdog
from app.errors import ConfigError


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    """systemd's end of the notifications."""
    structlog.reset_defaults()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "notify"))
        receiver.settimeout(5)
        yield receiver


# systemd's variables


def test_what_systemd_asked_of_this_process_is_asked_of_no_child_of_it(heard: socket.socket) -> None:
    asked = {
        "NOTIFY_SOCKET": heard.getsockname(), "WATCHDOG_USEC": "1500000", "WATCHDOG_PID": str(os.getpid()),
        "LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "0", "LISTEN_FDNAMES": "web", "PATH": "/bin",
    }  # fmt: skip
    notifier = Notifier.from_environment(asked)
    listening("127.0.0.1", 0, asked).close()
    assert asked == {"PATH": "/bin"}
    assert notifier.watchdog_s == 1.5
    notifier.send("READY=1", "STATUS=serving")
    assert heard.recv(100) == b"READY=1\nSTATUS=serving"
    notifier.close()
    notifier.send("STOPPING=1")
    notifier.close()
    heard.setblocking(False)
    with pytest.raises(BlockingIOError):
        heard.recv(100)


def test_a_watchdog_of_another_process_is_taken_away_too() -> None:
    asked = {"WATCHDOG_USEC": "1500000", "WATCHDOG_PID": "1"}
    assert Notifier.from_environment(asked).watchdog_s is None
    assert asked == {}


def test_a_manager_that_does_not_read_holds_nobody_up(heard: socket.socket) -> None:
    """Its queue is full: what is sent then is lost and said so, and the service goes on."""
    notifier = Notifier(heard.getsockname())
    started = time.monotonic()
    with capture_logs() as logged:
        for _ in range(2000):
            notifier.send("WATCHDOG=1")
            if logged:
                break
    assert time.monotonic() - started < 5
    assert logged[0]["event"] == "systemd not notified"
    assert logged[0]["log_level"] == "warning"
    assert logged[0]["states"] == ("WATCHDOG=1",)
    assert logged[0]["reason"]
    notifier.close()


def test_a_manager_that_is_gone_harms_nothing(tmp_path: Path) -> None:
    notifier = Notifier(str(tmp_path / "nobody"))
    with capture_logs() as logged:
        notifier.send("READY=1")
    assert [each["event"] for each in logged] == ["systemd not notified"]
    notifier.close()


# Listening


def test_it_listens_where_it_is_told_with_room_for_a_rush() -> None:
    for host, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
        with bind(host, 0) as listener:
            assert (listener.family, listener.getsockname()[0]) == (family, host)
            assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
            assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
            # Nobody accepts here: a rush waits in the queue, as during a restart.
            waiting = [socket.create_connection(listener.getsockname()[:2], timeout=2) for _ in range(200)]
            for each in waiting:
                each.close()


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("192.0.2.1", 8000), ("no.such.host.invalid", 80)])
def test_an_address_that_cannot_be_is_named_with_the_fix(host: str, port: int) -> None:
    with pytest.raises(ConfigError, match="choose another with --host or --port") as refused:
        bind(host, port)
    assert f"cannot listen on {host}:{port}:" in str(refused.value)


def test_a_port_in_use_is_named() -> None:
    with bind("127.0.0.1", 0) as listener, pytest.raises(ConfigError, match="in use"):
        bind(*listener.getsockname())


@pytest.mark.parametrize(("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])
def test_a_socket_that_systemd_passed_is_taken_and_no_child_has_it(family: socket.AddressFamily, host: str) -> None:
    with bind(host, 0) as passed:
        descriptor = os.dup(passed.fileno())
        os.set_inheritable(descriptor, True)
        with adopt(descriptor) as listener:
            assert listener.getsockname() == passed.getsockname()
            assert not os.get_inheritable(descriptor)


@pytest.mark.parametrize("kind", ["not listening", "unix", "datagrams"])
def test_a_socket_that_is_no_listening_tcp_one_is_refused_and_left_open(kind: str, tmp_path: Path) -> None:
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM if kind == "datagrams" else socket.SOCK_STREAM) as passed:
        if kind == "unix":
            passed.bind(str(tmp_path / "socket"))
            passed.listen()
        with pytest.raises(ConfigError, match=r"ListenStream=127\.0\.0\.1:8000|cannot be used"):
            adopt(passed.fileno())
        os.fstat(passed.fileno())  # it is systemd's to close


@pytest.mark.parametrize("count", ["2", "10", "one"])
def test_more_than_one_passed_socket_is_refused(count: str) -> None:
    with pytest.raises(ConfigError, match=f"systemd passed {count} sockets; keep one ListenStream="):
        listening("127.0.0.1", 0, {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": count})


@pytest.mark.parametrize(("drain_s", "seconds"), [(0, 1), (0.4, 1), (35, 35), (300, 300)])
def test_the_server_is_one_that_drains_hides_its_name_and_logs_no_addresses(drain_s: float, seconds: int) -> None:
    config = build_server(FastAPI(), drain_s).config
    assert config.timeout_graceful_shutdown == seconds
    assert config.timeout_keep_alive == 75, "longer than who stands in front"
    assert (config.server_header, config.access_log, config.log_config) == (False, False, None)
    assert (config.ws, config.lifespan) == ("none", "on")


# The watchdog


class Told:
    """systemd's part as a list."""

    def __init__(self, watchdog_s: float | None) -> None:
        self.watchdog_s = watchdog_s
        self.pings: list[str] = []

    def send(self, *states: str) -> None:
        self.pings.extend(states)


def looks(
    watchdog_s: float | None, progress: list[int], seconds: float = 5.0
) -> tuple[list[str], list[Any], list[float]]:
    """What the watching thread tells systemd and the log, and how often it looks, while that much is got on with."""
    told, waits = Told(watchdog_s), list[float]()
    left = iter(progress)
    watch = Watchdog(told, lambda: next(left), lambda _: None)  # type: ignore[arg-type]
    watch._loop_thread = threading.get_ident()

    class Ended:
        def wait(self, every_s: float) -> bool:
            waits.append(every_s)
            clock.now += seconds
            return len(waits) == len(progress)

    clock = SimpleNamespace(now=0.0)
    watch._ended = Ended()  # type: ignore[assignment]
    with pytest.MonkeyPatch.context() as patch, capture_logs() as logged:
        patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
        watch._watch()
    return told.pings, logged, waits


def test_systemd_is_pinged_three_times_in_its_patience_and_only_while_the_loop_gets_on() -> None:
    pings, _, waits = looks(30.0, [1, 2, 2, 2, 3])
    assert waits == [10.0] * 5, "one may be late and another lost"
    assert pings == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize("watchdog_s", [30.0, None])
def test_a_stuck_loop_is_written_down_once_with_its_place_and_that_it_goes_on(watchdog_s: float | None) -> None:
    pings, logged, waits = looks(watchdog_s, [1, 1, 1, 1, 2, 2, 3])
    assert waits == [10.0] * 7, "also where nobody watches"
    assert len(pings) == (3 if watchdog_s else 0)
    assert [(each["event"], each["log_level"]) for each in logged] == [
        ("loop stuck", "error"),
        ("loop goes on", "warning"),
        ("loop stuck", "error"),
        ("loop goes on", "warning"),
    ]
    assert [each["after_s"] for each in logged[1::2]] == [20.0, 10.0]
    assert logged[0]["trace"][-1].endswith(":_watch"), "the one that is held: here this very thread"
    assert len(logged[0]["trace"]) == 12, "the innermost places, not all of them"


def deep(count: int) -> Any:
    return deep(count - 1) if count else sys._getframe()


@pytest.mark.parametrize("count", [3, 50])
def test_a_place_is_file_line_and_function_the_innermost_last(count: int) -> None:
    places = module._places(deep(count))
    assert len(places) == 12
    assert all(
        place.startswith("test_supervision.py:") and place.endswith(":deep") for place in places[-min(count, 11) :]
    )
    assert module._places(None) == []


async def test_how_late_the_loop_is_is_measured_several_times_in_a_pings_time() -> None:
    late: list[float] = []
    for watchdog_s, every in ((None, 0.25), (30.0, 0.25), (0.6, 0.1)):
        watch = Watchdog(Told(watchdog_s), lambda: 0, late.append)  # type: ignore[arg-type]
        assert watch._beat_s == pytest.approx(every)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0.05)
    time.sleep(0.3)  # noqa: ASYNC251 the loop is held
    await asyncio.sleep(0.15)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert max(late) > 0.2
    assert min(late) >= 0
    assert watch._ended.is_set(), "its thread ends too"
