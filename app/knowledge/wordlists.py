"""The words that the search treats apart (words.yaml), in the form that `words` gives them, all languages together."""

from functools import cache
from pathlib import Path
from typing import Literal

from app.knowledge.text import words
from app.packaged import parsed

ListName = Literal["particles", "anaphora", "openers", "price", "fillers", "numerals", "time", "common"]

_FILE = Path(__file__).with_name("words.yaml")
_DIGITS = "0123456789"


@cache
def listed(kind: ListName) -> frozenset[str]:
    """The words of one kind."""
    return _read()[kind]


@cache
def ordinary() -> frozenset[str]:
    """The words of every kind: none of them is ever a misspelt word of a knowledge base."""
    return frozenset[str]().union(*_read().values())


def is_number(word: str) -> bool:
    """Whether a word only says how many: digits, a number word, or digits with one behind them (15k)."""
    return word.isdigit() or word.lstrip(_DIGITS) in listed("numerals")


@cache
def _read() -> dict[str, frozenset[str]]:
    tree: dict[str, dict[str, str]] = parsed(_FILE.read_text("utf-8"))
    return {kind: frozenset(word for text in by.values() for word in words(text)) for kind, by in tree.items()}
