"""A request's JSON, read once and strictly: UTF-8, no name twice, no number that is none.

What another program in front of this one understood must be what is understood here: of two equal names one program
takes the first and another the last.
"""

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app.errors import BadRequest

_MOST_PARTS = 20_000
"""Brackets, commas and colons in a body, those in texts too: a message of the longest text has half as many. Reading
takes its time by their number, while nobody else is served."""
_SHOWN = 40


def read(raw: bytes) -> Any:
    """The JSON value in `raw`. Raises BadRequest that says what is wrong."""
    if len(raw) > _MOST_PARTS and sum(map(raw.count, (b"{", b"[", b",", b":"))) > _MOST_PARTS:
        raise BadRequest(
            f"the JSON has more than {_MOST_PARTS} brackets, commas and colons; send only the newest message"
        )
    try:
        return json.loads(
            raw.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_whole,
        )
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8; send JSON in UTF-8") from None
    except (ValueError, RecursionError):
        raise BadRequest("the body is not valid JSON; send one object, in UTF-8") from None


class StrictRoute(APIRoute):
    """A route whose body is read by `read`, before its fields are looked at."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_Read(request, read(await request.body())))

        return strict


class _Read(Request):
    """A request whose JSON was read already."""

    def __init__(self, request: Request, tree: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._raw = request
        self._tree = tree

    async def body(self) -> bytes:
        return await self._raw.body()

    async def json(self) -> Any:
        return self._tree


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    tree = dict(pairs)
    if len(tree) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise BadRequest(f"{twice[:_SHOWN]!r} is there twice in one object; send each name once")
    return tree


def _constant(name: str) -> None:
    raise BadRequest(f"{name} is no JSON; send a number or null")


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise BadRequest(f"the number {text[:_SHOWN]} is too large; send a smaller one")
    return value


def _whole(text: str) -> int:
    """Whoever reads it as a double, as most programs do, must find a number too."""
    _float(text)
    return int(text)
