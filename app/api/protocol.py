"""HTTP on a socket, within bounds: uvicorn's protocol, and what it lets a caller take for ever.

A connection waits for its caller while nothing of its request is here, or a part. That ends after a time, and earlier
when so many connections are open that a new one needs the place. Refusals have the contract's JSON.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.errors import Code

_NOT_HTTP = "this is no request of HTTP/1.1 with a known method; see the API's page"


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds until the whole head and then the whole body of a request are here; connections at the same time."""

    head_s: float = 10.0
    body_s: float = 15.0
    connections: int = 512
    head_bytes: int = 64 << 10


class Bounded(HttpToolsProtocol):
    """One connection."""

    limits: ClassVar[Limits]
    waiting: "ClassVar[dict[Bounded, None]]"
    """Those that wait for their caller, the longest first."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._part: Literal["nothing", "head", "body"] = "nothing"
        """What of the newest request is still on its way, the rest of it being here."""
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._heard = 0
        self._unheard_bytes = 0
        self._refusal = (400, _NOT_HTTP)

    @property
    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            # Of a caller that has been answered before another request is to be expected.
            dispensable = next((each for each in self.waiting if each.cycle is None or each._part != "nothing"), None)
            dispensable = dispensable or next(iter(self.waiting), None)
            if dispensable is None:
                self._refuse(503, "INTERNAL", "too many connections at once; use the fallback")
                return
            dispensable.connection_given_up()
        self._wait(self.limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def connection_given_up(self) -> None:
        """Closes it for another that needs its place."""
        self._rest()
        self.connections.discard(self)  # it counts no more, although the loop closes it a little later
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        heard = self._heard
        super().data_received(data)
        # The parser keeps a header until its end, and says nothing of what it skips.
        self._unheard_bytes = self._unheard_bytes + len(data) if heard == self._heard else 0
        if self._unheard_bytes > self.limits.head_bytes and not self.transport.is_closing():
            self._too_long()
            self.send_400_response("")

    def on_message_begin(self) -> None:
        self._heard += 1
        self._head_bytes = 0
        self._part = "head"
        if not self._answering:
            self._wait(self.limits.head_s)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._heard += 1
        if not self._answering:
            self._wait(self.limits.body_s)
        super().on_headers_complete()
        self._part = "body"

    def on_body(self, body: bytes) -> None:
        self._heard += 1
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._heard += 1
        self._part = "nothing"
        super().on_message_complete()
        if self._answering:
            self._rest()
        else:  # it was answered before its body was here
            self._wait(self.timeout_keep_alive)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or self._answering:  # the next request was here already
            return
        seconds = {"nothing": self.timeout_keep_alive, "head": self.limits.head_s, "body": self.limits.body_s}
        self._wait(seconds[self._part])

    def _unsupported_upgrade_warning(self) -> None:
        """To ask for another protocol is no fault; the parser reads nothing more behind it."""
        self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """The contract's JSON instead of `msg`, unless an answer is on its way already."""
        status, message = self._refusal
        self._refuse(status, "BAD_REQUEST", message)

    def _count(self, size: int) -> None:
        self._heard += 1
        self._head_bytes += size
        if self._head_bytes > self.limits.head_bytes:
            self._too_long()
            raise ValueError("head too long")  # the parser stops, and what it says leads to send_400_response

    def _too_long(self) -> None:
        self._refusal = (431, f"the request's head is larger than {self.limits.head_bytes} bytes; send less")

    def _wait(self, seconds: float) -> None:
        self._rest()
        self.waiting[self] = None
        self._timer = self.loop.call_later(seconds, self._late)

    def _rest(self) -> None:
        self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        if self._part == "nothing":
            self.transport.close()
        else:
            seconds = self.limits.head_s if self._part == "head" else self.limits.body_s
            self._refuse(
                408, "BAD_REQUEST", f"the request's {self._part} was not here within {seconds:g} s; send it whole"
            )

    def _refuse(self, status: int, code: Code, message: str) -> None:
        """Answers past the application, which sees a caller that is gone, and closes the connection.

        A request that has its answer, or the beginning of one, gets no second.
        """
        self._rest()
        told = self._part == "body" and self.cycle.response_started
        if not told:
            body = json.dumps({"error": {"code": code, "message": message}}).encode()
            named = [
                *self.server_state.default_headers,
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                (b"connection", b"close"),
            ]
            if status == 503:
                named.append((b"retry-after", b"5"))
            head = b"".join(b"%s: %s\r\n" % pair for pair in named)
            self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        if self._answering:
            self.cycle.disconnected = True
        self.transport.close()


def bounded(limits: Limits) -> type[HttpToolsProtocol]:
    """The protocol for one server: its connections count together."""
    return type("Bounded", (Bounded,), {"limits": limits, "waiting": {}})
