"""A small HTTP/1.1 server that can do what a framework hides: cut a body short, and hear at once that a client left."""

import asyncio
import socket
import struct
import traceback
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import unquote

import httptools

from loadtests.emulators.golang import marshal

JSON = "application/json; charset=utf-8"
NDJSON = "application/x-ndjson"
BARE_JSON = "application/json"
TEXT = "text/plain; charset=utf-8"
BARE_TEXT = "text/plain"


@dataclass(slots=True)
class Request:
    """A complete request. Header names are in lower case."""

    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    keep_alive: bool = True


class Reply:
    """The answer to one request: either one body, or a stream that is ended or cut."""

    def __init__(self, transport: asyncio.Transport, request: Request) -> None:
        self._transport = transport
        self._request = request
        self.started = False

    def json(self, status: int, value: object) -> None:
        self.body(status, marshal(value), JSON)

    def body(self, status: int, content: bytes, kind: str = TEXT, **more: str) -> None:
        """A whole answer with its length and `more` headers; a HEAD request gets the length alone."""
        headers = [*more.items(), *([("Content-Type", kind)] if content else [])]
        self._head(status, [*headers, ("Content-Length", str(len(content)))])
        if self._request.method != "HEAD":
            self._transport.write(content)

    def chunked(self, status: int, value: object, kind: str = BARE_JSON) -> None:
        """A whole JSON in chunks: what comes where a stream was asked for, or is longer than a buffer."""
        self._head(status, [("Content-Type", kind), ("Transfer-Encoding", "chunked")])
        self.chunk(marshal(value))
        self.end()

    def chunk(self, content: bytes) -> None:
        """One piece of a streamed body; the first one sends the status 200 and the headers."""
        if not self.started:
            self._head(200, [("Content-Type", NDJSON), ("Transfer-Encoding", "chunked")])
        self._transport.write(b"%x\r\n%b\r\n" % (len(content), content))

    def end(self) -> None:
        """The end of a streamed body."""
        if not self.started:
            self._head(200, [("Content-Type", NDJSON), ("Transfer-Encoding", "chunked")])
        self._transport.write(b"0\r\n\r\n")

    def cut(self, *, reset: bool = False) -> None:
        """Drops the connection where it stands: as the kernel does for a killed process, or by a TCP reset."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._transport.abort()

    def _head(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.started = True
        known = {entry.value: entry.phrase for entry in HTTPStatus}
        lines = [f"HTTP/1.1 {status} {known.get(status, 'status code')}"]
        lines += [f"{name}: {value}" for name, value in [*headers, ("Date", formatdate(usegmt=True))]]
        if not self._request.keep_alive:
            lines.append("Connection: close")
        self._transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))


Handler = Callable[[Request, Reply], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One client. Its requests are answered in turn; when it goes, the one being answered is cancelled."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._waiting: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def connection_lost(self, error: Exception | None) -> None:
        self._waiting.clear()
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n400 Bad Request")
            self._transport.close()

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._request = Request()

    def on_url(self, url: bytes) -> None:
        self._request.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, body: bytes) -> None:
        self._request.body += body

    def on_message_complete(self) -> None:
        request = self._request
        request.method = self._parser.get_method().decode("latin-1")
        request.path = unquote(request.path.partition("?")[0])
        request.keep_alive = self._parser.should_keep_alive()
        self._waiting.append(request)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._answer())

    async def _answer(self) -> None:
        while self._waiting and not self._transport.is_closing():
            request = self._waiting.popleft()
            try:
                await self._handler(request, Reply(self._transport, request))
            except Exception:  # a fault of the emulator's own: say so, and do not let the client wait
                traceback.print_exc()
                self._transport.abort()
            if not request.keep_alive:
                self._transport.close()
        self._task = None
