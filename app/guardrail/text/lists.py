"""The words of one module, from the YAML that lies beside it: no word of a language stands in the code.

What a file holds is folded already (`folding.fold`). A list of words is one text, or a list of texts where one has a
space; a table is a mapping of what words mean to the words. A regular expression is a list of alternatives, each a text
or `seq`: pieces that follow one another, in which a list is a group of alternatives and `bare` is such a list without
its brackets. Pieces that several expressions share are written once, with an anchor.
"""

import re
from typing import Any

from app.packaged import packaged


class Lists:
    """The lists of a package's file, each read as what it is asked for. Raises KeyError for one that is not there."""

    def __init__(self, package: str, name: str) -> None:
        self._lists: dict[str, Any] = packaged(package, name)

    def row(self, name: str) -> tuple[str, ...]:
        """Words, or beginnings of words, in their order."""
        return _row(self._lists[name])

    def words(self, name: str) -> frozenset[str]:
        """Whole words, to be looked up in."""
        return frozenset(self.row(name))

    def word(self, name: str) -> str:
        """A single one."""
        return str(self._lists[name])

    def pair(self, name: str) -> tuple[str, str]:
        """Two texts that belong together, such as letters and what each becomes."""
        one, other = self._lists[name].values()
        return str(one), str(other)

    def rows(self, name: str) -> dict[str, tuple[str, ...]]:
        """What the words of a table mean -> the words, in the table's order."""
        return {str(meaning): _row(words) for meaning, words in self._lists[name].items()}

    def table(self, name: str) -> dict[str, str]:
        """Word -> what it means."""
        return {word: meaning for meaning, words in self.rows(name).items() for word in words}

    def pattern(self, name: str, flags: int = 0) -> re.Pattern[str]:
        """A regular expression for folded text."""
        return re.compile(self.expression(name), flags)

    def expression(self, name: str) -> str:
        """The same as a text."""
        return _alternatives(self._lists[name])


def _row(words: Any) -> tuple[str, ...]:
    return tuple(words.split()) if isinstance(words, str) else tuple(map(str, words))


def _alternatives(rows: Any) -> str:
    return "|".join(row if isinstance(row, str) else "".join(map(_piece, row["seq"])) for row in rows)


def _piece(piece: Any) -> str:
    if isinstance(piece, str):
        return piece
    return _alternatives(piece["bare"]) if isinstance(piece, dict) else f"(?:{_alternatives(piece)})"
