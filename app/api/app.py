"""create_app: the whole service assembled in one place."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

import app as package
from app.api.keys import KeyRing
from app.api.middleware import Envelope, Guard, Hangup, error_response
from app.api.routes import api, service
from app.errors import BadRequest, MachineError, MethodNotAllowed, NotFound, Unprocessable
from app.service.lifecycle import Watches, running
from app.turn.machine import Machine


class State(TypedDict):
    """What the lifespan creates once and every request sees."""

    machine: Machine
    watches: Watches


def create_app(machine: Machine, keys: KeyRing) -> FastAPI:
    """The service around `machine`, which it closes when it stops."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[State]:
        async with running(machine) as watches:
            yield State(machine=machine, watches=watches)

    application = FastAPI(
        title="Sales Machine",
        version=package.__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    application.include_router(api)
    application.include_router(service)
    application.add_exception_handler(HTTPException, _http_error)
    application.add_exception_handler(RequestValidationError, _validation_error)
    # The last one added is the outermost.
    application.add_middleware(Hangup)
    application.add_middleware(Guard, keys=keys, max_body_bytes=machine.settings.api.max_body_bytes)
    application.add_middleware(Envelope, telemetry=machine.telemetry)
    return application


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return error_response(NotFound("there is nothing at this path"))
    if status == 405:
        response = error_response(MethodNotAllowed(f"{request.method} is not possible at this path"))
        if isinstance(error, HTTPException) and error.headers:
            response.headers.update(error.headers)  # Allow
        return response
    if status == 400:
        return error_response(BadRequest("the body is not readable as JSON"))
    return error_response(MachineError("the service failed; use the fallback"))


async def _validation_error(_: Request, error: Exception) -> Response:
    details = error.errors() if isinstance(error, RequestValidationError) else ()
    first = next(iter(details), {"type": "", "loc": (), "msg": "not understood"})
    field = ".".join(str(part) for part in first["loc"][1:]) or "the body"
    return error_response(Unprocessable(f"{field}: {_message(first)}"))


_TWICE = (
    "is a text that holds JSON, so it was turned into text twice; send the object itself (n8n's HTTP Request node, "
    "Using JSON: one JSON.stringify around the whole body, none around its parts)"
)
_NUMBER = "is a number; send a text, in quotes (in n8n: String($json.{name}))"


def _message(detail: Mapping[str, Any]) -> str:
    """pydantic's sentence; for an empty text, and for what workflows send by mistake, one that says what to do."""
    given, name = detail.get("input"), str(next(reversed(detail["loc"]), ""))
    if detail["type"] == "string_type" and isinstance(given, int | float) and not isinstance(given, bool):
        return _NUMBER.format(name=name)
    if isinstance(given, str) and given.lstrip().startswith("{") and not detail["type"].startswith("string"):
        return _TWICE
    if detail["type"] in {"string_too_short", "string_pattern_mismatch"}:
        return "may not be empty or blank"
    return str(detail["msg"]).removeprefix("Value error, ")
