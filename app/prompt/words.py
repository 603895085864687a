"""The words of prompts and the tables that strangers' texts are read by: this package's YAML, each file read once."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def table(name: str) -> Mapping[str, Any]:
    """The mapping of `<name>.yaml` in this package."""
    text = files("app.prompt").joinpath(f"{name}.yaml").read_text("utf-8")
    tree: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    return tree
