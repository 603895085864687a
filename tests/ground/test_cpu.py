"""A turn's own work is ended when it costs too much, and the event loop serves others between its stretches."""

import asyncio
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from app.cpu import Cpu, _breath_s, stretch
from app.errors import Overloaded, TooCostly
from app.types import Key

ANNA, OLEG = Key("B", "anna"), Key("B", "oleg")
_ENDLESS = re.compile(r"(a+)+$")  # takes 2^n steps to fail


def _regular_expression() -> None:
    _ENDLESS.match("a" * 64 + "b")


def _loop() -> None:
    while True:
        pass


def _swallows() -> None:
    """Work that takes whatever is raised for a fault of its own."""
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


def _deep() -> None:
    def down(depth: int) -> int:
        return sum(down(depth - 1) for _ in range(9)) if depth else 1

    down(40)


def _built_in() -> None:
    for _ in range(10**9):
        "".join(sorted("абв" * 100))


@pytest.mark.parametrize("work", [_regular_expression, _loop, _swallows, _deep, _built_in])
async def test_work_that_would_not_end_is_ended_within_its_budget(work: Callable[[], None]) -> None:
    cpu = Cpu(budget_s=0.05, rest_s=60)
    started = time.thread_time()
    with pytest.raises(TooCostly), cpu.turn(ANNA):
        await stretch(work)
    assert time.thread_time() - started < 0.25
    assert cpu.ended == 1


async def test_a_budget_is_of_the_whole_turn_and_not_of_each_stretch() -> None:
    def works() -> None:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    done = 0
    with pytest.raises(TooCostly), Cpu(budget_s=0.05, rest_s=60).turn(ANNA):
        for _ in range(10):
            await stretch(works)
            done += 1
    assert 1 <= done <= 3


async def test_nothing_rings_once_the_work_is_done() -> None:
    cpu = Cpu(budget_s=0.01, rest_s=60)
    with cpu.turn(ANNA):
        assert await stretch(lambda: "done") == "done"
    until = time.thread_time() + 0.1
    while time.thread_time() < until:  # an alarm that was left on would ring here
        pass
    assert cpu.ended == 0


async def test_time_that_other_threads_take_is_not_the_turns() -> None:
    ended = threading.Event()

    def busy() -> None:
        while not ended.is_set():
            pass

    others = [threading.Thread(target=busy) for _ in range(2)]
    for thread in others:
        thread.start()
    try:
        cpu = Cpu(budget_s=0.3, rest_s=60)
        with cpu.turn(ANNA):
            await stretch(lambda: [fold * 2 for fold in range(100_000)])
        assert cpu.ended == 0
    finally:
        ended.set()
        for thread in others:
            thread.join()


async def test_outside_the_main_thread_it_is_refused_when_it_has_ended() -> None:
    def works() -> str:
        until = time.thread_time() + 0.03
        while time.thread_time() < until:
            pass
        return "late"

    async def turn() -> Any:
        with Cpu(budget_s=0.01, rest_s=60).turn(ANNA):
            return await stretch(works)

    with pytest.raises(TooCostly):
        await asyncio.to_thread(lambda: asyncio.run(turn()))


async def test_the_loop_serves_others_between_stretches() -> None:
    cpu = Cpu(budget_s=10, rest_s=60)
    order: list[str] = []

    async def turn(key: Key) -> None:
        with cpu.turn(key):
            for _ in range(3):
                await stretch(lambda: order.append(key.user_id))

    async def somebody() -> None:
        for _ in range(30):
            order.append("-")
            await asyncio.sleep(0)

    await asyncio.gather(turn(ANNA), turn(OLEG), somebody())
    worked = "".join(order)
    assert "annaoleg" not in worked and "oleganna" not in worked, "a turn of the loop holds one stretch"
    assert [name for name in order if name != "-"] == ["anna", "oleg"] * 3, "they take turns"


async def test_a_key_that_cost_too_much_rests_and_the_others_do_not() -> None:
    now = 1000.0
    cpu = Cpu(budget_s=0.02, rest_s=60, clock=lambda: now)
    with pytest.raises(TooCostly), cpu.turn(ANNA):
        await stretch(_loop)
    with pytest.raises(Overloaded) as refused:
        cpu.check(ANNA)
    assert refused.value.retry_after == 60
    cpu.check(OLEG)
    now += 61
    cpu.check(ANNA)
    with pytest.raises(TooCostly), cpu.turn(ANNA):
        await stretch(_loop)
    with pytest.raises(Overloaded) as refused:
        cpu.check(ANNA)
    assert refused.value.retry_after == 120, "each time twice as long"
    now += 121 + 86_400
    with pytest.raises(TooCostly), cpu.turn(ANNA):
        await stretch(_loop)
    with pytest.raises(Overloaded) as refused:
        cpu.check(ANNA)
    assert refused.value.retry_after == 60, "what came a day before is forgotten"


async def test_what_failed_otherwise_lets_nobody_rest() -> None:
    cpu = Cpu(budget_s=1, rest_s=60)
    with pytest.raises(ZeroDivisionError), cpu.turn(ANNA):
        await stretch(lambda: 1 // 0)
    cpu.check(ANNA)


async def test_outside_a_turn_work_just_runs() -> None:
    assert await stretch(lambda: 5) == 5


def cost_too_much(cpu: Cpu, key: Key) -> int:
    """Seconds for which the key rests then."""
    with pytest.raises(TooCostly), cpu.turn(key):
        raise TooCostly("too much")
    with pytest.raises(Overloaded) as refused:
        cpu.check(key)
    assert (refused.value.reason, refused.value.status) == ("resting", 429)
    return refused.value.retry_after or 0


def test_a_rest_is_sixteen_times_the_first_at_most() -> None:
    now = 1000.0
    cpu = Cpu(budget_s=1, rest_s=10, clock=lambda: now)
    assert [cost_too_much(cpu, ANNA) for _ in range(7)] == [10, 20, 40, 80, 160, 160, 160]


@pytest.mark.parametrize(("later_s", "rest_s"), [(86_399, 20), (86_401, 10)])
def test_what_came_within_a_day_of_its_rest_counts(later_s: int, rest_s: int) -> None:
    now = 1000.0
    cpu = Cpu(budget_s=1, rest_s=10, clock=lambda: now)
    cost_too_much(cpu, ANNA)
    now += 10 + later_s
    assert cost_too_much(cpu, ANNA) == rest_s


def test_ten_thousand_keys_are_remembered_and_the_oldest_is_forgotten_first() -> None:
    cpu = Cpu(budget_s=1, rest_s=10, clock=lambda: 1000.0)
    for number in range(10_000):
        with pytest.raises(TooCostly), cpu.turn(Key("B", str(number))):
            raise TooCostly("too much")
    with pytest.raises(Overloaded):
        cpu.check(Key("B", "0"))
    cost_too_much(cpu, ANNA)
    cpu.check(Key("B", "0"))
    with pytest.raises(Overloaded):
        cpu.check(Key("B", "1"))


def test_the_last_second_of_a_rest_is_a_whole_one() -> None:
    now = 1000.0
    cpu = Cpu(budget_s=1, rest_s=10, clock=lambda: now)
    cost_too_much(cpu, ANNA)
    now += 9.9
    with pytest.raises(Overloaded) as refused:
        cpu.check(ANNA)
    assert refused.value.retry_after == 1
    now += 0.1
    cpu.check(ANNA)


@pytest.mark.parametrize(
    ("spent_s", "breath_s"), [(0.004, 0.0), (0.005, 0.005), (0.012, 0.012), (0.02, 0.02), (0.3, 0.02)]
)
def test_behind_a_long_stretch_others_get_as_long_as_it_took_up_to_twenty_milliseconds(
    spent_s: float, breath_s: float
) -> None:
    assert _breath_s(spent_s) == breath_s
