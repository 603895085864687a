"""`make test-n8n` runs these: the real n8n, a real Redis, the real service."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest

from loadtests.service import Server
from tests.alerts.receivers import CHAT, Receivers
from tests.n8n.engine import N8n, Redis, free_port
from tests.n8n.install import obstacle
from tests.n8n.play import Run, configured, credentials, play
from tests.n8n.shapes import APP_SECRET, VERIFY_TOKEN
from tests.n8n.standins import Channels, FaultyLine

HERE = Path(__file__).parent


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """All tests of this folder carry the mark `n8n`. Those that play a run wait until it is asked for by name; the
    others try single nodes and need Node alone."""
    for item in items:
        if _here(item.path):
            item.add_marker(pytest.mark.n8n)
            if _wanted(config):
                continue
            if "run" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason="not asked for: make test-n8n runs it in the real n8n"))
            elif not shutil.which("node"):
                item.add_marker(pytest.mark.skip(reason="a node's expression needs Node (apt install nodejs)"))


@cache
def _here(path: Path) -> bool:
    """One answer for the thousands of tests of a file."""
    return HERE in path.parents


def _wanted(config: pytest.Config) -> bool:
    return "n8n" in config.option.markexpr


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop at once, with the remedy, where the machine lacks what a run needs."""
    wanted = _wanted(session.config) and any(
        _here(item.path) and "run" in getattr(item, "fixturenames", ()) for item in session.items
    )
    if wanted and (lacking := obstacle()):
        pytest.exit(lacking, 1)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """The table of behaviours after a run."""
    for line in getattr(config, "n8n_table", []):
        terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Plays all scenarios together, so that the run takes as long as the longest of them."""
    data = tmp_path_factory.mktemp("machine")
    with ExitStack() as stack:
        redis = stack.enter_context(Redis())
        machine = stack.enter_context(Server(data))
        people = stack.enter_context(Receivers())
        channels = stack.enter_context(Channels())
        line = stack.enter_context(FaultyLine(machine.url))
        urls = {
            "machine_url": line.url,
            "waha_url": channels.url,
            "graph_url": channels.url,
            "media_url": f"{channels.url}/media",
        }
        told = {"handover_telegram_chat": str(CHAT), "handover_mail_to": "desk@example.com, owner@example.com"}
        told |= {"handover_mail_from": "machine@example.com"}
        flows = [
            configured("sales", urls | told, {}),
            configured("closed", urls | {"machine_url": f"http://127.0.0.1:{free_port()}"}, {}),
            configured("wrongkey", urls, {"salesMachine0001": "wrongKey00000001"}),
            configured("noredis", urls, {"salesRedis000001": "noRedis000000001"}),
            configured("badredis", urls, {"salesRedis000001": "badRedis00000001"}),
        ]
        secrets = {"META_APP_SECRET": APP_SECRET, "META_VERIFY_TOKEN": VERIFY_TOKEN}
        home = tmp_path_factory.mktemp("n8n")
        locked = stack.enter_context(Redis("of another"))
        known = credentials(redis.port, free_port(), locked.port, people)
        n8n = stack.enter_context(N8n(home, flows, known, secrets))
        found = Run(channels, people, line, n8n, redis, data / "conversations.db", {}, [])
        play(found)
        yield found
