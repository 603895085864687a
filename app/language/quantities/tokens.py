"""A text as tokens: runs of letters, runs of digits, single signs, each with its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["word", "digits", "sign"]

_TOKEN = re.compile(r"(?P<digits>\d+)|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?)|(?P<sign>[^\s])")


@dataclass(frozen=True, slots=True)
class Token:
    """`fold` is what is looked up: lower case, letters that people type either way made one."""

    start: int
    end: int
    text: str
    fold: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Text:
    """`tokens` of `source`, in order; white space is between them and nowhere else."""

    source: str
    tokens: tuple[Token, ...]

    def glued(self, place: int) -> bool:
        """Whether no space stands before the token at `place`."""
        return 0 < place < len(self.tokens) and self.tokens[place - 1].end == self.tokens[place].start

    def near(self, place: int) -> bool:
        """Whether the token at `place` stands in the same line as the one before."""
        if not 0 < place < len(self.tokens):
            return False
        gap = self.source[self.tokens[place - 1].end : self.tokens[place].start]
        return len(gap) < 4 and "\n" not in gap

    def fold(self, place: int) -> str:
        """The token's, or nothing outside the text."""
        return self.tokens[place].fold if 0 <= place < len(self.tokens) else ""

    def kind(self, place: int) -> str:
        return self.tokens[place].kind if 0 <= place < len(self.tokens) else ""

    def between(self, first: int, last: int) -> tuple[int, int]:
        """The characters of tokens `first`..`last` (exclusive)."""
        return self.tokens[first].start, self.tokens[last - 1].end


class Folder:
    """Makes a word what it is looked up by. Known to the data: which letters are one."""

    def __init__(self, letters: Mapping[int, str]) -> None:
        self._letters = letters

    def __call__(self, word: str) -> str:
        return word.lower().translate(self._letters)


def tokenise(text: str, fold: Folder) -> Text:
    """The tokens of `text`, in time linear in its length."""
    tokens = []
    for found in _TOKEN.finditer(text):
        kind, body = found.lastgroup, found[0]
        start, end = found.span()
        folded = fold(body) if kind == "word" else body
        tokens.append(Token(start, end, body, folded, kind))  # type: ignore[arg-type]
    return Text(text, tuple(tokens))
