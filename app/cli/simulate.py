"""`machine simulate`."""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import click

from app.cli.common import knowledge_folder, running, say
from app.cli.options import JSON, KB, SETTINGS


@click.command()
@click.option("--personas", type=click.IntRange(1, 9), default=9, show_default=True, help="How many of the personas.")
@click.option("--dialogues", type=click.IntRange(1), default=500, show_default=True, help="How many conversations.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, other conversations.")
@click.option("--bot", "bot_name", default="default", show_default=True, help="Which bot of the settings.")
@KB
@SETTINGS
@JSON
@click.option("--show", type=click.IntRange(0), default=5, show_default=True, help="How many faults to show.")
def simulate(
    personas: int,
    dialogues: int,
    seed: int,
    bot_name: str,
    knowledge: Path | None,
    file: Path | None,
    as_json: bool,
    show: int,
) -> None:
    """Let simulated customers talk to a bot: exit 1 when any crashed, was asked or greeted twice."""
    from app.evaluation.simulation import SimulationReport, load_personas
    from app.evaluation.simulation import simulate as play
    from app.service.assembly import open_machine
    from app.settings import load
    from app.telemetry import configure_logging

    settings = load(file)
    configure_logging("error")

    async def run(data: str) -> SimulationReport:
        async with running(open_machine(settings, Path(data), knowledge_folder(knowledge))) as machine:
            return await play(machine.bots.named(bot_name), machine, load_personas()[:personas], dialogues, seed)

    with tempfile.TemporaryDirectory(prefix="sales-machine-") as data:
        report = asyncio.run(run(data))
    if as_json:
        say(json.dumps(report.as_json()))
    else:
        figures = report.as_json()
        say(f"{figures['dialogues']} dialogues, {figures['turns']} turns")
        for name, count in {**figures["faults"], **figures["actions"]}.items():
            say(f"{name:<20} {count}")
        for fault in report.faults[:show]:
            say(f"\n{fault.kind} in dialogue {fault.dialogue} ({fault.persona})\n  > {fault.message}\n  {fault.answer}")
    sys.exit(1 if report.faults else 0)
