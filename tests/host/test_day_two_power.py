"""The power fails while a release is being switched. All ten points: `make prove-power`."""

from collections.abc import Iterator

import pytest

from tests.host.conftest import NUMBER
from tests.prove.power import POINTS, Point, Rig, rig

AROUND_THE_SWITCH = [point for point in POINTS if point.name in ("new settings, former release", "started, not proven")]


@pytest.fixture(scope="module")
def machine() -> Iterator[Rig]:
    with rig(f"power{NUMBER}", NUMBER + 3) as made:
        yield made


@pytest.mark.parametrize("point", AROUND_THE_SWITCH, ids=lambda point: point.name)
def test_after_a_power_cut_one_whole_release_serves_and_nothing_is_lost(machine: Rig, point: Point) -> None:
    cut = machine.cut_at(point)
    assert cut.wrong == []
    assert cut.delivered > 0
    assert cut.undone
    assert cut.serves == "former"
