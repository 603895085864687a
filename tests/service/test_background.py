"""What the service does beside answering: how often, what it writes down, and that it never deletes by a doubtful clock."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from app.errors import StoreUnavailable
from app.health.clock import ClockWatch
from app.service import jobs
from app.store.retention import Deleted
from app.telemetry import Telemetry
from app.turn.bots import Bot, Bots
from app.turn.machine import Machine

DAY = 86_400.0


class Stop(Exception):
    """The test has seen enough."""


class Naps:
    """Takes the place of the module's sleep: nobody waits, and `most` naps end it. `each` runs in every one."""

    def __init__(self, most: int, each: Callable[[], None] = lambda: None) -> None:
        self.taken: list[float] = []
        self._most, self._each = most, each

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        self._each()
        if len(self.taken) == self._most:
            raise Stop


class Memory:
    """A store that remembers what it was asked, and of which each write may fail."""

    def __init__(self, *outcomes: int | Exception) -> None:
        self.outcomes = list(outcomes)
        self.asked: list[tuple[float, int]] = []
        self.verified = 0
        self.noted: list[tuple[str, int]] = []

    async def expire(self, before: float, most: int) -> Deleted:
        self.asked.append((before, most))
        outcome = self.outcomes.pop(0) if self.outcomes else 0
        if isinstance(outcome, Exception):
            raise outcome
        return Deleted(outcome, outcome * 3, 0)

    async def verify(self) -> None:
        self.verified += 1

    async def record_knowledge(self, version: str, sections: int) -> None:
        if self.outcomes and isinstance(self.outcomes[0], Exception):
            raise self.outcomes[0]
        self.noted.append((version, sections))


class Clock:
    """A clock that is `off` by so many seconds until somebody accepts it."""

    def __init__(self, off: float = 0.0) -> None:
        self.off = off

    def step(self) -> float:
        return self.off

    def accept(self) -> None:
        self.off = 0.0


def bot(memory: Memory, days: int = 30) -> Any:
    return SimpleNamespace(
        name="shop",
        store=memory,
        telemetry=Telemetry(b"key"),
        settings=SimpleNamespace(store=SimpleNamespace(retention_days=days)),
        knowledge=SimpleNamespace(version="v7", sections=("a", "b", "c")),
    )


def figures(machine: Any) -> list[str]:
    return machine.telemetry.exposition().decode().splitlines()  # type: ignore[no-any-return]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Naps]:
    """naps(most, each): see Naps."""

    def taking(most: int, each: Callable[[], None] = lambda: None) -> Naps:
        taken = Naps(most, each)
        clock = SimpleNamespace(**{name: getattr(asyncio, name) for name in ("to_thread", "gather", "create_task")})
        clock.sleep = taken
        monkeypatch.setattr(jobs, "asyncio", clock)
        return taken

    return taking


def synchronised(monkeypatch: pytest.MonkeyPatch, answer: bool | None) -> None:
    monkeypatch.setattr(jobs, "clock_synchronised", lambda: answer)


async def until_stopped(work: Coroutine[Any, Any, None]) -> list[Any]:
    """What is logged until the naps are over."""
    with capture_logs() as logged, pytest.raises(Stop):
        await work
    return logged


# Deleting what is old


async def test_old_conversations_are_deleted_at_the_start_and_once_a_day_fifty_at_a_time(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronised(monkeypatch, True)
    taken, memory = naps(3), Memory(50, 50, 7, 0, 2)
    here = bot(memory, days=30)
    logged = await until_stopped(jobs._daily(here, cast(ClockWatch, Clock())))
    assert taken.taken == [DAY] * 3
    assert {most for _, most in memory.asked} == {50}, "a turn waits for no more"
    assert all(abs(time.time() - 30 * DAY - before) < 60 for before, _ in memory.asked)
    assert [(each["event"], each["conversations"], each["days"], each["log_level"]) for each in logged] == [
        ("old conversations deleted", 107, 30, "info"),
        ("old conversations deleted", 2, 30, "info"),
        ("old conversations deleted", 0, 30, "info"),
    ]
    assert "machine_conversations_expired_total 109.0" in figures(here)


async def test_a_doubtful_clock_deletes_nothing_and_is_looked_at_again_in_ten_minutes(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronised(monkeypatch, None)
    clock, memory = Clock(DAY * 2), Memory(3)
    taken = naps(3)
    logged = await until_stopped(jobs._daily(bot(memory), cast(ClockWatch, clock)))
    assert (taken.taken, memory.asked) == ([600.0] * 3, [])
    assert {(each["event"], each["error"], each["log_level"]) for each in logged} == {
        ("old conversations not deleted", "ClockNotTrusted", "warning")
    }
    taken = naps(2, clock.accept)
    await until_stopped(jobs._daily(bot(memory), cast(ClockWatch, clock)))
    assert taken.taken == [600.0, DAY], "once it is right it is done"
    assert len(memory.asked) == 2


@pytest.mark.parametrize(("behind_it", "deletes"), [(True, True), (None, True), (False, False)])
async def test_a_clock_that_no_time_server_sets_deletes_nothing(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch, behind_it: bool | None, deletes: bool
) -> None:
    synchronised(monkeypatch, behind_it)
    memory = Memory(3)
    naps(1)
    await until_stopped(jobs._daily(bot(memory), cast(ClockWatch, Clock())))
    assert bool(memory.asked) is deletes


async def test_a_memory_that_cannot_be_written_is_tried_again_the_next_day(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronised(monkeypatch, True)
    taken, memory = naps(2), Memory(StoreUnavailable("full"), 4)
    logged = await until_stopped(jobs._daily(bot(memory), cast(ClockWatch, Clock())))
    assert taken.taken == [DAY, DAY]
    assert [(each["event"], each.get("error")) for each in logged] == [
        ("old conversations not deleted", "StoreUnavailable"),
        ("old conversations deleted", None),
    ]


async def test_exactly_what_was_touched_before_is_deleted_the_oldest_first(machine: Machine) -> None:
    """By the last message, not the first; a conversation of that very moment stays."""
    with closing(sqlite3.connect(machine.store.path)) as db:
        db.executemany(
            "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at, updated_at)"
            " VALUES ('B', ?, 1, 1, '{}', ?, ?)",
            [("older", 50, 60), ("oldest", 50, 40), ("old", 10, 99.9), ("then", 1, 100), ("since", 1, 101)],
        )
        db.commit()

        def left() -> set[str]:
            return {row[0] for row in db.execute("SELECT user_id FROM conversations")}

        assert (await machine.store.expire(100, 1)).conversations == 1
        assert left() == {"older", "old", "then", "since"}
        assert (await machine.store.expire(100, 50)).conversations == 2
        assert left() == {"then", "since"}
        assert (await machine.store.expire(100, 50)).conversations == 0


async def test_what_a_deletion_took_is_counted_by_table(machine: Machine) -> None:
    with closing(sqlite3.connect(machine.store.path)) as db:
        for user, turns, seen in (("a", 2, 1), ("b", 3, 0), ("c", 0, 4)):
            db.execute(
                "INSERT INTO conversations (session_id, user_id, schema_version, revision, state, created_at, updated_at)"
                " VALUES ('B', ?, 1, 1, '{}', 1, 1)",
                (user,),
            )
            for number in range(turns):
                db.execute(
                    "INSERT INTO turns VALUES (NULL, 'B', ?, ?, ?, 'h', 'q', 'a', '{}', '{}', 1)",
                    (user, number, f"r{number}"),
                )
            for number in range(seen):
                db.execute(
                    "INSERT INTO observations VALUES (NULL, 'B', ?, ?, NULL, NULL, 'x', 'human', 1)",
                    (user, 100 + number),
                )
        db.commit()
    first, rest = await machine.store.expire(5, 1), await machine.store.expire(5, 9)
    assert first + rest == Deleted(3, 5, 5)
    assert Deleted(1, 2, 3) + Deleted(10, 20, 30) == Deleted(11, 22, 33)


# The clock


@pytest.mark.parametrize(("answer", "accepted"), [(True, True), (None, False), (False, False)])
async def test_a_step_of_the_clock_is_told_once_and_taken_as_right_behind_a_time_server(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch, answer: bool | None, accepted: bool
) -> None:
    synchronised(monkeypatch, answer)
    clock = Clock(172_800.4)
    taken = naps(5)
    logged = await until_stopped(jobs._follow(cast(ClockWatch, clock), bot(Memory())))
    assert taken.taken == [10.0] * 5
    assert (clock.off == 0.0) is accepted
    told = [(each["event"], each["seconds"], each["log_level"]) for each in logged]
    assert told == ([] if accepted else [("clock set", 172_800, "warning")])


async def test_that_the_clock_is_right_again_is_told_too(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch
) -> None:
    synchronised(monkeypatch, None)
    clock = Clock()
    steps = iter((-7200.0, -7200.0, 0.0, 0.0, 0.0))
    naps(5, lambda: setattr(clock, "off", next(steps)))
    logged = await until_stopped(jobs._follow(cast(ClockWatch, clock), bot(Memory())))
    assert [each["seconds"] for each in logged] == [-7200, 0]


# The memory, and the knowledge in use


async def test_the_memory_is_read_through_at_the_start_and_every_hour(naps: Callable[..., Naps]) -> None:
    taken, memory = naps(3), Memory()
    await until_stopped(jobs._read_through(bot(memory)))
    assert (taken.taken, memory.verified) == ([3600.0] * 3, 3)


@pytest.mark.parametrize(("ok", "outcome"), [(True, "loaded"), (False, "failed")])
async def test_published_knowledge_is_counted_and_noted_when_it_is_in_use(ok: bool, outcome: str) -> None:
    memory = Memory()
    here = bot(memory)
    await jobs._noted(here, here)(ok)
    said = figures(here)
    assert f'machine_knowledge_swaps_total{{bot="shop",outcome="{outcome}"}} 1.0' in said
    assert ('machine_knowledge_sections{bot="shop"} 3.0' in said) is ok
    assert memory.noted == ([("v7", 3)] if ok else [])


async def test_knowledge_that_cannot_be_noted_is_in_use_all_the_same_and_said_so() -> None:
    here = bot(Memory(StoreUnavailable("no", reason="full")))
    with capture_logs() as logged:
        await jobs.note_knowledge(here, here)
    assert 'machine_knowledge_sections{bot="shop"} 3.0' in figures(here)
    assert logged == [
        {
            "event": "knowledge version not recorded",
            "error": "StoreUnavailable",
            "reason": "full",
            "log_level": "warning",
        }
    ]


@pytest.mark.parametrize("days", [0, 1])
async def test_what_runs_beside_answering_ends_with_the_service(bot: Bot, machine: Machine, days: int) -> None:
    kept = machine.settings.store.model_copy(update={"retention_days": days})
    machine = replace(machine, settings=machine.settings.model_copy(update={"store": kept}))
    machine = replace(machine, bots=Bots(bot, {"two": replace(bot, name="two")}, ()))

    def running() -> set[str]:
        return {task.get_name() for task in asyncio.all_tasks()} - before

    before = {task.get_name() for task in asyncio.all_tasks()}
    async with jobs.jobs(machine, ClockWatch()):
        expected = {f"knowledge-{bot.name}", "knowledge-two", "memory-read-through", "messages-brought-over", "clock"}
        assert running() == expected | ({"retention"} if days else set())
    assert running() == set()


# What a release before has written


class Behind:
    """A store of which `steps` steps have to be brought over; `counted` at which step it was asked what is left."""

    def __init__(self, steps: int) -> None:
        self.steps, self.done = steps, 0
        self.counted: list[int] = []

    async def behind(self) -> int:
        self.counted.append(self.done)
        return self.steps - self.done

    async def bring_some(self, place: int | None) -> Any:
        assert place == (self.done or None), "each goes on where the one before stopped"
        self.done += 1
        return SimpleNamespace(place=self.done, over=self.done == self.steps)


async def test_what_is_left_is_counted_now_and_then_and_turns_have_the_disk_most_of_the_time(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Behind(130)
    here = SimpleNamespace(store=store, telemetry=Telemetry(b"key"))
    taken, clock = naps(999), iter(range(10_000))
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    with capture_logs() as logged:
        await jobs.complete_logs(cast(Machine, here))
    assert store.counted == [0, 64, 128, 130]
    assert taken.taken == [3.0] * 130, "three times as long as a step, which took a second"
    assert [each["event"] for each in logged] == ["messages are brought over", "messages brought over"]
    assert "machine_conversations_unlogged 0.0" in figures(here)


async def test_a_short_step_is_followed_by_a_moment_for_others(
    naps: Callable[..., Naps], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, taken = SimpleNamespace(store=Behind(2), telemetry=Telemetry(b"key")), naps(999)
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: 5.0))
    await jobs.complete_logs(cast(Machine, here))
    assert taken.taken == [0.02] * 2


async def test_ten_minutes_later_it_is_looked_whether_the_release_before_has_written_once_more(
    naps: Callable[..., Naps],
) -> None:
    class Full(Behind):
        async def behind(self) -> int:
            raise StoreUnavailable("full", reason="full")

    here, taken = SimpleNamespace(store=Full(1), telemetry=Telemetry(b"key")), naps(2)
    logged = await until_stopped(jobs._bring_over(cast(Machine, here)))
    assert taken.taken == [600.0, 600.0]
    assert [(each["event"], each["reason"], each["log_level"]) for each in logged] == [
        ("messages not brought over", "full", "warning")
    ] * 2
