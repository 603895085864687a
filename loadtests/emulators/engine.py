"""The model server behind the protocol: loads, the queue, slots, and the time that each step takes."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from loadtests.emulators.cache import PromptCache
from loadtests.emulators.golang import FOREVER_S
from loadtests.emulators.profiles import Clock, Profile
from loadtests.emulators.tokens import Tokens

LOAD_OPTIONS = ("num_ctx", "num_batch", "num_gpu", "num_thread", "use_mmap", "main_gpu", "shift")
"""Options that are fixed when the model loads: another value of one of them loads it again."""


class Busy(Exception):
    """Too many requests wait for a load."""


@dataclass(slots=True)
class Stats:
    """What has happened since the start or the last reset."""

    calls: int = 0
    choices: int = 0
    """Calls, of these, that only chose a name."""
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    cancels: list[dict[str, Any]] = field(default_factory=list)
    prompt_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    truncated: int = 0
    peak_streams: int = 0
    peak_queue: int = 0
    loads: int = 0
    reloads: int = 0
    load_aborts: int = 0
    queue_s: float = 0.0


@dataclass(slots=True)
class Run:
    """A request that holds a slot."""

    prompt: Tokens
    cached: int
    clock: Clock
    prefilled: bool = False
    output: list[str] = field(default_factory=list)


class Engine:
    """One model with `width` slots. `speed` divides every time of the profile.

    `max_queue` requests may wait for a load; nothing limits those that wait for a slot of a loaded model.
    """

    def __init__(
        self, profile: Profile, *, speed: float, width: int, cache_tokens: int, max_queue: int, warm: bool
    ) -> None:
        self.profile = profile
        self._max_queue = max_queue
        self.speed = speed
        self.width = width
        self.cache = PromptCache(width, cache_tokens)
        self.stats = Stats()
        self.warm = warm
        """Loaded with whatever options the first request brings."""
        self.options: dict[str, Any] | None = None
        self.keep_alive_s = FOREVER_S
        self.expires = time.time() + FOREVER_S
        self.streams = 0
        self._users = 0
        self._pending = 0
        self._loading = False
        self._queued = 0
        self._gate = asyncio.Lock()
        self._slots = asyncio.Semaphore(width)
        self._unused = asyncio.Event()
        self._unused.set()
        self._expiry: asyncio.TimerHandle | None = None

    @property
    def loaded(self) -> bool:
        return self.warm or self.options is not None

    def unload(self) -> None:
        """Lets the model go; the next request loads it again."""
        self.warm, self.options = False, None
        self.cache.clear()

    def snapshot(self) -> dict[str, Any]:
        """The statistics as JSON, with what is going on now."""
        return asdict(self.stats) | {"streams": self.streams, "queued": self._queued, "in_use": self._users}

    @asynccontextmanager
    async def loaded_with(self, options: dict[str, Any], keep_alive_s: float) -> AsyncIterator[None]:
        """The model with these load options, kept loaded inside the block. Raises Busy."""
        if self._loading and self._pending > self._max_queue:
            raise Busy
        self._pending += 1
        try:
            async with self._gate:
                if self.options != options:
                    await self._change(options)
                self._users += 1
                self._unused.clear()
        finally:
            self._pending -= 1
        if self._expiry:
            self._expiry.cancel()
        self.keep_alive_s = keep_alive_s
        self.expires = time.time() + keep_alive_s
        try:
            yield
        finally:
            self._users -= 1
            if not self._users:
                self._unused.set()
                self._expire()

    async def _change(self, options: dict[str, Any]) -> None:
        if self.warm:
            self.warm, self.options = False, options
            return
        again = self.options is not None
        await self._unused.wait()  # answers that are being written are finished with the old options
        self.unload()
        self._loading = True
        try:
            await asyncio.sleep(self.profile.load_s / self.speed)
        except asyncio.CancelledError:
            self.stats.load_aborts += 1
            raise
        finally:
            self._loading = False
        self.options = options
        self.stats.loads += 1
        self.stats.reloads += again

    def _expire(self) -> None:
        """Starts the time after which an unused model is let go."""
        if self.keep_alive_s == 0:
            self.unload()
        elif self.keep_alive_s < FOREVER_S:
            self.expires = time.time() + self.keep_alive_s
            self._expiry = asyncio.get_running_loop().call_later(self.keep_alive_s, self._timed_out)

    def _timed_out(self) -> None:
        if not self._users:
            self.unload()

    @asynccontextmanager
    async def slot(self, prompt: Tokens) -> AsyncIterator[Run]:
        """A slot for `prompt`, first come, first served. Leaving the block frees it, however it is left."""
        began = time.monotonic()
        self._queued += 1
        if self._slots.locked():
            self.stats.peak_queue = max(self.stats.peak_queue, self._queued)
        try:
            await self._slots.acquire()
        finally:
            self._queued -= 1
        self.stats.queue_s += time.monotonic() - began
        slot, cached = self.cache.take(prompt)
        run = Run(prompt, cached, Clock())
        stays_s = 0.0

        def free() -> None:
            done = len(prompt) if run.prefilled else cached
            self.cache.release(slot, (*prompt[:done], *run.output))
            self._slots.release()

        try:
            yield run
        except asyncio.CancelledError:
            stays_s = 0.0 if run.prefilled else self.profile.leave_s / self.speed
            raise
        finally:
            if stays_s:
                asyncio.get_running_loop().call_later(stays_s, free)
            else:
                free()

    async def front(self) -> None:
        """What each request costs before its place."""
        if self.profile.front_s:
            await asyncio.sleep(self.profile.front_s / self.speed)

    async def prefill(self, run: Run) -> None:
        """Evaluates the part of the prompt that no cache held."""
        self.stats.prompt_tokens += len(run.prompt)
        self.stats.cached_tokens += run.cached
        await run.clock.wait(self.profile.prefill_s(len(run.prompt) - run.cached) / self.speed)
        run.prefilled = True

    async def decode(self, run: Run, token: str, interval_s: float | None = None) -> None:
        """One token, at the pace of as many streams as there are now; `interval_s` (wall clock) replaces it."""
        pace = self.profile.token_s(max(1, self.streams)) / self.speed if interval_s is None else interval_s
        await run.clock.wait(pace)
        run.output.append(token)
        self.stats.output_tokens += 1

    @asynccontextmanager
    async def decoding(self) -> AsyncIterator[None]:
        """Counts a stream while it decodes."""
        self.streams += 1
        self.stats.peak_streams = max(self.stats.peak_streams, self.streams)
        try:
            yield
        finally:
            self.streams -= 1

    def reset(self, *, warm: bool) -> None:
        """As after the start; what is being answered goes on."""
        self.unload()
        self.warm = warm
        self.stats = replace(Stats())
