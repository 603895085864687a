"""Pure ASGI middleware, outermost first: Envelope, Guard, Hangup.

Envelope: every exception becomes the contract's error JSON; one log line and one count per request.
Guard:    key, content type and body size, before anything is parsed; loopback-only paths.
Hangup:   cancels the work when the caller goes away.
"""

import asyncio
import json
import time
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.keys import KeyRing
from app.errors import BadRequest, MachineError, NotFound, TooLarge, Unauthorized, Unavailable, UnsupportedMedia
from app.telemetry import Telemetry

PROTECTED = "/api/"
LOOPBACK_ONLY = frozenset({"/ready", "/version", "/metrics", "/openapi.json"})
_LINGER_S = 1.0  # how long the rest of a refused body is read, so that the caller sees the answer and not a reset


class CallerGone(Exception):
    """The caller closed the connection before its answer was ready."""


def error_response(error: MachineError) -> Response:
    """The contract's envelope for any error of the tree."""
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after is not None else {}
    if error.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = json.dumps({"error": {"code": error.code, "message": str(error)}}, ensure_ascii=False)
    return Response(body, error.status, headers, "application/json")


class Envelope:
    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.monotonic()
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        fields: dict[str, object] = {}
        try:
            await self._app(scope, receive, watched)
        except CallerGone:
            self._telemetry.hangups.inc()
            fields["hung_up"] = True
        except asyncio.CancelledError:
            # The drain of a stopping server is over. What the server itself would answer now is no JSON.
            if status != 0:
                raise
            self._telemetry.refusals.labels("Unavailable", "stopping").inc()
            fields["error"] = "Unavailable"
            await error_response(Unavailable("the service is stopping; use the fallback"))(scope, receive, watched)
        except Exception as error:
            known = isinstance(error, MachineError)
            self._telemetry.refusals.labels(type(error).__name__, getattr(error, "reason", "")).inc()
            if not known or error.__cause__ is not None:
                self._telemetry.log.error("failed", **self._place(scope), exc_info=error.__cause__ or error)
            if status == 0:
                public = (
                    error if isinstance(error, MachineError) else MachineError("the service failed; use the fallback")
                )
                fields["error"] = type(error).__name__
                await error_response(public)(scope, receive, watched)
        route = getattr(scope.get("route"), "path", "other")
        self._telemetry.requests.labels(route, str(status or 499)).inc()
        self._telemetry.log.info(
            "request",
            **self._place(scope),
            status=status or 499,
            ms=round((time.monotonic() - started) * 1000, 1),
            **fields,
        )

    def _place(self, scope: Scope) -> dict[str, object]:
        route = getattr(scope.get("route"), "path", "other")
        return {"method": scope["method"], "route": route, **scope.get("state", {}).get("log_ids", {})}


class Guard:
    def __init__(self, app: ASGIApp, keys: KeyRing, max_body_bytes: int) -> None:
        self._app = app
        self._keys = keys
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if scope["path"] in LOOPBACK_ONLY and not _is_loopback(scope):
                raise NotFound("there is nothing at this path")
            if scope["path"].startswith(PROTECTED):
                if not self._keys.accepts(headers.get("authorization")):
                    raise Unauthorized("the API key is missing or not known; send `Authorization: Bearer KEY`")
                if scope["method"] == "POST":
                    receive = await self._checked_body(headers, receive)
        await self._app(scope, receive, send)

    async def _checked_body(self, headers: Headers, receive: Receive) -> Receive:
        """Reads the whole body within its limit; returns a receive that gives it and then what follows."""
        too_large = TooLarge(f"the body is larger than {self._max_body_bytes} bytes; send only the newest message")
        announced = headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > self._max_body_bytes:
            await _drain(receive)
            raise too_large
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise CallerGone
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > self._max_body_bytes:
                await _drain(receive)
                raise too_large
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise UnsupportedMedia("send JSON with the header `Content-Type: application/json`")
        if not body.strip():
            raise BadRequest("the body is empty; send the message as JSON")
        given = False

        async def replay() -> Message:
            nonlocal given
            if given:
                return await receive()
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        return replay


class Hangup:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PROTECTED):
            await self._app(scope, receive, send)
            return
        body = await receive()
        gone = asyncio.Event()
        given = False

        async def replay() -> Message:
            nonlocal given
            if not given:
                given = True
                return body
            await gone.wait()
            return {"type": "http.disconnect"}

        work = asyncio.ensure_future(self._app(scope, replay, send))
        watch = asyncio.ensure_future(_until_gone(receive))
        try:
            await asyncio.wait({work, watch}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
                await asyncio.wait({work})
                if not work.cancelled():
                    work.exception()  # seen: nobody is left to be told
                raise CallerGone
            work.result()
        finally:
            gone.set()
            for task in (work, watch):
                if not task.done():
                    task.cancel()


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _drain(receive: Receive) -> None:
    try:
        async with asyncio.timeout(_LINGER_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def _is_loopback(scope: Scope) -> bool:
    """Whether the caller, and everyone for whom it says it speaks, is on this machine."""
    client = scope.get("client")
    forwarded = Headers(scope=scope).getlist("x-forwarded-for")
    said = [address.strip() for line in forwarded for address in line.split(",")]
    if client is not None:  # else a Unix socket, which only this machine can reach
        said.append(client[0])
    try:
        return all(ip_address(address).is_loopback for address in said)
    except ValueError:
        return False
