"""The words that owners write in price lists, tables and questions (owners.yaml)."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from app.packaged import parsed

_FILE = Path(__file__).with_name("owners.yaml")


def meanings(kind: str) -> dict[str, str]:
    """Word -> what it means; of a text of letters, letter -> what it means."""
    return {each: meaning for meaning, words in _read()[kind].items() for each in words}


def listed(kind: str) -> tuple[str, ...]:
    """The words of one kind; of a text its letters."""
    return tuple(_read()[kind])


def word(kind: str) -> str:
    """A text as it stands there."""
    return str(_read()[kind])


def either(kind: str) -> str:
    """The words of one kind for a regular expression: alternatives, without the brackets around them."""
    return "|".join(re.escape(each).replace(r"\*", r"\w*").replace(r"\?", r"\w?") for each in listed(kind))


@cache
def _read() -> dict[str, Any]:
    tree: dict[str, Any] = parsed(_FILE.read_text("utf-8"))
    return tree
