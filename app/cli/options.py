"""The options that several commands have: declared once, so that each means the same everywhere."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
Option = Callable[[_Command], _Command]

_PATH = click.Path(path_type=Path)

DATA = click.option("--data", type=_PATH, default=Path("data"), show_default=True, help="Folder of the memory.")
KB = click.option("--kb", "knowledge", type=_PATH, default=None, help="Knowledge base folder [the sample].")
SETTINGS = click.option("--settings", "file", type=_PATH, default=None, help="YAML over the defaults.")
CACHE = click.option(
    "--data", type=_PATH, default=None, help="Folder of the memory: its cache spares embedding every section again."
)
OWN_KB = click.option("--kb", "knowledge", type=_PATH, default=None, help="Its knowledge base folder [its own].")


def json_of(names: str = "") -> Option[Any]:
    """`--json`; `names` of the object's fields, for its help."""
    return click.option("--json", "as_json", is_flag=True, help=f"One JSON object{names and f': {names}'}.")


JSON = json_of()
