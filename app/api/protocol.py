"""HTTP on a socket, within bounds: uvicorn's protocol, and what it lets a caller take for ever.

A connection waits for its caller while nothing of its request is here, or a part. That ends after a time, and earlier
when so many connections are open that a new one needs the place. The same holds for one whose caller does not read his
answers. A few further requests may wait behind the one that is being answered. Refusals have the contract's JSON.
"""

import asyncio
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.api.limits import HEADER_BYTES, Limits, refusal
from app.errors import Code

_NOT_HTTP = "this is no request of HTTP/1.1 with a known method; see the API's page"
_BEHIND_BYTES = 64 << 10  # what may wait behind a request that is being answered
# Counted for a request besides what it says: it costs memory however short.
_REQUEST_BYTES = 1 << 10
_HURRIED_S = 1.0  # the time to read an answer once the place is needed or the service stops


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
        self._head_bytes = self._heard = self._unheard_bytes = self._behind_bytes = self._unsent = self._pieces = 0
        self._refusal: tuple[int, str] | None = (400, _NOT_HTTP)
        """What is said when the parser stops; nothing when it was stopped because too much was sent at once."""
        self._running: RequestResponseCycle | None = None
        self._deaf = False
        """Nothing more is heard, though read for a while, so that a hang-up is seen: after the answers it ends."""
        self._unsent_s = self.limits.body_s
        self._unsent_timer: asyncio.TimerHandle | None = None

    @property
    def _answering(self) -> bool:
        return bool(self.pipeline) or (self._running is not None and not self._running.response_complete)

    @property
    def _dispensable(self) -> bool:
        """Of a caller that has been answered, and has read it, another request is to be expected."""
        return self.cycle is None or self._part != "nothing" or self._unsent_timer is not None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            # Who sends ahead of his answers has no claim to more than one.
            ahead: Iterator[Any] = (each for each in self.connections if getattr(each, "pipeline", None))
            dispensable = next((each for each in self.waiting if each._dispensable), None)
            dispensable = dispensable or next(ahead, None) or next(iter(self.waiting), None)
            if dispensable is None:
                self._refuse(503, "INTERNAL", "too many connections at once; use the fallback")
                return
            dispensable.connection_given_up()
        self._wait(self.limits.head_s)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        self._rest()
        self._abandon()
        super().connection_lost(exc)

    def connection_given_up(self) -> None:
        """Closes it for another that needs its place."""
        self.connections.discard(self)  # it counts no more, although the loop closes it a little later
        self._hurry()

    def shutdown(self) -> None:
        """Ends it after the answers that are owed, if they are read. Called when the service stops."""
        if self._answering and not self.transport.is_closing() and not self.flow.write_paused:
            self._unsent_s = _HURRIED_S
            self.cycle.keep_alive = False
        else:
            self._hurry()

    def eof_received(self) -> None:
        self._abandon()
        self._close()

    def timeout_keep_alive_handler(self) -> None:
        """Of uvicorn, beside `_late`."""
        self._close()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._unwatch()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            self._unheard_bytes += len(data)
            if self._unheard_bytes > self.limits.head_bytes:
                self.transport.abort()
            return
        heard = self._heard
        super().data_received(data)
        # The parser keeps a header until its end, and says nothing of what it skips.
        self._unheard_bytes = self._unheard_bytes + len(data) if heard == self._heard else 0
        if self._unheard_bytes > self.limits.head_bytes and not self.transport.is_closing():
            self._refusal = self.limits.too_long
            self.send_400_response("")

    def on_message_begin(self) -> None:
        self._heard += 1
        self._head_bytes = self._pieces = 0
        self._part = "head"
        if self._answering:
            self._wait_behind(_REQUEST_BYTES)
        else:
            self._wait(self.limits.head_s)
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value) + HEADER_BYTES)
        if self._part == "head":  # a header behind the body has no meaning here
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._heard += 1
        if not self._answering:
            self._wait(self.limits.body_s)
        super().on_headers_complete()
        self._part = "body"
        if self.pipeline:
            self.flow.resume_reading()  # a hang-up is seen only by who reads; how much may wait is bounded

    def on_body(self, body: bytes) -> None:
        self._heard += 1
        self._pieces += 1
        if self._pieces > self.limits.pieces:
            self._refusal = self.limits.in_crumbs
            raise ValueError("body in too many pieces")  # as in _count
        if self.pipeline:
            self._wait_behind(len(body))
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
        if self.transport.is_closing():
            self.pipeline.clear()
            self._watch()
            return
        if self._answering:  # the next request was here already, or its head
            if self._running is not None and self._running.more_body:
                self._wait(self.limits.body_s)
            return
        if self._deaf:
            self._say_refusal()
            return
        self._behind_bytes = 0
        seconds = {"nothing": self.timeout_keep_alive, "head": self.limits.head_s, "body": self.limits.body_s}
        self._wait(seconds[self._part])

    def _unsupported_upgrade_warning(self) -> None:
        """To ask for another protocol is no fault; the parser reads nothing more behind it."""
        self.cycle.keep_alive = False

    def send_400_response(self, msg: str) -> None:
        """The contract's JSON instead of `msg`, unless an answer is on its way already.

        What cannot be read behind a whole request is spoken of when that has its answer.
        """
        if self._running is None or self._running.response_complete or self._running.more_body:
            self._say_refusal()
            return
        self._deaf, self._unheard_bytes, self._part = True, 0, "nothing"
        if self.pipeline and self.pipeline[0][0].more_body:  # the newest, whose rest is not heard
            self.pipeline.popleft()

    def _say_refusal(self) -> None:
        if self._refusal is None:
            self._close()
        else:
            self._refuse(self._refusal[0], "BAD_REQUEST", self._refusal[1])

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _abandon(self) -> None:
        """Tells every request of the connection that its caller is gone."""
        for cycle in (self._running, *(each for each, _ in self.pipeline)):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        self.pipeline.clear()

    def _wait_behind(self, size: int) -> None:
        self._behind_bytes += size
        if self._behind_bytes > _BEHIND_BYTES:
            self._refusal = None
            raise ValueError("too much behind a request")  # as in _count

    def _count(self, size: int) -> None:
        self._heard += 1
        if self.pipeline or (self._part == "head" and self._answering):
            self._wait_behind(size)
        self._head_bytes += size
        if self._head_bytes > self.limits.head_bytes:
            self._refusal = self.limits.too_long
            raise ValueError("head too long")  # the parser stops, and what it says leads to send_400_response

    def _wait(self, seconds: float) -> None:
        self._rest()
        self.waiting[self] = None
        self._timer = self.loop.call_later(seconds, self._late)

    def _rest(self) -> None:
        if self._unsent_timer is None:
            self.waiting.pop(self, None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        """From now on it is the caller's turn to read."""
        self._unwatch()
        self._unsent = self.transport.get_write_buffer_size()
        if self._unsent:
            self.waiting[self] = None
            self._unsent_timer = self.loop.call_later(self._unsent_s, self._unread)

    def _unwatch(self) -> None:
        if self._unsent_timer is not None:
            self._unsent_timer.cancel()
            self._unsent_timer = None
            if self._timer is None:
                self.waiting.pop(self, None)

    def _unread(self) -> None:
        if self.transport.get_write_buffer_size() < self._unsent:
            self._watch()
        else:
            self.transport.abort()

    def _close(self) -> None:
        self._rest()
        self.transport.close()
        self._watch()  # the loop closes it when everything is written

    def _hurry(self) -> None:
        self._unsent_s = _HURRIED_S
        if self.flow.write_paused:
            self.transport.abort()
        else:
            self._close()

    def _late(self) -> None:
        if self._part == "nothing":
            self._close()
        else:
            seconds = self.limits.head_s if self._part == "head" else self.limits.body_s
            late = f"the request's {self._part} was not here within {seconds:g} s; send it whole"
            self._refuse(408, "BAD_REQUEST", late)

    def _refuse(self, status: int, code: Code, message: str) -> None:
        """Answers past the application, which sees a caller that is gone, and closes the connection.

        A request that has its answer, or the beginning of one, gets no second.
        """
        self._rest()
        told = self._part == "body" and self.cycle.response_started
        if not told:
            self.transport.write(refusal(status, code, message, self.server_state.default_headers))
        self._abandon()
        self._close()


def bounded(limits: Limits) -> type[HttpToolsProtocol]:
    """The protocol for one server: its connections count together."""
    return type("Bounded", (Bounded,), {"limits": limits, "waiting": {}})
