"""Admission: who is refused on arrival, who goes next, and that nothing is left behind."""

import asyncio
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.admission import Admission
from app.deadline import Deadline
from app.errors import Overloaded
from app.pace import Call, Pace, gain


def pace(service_s: float) -> Pace:
    """A pace at which every turn is expected to take `service_s`, alone or together."""
    return Pace(1e9, 1 / service_s, fresh=0, answer=1, curve=(1, 2, 3, 4, 5, 6, 7, 8))


async def work(
    admission: Admission, bot: str, seconds: float, *, within: float = 5.0, done: list[str] | None = None
) -> None:
    async with admission.admit(bot, Deadline.after(within), lambda _: None):
        await asyncio.sleep(seconds)
    if done is not None:
        done.append(bot)


async def test_bots_take_turns_however_many_one_of_them_sends() -> None:
    admission = Admission(1, 100, pace(0.01))
    done: list[str] = []
    loud = [asyncio.create_task(work(admission, "loud", 0.01, done=done)) for _ in range(10)]
    await asyncio.sleep(0)
    calm = [asyncio.create_task(work(admission, "calm", 0.01, done=done)) for _ in range(3)]
    await asyncio.gather(*loud, *calm)
    assert done[:7].count("calm") == 3, done


async def test_the_prediction_counts_who_works_and_who_waits_ahead() -> None:
    admission = Admission(2, 100, pace(1.0))
    assert admission.predicted_wait("shop") == 0
    tasks = [asyncio.create_task(work(admission, "shop", 60)) for _ in range(4)]
    await asyncio.sleep(0.01)
    assert (admission.running, admission.waiting) == (2, 2)
    assert 1.5 < admission.predicted_wait("shop") <= 2.05
    assert 0.9 < admission.predicted_wait("other") <= 2.05  # it would go second, not third
    with pytest.raises(Overloaded) as refused:
        admission.check("shop", Deadline.after(2.5))
    assert refused.value.reason == "deadline"
    admission.check("shop", Deadline.after(3.5))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (admission.running, admission.waiting) == (0, 0)


async def test_an_idle_machine_lets_a_turn_in_whatever_its_estimate_says() -> None:
    """Only turns put an estimate right: a machine that refused all of them would refuse for ever."""
    admission = Admission(4, 10, pace(100.0))
    await work(admission, "shop", 0, within=1)
    assert admission.running == 0


async def test_a_refusal_says_when_to_come_back_and_costs_nothing() -> None:
    admission = Admission(1, 100, pace(10.0))
    first = asyncio.create_task(work(admission, "shop", 60, within=30))
    await asyncio.sleep(0)
    started = time.monotonic()
    with pytest.raises(Overloaded) as refused:
        await work(admission, "shop", 0, within=15)
    assert time.monotonic() - started < 0.05
    assert 4 <= (refused.value.retry_after or 0) <= 6
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert (admission.running, admission.waiting) == (0, 0)


async def test_a_waiter_that_leaves_in_the_moment_a_place_comes_free_passes_it_on() -> None:
    for order in ("cancel first", "free first"):
        admission = Admission(1, 10)
        release = asyncio.Event()

        async def holds(admission: Admission = admission, release: asyncio.Event = release) -> None:
            async with admission.admit("shop", Deadline.after(5), lambda _: None):
                await release.wait()

        holder = asyncio.create_task(holds())
        await asyncio.sleep(0)
        waiters = [asyncio.create_task(work(admission, "shop", 0)) for _ in range(3)]
        await asyncio.sleep(0)
        if order == "cancel first":
            waiters[0].cancel()
            release.set()
        else:
            release.set()
            await asyncio.sleep(0)
            waiters[0].cancel()
        results = await asyncio.gather(holder, *waiters, return_exceptions=True)
        assert [type(result) for result in results if result is not None] in ([asyncio.CancelledError], [])
        assert (admission.running, admission.waiting) == (0, 0), order


@settings(max_examples=40, deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 8), st.booleans()), max_size=30),
    parallel=st.integers(1, 4),
)
def test_whatever_comes_and_goes_no_place_is_lost(arrivals: list[tuple[str, int, bool]], parallel: int) -> None:
    async def play() -> None:
        admission = Admission(parallel, 8, pace(0.001))
        peak = 0

        async def one(bot: str, length: int) -> None:
            nonlocal peak
            async with admission.admit(bot, Deadline.after(5), lambda _: None):
                peak = max(peak, admission.running)
                for _ in range(length):
                    await asyncio.sleep(0)

        tasks = []
        for bot, length, leaves in arrivals:
            tasks.append(asyncio.create_task(one(bot, length)))
            await asyncio.sleep(0)
            if leaves:
                tasks[length % len(tasks)].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (admission.running, admission.waiting) == (0, 0)
        assert peak <= parallel
        assert len(admission._queues) == 0

    asyncio.run(play())


async def test_a_steady_overload_keeps_the_places_busy_and_starves_nobody() -> None:
    """Arrivals at four times the capacity for 0.6 s, nine tenths of them from one bot."""
    admission = Admission(2, 50, pace(0.02))
    served: Counter[str] = Counter()
    late = refused = 0

    async def one(bot: str) -> None:
        nonlocal late, refused
        deadline = Deadline.after(0.1)
        try:
            async with admission.admit(bot, deadline, lambda _: None):
                await asyncio.sleep(0.02)
        except Overloaded:
            refused += 1
            return
        served[bot] += 1
        late += deadline.remaining() < -0.02

    tasks = []
    for number in range(240):
        tasks.append(asyncio.create_task(one("calm" if number % 10 == 0 else "loud")))
        await asyncio.sleep(0.0025)
    await asyncio.gather(*tasks)
    assert refused > 100
    assert served["calm"] >= 12, served  # of 24: at least half, while the loud one gets a third
    assert late <= 2


def test_the_pace_learns_what_calls_take() -> None:
    learning = Pace(900, 23.5, fresh=900, answer=160)
    assert learning.service_s(1) == pytest.approx(900 / 900 + 160 / 23.5)
    assert learning.service_s(4) == pytest.approx(1 + 160 * 4 / (23.5 * 2.75))
    for _ in range(200):  # a card half as fast, with shorter prompts
        learning.called(Call(fresh=400, prefill_s=400 / 450, answer=120, decode_s=120 / (11.75 * 2.75 / 4), streams=4))
        learning.finished(total_s=1.5, model_s=1.0, expected_s=1.5)
    assert learning.prefill_tps == pytest.approx(450, rel=0.01)
    assert learning.decode_tps == pytest.approx(11.75, rel=0.01)
    assert learning.service_s(1) == pytest.approx(0.5 + 400 / 450 + 120 / 11.75, rel=0.02)


@given(streams=st.floats(0, 12), more=st.floats(0, 4))
def test_more_streams_gain_together_and_lose_each(streams: float, more: float) -> None:
    assert gain(streams) <= gain(streams + more)
    assert gain(max(1, streams)) / max(1, streams) >= gain(max(1, streams) + more) / (max(1, streams) + more) - 1e-9
