"""Servers for the tests: made on this machine, thrown away afterwards. TESTHOST_NUMBER (default 40) keeps two runs on one
machine apart; TESTHOST_KEEP=1 leaves the servers for the next run, which then saves the time of setting them up."""

import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.host.hosts import Host
from tests.host.services import Services

HERE = Path(__file__).parent
NUMBER = int(os.environ.get("TESTHOST_NUMBER", "40"))
KEEP = os.environ.get("TESTHOST_KEEP") == "1"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All tests of this folder carry the mark `host`; they run when it is asked for by name, and by root.

    Those of single roles and of the playbooks of day two carry the mark `role` too: they take most of the time, and `make test-host FULL=1` runs them.
    """
    ours = [item for item in items if _here(item.path)]
    reason = why_not(config)
    for item in ours:
        item.add_marker(pytest.mark.host)
        if item.path.name.endswith("_role.py") or item.path.name.startswith("test_day_two"):
            item.add_marker(pytest.mark.role)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop at once, with the remedy, where the machine lacks what makes a server."""
    wanted = not why_not(session.config) and any(_here(item.path) for item in session.items)
    missing = [tool for tool in ("mmdebstrap", "systemd-nspawn", "nft", "zstd", "pebble") if not shutil.which(tool)]
    if wanted and missing:
        pytest.exit(f"{', '.join(missing)} missing; run: tests/host/testhost deps", 1)


@cache
def _here(path: Path) -> bool:
    """One answer for the thousands of tests of a file."""
    return HERE in path.parents


def why_not(config: pytest.Config) -> str:
    if os.geteuid() != 0:
        return "a disposable server needs root: sudo make test-host"
    if "host" not in config.option.markexpr:
        return "not asked for: make test-host runs it"
    return ""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say aloud what was left out: a server that nobody tried is no server that works."""
    left = sorted(
        {report.nodeid for report in terminalreporter.stats.get("skipped", []) if "tests/host/" in report.nodeid}
    )
    if left:
        files = sorted({name.split("::")[0] for name in left})
        terminalreporter.write_line(f"NOT RUN: {len(left)} tests on a disposable server ({why_not(config)}):")
        for file in files:
            terminalreporter.write_line(f"  {file}: {sum(name.startswith(file) for name in left)}")
    if "not role" in config.option.markexpr:
        terminalreporter.write_line(
            "NOT RUN: the tests of single roles and of day two; make test-host FULL=1 runs them too"
        )


def server(name: str, number: int, *, fresh: bool) -> Iterator[Host]:
    host = Host(name, number)
    if host.up and (fresh or not KEEP):
        host.stop()
    if not host.up:
        host.start()
    yield host
    if not KEEP:
        host.stop()


@pytest.fixture(scope="module")
def bare() -> Iterator[Host]:
    """A server as its provider delivers it, for one module of tests."""
    yield from server(f"bare{NUMBER}", NUMBER + 100, fresh=True)


@pytest.fixture(scope="session")
def closed() -> Iterator[Host]:
    """A server after the roles that make it safe: preflight, base, access, firewall."""
    for host in server(f"closed{NUMBER}", NUMBER + 50, fresh=False):
        play = host.play("tests/host/playbooks/foundation.yml")
        assert play.status == 0, play.output
        yield host


@pytest.fixture(scope="session")
def machine() -> Iterator[tuple[Host, Services]]:
    """A server with everything that site.yml needs from the world, before site.yml."""
    for host in server(f"machine{NUMBER}", NUMBER, fresh=False):
        with Services(host) as services:
            yield host, services


@pytest.fixture(scope="session")
def provisioned(machine: tuple[Host, Services]) -> Host:
    """A serving machine: the whole of site.yml, run once for all tests of the session."""
    host, _ = machine
    play = host.play("site.yml")
    assert play.status == 0, play.output
    return host
