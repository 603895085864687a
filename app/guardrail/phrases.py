"""Turns of speech from phrases.yaml, found word by word: each word of a text is looked at once per row that it can begin."""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from app.guardrail.words import Text, Token, fold

_GAP = 4
"""Words that «..» stands for at most."""
_HEAD = 3
"""Letters that rows are filed under."""

_Step = tuple[tuple[str, str], ...] | None
"""The words of one place, each with how it is compared (whole, beginning, inside); None for «..»."""


class Found(NamedTuple):
    """A turn of speech at `start`..`end` of the text."""

    start: int
    end: int
    sentence: int
    clause: int


class Phrases:
    """One list of phrases.yaml."""

    def __init__(self, rows: Sequence[str]) -> None:
        self._rows: dict[str, list[tuple[_Step, ...]]] = {}
        for row in rows:
            steps = tuple(_step(part) for part in fold(row).replace("'", " ").split())
            for word, compared in steps[0] or ():
                if compared == "beginning" and len(word) < _HEAD:
                    raise ValueError(f"phrases.yaml: {row!r} begins with fewer than {_HEAD} letters")
                self._rows.setdefault("" if compared == "inside" else word[:_HEAD], []).append(steps)

    def find(self, text: Text) -> "Turns":
        """Every place of a text where one of the rows stands; of several at one word the first in the file."""
        found = []
        inside = self._rows.get("", ())
        for run in runs(text):
            for at, token in enumerate(run):
                for steps in (*self._rows.get(token.text[:_HEAD], ()), *inside):
                    last = _match(run, at, steps)
                    if last is not None:
                        found.append(Found(token.start, run[last].end, token.sentence, token.clause))
                        break
        return Turns(tuple(found))


class Turns:
    """What `Phrases.find` found in a text, in order."""

    def __init__(self, found: tuple[Found, ...]) -> None:
        self.all = found
        self.clauses = frozenset(f.clause for f in found)
        self.sentences = frozenset(f.sentence for f in found)
        self._by_sentence: dict[int, list[Found]] = {}
        for f in found:
            self._by_sentence.setdefault(f.sentence, []).append(f)

    def of(self, sentence: int) -> Sequence[Found]:
        """Those of one sentence."""
        return self._by_sentence.get(sentence, ())


@cache
def phrases(name: str) -> Phrases:
    """The list of that name."""
    return Phrases(_lists()[name])


@cache
def words(name: str) -> frozenset[str]:
    """The words of a list that has single ones, folded."""
    return frozenset(word for row in _lists()[name] for word in fold(row).split())


@cache
def _lists() -> dict[str, list[str]]:
    text = files("app.guardrail").joinpath("phrases.yaml").read_text("utf-8")
    loaded: dict[str, list[str]] = yaml.safe_load(text)
    return {name: [str(row) for row in rows] for name, rows in loaded.items()}


def _step(part: str) -> _Step:
    if part == "..":
        return None
    return tuple((word.strip("*"), _compared(word)) for word in part.split("|"))


def _compared(word: str) -> str:
    return "inside" if word.startswith("*") else "beginning" if word.endswith("*") else "whole"


def runs(text: Text) -> Iterator[list[Token]]:
    """The words and numbers of each clause; signs such as quotation marks and hyphens do not part them."""
    run: list[Token] = []
    for token in text.tokens:
        if token.kind == "s":
            continue
        if run and (token.clause, token.sentence) != (run[-1].clause, run[-1].sentence):
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _fits(word: str, step: _Step) -> bool:
    for wanted, compared in step or ():
        if word == wanted or (
            compared != "whole" and (word.startswith(wanted) or (compared == "inside" and wanted in word))
        ):
            return True
    return False


def _match(run: list[Token], at: int, steps: tuple[_Step, ...]) -> int | None:
    """The last word of the row when it begins at word `at`: «..» takes as few words as will do."""
    if not _fits(run[at].text, steps[0]):
        return None
    place, gap = at, 0
    for step in steps[1:]:
        if step is None:
            gap = _GAP
            continue
        reach = range(place + 1, min(place + 2 + gap, len(run)))
        found = next((i for i in reach if _fits(run[i].text, step)), None)
        if found is None:
            return None
        place, gap = found, 0
    return place
