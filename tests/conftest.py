"""Fixtures that every test may use: a running service, a bot in this process, the sample knowledge base.

What they need of the machine is imported when a test uses them: the process that deals out the tests runs none.
"""

import codecs
import gc
import os
import sys
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import structlog

import loadtests.service
from loadtests.service import KEY, ROOT, Server
from tests import forked, thrift

if TYPE_CHECKING:
    from app.llm import Backend
    from app.turn.bots import Bot
    from app.turn.machine import Machine

# Looked up first under another account's rights (test_links), Python remembers of an encoding that it is missing.
for encoding in ("ascii", "cp437", "idna", "latin-1", "utf-8-sig"):
    codecs.lookup(encoding)

# The files that take longest, so that no worker is left with one of them when the others have done (`--dist loadfile`).
LONGEST = ("test_model_turns", "test_loadtests", "test_roles", "test_doctor", "test_surroundings", "test_crash",
           "test_hybrid", "test_memory_file", "test_publish", "test_time", "test_patterns", "test_connections", "test_unread",
           "test_serve_systemd", "test_links", "test_test_run")  # fmt: skip


# Seconds, where the first test of a session waits for what all of them share: a whole server, a run of n8n.
PATIENCE = {"host": 3600, "n8n": 900}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="the long tests too")
    parser.addoption(
        "--typed", action="store_true", help="each command starts as it is typed: none is forked, no index shared"
    )


def pytest_configure(config: pytest.Config) -> None:
    forked.wanted = not config.getoption("typed")
    thrift.choose(full=config.getoption("full"))
    loadtests.service.begin = forked.begin


def pytest_unconfigure() -> None:
    forked.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))
    for item in items:
        if item.path.parent.name in PATIENCE and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(PATIENCE[item.path.parent.name]))
        if item.path.parent.name == "faults":
            item.add_marker(pytest.mark.long)
        if item.get_closest_marker("long") and not config.getoption("full"):
            item.add_marker(pytest.mark.skip(reason="not asked for: make test FULL=1 runs the long ones too"))
        if item.get_closest_marker("root") and os.geteuid() != 0:
            item.add_marker(pytest.mark.skip(reason="a disk of its own needs root: sudo make test-host"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was collected lives as long as the process: a garbage collection that walks through all of it in the middle of
    a turn would cost more than a turn may."""
    if "app.service.assembly" in sys.modules and not session.config.getoption("typed"):
        from tests.once import index_once

        index_once()
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say aloud what was left out and why: what nobody tried is nothing that works."""
    left: Counter[tuple[str, str]] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        folder = Path(report.nodeid.partition("::")[0]).parent.as_posix()
        left[folder, reason.removeprefix("Skipped: ")] += 1
    for (folder, reason), count in sorted(left.items()):
        terminalreporter.write_line(f"NOT RUN: {count} of {folder}: {reason}")


@pytest.fixture(autouse=True)
def logging_of_its_own() -> Iterator[None]:
    """A command that ran in this process has chosen what is logged: the next test does not inherit that.

    Tracebacks plain: with every local value of a machine in it, one takes seconds to draw.
    """
    yield
    structlog.reset_defaults()
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], renderer])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One service process for all tests that do not stop it; each uses users of its own. It starts as a user's does."""
    with Server(tmp_path_factory.mktemp("service"), program=("-u", "-m", "app")) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: Server) -> Iterator[httpx.Client]:
    with server.client() as caller:
        yield caller


@pytest.fixture
async def machine(tmp_path: Path) -> AsyncIterator["Machine"]:
    """A machine in this process with the sample knowledge base and an empty memory."""
    from app.service.assembly import open_machine
    from app.settings import load

    opened = open_machine(load(environ={}), tmp_path / "data", ROOT / "kb")
    if not _opened:  # what it has read once for all stays too
        gc.collect()
        gc.freeze()
    _opened.append(1)
    yield opened
    await opened.store.close()
    if len(_opened) % _TOGETHER == 0:  # before many of them are left to be collected at once, in mid-turn
        gc.collect()


_opened: list[int] = []
_TOGETHER = 4


@pytest.fixture
def bot(machine: "Machine") -> "Bot":
    """The machine's bot."""
    return machine.bots.default


Serve = Callable[..., "Iterator[tuple[httpx.Client, Machine]]"]


@pytest.fixture
def serve_with(tmp_path: Path) -> Callable[..., object]:
    """serve_with(backend, **environment): the real HTTP server in a thread, speaking through `backend`."""
    from app.api.app import create_app
    from app.api.keys import KeyRing
    from app.api.server import bind, build_server
    from app.service.assembly import open_machine
    from app.settings import load

    @contextmanager
    def running(backend: "Backend | None" = None, **environ: str) -> Iterator[tuple[httpx.Client, "Machine"]]:
        settings = load(environ=environ)
        machine = open_machine(settings, tmp_path / "data", ROOT / "kb")
        if backend is not None:
            machine = replace(machine, llm=backend)
        listener = bind("127.0.0.1", 0)
        server = build_server(create_app(machine, KeyRing([KEY])), settings.api.drain_s)
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        url = "http://{}:{}".format(*listener.getsockname())
        thread.start()
        try:
            with httpx.Client(
                base_url=url, headers={"Authorization": f"Bearer {KEY}"}, timeout=60, trust_env=False, verify=False
            ) as caller:
                yield caller, machine
        finally:
            server.should_exit = True
            thread.join(30)
            listener.close()

    return running
