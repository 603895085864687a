"""A model server that says exactly what a test wrote down, and remembers what it was asked; within the test's own loop."""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any, Self

Turn = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""What becomes of one call of /api/chat: it writes a whole HTTP response, or leaves without one."""

_HEAD = "HTTP/1.1 {} x\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n"
_STREAM = (_HEAD.format(200) + "Transfer-Encoding: chunked\r\n\r\n").encode()


def says(*pieces: str, read: int | None = 100, reason: str = "stop", pause_s: float = 0.0, ends: bool = True) -> Turn:
    """A stream of these pieces. `read`: prompt tokens that its end tells of, None: it has no end line.

    `pause_s` before each piece but the first; not `ends`: the connection stays open and silent behind them.
    """

    async def turn(writer: asyncio.StreamWriter) -> None:
        writer.write(_STREAM)
        for place, piece in enumerate(pieces):
            if place:
                await asyncio.sleep(pause_s)
            writer.write(_chunk(_line(message={"role": "assistant", "content": piece}, done=False)))
            await writer.drain()
        if not ends:
            await asyncio.Event().wait()
        if read is not None:
            counts = {"prompt_eval_count": read, "prompt_eval_duration": 10**9, "eval_count": len(pieces)}
            said = {"role": "assistant", "content": ""}
            writer.write(_chunk(_line(message=said, done=True, done_reason=reason, **counts)))
        writer.write(_chunk(b""))

    return turn


def fails(status: int, error: str) -> Turn:
    """A refusal with the server's own words."""

    async def turn(writer: asyncio.StreamWriter) -> None:
        writer.write(_body(status, error=error))

    return turn


def breaks(*pieces: str, error: str = "") -> Turn:
    """A stream that breaks off behind these pieces: the connection is cut, or `error` is said in its midst."""

    async def turn(writer: asyncio.StreamWriter) -> None:
        if pieces or error:
            writer.write(_STREAM)
        for piece in pieces:
            writer.write(_chunk(_line(message={"role": "assistant", "content": piece}, done=False)))
        if error:
            writer.write(_chunk(json.dumps({"error": error}).encode() + b"\n") + _chunk(b""))

    return turn


async def silent(writer: asyncio.StreamWriter) -> None:
    """Not a byte, ever."""
    await asyncio.Event().wait()


class ScriptedModel:
    """`async with ScriptedModel(says("Да."), silent) as model:` answers its streamed calls of /api/chat in this order."""

    def __init__(self, *turns: Turn, model: str = "qwen3:14b") -> None:
        self._turns = list(turns)
        self.url = ""
        self._model = model
        self._tasks: set[asyncio.Task[Any]] = set()
        self.asked: list[dict[str, Any]] = []
        """The bodies of the calls of /api/chat."""
        self.open = self.most_open = 0
        """Streamed calls that are being answered, now and at most."""
        self._moved = asyncio.Event()

    async def until(self, held: Callable[[], bool]) -> None:
        """Waits for a call to come or to end that makes it so. Raises TimeoutError after ten seconds."""
        async with asyncio.timeout(10):
            while not held():
                await self._moved.wait()

    def _count(self, more: int) -> None:
        self.open += more
        self.most_open = max(self.most_open, self.open)
        self._moved.set()
        self._moved = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = "http://{}:{}".format(*self._server.sockets[0].getsockname())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            if (listed := self._listed(head)) is not None:
                writer.write(listed)
                return
            length = int(head.partition("content-length:")[2].partition("\r\n")[0])
            self.asked.append(json.loads(await reader.readexactly(length)))
            if (warmed := self._warmed(self.asked[-1])) is not None:
                writer.write(warmed)
                return
            await self._answered(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _listed(self, head: str) -> bytes | None:
        """What a look at the model gets; None: it is another call."""
        known = {"model": self._model, "digest": "d", "size": 1, "size_vram": 1}
        return _body(200, models=[known]) if "/api/ps" in head else None

    def _warmed(self, asked: dict[str, Any]) -> bytes | None:
        """What a warm-up gets; None: it is a turn's call."""
        said = {"role": "assistant", "content": "да"}
        warm = not asked.get("stream")
        return _body(200, model=self._model, message=said, done=True, done_reason="length") if warm else None

    async def _answered(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Says the next turn, until it ends or its caller leaves."""
        assert self._turns, "called more often than was written down"
        self._count(1)
        saying, leaving = asyncio.ensure_future(self._turns.pop(0)(writer)), asyncio.ensure_future(reader.read())
        try:
            await asyncio.wait({saying, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._count(-1)
            for each in (saying, leaving):
                each.cancel()
            await asyncio.gather(saying, leaving, return_exceptions=True)


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def _body(status: int, **fields: Any) -> bytes:
    return (_HEAD.format(status) + "\r\n" + json.dumps(fields)).encode()


def _line(**fields: Any) -> bytes:
    return json.dumps({"model": "qwen3:14b", "created_at": "2026-01-01T00:00:00Z", **fields}).encode() + b"\n"
