"""`machine replay`."""

import asyncio
import sys
from pathlib import Path

import click

from app.cli.common import knowledge_folder, running, say
from app.cli.options import DATA, KB, SETTINGS
from app.errors import ConfigError


@click.command()
@click.argument("turns", nargs=-1, required=True, type=click.IntRange(1), metavar="TURN...")
@DATA
@KB
@SETTINGS
def replay(turns: tuple[int, ...], data: Path, knowledge: Path | None, file: Path | None) -> None:
    """Walk recorded turns again, from their recorded model output: exit 1 when one comes out otherwise.

    With the settings and the knowledge base that the service runs with.
    """
    from app.files import acting_for, ordinary
    from app.service.assembly import open_machine
    from app.settings import load
    from app.telemetry import configure_logging
    from app.turn.replay import Replay
    from app.turn.replay import replay as walk

    settings = load(file)
    if not (data / "conversations.db").exists():
        raise ConfigError(f"there is no memory in {str(data)!r}; name its folder with --data")
    configure_logging("error")

    async def run() -> list[Replay]:
        async with running(open_machine(settings, data, knowledge_folder(knowledge)), speaks=False) as machine:
            return [await walk(turn, machine) for turn in turns]

    with acting_for(data):
        ordinary(data / "conversations.db")
        done = asyncio.run(run())
    for each in done:
        say(f"turn {each.turn}: {'differs' if each.differences else 'equal'}{f' ({each.note})' * bool(each.note)}")
        for difference in each.differences:
            say(f"  {difference.what}\n    then {difference.recorded}\n    now  {difference.now}")
    sys.exit(1 if any(each.differences for each in done) else 0)
