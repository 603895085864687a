"""What several commands share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.errors import ConfigError
from app.visible import visible_lines

if TYPE_CHECKING:
    from app.turn.machine import Machine

_LOOK_S = 0.2
_PATIENCE_S = 5.0  # with a model server that does not answer


def say(text: str, *, err: bool = False) -> None:
    """Prints `text`, lines and all; what would steer the terminal is shown instead. The one way commands speak."""
    click.echo(visible_lines(text), err=err)


@asynccontextmanager
async def running(machine: "Machine", *, speaks: bool = True) -> "AsyncIterator[Machine]":
    """The machine while its model is loaded; closes it behind its body.

    `speaks`: the command needs the model. Raises ConfigError when it cannot be had.
    """
    try:
        if speaks:
            await machine.llm.open()
            await loaded(machine)
        yield machine
    finally:
        await machine.close()


async def loaded(machine: "Machine") -> None:
    """Waits while the model is being loaded. Raises ConfigError when it cannot be had."""
    waited, told = 0.0, False
    while (now := machine.llm.state()).state not in ("warm", "embedded"):
        if now.state == "failed" and waited >= _PATIENCE_S:
            raise ConfigError(f"the model cannot answer: {now.detail}")
        if now.state == "loading" and not told:
            say(f"{now.detail} ...", err=True)
            told = True
        await asyncio.sleep(_LOOK_S)
        waited += _LOOK_S


def knowledge_folder(named: Path | None) -> Path:
    """The folder named, else the sample beside the checkout, else the one inside the wheel."""
    if named is not None:
        return named
    package = Path(__file__).resolve().parents[1]
    for sample in (package.parent / "kb", package / "sample_kb"):
        if sample.is_dir():
            return sample
    raise ConfigError("the sample knowledge base is not installed; name a folder with --kb")
