"""Admission: who is refused on arrival, who goes next, and that nothing is left behind."""

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.capacity.admission import Admission
from app.capacity.pace import Call, Pace, gain
from app.deadline import Deadline
from app.errors import Overloaded
from app.turn.bots import Bot
from app.turn.locks import KeyLocks
from app.turn.machine import Machine
from app.turn.process import process
from app.types import Ask, Key
from tests.thrift import most
from tests.virtual import VirtualTime


def pace(service_s: float) -> Pace:
    """A pace at which every turn is expected to take exactly `service_s`, alone or together."""
    return Pace(1e9, 1 / service_s, fresh=0, answer=1, curve=(1, 2, 3, 4, 5, 6, 7, 8), spread=0)


_users = itertools.count()


async def work(
    admission: Admission, bot: str, seconds: float, *, within: float = 5.0, done: list[str] | None = None
) -> None:
    with admission.ticket(bot, next(_users), Deadline.after(within)) as ticket:
        async with ticket.place(lambda _: None):
            await asyncio.sleep(seconds)
    if done is not None:
        done.append(bot)


@pytest.fixture
def virtually(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Awaitable[None]], None]]:
    """Runs a coroutine in virtual time, so that what it shows does not depend on how busy this computer is."""
    with asyncio.Runner(loop_factory=VirtualTime) as runner:
        clock = SimpleNamespace(monotonic=runner.get_loop().time)
        monkeypatch.setattr("app.capacity.admission.time", clock)
        monkeypatch.setattr("app.deadline.time", clock)
        yield runner.run  # type: ignore[misc]


async def test_bots_take_turns_however_many_one_of_them_sends() -> None:
    admission = Admission(1, 100, pace(0.01))
    done: list[str] = []
    loud = [asyncio.create_task(work(admission, "loud", 0.01, done=done)) for _ in range(10)]
    await asyncio.sleep(0)
    calm = [asyncio.create_task(work(admission, "calm", 0.01, done=done)) for _ in range(3)]
    await asyncio.gather(*loud, *calm)
    assert done[:7].count("calm") == 3, done


def test_whoever_hangs_up_while_waiting_for_the_turn_before_takes_nothing_of_it_along(
    virtually: Callable[[Awaitable[None]], None],
) -> None:
    async def played() -> None:
        admission = Admission(4, 100, pace(10.0))
        with admission.ticket("shop", "anna", Deadline.after(60)) as working:
            async with working.place(lambda _: None):
                with admission.ticket("shop", "anna", Deadline.after(60)) as second:
                    second.reserve()
                    assert admission.predicted_wait("shop", "anna") > 15, "it comes behind both"
                assert 9 < admission.predicted_wait("shop", "anna") <= 10, "it still comes behind the one at work"
        assert admission.predicted_wait("shop", "anna") == 0

    virtually(played())


async def test_the_prediction_counts_who_works_and_who_waits_ahead() -> None:
    admission = Admission(2, 100, pace(1.0))
    assert admission.predicted_wait("shop") == 0
    tasks = [asyncio.create_task(work(admission, "shop", 60)) for _ in range(4)]
    await asyncio.sleep(0.01)
    assert (admission.running, admission.waiting) == (2, 2)
    assert 1.5 < admission.predicted_wait("shop") <= 2.05
    assert 0.9 < admission.predicted_wait("other") <= 2.05  # it would go second, not third
    with pytest.raises(Overloaded) as refused:
        admission.ticket("shop", "refused", Deadline.after(2.5)).reserve()
    assert refused.value.reason == "deadline"
    with admission.ticket("shop", "in time", Deadline.after(3.5)) as ticket:
        ticket.reserve()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (admission.running, admission.waiting) == (0, 0)


async def test_an_idle_machine_lets_a_turn_in_whatever_its_estimate_says() -> None:
    """Only turns put an estimate right: a machine that refused all of them would refuse for ever."""
    admission = Admission(4, 10, pace(100.0))
    await work(admission, "shop", 0, within=1)
    assert admission.running == 0


def test_a_refusal_says_when_to_come_back_and_costs_nothing(virtually: Any) -> None:
    async def play() -> None:
        admission = Admission(1, 100, pace(10.0))
        first = asyncio.create_task(work(admission, "shop", 60, within=30))
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await work(admission, "shop", 0, within=15)
        assert asyncio.get_running_loop().time() == 0  # at once
        assert refused.value.retry_after == 5
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert (admission.running, admission.waiting) == (0, 0)

    virtually(play())


async def test_a_waiter_that_leaves_in_the_moment_a_place_comes_free_passes_it_on() -> None:
    for order in ("cancel first", "free first"):
        admission = Admission(1, 10)
        release = asyncio.Event()

        async def holds(admission: Admission = admission, release: asyncio.Event = release) -> None:
            with admission.ticket("shop", "holder", Deadline.after(5)) as ticket:
                async with ticket.place(lambda _: None):
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
        for _ in range(50):
            await asyncio.sleep(0)
        assert all(task.done() for task in (holder, *waiters)), f"{order}: a place that nobody took is given on"
        results = await asyncio.gather(holder, *waiters, return_exceptions=True)
        assert [type(result) for result in results if result is not None] in ([asyncio.CancelledError], [])
        assert (admission.running, admission.waiting) == (0, 0), order


@settings(max_examples=most(40), deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 8), st.booleans(), st.booleans()), max_size=30),
    parallel=st.integers(1, 4),
)
def test_whatever_comes_and_goes_no_place_is_lost(arrivals: list[tuple[str, int, bool, bool]], parallel: int) -> None:
    async def play() -> None:
        admission = Admission(parallel, 8, pace(0.001))
        peak = 0

        async def one(bot: str, length: int, reserves: bool) -> None:
            nonlocal peak
            with admission.ticket(bot, length % 3, Deadline.after(5)) as ticket:
                if reserves:
                    ticket.reserve()
                    await asyncio.sleep(0)
                async with ticket.place(lambda _: None):
                    peak = max(peak, admission.running)
                    for _ in range(length):
                        await asyncio.sleep(0)

        tasks = []
        for bot, length, leaves, reserves in arrivals:
            tasks.append(asyncio.create_task(one(bot, length, reserves)))
            await asyncio.sleep(0)
            if leaves:
                tasks[length % len(tasks)].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (admission.running, admission.waiting) == (0, 0)
        assert peak <= parallel
        assert not (admission._queues or admission._reserved or admission._let_in or admission._working)

    asyncio.run(play())


@pytest.mark.parametrize("seed", range(3))
def test_a_steady_overload_keeps_the_places_busy_and_starves_nobody(virtually: Any, seed: int) -> None:
    """Three hours of four times what two places carry, nine tenths of it from one bot; turns vary by a half."""
    rng = random.Random(seed)
    served: Counter[str] = Counter()
    sent: Counter[str] = Counter()
    late = 0
    admission = Admission(2, 50, pace(10.0))

    async def one(bot: str) -> None:
        nonlocal late
        deadline = Deadline.after(40)
        sent[bot] += 1
        try:
            with admission.ticket(bot, next(_users), deadline) as ticket:
                async with ticket.place(lambda _: None):
                    ticket.model_s = rng.uniform(5, 15)
                    await asyncio.sleep(ticket.model_s)
        except Overloaded:
            return
        served[bot] += 1
        late += deadline.remaining() < 0

    async def play() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(8640):
                group.create_task(one("calm" if rng.random() < 0.1 else "loud"))
                await asyncio.sleep(rng.expovariate(1 / 1.25))

    virtually(play())
    assert served.total() >= 0.9 * 3 * 3600 / 5  # two places, ten seconds a turn, ten minutes
    assert served["calm"] >= 0.7 * sent["calm"]
    assert served["loud"] <= 0.3 * sent["loud"]
    assert late <= 0.02 * served.total()


@pytest.mark.parametrize("seed", range(3))
def test_a_second_message_is_refused_on_arrival_or_answered(virtually: Any, seed: int) -> None:
    """Customers who write two or three at once, at what the places carry: each waits for the answer before its own."""
    rng = random.Random(seed)
    admission = Admission(4, 50, pace(10.0))
    locks = KeyLocks()
    outcomes: Counter[str] = Counter()

    async def one(bot: str, user: int) -> None:
        deadline = Deadline.after(60)
        arrived = time_of()
        try:
            with admission.ticket(bot, user, deadline) as ticket:
                if locks.users(user):
                    ticket.reserve()
                async with locks.hold(user, deadline), ticket.place(lambda _: None):
                    ticket.model_s = rng.uniform(5, 15)
                    await asyncio.sleep(ticket.model_s)
        except Overloaded:
            assert time_of() == arrived  # at once, or not at all
            outcomes["refused"] += 1
            return
        outcomes["late" if deadline.remaining() < 0 else "answered"] += 1

    def time_of() -> float:
        return asyncio.get_running_loop().time()

    async def play() -> None:
        async with asyncio.TaskGroup() as group:
            for user in range(300):
                bot = rng.choice("abc")
                for _ in range(rng.choice((1, 1, 1, 2, 3))):
                    group.create_task(one(bot, user))
                    await asyncio.sleep(rng.uniform(0, 2))
                await asyncio.sleep(rng.expovariate(1 / 3))

    virtually(play())
    assert outcomes["refused"] > 5, outcomes  # it was a trial
    assert outcomes["late"] <= 0.02 * outcomes.total(), outcomes
    assert outcomes["answered"] > 0.8 * outcomes.total(), outcomes


async def test_who_reserved_first_goes_first_though_others_stood_in_the_queue_before() -> None:
    admission = Admission(1, 10)
    done: list[str] = []
    release = asyncio.Event()

    async def one(name: str, until: asyncio.Event | None = None) -> None:
        with admission.ticket("shop", name, Deadline.after(5)) as ticket:
            ticket.reserve()
            if until:
                await until.wait()
            async with ticket.place(lambda _: None):
                await release.wait()
        done.append(name)

    ready = asyncio.Event()
    tasks = [
        asyncio.create_task(one(name, until)) for name, until in (("at work", None), ("early", ready), ("late", None))
    ]
    await asyncio.sleep(0)
    assert (admission.running, admission.waiting) == (1, 2)
    ready.set()
    await asyncio.sleep(0)
    release.set()
    await asyncio.gather(*tasks)
    assert done == ["at work", "early", "late"]


async def test_a_twin_of_the_turn_at_work_waits_for_its_answer_where_another_message_is_refused(
    bot: Bot,
    machine: Machine,
) -> None:
    key, question = Key("BOT_1", "twins"), "Сколько стоит тариф Рост?"
    full = replace(machine, admission=Admission(1, 0))
    with full.admission.ticket("default", "another", Deadline.after(5)) as other:
        held = machine.locks.hold(key, Deadline.after(5), "first")
        async with asyncio.timeout(5), other.place(lambda _: None), held:  # a refusal never waits for the lock
            twin = asyncio.create_task(process(Ask(key, question, "first"), bot, full))
            with pytest.raises(Overloaded):
                await process(Ask(key, "А доставка?", "second"), bot, full)
            assert not twin.done()
            # The turn at work ends: its answer is stored before its lock is free.
            answered = await process(
                Ask(key, question, "first"), bot, replace(machine, locks=KeyLocks(), admission=Admission(1, 0))
            )
    async with asyncio.timeout(5):
        again = await twin
    assert (again.body, again.replayed) == (answered.body, True)


async def test_what_was_answered_is_given_again_though_the_turn_behind_it_is_at_work_and_no_place_free(
    bot: Bot,
    machine: Machine,
) -> None:
    key, question = Key("BOT_1", "again"), "Сколько стоит тариф Рост?"
    answered = await process(Ask(key, question, "first"), bot, machine)
    full = replace(machine, admission=Admission(1, 0))
    with full.admission.ticket("default", "another", Deadline.after(5)) as other:
        async with other.place(lambda _: None):
            async with machine.locks.hold(key, Deadline.after(5), "second"):
                again = asyncio.create_task(process(Ask(key, question, "first"), bot, full))
                await asyncio.sleep(0.05)
            assert (await again).body == answered.body


def test_the_pace_learns_what_calls_take() -> None:
    learning = Pace(900, 23.5, fresh=900, answer=160)
    assert learning.service_s(1) == pytest.approx(900 / 900 + 160 / 23.5)
    assert learning.service_s(4) == pytest.approx(1 + 160 * 4 / (23.5 * 2.75))
    for _ in range(200):  # a card half as fast, with shorter prompts
        learning.called(Call(fresh=400, prefill_s=400 / 450, answer=120, decode_s=120 / (11.75 * 2.75 / 4), streams=4))
        learning.finished(total_s=1.5, model_s=1.0)
    assert learning.prefill_tps == pytest.approx(450, rel=0.01)
    assert learning.decode_tps == pytest.approx(11.75, rel=0.01)
    assert learning.service_s(1) == pytest.approx(0.5 + 400 / 450 + 120 / 11.75, rel=0.02)


def test_the_pace_learns_how_late_turns_may_be_and_is_not_shaken_by_a_stall() -> None:
    rng = random.Random(1)
    learning = Pace(900, 23.5, fresh=900, answer=160)
    assert learning.late_s == pytest.approx(2 * 0.3 * learning.service_s(4), rel=0.1)  # a guess: two deviations
    for _ in range(150):
        learning.came(rng.choice((-6.0, 1.0)))  # short answers among long ones
    assert learning.late_s == 1
    for _ in range(2):
        learning.came(25)
    assert learning.late_s == 1
    for _ in range(10):
        learning.came(4)
    assert learning.late_s == 4


@given(streams=st.floats(0, 12), more=st.floats(0, 4))
def test_more_streams_gain_together_and_lose_each(streams: float, more: float) -> None:
    assert gain(streams) <= gain(streams + more)
    assert gain(max(1, streams)) / max(1, streams) >= gain(max(1, streams) + more) / (max(1, streams) + more) - 1e-9
