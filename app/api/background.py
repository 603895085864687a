"""What the service does beside answering: it puts published knowledge in use, and deletes old conversations."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from app.bots import Bot, Bots
from app.errors import MachineError
from app.knowledge.watcher import Watcher

_DAY_S = 86_400.0
_BATCH = 50  # conversations deleted in one commit: a turn that waits for its own waits that long at most


@asynccontextmanager
async def background(bots: Bots) -> AsyncIterator[None]:
    """Runs it around its body."""
    tasks = [
        asyncio.create_task(Watcher(bot.knowledge, _noted(bot)).run(), name=f"knowledge-{bot.name}")
        for bot in bots.all()
    ]
    if bots.default.settings.store.retention_days:
        tasks.append(asyncio.create_task(_daily(bots.default), name="retention"))
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def note_knowledge(bot: Bot) -> None:
    """Writes down which version is in use, and how many sections the search can find."""
    sections = len(bot.knowledge.sections)
    bot.telemetry.knowledge_sections.labels(bot.name).set(sections)
    await bot.store.record_knowledge(bot.knowledge.version, sections)


async def expire(bot: Bot, days: int) -> int:
    """Deletes the conversations without a message for `days` days; how many. Raises StoreUnavailable."""
    before, total = time.time() - days * _DAY_S, 0
    while count := (await bot.store.expire(before, _BATCH)).conversations:
        total += count
        bot.telemetry.expired.inc(count)
    return total


def _noted(bot: Bot) -> Callable[[bool], Awaitable[None]]:
    async def after(ok: bool) -> None:
        bot.telemetry.knowledge_swaps.labels(bot.name, "loaded" if ok else "failed").inc()
        if ok:
            try:
                await note_knowledge(bot)
            except MachineError as error:  # it is in use all the same; every turn records its version
                bot.telemetry.log.warning("knowledge version not recorded", error=type(error).__name__)

    return after


async def _daily(bot: Bot) -> None:
    days = bot.settings.store.retention_days
    while True:
        try:
            bot.telemetry.log.info("old conversations deleted", conversations=await expire(bot, days), days=days)
        except MachineError as error:  # the database cannot be written now: tomorrow again
            bot.telemetry.log.warning("old conversations not deleted", error=type(error).__name__)
        await asyncio.sleep(_DAY_S)
