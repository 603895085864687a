"""A turn without the model: why it has to do without, and its place. Only with the flag `degraded`, or while the model
rests because of what it wrote; else it is refused.

Every way to be without counts: gone, loading, late, hung, crowded out, nothing usable.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from app.capacity.admission import Ticket
from app.deadline import Deadline
from app.errors import MachineError, ModelUnavailable, Overloaded
from app.llm.writing import TEXT_FAULTS
from app.turn.machine import Machine
from app.types import Lack

_REASONS: dict[str, Lack] = {
    "loading": "loading", "hang": "hung", "late": "late", "busy": "crowded", "limited": "crowded",
    "too_long": "unusable", "no_done": "unusable", **dict.fromkeys(TEXT_FAULTS, "unusable"),
}  # fmt: skip


def lacking(error: MachineError, machine: Machine) -> Lack:
    """Why the model cannot be had, by what refuses it.

    Raises `error` itself without the flag, where there is no model, and where too many do without it already.
    """
    allowed = machine.settings.flags.degraded or machine.quality.resting
    if not allowed or not machine.llm.inventive or machine.facts.full:
        raise error
    if isinstance(error, Overloaded):
        return "crowded"
    return _REASONS.get(error.reason, "gone") if isinstance(error, ModelUnavailable) else "late"


def admitted(ticket: Ticket, machine: Machine) -> Lack | None:
    """Reserves with the model; why it cannot. Raises ModelUnavailable or Overloaded without the flag."""
    try:
        machine.llm.available()
        ticket.reserve()
    except (ModelUnavailable, Overloaded) as error:
        return lacking(error, machine)
    return None


@asynccontextmanager
async def placed(
    ticket: Ticket, lack: Lack | None, machine: Machine, deadline: Deadline, on_wait: Callable[[float], None]
) -> AsyncIterator[Lack | None]:
    """Holds a place around its body: at the model, or among those that do without it.

    Who waits for the model until it is too late goes on without. `on_wait` is told the seconds.
    """
    async with AsyncExitStack() as stack:
        if lack is None and not machine.settings.flags.degraded:
            await stack.enter_async_context(ticket.place(on_wait))
        elif lack is None:
            lack = await _in_time(stack, ticket, deadline.remaining() - machine.settings.turn.reserve_s, on_wait)
        if lack is not None:
            began = time.monotonic()
            await stack.enter_async_context(machine.facts.one())
            on_wait(time.monotonic() - began)
        yield lack


async def _in_time(
    stack: AsyncExitStack, ticket: Ticket, seconds: float, on_wait: Callable[[float], None]
) -> Lack | None:
    scope = asyncio.timeout(seconds)
    try:
        async with scope:
            await stack.enter_async_context(ticket.place(on_wait))
    except TimeoutError:
        if not scope.expired():
            raise
        return "crowded"
    return None
