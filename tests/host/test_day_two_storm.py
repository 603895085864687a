"""kill -9 while customers write, and the rest of day two under load. The long forms: `make prove-storm`, `make prove-day-two`."""

import pytest

from tests.host.hosts import Host
from tests.prove.day_two import ACTIONS, act
from tests.prove.releases import FAST
from tests.prove.storm import UNITS, storm


@pytest.fixture(scope="module")
def host(provisioned: Host) -> Host:
    play = provisioned.play("site.yml", "--tags", "ollama,app", **FAST)
    assert play.status == 0, play.output
    return provisioned


def test_three_kills_lose_nothing_and_each_is_over_by_itself(host: Host) -> None:
    outcome = storm(host, 60, order=list(UNITS))
    assert [kill.what for kill in outcome.kills] == list(UNITS)
    assert outcome.held, outcome


# Updates and rollbacks: test_day_two_release.py.
@pytest.mark.parametrize("action", [name for name in ACTIONS if name not in ("update", "rollback")])
def test_customers_notice_nothing_of(host: Host, action: str) -> None:
    report, _ = act(host, action)
    assert report.clean, report
