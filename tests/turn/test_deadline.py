"""Deadlines, admission and the per-key queue."""

import asyncio

import pytest

from app.capacity.admission import Admission
from app.deadline import Deadline
from app.errors import DeadlinePassed, Overloaded
from app.turn.locks import KeyLocks


async def test_a_deadline_ends_its_body_with_its_own_error() -> None:
    with pytest.raises(DeadlinePassed):
        async with Deadline.after(0.02).enforce():
            await asyncio.sleep(5)


async def test_a_timeout_from_within_is_not_taken_for_the_deadline() -> None:
    with pytest.raises(TimeoutError) as caught:
        async with Deadline.after(5).enforce():
            async with asyncio.timeout(0.01):
                await asyncio.sleep(1)
    assert not isinstance(caught.value, DeadlinePassed)


async def hold(admission: Admission, seconds: float, order: list[int] | None = None, number: int = 0) -> None:
    with admission.ticket("shop", object(), Deadline.after(5)) as ticket:
        async with ticket.place(lambda _: None):
            if order is not None:
                order.append(number)
            await asyncio.sleep(seconds)


async def test_no_more_than_the_allowed_number_run_and_the_rest_wait_in_order() -> None:
    admission = Admission(parallel=2, max_waiting=10)
    order: list[int] = []
    tasks = [asyncio.ensure_future(hold(admission, 0.02, order, n)) for n in range(6)]
    await asyncio.sleep(0.005)
    assert (admission.running, admission.waiting) == (2, 4)
    await asyncio.gather(*tasks)
    assert order == list(range(6))
    assert (admission.running, admission.waiting) == (0, 0)


async def test_one_too_many_is_refused_at_once_with_a_time_to_come_back() -> None:
    admission = Admission(parallel=1, max_waiting=1)
    tasks = [asyncio.ensure_future(hold(admission, 0.05)) for _ in range(2)]
    await asyncio.sleep(0.005)
    with pytest.raises(Overloaded) as caught:
        await hold(admission, 0)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 1
    await asyncio.gather(*tasks)


async def test_what_cannot_finish_before_its_deadline_is_refused_before_it_waits() -> None:
    admission = Admission(parallel=1, max_waiting=100)
    for _ in range(40):
        await hold(admission, 0.01)
    tasks = [asyncio.ensure_future(hold(admission, 0.01)) for _ in range(20)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        admission.ticket("shop", "one more", Deadline.after(0.05)).reserve()
    await asyncio.gather(*tasks)


async def test_a_cancelled_waiter_leaves_no_trace() -> None:
    admission = Admission(parallel=1, max_waiting=5)
    first = asyncio.ensure_future(hold(admission, 0.05))
    await asyncio.sleep(0.005)
    second = asyncio.ensure_future(hold(admission, 0))
    await asyncio.sleep(0.005)
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    assert (admission.running, admission.waiting) == (0, 0)
    await hold(admission, 0)


async def test_within_a_key_the_order_of_arrival_is_kept_and_keys_run_side_by_side() -> None:
    locks = KeyLocks()
    done: list[tuple[str, int]] = []

    async def work(key: str, number: int) -> None:
        async with locks.hold(key, Deadline.after(5)):
            await asyncio.sleep(0.002)
            done.append((key, number))

    await asyncio.gather(*(work(key, number) for number in range(10) for key in "ab"))
    assert [n for k, n in done if k == "a"] == list(range(10))
    assert [n for k, n in done if k == "b"] == list(range(10))
    assert done != sorted(done)
    assert len(locks) == 0


async def test_a_key_that_stays_busy_costs_a_waiter_its_deadline_and_nothing_else() -> None:
    locks = KeyLocks()
    async with locks.hold("a", Deadline.after(1)):
        with pytest.raises(DeadlinePassed):
            async with locks.hold("a", Deadline.after(0.02)):
                pass
    async with locks.hold("a", Deadline.after(1)):
        assert len(locks) == 1
    assert len(locks) == 0
