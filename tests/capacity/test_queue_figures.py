"""The simulated card by itself: its promise, its limits, and the figures that an estimate is read from."""

import math
from dataclasses import replace

import pytest

from app.capacity.queueing import Card, Load, Simulated, _at, _Queue, simulate
from app.errors import ConfigError

FOUND = Simulated(arrived=10, answered=9, refused=1, late=0, p95_s=30.0, p99_s=45.0, per_minute=5.0)


@pytest.mark.parametrize(
    ("p95_s", "p99_s", "in_time"),
    [(30.0, 45.0, True), (30.01, 45.0, False), (30.0, 45.01, False), (0.0, 45.01, False), (30.01, 0.0, False)],
)
def test_the_promise_is_thirty_seconds_for_most_and_forty_five_for_nearly_all(
    p95_s: float, p99_s: float, in_time: bool
) -> None:
    assert replace(FOUND, p95_s=p95_s, p99_s=p99_s).in_time is in_time


def test_the_card_is_the_one_that_was_estimated() -> None:
    assert Card() == Card(23.5, 900.0, (1.0, 1.75, 2.3, 2.75), 0.6)
    assert Load(1.0) == Load(1.0, fresh=408, answer=120, slots=4, admission=True, turns=2000, seed=1)


@pytest.mark.parametrize("odd", [0.0, -1.0, math.inf, math.nan])
def test_speeds_are_positive_numbers(odd: float) -> None:
    for broken in ({"decode_tps": odd}, {"prefill_tps": odd}, {"gain": (1.0, odd)}):
        with pytest.raises(ConfigError, match="must be positive"):
            Card(**broken)
    assert Card(retrieval_s=0.0)
    with pytest.raises(ConfigError, match="must be positive"):
        Card(gain=())
    for seconds in (-0.1, math.inf, math.nan):
        with pytest.raises(ConfigError, match="must be positive"):
            Card(retrieval_s=seconds)


@pytest.mark.parametrize(("streams", "tps"), [(1, 10), (2, 18), (3, 18), (9, 18)])
def test_streams_beyond_the_measured_ones_gain_nothing_more(streams: int, tps: float) -> None:
    assert Card(decode_tps=10, gain=(1.0, 1.8)).together(streams) == tps


@pytest.mark.parametrize(("count", "p95", "p99"), [(0, 0, 0), (1, 1, 1), (20, 20, 20), (100, 96, 100), (200, 191, 199)])
def test_a_share_of_values_is_read_from_the_sorted_list(count: int, p95: float, p99: float) -> None:
    values = [float(number) for number in range(1, count + 1)]
    assert (_at(values, 0.95), _at(values, 0.99)) == (p95, p99)


def test_customers_come_at_the_rate_that_was_asked_for_and_write_what_was_asked_for() -> None:
    load = Load(30.0, answer=120, turns=4000)
    arrivals = _Queue(Card(), load)._arrivals()
    assert arrivals[-1].arrived == pytest.approx(4000 * 60 / 30, rel=0.05)
    lengths = sorted(turn.length for turn in arrivals)
    assert sum(lengths) / len(lengths) == pytest.approx(120, rel=0.04)
    spread = math.sqrt(sum((each - 120) ** 2 for each in lengths) / len(lengths))
    assert 0.2 * 120 < spread < 0.35 * 120, "by about a third"
    assert lengths[-1] == 180, "cut where the service cuts it"
    assert lengths[0] >= 1


def test_an_answer_after_thirty_seconds_is_late_and_carries_nothing() -> None:
    slow = simulate(Card(decode_tps=4.0, gain=(1.0,)), Load(0.1, answer=110, slots=1, admission=False, turns=50))
    assert (slow.arrived, slow.answered, slow.refused) == (50, 50, 0)
    assert 0 < slow.late < 50
    everyone = simulate(Card(), Load(0.1, turns=50))
    assert (everyone.answered, everyone.late) == (50, 0)
    assert everyone.per_minute == pytest.approx(0.1, rel=0.3)
    assert slow.per_minute < 0.1 * (50 - slow.late) / 50 * 1.4


def test_a_queue_of_two_hundred_does_not_come_back_and_a_shorter_one_may() -> None:
    lost = simulate(Card(), Load(200.0, admission=False))
    assert (lost.answered, lost.p95_s) == (0, math.inf)
    rush = simulate(Card(), Load(6000.0, turns=150, admission=False))
    assert rush.answered == 150
