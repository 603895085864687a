"""A text as numbers: the counts of its words, of words side by side, and of the letters within them.

Pieces fall into `BUCKETS` by their hash, so that there is no vocabulary to load and a slip of the keyboard leaves most
of a word's pieces as they were.
"""

import re
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 15
MAX_CHARS = 2000
"""Of a text; what comes behind it is not looked at."""
MAX_WORDS = 300

_WORD = re.compile(r"\d+|[^\W\d_]+|[?!]")
_HELD = re.compile(r"(\D)\1{2,}")
_LETTERS = 5
"""Letters of the longest piece of a word."""
_SIDE_BY_SIDE = (2, 3)
# One spelling for many: Kazakh letters are often typed as their Russian neighbours.
_ALIKE = str.maketrans(
    "\u0451\u04d9\u0493\u049b\u04a3\u04e9\u04b1\u04af\u04bb\u0456",
    "\u0435\u0430\u0433\u043a\u043d\u043e\u0443\u0443\u0445\u0438",
)


@dataclass(frozen=True, slots=True)
class Features:
    """Of one text: `buckets` (each once) and how often its pieces fall into each of them."""

    buckets: NDArray[np.intp]
    counts: NDArray[np.float32]


def features(text: str) -> Features:
    """The pieces of a text; none for one without a letter, a figure or a mark."""
    found: dict[int, int] = {}
    words = _words(text)
    for word in words:
        for bucket in _pieces(word):
            found[bucket] = found.get(bucket, 0) + 1
    for number in _SIDE_BY_SIDE:
        for start in range(len(words) - number + 1):
            bucket = _bucket(" ".join(words[start : start + number]))
            found[bucket] = found.get(bucket, 0) + 1
    size = len(found)
    return Features(np.fromiter(found.keys(), np.intp, size), np.fromiter(found.values(), np.float32, size))


def weighed(of: Features, idf: NDArray[np.float32]) -> NDArray[np.float32]:
    """The counts as the classifier takes them: damped, the rare ones heavier, of length 1."""
    weights = (1 + np.log(of.counts)) * idf[of.buckets]
    length = float(np.sqrt(weights @ weights))
    return weights / length if length else weights


def document_frequency(of: Sequence[Features]) -> NDArray[np.float32]:
    """The inverse frequency of each bucket among the texts."""
    held = np.bincount(np.concatenate([each.buckets for each in of]), minlength=BUCKETS)
    return (np.log((1 + len(of)) / (1 + held)) + 1).astype(np.float32)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARS])[:MAX_CHARS].casefold().translate(_ALIKE)
    found = (match.group() for match in islice(_WORD.finditer(plain), MAX_WORDS))
    return ["0" if word.isdecimal() else _HELD.sub(_once, word) for word in found]


def _once(held: re.Match[str]) -> str:
    """A letter that was held down."""
    return held[1]


@lru_cache(maxsize=16384)
def _pieces(word: str) -> tuple[int, ...]:
    framed = f"<{word}>"
    pieces = [framed]
    for size in range(2, min(_LETTERS, len(framed) - 1) + 1):
        pieces += [framed[start : start + size] for start in range(len(framed) - size + 1)]
    return tuple(_bucket(piece) for piece in pieces)


def _bucket(piece: str) -> int:
    return zlib.crc32(piece.encode("utf-8", "replace")) % BUCKETS
