"""Two faults reach a phone and a mailbox once, again while they last, and once when they are over. All twelve: `make prove-told`."""

from collections.abc import Iterator

import pytest

from tests.alerts.receivers import Receivers
from tests.host.callers import Caller
from tests.host.hosts import Host
from tests.prove.told import Trial
from tests.prove.told_faults import CHAINS, Fault
from tests.prove.told_host import SOONER, receiving

FRONT = "tests/host/playbooks/front.yml"
SHORT = ("the memory cannot be written", "the backup fails")


@pytest.fixture
def receivers(provisioned: Host) -> Iterator[Receivers]:
    with Receivers(f"10.213.{provisioned.number}.1") as listening:
        play = provisioned.play(FRONT, front_roles=["monitor"], **SOONER, **receiving(listening))
        assert play.status == 0, play.output
        yield listening
    assert provisioned.play(FRONT, front_roles=["monitor"]).status == 0


@pytest.mark.timeout(900)
def test_two_faults_at_once_are_told_once_each_and_so_is_their_end(provisioned: Host, receivers: Receivers) -> None:
    chosen: list[Fault] = [fault for chain in CHAINS for fault in chain if fault.title in SHORT]
    assert len(chosen) == 2
    trial = Trial(provisioned, receivers, Caller(provisioned))
    outcomes = trial.all(tuple((fault,) for fault in chosen))
    assert [outcome.wrong for outcome in outcomes] == [[], []]
    assert all(outcome.messages == outcome.reminders == {"telegram": 1, "email": 1} for outcome in outcomes)
