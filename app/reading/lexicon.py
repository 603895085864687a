"""The room's words, read once from this package's YAML, and the rows of them that are looked for in a text.

A row is words, each as it is, or a stem with `*` behind it, or several with `|` between. It costs one look-up a word.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any

from app.packaged import packaged
from app.reading.tokens import fold

LANGUAGES = ("ru", "kk", "en")


class Rows:
    """Named rows of words. Building it raises ValueError for an empty row."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for name, row in rows:
            for chosen in product(*([fold(option) for option in word.split("|")] for word in str(row).split())):
                if not chosen:
                    raise ValueError(f"an empty row among {name!r}")
                self._by_first.setdefault(chosen[0], []).append((chosen, name))
        firsts = [first[:-1] for first in self._by_first if first.endswith("*")]
        self._lengths = sorted({len(first) for first in firsts})
        self._beginning = lru_cache(maxsize=8192)(self._rows_of)

    def _rows_of(self, word: str) -> tuple[tuple[tuple[str, ...], str], ...]:
        """The rows that may begin with a word."""
        firsts = [word, *(word[:n] + "*" for n in self._lengths if n <= len(word))]
        return tuple(row for first in firsts for row in self._by_first.get(first, ()))

    def at(self, words: Sequence[str], place: int) -> dict[str, int]:
        """The names of the rows that begin at a place, and where the longest of each ends."""
        found: dict[str, int] = {}
        for row, name in self._beginning(words[place]):
            end = place + len(row)
            if end <= len(words) and end > found.get(name, 0) and (len(row) == 1 or _fits(row, words, place)):
                found[name] = end
        return found


def _fits(row: Sequence[str], words: Sequence[str], place: int) -> bool:
    return all(
        words[place + at].startswith(atom[:-1]) if atom[-1] == "*" else words[place + at] == atom
        for at, atom in enumerate(row[1:], 1)
    )


@lru_cache(maxsize=1)
def data() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Chapter to name to rows, those of all languages together."""
    merged: dict[str, dict[str, tuple[str, ...]]] = {}
    for language in LANGUAGES:
        book: dict[str, dict[str, Any]] = packaged("app.reading", "words", f"{language}.yaml")
        for chapter, names in book.items():
            into = merged.setdefault(chapter, {})
            for name, rows in names.items():
                split = rows.split(",") if isinstance(rows, str) else rows
                into[name] = (*into.get(name, ()), *(str(row).strip() for row in split))
    return merged


@lru_cache(maxsize=8)
def rows(chapter: str) -> Rows:
    """The rows of a chapter of all languages."""
    return Rows((name, row) for name, each in data()[chapter].items() for row in each)


@lru_cache(maxsize=64)
def listed(chapter: str, name: str) -> frozenset[str]:
    """The single words of a list, folded."""
    return frozenset(fold(row) for row in data()[chapter].get(name, ()))


@lru_cache(maxsize=32)
def endings(name: str) -> tuple[str, ...]:
    """Ends of words, folded."""
    return tuple(sorted(listed("endings", name)))
