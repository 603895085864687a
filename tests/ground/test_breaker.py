"""The breaker: opens, rests, lets one call try."""

from app.breaker import Breaker


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_opens_after_so_many_failures_in_a_row_and_one_success_closes_it() -> None:
    clock = Clock()
    breaker = Breaker(3, 10, clock)
    for _ in range(2):
        breaker.failed()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.allow()
    breaker.failed()
    assert (breaker.state, breaker.allow(), breaker.retry_after()) == ("open", False, 10)
    clock.now = 10
    assert breaker.state == "half_open"
    assert breaker.allow()
    assert not breaker.allow()  # one trial at a time
    breaker.succeeded()
    assert (breaker.state, breaker.allow()) == ("closed", True)


def test_a_failed_trial_rests_again_and_an_abandoned_one_may_be_repeated() -> None:
    clock = Clock()
    breaker = Breaker(1, 10, clock)
    breaker.failed()
    clock.now = 10
    assert breaker.allow()
    breaker.failed()
    assert breaker.retry_after() == 10
    clock.now = 20
    assert breaker.allow()
    breaker.abandoned()
    assert breaker.allow()


def test_a_trial_that_never_ends_does_not_shut_the_part_out_for_ever() -> None:
    clock = Clock()
    breaker = Breaker(1, 10, clock)
    breaker.failed()
    clock.now = 10
    assert breaker.allow()
    clock.now = 20
    assert breaker.allow()


def test_it_rests_to_the_end_of_its_pause() -> None:
    clock = Clock()
    breaker = Breaker(3, 10, clock)
    for _ in range(3):
        breaker.failed()
    for clock.now, left in ((0.0, 10.0), (9.5, 0.5), (9.99, 0.01)):
        assert (breaker.state, breaker.allow(), round(breaker.retry_after(), 6)) == ("open", False, left)
    clock.now = 10
    assert (breaker.state, breaker.retry_after()) == ("half_open", 0)
    assert breaker.allow()
    clock.now = 12
    assert breaker.retry_after() == 8, "somebody tries it now, and has as long as a pause"
    breaker.failed()
    assert (breaker.state, breaker.retry_after()) == ("open", 10), "one failed trial is enough"
    clock.now = 22
    assert breaker.allow()
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert breaker.allow(), "a success forgets what failed before"
    breaker.abandoned()
    assert breaker.state == "closed"
