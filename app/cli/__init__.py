"""The console script `machine`. Imports stay inside the commands, so that each starts quickly."""

import gc
import sys
from pathlib import Path
from typing import Any

import click

from app.cli.backup import backup
from app.cli.capacity import capacity
from app.cli.common import say
from app.cli.doctor import doctor
from app.cli.evaluate import evaluate
from app.cli.flow import flow
from app.cli.guard import guard
from app.cli.kb import kb
from app.cli.logid import logid
from app.cli.options import DATA, KB, SETTINGS
from app.cli.prompt import prompt
from app.cli.replay import replay
from app.cli.restore import drill, restore
from app.cli.rights import export_command, forget_command, retention_command
from app.cli.salvage import salvage
from app.cli.simulate import simulate
from app.cli.understand import understand
from app.errors import Hindered, MachineError

_TRY_AGAIN = 75  # EX_TEMPFAIL of sysexits.h


class Cli(click.Group):
    """Shows a MachineError as one sentence on stderr instead of a traceback.

    Exit code 2, after which systemd starts the service no more; 75 where another start may succeed.
    """

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except MachineError as error:
            say(f"machine: {error}", err=True)
            sys.exit(_TRY_AGAIN if isinstance(error, Hindered) else 2)


@click.group(cls=Cli, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """A self-hosted AI sales agent: memory, knowledge search and a sales method behind one HTTP call."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0 takes a free one."
)
@DATA
@KB
@SETTINGS
def serve(host: str, port: int, data: Path, knowledge: Path | None, file: Path | None) -> None:
    """Serve the API until SIGTERM; running turns are finished first."""
    gc.disable()  # what is read until it serves stays: to look for garbage in it takes a quarter of the start
    try:
        from app.cli.serving import run_service

        run_service(host, port, data, knowledge, file)
    finally:
        gc.enable()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Port; 0 takes a free one."
)
@click.option("--once", is_flag=True, help="Exit after the conversation instead of going on serving.")
@KB
@SETTINGS
def demo(host: str, port: int, once: bool, knowledge: Path | None, file: Path | None) -> None:
    """Serve with a throw-away memory and key, play a customer's conversation through HTTP, go on serving."""
    from app.cli.demo import run_demo

    run_demo(host, port, once, knowledge, file)


@main.command()
@click.option("--user", default=None, help="Go on with this user's conversation [a new one].")
@click.option("--bot", default="default", show_default=True, help="Which bot of the settings.")
@DATA
@KB
@SETTINGS
def chat(user: str | None, bot: str, data: Path, knowledge: Path | None, file: Path | None) -> None:
    """Talk to the machine in the terminal. /slots, /why, /quit."""
    from app.cli.chat import run_chat

    run_chat(user, bot, data, knowledge, file)


@main.command()
def version() -> None:
    """Print the version."""
    from app import __version__

    say(__version__)


@main.command("settings")
@SETTINGS
def show_settings(file: Path | None) -> None:
    """Print the effective settings as YAML, secrets masked."""
    import yaml

    from app.settings import load, masked

    settings = load(file)
    say(yaml.safe_dump(masked(settings), allow_unicode=True, sort_keys=False).rstrip())
    for note in settings.notes:
        say(f"machine: {note}", err=True)


for command in (
    backup,
    capacity,
    restore,
    salvage,
    drill,
    doctor,
    kb,
    flow,
    guard,
    prompt,
    evaluate,
    simulate,
    replay,
    understand,
):
    main.add_command(command)
for command in (export_command, forget_command, retention_command, logid):
    main.add_command(command)
