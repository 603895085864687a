"""Turns of speech from phrases.yaml, found word by word: what a word fits is looked up, and of all rows only those are
tried whose words the text has."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from app.guardrail.text.folding import fold
from app.guardrail.text.words import PlacedToken, Text
from app.packaged import packaged

_GAP = 4
"""Words that «..» stands for at most."""
_HEAD = 3
"""Letters that the first word of a row begins with at least, where only its beginning is given."""

_Step = tuple[tuple[str, str], ...] | None
"""The words of one place, each with how it is compared (whole, beginning, inside); None for «..»."""


class Found(NamedTuple):
    """A turn of speech at `start`..`end` of the text."""

    start: int
    end: int
    sentence: int
    clause: int


class _Row(NamedTuple):
    """A row of a list, its steps by their numbers."""

    rank: tuple[bool, int]
    """Of several of a list at one word the least is tried first: those that name a beginning, in their order."""
    name: str
    """Of the list."""
    steps: tuple[int | None, ...]
    """None for «..»."""
    needs: frozenset[int]
    """Steps that a text has to have words for."""


class Phrases:
    """The lists of a file, each with its rows."""

    def __init__(self, lists: Mapping[str, Sequence[str]]) -> None:
        self._steps: dict[_Step, int] = {}
        """Each with its number."""
        self._whole: dict[str, list[int]] = {}
        self._beginning: dict[str, list[int]] = {}
        self._inside: dict[str, list[int]] = {}
        """Word of a step, by how it is compared -> the steps that it is in."""
        self._rows: dict[int, list[_Row]] = {}
        """By their first steps."""
        for name, rows in lists.items():
            for row in rows:
                self._file(name, row)
        self._lengths = sorted({len(word) for word in self._beginning})
        self.fits = lru_cache(maxsize=16384)(self._fits)
        """(a folded word) -> the steps that it fits"""

    def _file(self, name: str, row: str) -> None:
        steps = tuple(_step(part) for part in fold(row).replace("'", " ").split())
        first = steps[0] or ()
        for word, compared in first:
            if compared == "beginning" and len(word) < _HEAD:
                raise ValueError(f"phrases.yaml: {row!r} begins with fewer than {_HEAD} letters")
        numbers = tuple(None if step is None else self._number(step) for step in steps)
        if numbers[0] is not None:
            rank = all(compared == "inside" for _, compared in first), sum(map(len, self._rows.values()))
            needs = frozenset(number for number in numbers if number is not None)
            self._rows.setdefault(numbers[0], []).append(_Row(rank, name, numbers, needs))

    def _number(self, step: tuple[tuple[str, str], ...]) -> int:
        if step not in self._steps:
            number = self._steps[step] = len(self._steps)
            for word, compared in step:
                getattr(self, f"_{compared}").setdefault(word, []).append(number)
        return self._steps[step]

    def _fits(self, word: str) -> frozenset[int]:
        found = set(self._whole.get(word, ()))
        for length in self._lengths:
            if length > len(word):
                break
            found.update(self._beginning.get(word[:length], ()))
        for part, steps in self._inside.items():
            if part in word:
                found.update(steps)
        return frozenset(found)

    def find(self, text: Text) -> dict[str, "Turns"]:
        """Every place of a text where a row stands, by the name of its list; of several at one word the first."""
        found: dict[str, list[Found]] = {}
        fits = {word: self.fits(word) for word in {token.text for token in text.tokens if token.kind != "s"}}
        rows = self._beginning_at(fits)
        made = tuple.__new__  # a text may have a thousand of them
        for run in runs(text) if any(rows.values()) else ():
            steps = [fits[token.text] for token in run]
            for at, token in enumerate(run):
                seen: set[str] = set()
                for row in rows[token.text]:
                    last = _match(steps, at, row.steps) if row.name not in seen else None
                    if last is not None:
                        seen.add(row.name)
                        turn = made(Found, (token.start, run[last].end, token.sentence, token.clause))
                        found.setdefault(row.name, []).append(turn)
        return defaultdict(lambda: _NONE, {name: Turns(tuple(places)) for name, places in found.items()})

    def _beginning_at(self, fits: Mapping[str, frozenset[int]]) -> dict[str, list[_Row]]:
        """Each word of a text -> the rows that begin with it and all of whose steps some word of the text fits."""
        there = frozenset().union(*fits.values())
        rows = {step: [row for row in self._rows.get(step, ()) if row.needs <= there] for step in there}
        return {word: sorted(row for step in steps for row in rows[step]) for word, steps in fits.items()}


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
    return tuple(tuple(fold(row).split()) for row in _WORD_LISTS[name])


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


def _match(fits: Sequence[frozenset[int]], at: int, steps: tuple[int | None, ...]) -> int | None:
    """The last word of the row that begins at word `at`, by what each word fits: «..» takes as few words as will do."""
    place, gap = at, 0
    for step in steps[1:]:
        if step is None:
            gap = _GAP
            continue
        reach = range(place + 1, min(place + 2 + gap, len(fits)))
        found = next((i for i in reach if step in fits[i]), None)
        if found is None:
            return None
        place, gap = found, 0
    return place


# Read with the module: the first draft does not wait for them.
_FILE = Phrases(_lists("phrases.yaml"))
_WORD_LISTS = _lists("wordlists.yaml")


def phrases() -> Phrases:
    """Those of phrases.yaml."""
    return _FILE
