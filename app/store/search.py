"""Which of many strings stand in the bytes of files: one pass, whatever their number."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from app.files import opened

_BLOCK = 1 << 22
_HEAD = 8  # bytes compared at once, as one number


def standing_in(files: Iterable[Path], needles: Sequence[str], *, below: Path | None = None) -> set[str]:
    """Those of `needles` (not empty) that stand somewhere in the files, letter for letter, as UTF-8.

    `below`: as `files.opened`, which opens them.
    A file of 250 MB takes seconds; looking for a few hundred strings one after the other takes a minute.
    """
    raw = {needle: needle.encode("utf-8", "surrogatepass") for needle in needles}
    search = _Search(raw)
    overlap = max((len(each) for each in raw.values()), default=1) - 1
    for path in files:
        with opened(path, below=below) as stream:
            tail = b""
            while block := stream.read(_BLOCK):
                text = tail + block
                search.look(text)
                tail = text[-overlap:] if overlap else b""
    return search.found


class _Search:
    """Eight bytes at every place of a text are looked up among the first eight of every string."""

    def __init__(self, raw: dict[str, bytes]) -> None:
        self.found: set[str] = set()
        self._short = {needle: each for needle, each in raw.items() if len(each) < _HEAD}
        self._long: dict[int, list[tuple[str, bytes]]] = defaultdict(list)
        for needle, each in raw.items():
            if len(each) >= _HEAD:
                self._long[int.from_bytes(each[:_HEAD], "little")].append((needle, each))
        self._heads = np.array(sorted(self._long), np.uint64)
        # Most places differ in their first two bytes already, nearly all in the next two.
        self._pairs = [np.zeros(1 << 16, np.bool_) for _ in range(3)]
        for number, pair in enumerate(self._pairs):
            pair[(self._heads >> np.uint64(16 * number)) & np.uint64(0xFFFF)] = True

    def look(self, text: bytes) -> None:
        self.found |= {needle for needle, each in self._short.items() if each in text}
        for shift in range(min(_HEAD, len(text) - _HEAD + 1)):
            words = np.frombuffer(text, "<u8", count=(len(text) - shift) // _HEAD, offset=shift)
            places = np.flatnonzero(self._pairs[0][words & np.uint64(0xFFFF)])
            for number, pair in enumerate(self._pairs[1:], 1):
                bits = (words[places] >> np.uint64(16 * number)) & np.uint64(0xFFFF)
                places = places[pair[bits]]
            places = places[np.isin(words[places], self._heads)]
            for place in places.tolist():
                start = shift + place * _HEAD
                for needle, each in self._long[int(words[place])]:
                    if needle not in self.found and text.startswith(each, start):
                        self.found.add(needle)
