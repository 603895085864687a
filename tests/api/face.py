"""The outermost layers of the service around a function that answers."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.keys import KeyRing
from app.api.middleware import Envelope, Guard, Hangup
from app.telemetry import Telemetry

KEY = "a-key-of-the-tests-that-is-long-enough"


class Face:
    """The middleware around a function that answers; what was logged and counted."""

    def __init__(self, answer: Callable[[Request], Awaitable[Response]], most: int = 1000) -> None:
        self.telemetry = Telemetry(b"key")
        self.reached = 0

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            self.reached += 1
            response = await answer(Request(scope, receive))
            await response(scope, receive, send)

        guarded: ASGIApp = Guard(Hangup(app), KeyRing([KEY]), most)
        self.app = Envelope(guarded, self.telemetry)

    async def ask(
        self, method: str = "POST", path: str = "/api/v1/process", *, client: str | None = "127.0.0.1", **named: Any
    ) -> httpx.Response:
        where = (client, 5) if client else None
        transport = httpx.ASGITransport(self.app, client=where)  # type: ignore[arg-type]
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"} | named.pop("headers", {})
        if method == "POST":
            named.setdefault("content", b"{}")
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as caller:
            return await caller.request(method, path, headers=headers, **named)

    @property
    def figures(self) -> list[str]:
        return self.telemetry.exposition().decode().splitlines()


def raising(error: BaseException) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        raise error

    return answer


async def fine(request: Request) -> Response:
    return JSONResponse({"got": (await request.body()).decode()})
