"""Fixtures of this folder. Its tests need Prometheus and Alertmanager; where these are not, they are left out by name."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.alerts.office import Office, missing
from tests.alerts.receivers import Receivers

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    lacking = missing()
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.long)
            if lacking:
                item.add_marker(pytest.mark.skip(reason=lacking))


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A server in which all is well."""
    with Receivers() as receivers, Office(tmp_path_factory.mktemp("office"), receivers) as running:
        yield running


@pytest.fixture(autouse=True)
def well(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test leaves no fault behind: nobody is being told anything when the next begins."""
    yield
    if "office" in request.fixturenames and "waves" not in request.fixturenames:
        running = request.getfixturevalue("office")
        running.receivers.refusing = set()
        running.mend()
        running.until(lambda: running.standing() <= {"Watchdog", "ReceiverFails", "AlertTest"}, "all is well", 60)
        time.sleep(2.5)
