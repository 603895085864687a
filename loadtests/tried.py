"""Figures one by one: what cannot be had is named, and the others are measured all the same."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import httpx

_T = TypeVar("_T")


class Missing(RuntimeError):
    """A figure that cannot be had, and why."""


class Tried:
    """Tries one figure after another; `missing` says which could not be had, and why."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.missing: dict[str, str] = {}

    async def __call__(self, name: str, measuring: Coroutine[Any, Any, _T], said: str = "") -> _T | None:
        """The figure, and a line that says it; None where it cannot be had."""
        try:
            found = await measuring
        except (OSError, RuntimeError, httpx.HTTPError, TimeoutError, KeyError, ValueError) as error:
            self.missing[name] = str(error) or type(error).__name__
            self._say(f"{name}: not measured: {self.missing[name]}")
            return None
        if said:
            self._say(f"{name}: {said.format(found)}")
        return found
