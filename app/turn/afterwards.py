"""What a model wrote behind its answer, brought into the conversation: by the next turn, or alone if none comes."""

from dataclasses import replace

from app.cpu import stretch
from app.deadline import Deadline
from app.errors import MachineError
from app.turn.bots import Bot
from app.turn.machine import Machine
from app.types import Draft, Key, Snapshot


async def merged(snapshot: Snapshot, bot: Bot, machine: Machine) -> Snapshot:
    """`snapshot` with what the last answer's aside adds to it, written down. Call it with the key's lock held.

    It is written at once and not with the turn that took it: a turn may still fail, and the customer's wish for a
    person with it.
    """
    taken = await machine.asides.take(snapshot.key)
    if taken is None:
        return snapshot
    aside, said = taken
    state = await stretch(lambda: bot.dialogue.told(snapshot.state, aside, (said,)))
    if wish := await stretch(lambda: bot.dialogue.wish(snapshot.state, aside, (said,))):
        machine.telemetry.wishes.labels(wish).inc()
    told = replace(snapshot, state=state)
    if told.state != snapshot.state:
        await machine.store.amend(told)
    return told


def leave(key: Key, draft: Draft, said: str, bot: Bot, machine: Machine) -> None:
    """Lets the draft's aside be written to its end, behind the customer's message `said`."""
    if draft.aside is not None:
        machine.asides.put(key, draft.aside, said, lambda _: _keep(key, bot, machine))


async def _keep(key: Key, bot: Bot, machine: Machine) -> None:
    """Writes it down. A conversation that cannot be had or written goes on without it: it was never promised."""
    try:
        with machine.cpu.turn(key):
            async with machine.locks.hold(key, Deadline.after(machine.settings.turn.timeout_s)):
                loaded = await machine.store.load(key, "", 0)
                await merged(loaded.snapshot, bot, machine)
    except MachineError as error:
        machine.telemetry.log.warning("aside lost", error=type(error).__name__)
