"""What is published is put in use: the service looks where its knowledge folder leads, and swaps when that changes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

from app.errors import MachineError
from app.knowledge.sections import load
from app.knowledge.shelf import Knowledge

POLL_S = 1.0
_RETRY_S = 30.0  # the cause may go by itself: a model that was busy, a version whose files came late


class Watcher:
    """Keeps one bot's knowledge as published. `after(ok)` is awaited behind every attempt."""

    def __init__(self, knowledge: Knowledge, after: Callable[[bool], Awaitable[None]]) -> None:
        self._knowledge = knowledge
        self._after = after
        self._failed: Path | None = None
        self._failed_at = 0.0
        self._files: tuple[tuple[str, int, int], ...] | None = None
        """What is in use, as its folder was at the last look."""

    async def run(self) -> None:
        """Looks every POLL_S seconds until cancelled. No failure ends it, and none touches what is in use."""
        while True:
            await asyncio.sleep(POLL_S)
            await self.look()

    async def look(self) -> bool:
        """One look: whether another version was put in use."""
        folder = self._knowledge.folder
        if folder is None or self._knowledge.loaded_from is None:
            return False
        target = await asyncio.to_thread(folder.resolve)
        if target == self._knowledge.loaded_from:
            self._failed = None  # a bad version was taken back
            self._knowledge.trouble = await asyncio.to_thread(self._lost, target)
            return False
        if target == self._failed and time.monotonic() - self._failed_at < _RETRY_S:
            return False
        return await self._swap(target)

    def _lost(self, folder: Path) -> str:
        """Why the next start could not load again what is in use; empty while it could."""
        try:
            if not folder.is_dir():
                return f"{folder.name} is gone: without it the next start fails"
            found = tuple(
                (path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*.y*ml"))
            )
            if self._files is not None and found != self._files:
                load(folder)
            self._files = found
        except (MachineError, OSError) as error:
            return f"{folder.name} was changed where it lies and cannot be loaded again: {error}"
        return ""

    async def _swap(self, target: Path) -> bool:
        before = self._knowledge.version
        try:
            base = await asyncio.to_thread(load, target)
            await self._knowledge.rebuild(base)
        except Exception as error:  # whatever is wrong with what was published, the old version serves on
            reason = str(error) if isinstance(error, MachineError) else type(error).__name__
            self._failed, self._failed_at = target, time.monotonic()
            self._knowledge.trouble = f"{target.name} was published and cannot be used: {reason}"
            structlog.get_logger().warning("knowledge not swapped", folder=target.name, reason=reason, exc_info=error)
            await self._after(False)
            return False
        self._failed = None
        structlog.get_logger().info("knowledge swapped", before=before, version=base.version, folder=target.name)
        await self._after(True)
        return True
