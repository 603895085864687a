"""Turns of speech from phrases.yaml, found word by word: a word is looked at once per row that it can begin."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from app.guardrail.text.folding import fold
from app.guardrail.text.words import PlacedToken, Text
from app.packaged import packaged

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
    """The lists of a file, each with its rows."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._rows: dict[str, list[tuple[str, tuple[_Step, ...]]]] = {}
        for name, rows in lists.items():
            for row in rows:
                self._file(name, row)

    def _file(self, name: str, row: str) -> None:
        steps = tuple(_step(part) for part in fold(row).replace("'", " ").split())
        for head in {self._head(row, *word) for word in steps[0] or ()}:
            self._rows.setdefault(head, []).append((name, steps))

    @staticmethod
    def _head(row: str, word: str, compared: str) -> str:
        if compared == "beginning" and len(word) < _HEAD:
            raise ValueError(f"phrases.yaml: {row!r} begins with fewer than {_HEAD} letters")
        return "" if compared == "inside" else word[:_HEAD]

    def find(self, text: Text) -> dict[str, "Turns"]:
        """Every place of a text where a row stands, by the name of its list; of several at one word the first."""
        found: dict[str, list[Found]] = {}
        inside = self._rows.get("", [])
        for run in runs(text):
            for at, token in enumerate(run):
                seen: set[str] = set()
                for name, steps in (*self._rows.get(token.text[:_HEAD], ()), *inside):
                    last = _match(run, at, steps) if name not in seen else None
                    if last is not None:
                        seen.add(name)
                        found.setdefault(name, []).append(
                            Found(token.start, run[last].end, token.sentence, token.clause)
                        )
        return defaultdict(lambda: _NONE, {name: Turns(tuple(places)) for name, places in found.items()})


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


_NONE = Turns(())


@cache
def words(name: str) -> frozenset[str]:
    """A list of wordlists.yaml, folded."""
    return frozenset(word for row in rows(name) for word in row)


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The same, each row by itself."""
    return tuple(tuple(fold(row).split()) for row in _lists("wordlists.yaml")[name])


def _lists(name: str) -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = packaged("app.guardrail.text", name)
    return {name: [str(row) for row in rows] for name, rows in loaded.items()}


def _step(part: str) -> _Step:
    if part == "..":
        return None
    return tuple((word.strip("*"), _compared(word)) for word in part.split("|"))


def _compared(word: str) -> str:
    return "inside" if word.startswith("*") else "beginning" if word.endswith("*") else "whole"


def runs(text: Text) -> Iterator[list[PlacedToken]]:
    """The words and numbers of each clause; signs such as quotation marks and hyphens do not part them."""
    run: list[PlacedToken] = []
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


def _match(run: list[PlacedToken], at: int, steps: tuple[_Step, ...]) -> int | None:
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


_FILE = Phrases(_lists("phrases.yaml"))  # read with the module: the first draft does not wait for it


def phrases() -> Phrases:
    """Those of phrases.yaml."""
    return _FILE
