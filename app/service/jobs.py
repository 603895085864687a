"""What the service does beside answering: it puts published knowledge in use, and deletes old conversations."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from app.errors import MachineError
from app.health.clock import ClockWatch
from app.health.facts import clock_synchronised
from app.knowledge.watcher import Watcher
from app.turn.bots import Bot
from app.turn.machine import Machine

_DAY_S = 86_400.0
_DISTRUST_S = 600.0  # until the clock is looked at again before anything is deleted
_LOOK_S = 10.0
_READ_THROUGH_S = 3600.0
_BATCH = 50  # conversations deleted in one commit: a turn that waits for its own waits that long at most


@asynccontextmanager
async def jobs(machine: Machine, clock: ClockWatch) -> AsyncIterator[None]:
    """Runs it around its body."""
    tasks: list[asyncio.Task[Any]] = [
        asyncio.create_task(Watcher(bot.knowledge, _noted(bot, machine)).run(), name=f"knowledge-{bot.name}")
        for bot in machine.bots.all()
    ]
    tasks.append(asyncio.create_task(_read_through(machine), name="memory-read-through"))
    tasks.append(asyncio.create_task(_follow(clock, machine), name="clock"))
    if machine.settings.store.retention_days:
        tasks.append(asyncio.create_task(_daily(machine, clock), name="retention"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def note_knowledge(bot: Bot, machine: Machine) -> None:
    """Writes down which version is in use, and how many sections the search can find.

    A memory that cannot be written now is /ready's to tell: the knowledge is in use all the same, and every turn
    records its version.
    """
    sections = len(bot.knowledge.sections)
    machine.telemetry.knowledge_sections.labels(bot.name).set(sections)
    try:
        await machine.store.record_knowledge(bot.knowledge.version, sections)
    except MachineError as error:
        machine.telemetry.log.warning("knowledge version not recorded", error=type(error).__name__, reason=error.reason)


async def expire(machine: Machine, days: int) -> int:
    """Deletes the conversations without a message for `days` days; how many. Raises StoreUnavailable."""
    before, total = time.time() - days * _DAY_S, 0
    while count := (await machine.store.expire(before, _BATCH)).conversations:
        total += count
        machine.telemetry.expired.inc(count)
    return total


def _noted(bot: Bot, machine: Machine) -> Callable[[bool], Awaitable[None]]:
    async def after(ok: bool) -> None:
        machine.telemetry.knowledge_swaps.labels(bot.name, "loaded" if ok else "failed").inc()
        if ok:
            await note_knowledge(bot, machine)

    return after


async def _read_through(machine: Machine) -> None:
    """Looks for damage that no turn has met yet, at the start and every hour."""
    while True:
        await machine.store.verify()
        await asyncio.sleep(_READ_THROUGH_S)


async def _follow(clock: ClockWatch, machine: Machine) -> None:
    """Tells of a step of the clock once, and takes the new time as right when a time server stands behind it."""
    told = 0.0
    while True:
        await asyncio.sleep(_LOOK_S)
        step = clock.step()
        synchronised = await asyncio.to_thread(clock_synchronised) if step else None
        if synchronised:
            clock.accept()
            step = 0.0
        if round(step) != round(told):
            machine.telemetry.log.warning("clock set", seconds=round(step))
            told = step


async def _trusted(clock: ClockWatch) -> bool:
    """Whether the clock may decide what is deleted for ever: not after a step, nor without a time server."""
    return not clock.step() and await asyncio.to_thread(clock_synchronised) is not False


async def _daily(machine: Machine, clock: ClockWatch) -> None:
    days = machine.settings.store.retention_days
    while True:
        if not await _trusted(clock):
            machine.telemetry.log.warning("old conversations not deleted", error="ClockNotTrusted")
            await asyncio.sleep(_DISTRUST_S)
            continue
        try:
            machine.telemetry.log.info(
                "old conversations deleted", conversations=await expire(machine, days), days=days
            )
        except MachineError as error:  # the database cannot be written now: tomorrow again
            machine.telemetry.log.warning("old conversations not deleted", error=type(error).__name__)
        await asyncio.sleep(_DAY_S)
