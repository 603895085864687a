"""YAML: of a text, or of a file that lies in one of our packages."""

from importlib.resources import files
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's where it was built: a start reads some hundred kilobytes of words."""


def parsed(text: str) -> Any:
    """What a YAML text holds, None where it is empty. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def packaged(package: str, *path: str) -> Any:
    """What the file of that package holds, such as packaged("app.language", "words", "ru.yaml")."""
    return parsed(files(package).joinpath(*path).read_text("utf-8"))
