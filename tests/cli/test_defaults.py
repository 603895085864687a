"""What each command takes where nobody says otherwise, and within which bounds: options.yaml.

Whoever moves a default on purpose rewrites its row: scripts of operators rely on it without naming it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from app.cli import main
from tests.thrift import parsed

TABLE = Path(__file__).with_name("options.yaml")


def commands(command: click.Command, name: str = "machine") -> Iterator[tuple[str, click.Command]]:
    """Groups too: some do something by themselves."""
    yield name, command
    for part, inside in command.commands.items() if isinstance(command, click.Group) else ():
        yield from commands(inside, f"{name} {part}")


COMMANDS = dict(commands(main))


def said(parameter: click.Parameter) -> str:
    """An option or argument in a line: its kind and bounds, its default, and what it must or may be."""
    kind = parameter.type
    told = kind.name
    if isinstance(kind, click.Choice):
        told = f"one of {', '.join(map(str, kind.choices))}"
    elif isinstance(kind, click.IntRange | click.FloatRange):
        least = "" if kind.min is None else f"{'more than ' if kind.min_open else ''}{kind.min}"
        most = "" if kind.max is None else f"{'less than ' if kind.max_open else ''}{kind.max}"
        told = f"{kind.name}, {least}..{most}"
    elif isinstance(kind, click.Path):
        told += ", there" * kind.exists + ", a file" * (not kind.dir_okay) + ", a folder" * (not kind.file_okay)
    default: Any = parameter.get_default(click.Context(click.Command("x")), call=False)
    told += f", else {default}" if isinstance(default, str | int | float | tuple | Path) else ""
    told += ", must" * parameter.required + ", several" * parameter.multiple
    if isinstance(parameter, click.Option):
        told += ", asks" * bool(parameter.prompt) + ", hidden" * parameter.hide_input
        told += "".join(f", ${name}" for name in [parameter.envvar or []] if isinstance(name, str))
    return told


def rows(command: click.Command) -> dict[str, str]:
    return {
        "/".join(each.opts) if isinstance(each, click.Option) else str(each.name): said(each) for each in command.params
    }


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_takes_what_it_always_took(name: str) -> None:
    assert rows(COMMANDS[name]) == parsed(TABLE.read_text("utf-8"))[name]


def test_there_is_a_row_for_each_command_and_for_no_other() -> None:
    assert set(parsed(TABLE.read_text("utf-8"))) == set(COMMANDS)
