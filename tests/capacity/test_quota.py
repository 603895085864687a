"""So many turns of a hundred and no more: over any stretch, and since the start."""

from hypothesis import given
from hypothesis import strategies as st

from app.capacity.quota import Quota

WINDOW = 40


@given(st.lists(st.booleans(), max_size=400))
def test_no_stretch_of_turns_has_more_than_a_quarter(wishes: list[bool]) -> None:
    share = Quota(of=4, window=WINDOW)
    taken = []
    for wish in wishes:
        share.came()
        taken.append(wish and share.take())
    for end in range(1, len(taken) + 1):
        assert 4 * sum(taken[:end]) <= end
        assert 4 * sum(taken[max(0, end - WINDOW) : end]) <= WINDOW


def test_turns_that_asked_for_nothing_save_nothing_up() -> None:
    share = Quota(of=4, window=WINDOW)
    for _ in range(10 * WINDOW):
        share.came()
    taken = 0
    for _ in range(WINDOW):
        share.came()
        taken += share.take()
    assert taken == WINDOW // 4


def test_whoever_may_takes_a_quarter_in_the_long_run() -> None:
    share, taken = Quota(of=4, window=WINDOW), 0
    for _ in range(1000):
        share.came()
        taken += share.take()
    assert taken == 250


def test_the_first_turns_wait_for_their_share() -> None:
    share = Quota()
    said = []
    for _ in range(5):
        share.came()
        said.append(share.take())
    assert said == [False, False, False, True, False]


def test_what_was_refused_does_not_count() -> None:
    share = Quota()
    for _ in range(8):
        share.came()
    assert [share.take() for _ in range(4)] == [True, True, False, False]
    assert not Quota().take(), "no turn has come"


def test_it_is_one_turn_in_four_of_the_last_forty_unless_somebody_says_otherwise() -> None:
    share = Quota()
    for _ in range(400):
        share.came()
    taken = 0
    for _ in range(80):
        share.came()
        taken += share.take()
    assert taken == 20, "ten of the first forty, and ten of those behind them: nothing is saved up"
    burst = Quota()
    for _ in range(400):
        burst.came()
    assert sum(burst.take() for _ in range(99)) == 10
