"""What starts and stops around a machine, whichever face it shows: HTTP, a channel that is polled, or none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from app.health.clock import ClockWatch
from app.health.gpu import GpuMonitor
from app.service.jobs import jobs, note_knowledge
from app.turn.machine import Machine
from app.turn.rehearsal import rehearse


@dataclass(frozen=True, slots=True)
class Watches:
    """What looks after the host while the machine runs."""

    gpu: GpuMonitor
    clock: ClockWatch


def rehearsed(machine: Machine) -> Machine:
    """The machine, with what each turn of its bots needs read. A bot that cannot answer itself is logged and served."""
    for bot in machine.bots.all():
        try:
            rehearse(bot, machine.settings, machine.clock(), wants_prompt=machine.llm.wants_prompt)
        except Exception as error:
            machine.telemetry.log.warning("rehearsal failed", bot=bot.name, error=type(error).__name__)
    return machine


@asynccontextmanager
async def running(machine: Machine) -> AsyncIterator[Watches]:
    """The machine at work: its model watched and warmed up, its jobs run. Closes it behind the body."""
    clock = ClockWatch()
    for bot in machine.bots.all():
        await note_knowledge(bot, machine)
    gpu = GpuMonitor(machine.settings.gpu, machine.telemetry)
    await gpu.start()
    await machine.llm.open()
    try:
        async with jobs(machine, clock):
            yield Watches(gpu, clock)
    finally:
        await gpu.close()
        await machine.close()
