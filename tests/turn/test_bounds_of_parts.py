"""The small parts around a turn at their edges: locks, asides, the breaker, the budget of the processor, the deadline."""

import asyncio
import time
from types import SimpleNamespace
from typing import Any

import pytest

from app.breaker import Breaker
from app.cpu import Cpu, _breath_s, stretch
from app.deadline import Deadline
from app.errors import DeadlinePassed, Overloaded, TooCostly
from app.turn.asides import Asides
from app.turn.locks import KeyLocks
from app.types import Aside, Key
from tests.virtual import took

ANNA, OLEG = Key("B", "anna"), Key("B", "oleg")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


# The deadline


def test_a_deadline_is_of_the_clock_that_nobody_can_set(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("app.deadline.time", SimpleNamespace(monotonic=clock))
    deadline = Deadline.after(30)
    assert deadline.remaining() == 30
    clock.now += 31
    assert deadline.remaining() == -1


async def test_a_deadline_that_has_passed_lets_nothing_begin_and_says_what_to_do() -> None:
    ran: list[str] = []
    with pytest.raises(DeadlinePassed, match="use the fallback and try again"):
        async with Deadline.after(-1).enforce():
            await asyncio.sleep(0)
            ran.append("it did")
    assert ran == []


# Locks


async def test_who_holds_and_awaits_a_key_is_told_in_the_order_of_arrival() -> None:
    locks = KeyLocks()
    done: list[str] = []
    go_on = asyncio.Event()

    async def one(purpose: str) -> None:
        async with locks.hold(ANNA, Deadline.after(5), purpose):
            await go_on.wait()
            done.append(purpose)

    assert list(locks.users(ANNA)) == []
    tasks = [asyncio.create_task(one(purpose)) for purpose in ("a", "b", "a", "c")]
    await asyncio.sleep(0)
    assert list(locks.users(ANNA)) == ["a", "b", "a", "c"]
    assert (list(locks.users(OLEG)), len(locks)) == ([], 1)
    tasks[1].cancel()
    await asyncio.wait({tasks[1]})
    assert list(locks.users(ANNA)) == ["a", "a", "c"]
    go_on.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (done, len(locks)) == (["a", "a", "c"], 0)


async def test_a_body_that_fails_gives_its_lock_back() -> None:
    locks = KeyLocks()
    with pytest.raises(KeyError):
        async with locks.hold(ANNA, Deadline.after(5)):
            raise KeyError
    assert len(locks) == 0
    async with locks.hold(ANNA, Deadline.after(5)):
        pass


def test_a_lock_is_waited_for_until_the_deadline_and_its_body_is_not_bounded_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def play() -> None:
        monkeypatch.setattr("app.deadline.time", SimpleNamespace(monotonic=asyncio.get_running_loop().time))
        locks = KeyLocks()
        async with locks.hold(ANNA, Deadline.after(30)):
            with pytest.raises(DeadlinePassed):
                async with locks.hold(ANNA, Deadline.after(30)):
                    pass
            assert asyncio.get_running_loop().time() == 30
            await asyncio.sleep(100)

    assert took(play()) == 130


# Asides


async def heard() -> Aside:
    return Aside({"goal": "порядок"})


async def never() -> Aside:
    await asyncio.Event().wait()
    return Aside()


def test_an_aside_is_waited_for_one_second_and_then_ended() -> None:
    writing: list[asyncio.Task[Aside]] = []

    async def play() -> None:
        asides = Asides()
        writing.append(asyncio.create_task(never()))
        asides.put(ANNA, writing[0], "said", keeping([]))
        assert await asides.take(ANNA) is None
        await asyncio.wait({writing[0]})
        assert len(asides) == 0

    assert 0.5 <= took(play()) <= 2
    assert writing[0].cancelled()


def keeping(kept: list[Key]) -> Any:
    async def keep(key: Key) -> None:
        kept.append(key)

    return keep


async def test_an_aside_is_taken_once_by_its_own_conversation_or_kept_alone() -> None:
    kept: list[Key] = []
    asides = Asides()
    asides.put(ANNA, asyncio.create_task(heard()), "said", keeping(kept))
    assert await asides.take(OLEG) is None
    assert await asides.take(ANNA) == (Aside({"goal": "порядок"}), "said")
    assert await asides.take(ANNA) is None
    await asyncio.sleep(0.01)
    assert kept == [], "a turn has it"
    asides.put(ANNA, asyncio.create_task(heard()), "said", keeping(kept))
    await asyncio.sleep(0.01)
    assert kept == [ANNA]


async def test_of_two_asides_of_a_conversation_only_the_newer_is_kept() -> None:
    kept: list[str] = []
    go_on = asyncio.Event()

    def keep(name: str) -> Any:
        async def keeping(_: Key) -> None:
            kept.append(name)

        return keeping

    async def late() -> Aside:
        await go_on.wait()
        return Aside()

    asides = Asides()
    asides.put(ANNA, asyncio.create_task(late()), "one", keep("old"))
    asides.put(ANNA, asyncio.create_task(late()), "two", keep("new"))
    go_on.set()
    await asyncio.sleep(0.01)
    assert kept == ["new"]


async def test_a_close_ends_what_is_written_and_what_is_kept() -> None:
    asides = Asides()
    kept: list[str] = []
    begun = asyncio.Event()

    async def keeps(_: Key) -> None:
        begun.set()
        await asyncio.sleep(30)
        kept.append("too late")

    writing = asyncio.create_task(never())
    asides.put(ANNA, writing, "said", keeping([]))
    asides.put(OLEG, asyncio.create_task(heard()), "said", keeps)
    await begun.wait()
    async with asyncio.timeout(5):
        await asides.close()
    await asyncio.wait({writing}, timeout=5)
    assert writing.cancelled()
    assert (len(asides), kept) == (0, [])


# The breaker


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_a_breaker_opens_at_the_last_failure_in_a_row_and_not_before(limit: int) -> None:
    breaker = Breaker(limit, 10, Clock())
    for _ in range(3):
        for _ in range(limit - 1):
            breaker.failed()
            assert (breaker.state, breaker.allow(), breaker.retry_after()) == ("closed", True, 0.0)
        breaker.succeeded()
    for _ in range(limit):
        breaker.failed()
    assert (breaker.state, breaker.allow(), breaker.retry_after()) == ("open", False, 10)


@pytest.mark.parametrize(
    ("seconds", "state", "left"), [(0, "open", 10), (9.99, "open", 0.01), (10, "half_open", 0), (99, "half_open", 0)]
)
def test_a_breaker_rests_for_its_pause(seconds: float, state: str, left: float) -> None:
    clock = Clock()
    breaker = Breaker(1, 10, clock)
    breaker.failed()
    clock.now += seconds
    assert breaker.state == state
    assert breaker.retry_after() == pytest.approx(left)
    assert breaker.allow() is (state == "half_open")


def test_one_call_tries_and_the_others_are_told_how_long_that_may_take() -> None:
    clock = Clock()
    breaker = Breaker(3, 10, clock)
    for _ in range(3):
        breaker.failed()
    clock.now += 25
    assert breaker.allow()
    clock.now += 4
    assert (breaker.allow(), breaker.retry_after()) == (False, 6)
    breaker.failed()
    assert (breaker.state, breaker.retry_after()) == ("open", 10), "one failed trial is enough"
    clock.now += 10
    assert breaker.allow()
    breaker.succeeded()
    for _ in range(2):
        breaker.failed()
    assert breaker.state == "closed", "it counts from the beginning"


# The processor


def struck(cpu: Cpu, key: Key) -> None:
    with pytest.raises(TooCostly), cpu.turn(key):
        raise TooCostly("it took too much")


def rest_of(cpu: Cpu, key: Key) -> int | None:
    try:
        cpu.check(key)
    except Overloaded as refused:
        assert refused.reason == "resting"
        return refused.retry_after
    return None


def test_a_key_rests_twice_as_long_each_time_up_to_sixteen_times() -> None:
    clock = Clock()
    cpu = Cpu(0.5, 60, clock)
    rests = []
    for _ in range(7):
        struck(cpu, ANNA)
        rests.append(rest_of(cpu, ANNA))
        clock.now += rests[-1] or 0
        assert rest_of(cpu, ANNA) is None, "and then no more"
    assert rests == [60, 120, 240, 480, 960, 960, 960]
    assert (rest_of(cpu, OLEG), cpu.ended) == (None, 7)


@pytest.mark.parametrize(("quiet", "rest"), [(86_399, 120), (86_401, 60)])
def test_what_came_a_day_ago_does_not_count_any_more(quiet: float, rest: int) -> None:
    clock = Clock()
    cpu = Cpu(0.5, 60, clock)
    struck(cpu, ANNA)
    clock.now += 60 + quiet
    struck(cpu, ANNA)
    assert rest_of(cpu, ANNA) == rest


def test_a_rest_is_told_in_whole_seconds_never_none() -> None:
    clock = Clock()
    cpu = Cpu(0.5, 10, clock)
    struck(cpu, ANNA)
    clock.now += 9.9
    assert rest_of(cpu, ANNA) == 1


def test_ten_thousand_keys_are_remembered_and_the_oldest_forgotten_first() -> None:
    cpu = Cpu(0.5, 60, Clock())
    for number in range(10_001):
        struck(cpu, Key("B", str(number)))
    assert rest_of(cpu, Key("B", "0")) is None
    assert rest_of(cpu, Key("B", "1")) == 60
    assert rest_of(cpu, Key("B", "10000")) == 60
    assert len(cpu._strikes) == 10_000


async def test_every_stretch_is_counted_also_one_that_fails() -> None:
    cpu = Cpu(0.5, 60)
    with cpu.turn(ANNA):
        await stretch(lambda: 1)
        with pytest.raises(ZeroDivisionError):
            await stretch(lambda: 1 // 0)
    assert cpu.stretches == 2, "by this the watchdog knows that the loop gets on"


@pytest.mark.parametrize(("spent", "breath"), [(0.0, 0.0), (0.0049, 0.0), (0.005, 0.005), (0.015, 0.015), (0.5, 0.02)])
def test_behind_a_long_stretch_the_loop_has_time_for_others(spent: float, breath: float) -> None:
    assert _breath_s(spent) == breath


async def test_a_long_stretch_is_followed_by_a_breath() -> None:
    cpu = Cpu(0.5, 60)
    naps: list[float] = []
    sleep = asyncio.sleep

    async def nap(seconds: float) -> None:
        naps.append(seconds)
        await sleep(0)

    def works() -> None:
        until = time.thread_time() + 0.03
        while time.thread_time() < until:
            pass

    with pytest.MonkeyPatch.context() as patch, cpu.turn(ANNA):
        patch.setattr("app.cpu.asyncio.sleep", nap)
        await stretch(works)
        await stretch(lambda: 1)
    assert naps == [0.02, 0.0]
