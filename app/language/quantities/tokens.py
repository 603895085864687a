"""A text as tokens: runs of letters, runs of digits, single signs, each with its place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

Kind = Literal["word", "digits", "sign"]

_TOKEN = re.compile(r"(?P<digits>\d+)|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?)|(?P<sign>[^\s])")

GAP = 4
"""So many spaces part two tokens of a line."""
PADDING = 4
"""How far before the first token anybody looks."""


class Token(NamedTuple):
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
    folds: tuple[str, ...]
    """Of the tokens, then empty ones: so a place just before the first token is also one without a word."""
    kinds: tuple[str, ...]
    """As `folds`."""
    gaps: tuple[bool | None, ...]
    """Before each token: None where no space stands, True where the same line goes on, False elsewhere and outside."""

    def glued(self, place: int) -> bool:
        """Whether no space stands before the token at `place`."""
        try:
            return self.gaps[place] is None
        except IndexError:
            return False

    def near(self, place: int) -> bool:
        """Whether the token at `place` stands in the same line as the one before, a few spaces away at most."""
        try:
            return self.gaps[place] is not False
        except IndexError:
            return False

    def fold(self, place: int) -> str:
        """The token's, or nothing outside the text."""
        try:
            return self.folds[place]
        except IndexError:
            return ""

    def kind(self, place: int) -> str:
        """The token's, or nothing outside the text."""
        try:
            return self.kinds[place]
        except IndexError:
            return ""

    def between(self, first: int, last: int) -> tuple[int, int]:
        """The characters of tokens `first`..`last` (exclusive)."""
        return self.tokens[first].start, self.tokens[last - 1].end


class Folder:
    """Makes a word what it is looked up by. Known to the data: which letters are one."""

    def __init__(self, letters: Mapping[int, str]) -> None:
        self._letters = letters
        self._known = lru_cache(maxsize=8192)(self._folded)

    def __call__(self, word: str) -> str:
        return self._known(word)

    def _folded(self, word: str) -> str:
        return word.lower().translate(self._letters)


def tokenise(text: str, fold: Folder) -> Text:
    """The tokens of `text`, in time linear in its length."""
    tokens: list[Token] = []
    gaps: list[bool | None] = []
    none = ("",) * PADDING
    before = 0
    for found in _TOKEN.finditer(text):
        kind, body = found.lastgroup, found[0]
        start, end = found.span()
        tokens.append(Token(start, end, body, fold(body) if kind == "word" else body, kind))  # type: ignore[arg-type]
        gap = None if start == before else start - before < GAP and "\n" not in text[before:start]
        gaps.append(gap if gaps else False)
        before = end
    folds, kinds = tuple([token.fold for token in tokens]), tuple([token.kind for token in tokens])
    return Text(text, tuple(tokens), folds + none, kinds + none, (*gaps, *(False,) * PADDING))
