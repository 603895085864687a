"""Which of many strings stand in the bytes of files: one pass, whatever their number."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.files import opened

_BLOCK = 1 << 22
_HEAD = 8  # bytes compared at once, as one number
_PAIR = 2  # shorter strings than this are looked for one after the other
_BETWEEN = b"\xff"  # in no text: UTF-8 does not have it


def standing_in(files: Iterable[Path], needles: Sequence[str], *, below: Path | None = None) -> set[str]:
    """Those of `needles` (not empty) that stand somewhere in the files, letter for letter, as UTF-8.

    `below`: as `files.opened`, which opens them.
    A file of 250 MB takes seconds; looking for a few hundred strings one after the other takes a minute.
    """
    search = _Search(needles)
    for path in files:
        with opened(path, below=below) as stream:
            tail = b""
            while block := stream.read(_BLOCK):
                text = tail + block
                search.look(text)
                tail = text[-search.overlap :] if search.overlap else b""
    return search.found


def standing_among(texts: Iterable[bytes], needles: Sequence[str]) -> set[str]:
    """Those of `needles` (not empty) that stand in one of the texts, which are UTF-8."""
    search = _Search(needles)
    block = bytearray()
    for text in texts:
        block += text + _BETWEEN
        if len(block) >= _BLOCK:
            search.look(bytes(block))
            block.clear()
    search.look(bytes(block))
    return search.found


class _Search:
    """The first bytes at every place of a text, up to eight, are looked up among the first ones of every string.

    Behind them lie the strings by their length, so that a place costs the same however many begin alike.
    """

    def __init__(self, needles: Iterable[str]) -> None:
        self.found: set[str] = set()
        raw = {needle: needle.encode("utf-8", "surrogatepass") for needle in needles}
        self.overlap = max((len(each) for each in raw.values()), default=1) - 1
        self._few = {needle: each for needle, each in raw.items() if len(each) < _PAIR}
        by_size: dict[int, dict[bytes, str]] = defaultdict(dict)
        for needle, each in raw.items():
            if len(each) >= _PAIR:
                by_size[min(len(each), _HEAD)][each] = needle
        self._heads = [_Heads(size, strings) for size, strings in sorted(by_size.items())]

    def look(self, text: bytes) -> None:
        self.found |= {needle for needle, each in self._few.items() if needle not in self.found and each in text}
        if not self._heads:
            return
        padded = text + _BETWEEN * _HEAD  # so that a whole word begins at every place
        for shift in range(min(_HEAD, len(text))):
            words = np.frombuffer(padded, "<u8", count=(len(padded) - shift) // _HEAD, offset=shift)
            for heads in self._heads:
                self.found.update(heads.at(text, words, shift))


class _Heads:
    """Strings whose first `size` bytes are compared at once, as one number."""

    def __init__(self, size: int, strings: dict[bytes, str]) -> None:
        self._mask = np.uint64((1 << 8 * size) - 1)
        self._strings: dict[int, dict[int, dict[bytes, str]]] = defaultdict(lambda: defaultdict(dict))
        for each, needle in strings.items():
            self._strings[int.from_bytes(each[:size], "little")][len(each)][each] = needle
        self._heads = np.array(sorted(self._strings), np.uint64)
        # Most places differ in their first two bytes already, nearly all in the next two.
        self._pairs = [np.zeros(1 << 16, np.bool_) for _ in range(min(size // _PAIR, 3))]
        for number, pair in enumerate(self._pairs):
            pair[(self._heads >> np.uint64(16 * number)) & np.uint64(0xFFFF)] = True

    def at(self, text: bytes, words: NDArray[np.uint64], shift: int) -> Iterator[str]:
        """The strings that begin at the places of `words`, the first being `shift`; each is told once."""
        places = np.flatnonzero(self._pairs[0][words & np.uint64(0xFFFF)])
        for number, pair in enumerate(self._pairs[1:], 1):
            bits = (words[places] >> np.uint64(16 * number)) & np.uint64(0xFFFF)
            places = places[pair[bits]]
        places = places[np.isin(words[places] & self._mask, self._heads)]
        for place in places.tolist():
            start = shift + place * _HEAD
            alike = self._strings[int(words[place] & self._mask)]
            for length, strings in list(alike.items()):
                needle = strings.pop(text[start : start + length], None)
                if needle is not None:
                    yield needle
                if not strings:
                    del alike[length]
