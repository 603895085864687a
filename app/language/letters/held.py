"""Letters that were held down: a run of three or more becomes one, or two where only that is a word."""

import re
from collections.abc import Callable

from app.language.letters.chunks import is_roman

_WORD = re.compile(r"[^\W\d_]+")
_RUN = re.compile(r"(.)\1{2,}", re.IGNORECASE)


def released(text: str, known: Callable[[str], bool]) -> str:
    """`text` without held letters; `known` tells whether a lower-case word is one. A word of one letter stays."""
    if not _RUN.search(text):
        return text

    def word(match: re.Match[str]) -> str:
        held = match.group()
        if len(held) < 3 or not _RUN.search(held) or len(set(held.lower())) == 1:
            return held
        # Of capitals alone a word may be a Roman number; those of few letters are no one's shout.
        if is_roman(held):
            return held
        return _chosen(held, known)

    return _WORD.sub(word, text)


def _chosen(word: str, known: Callable[[str], bool]) -> str:
    once = _RUN.sub(r"\1", word)
    if known(once.lower()):
        return once
    twice = _RUN.sub(r"\1\1", word)
    if known(twice.lower()):
        return twice
    # Of several runs only one may have been a double letter.
    runs = list(_RUN.finditer(word))
    for chosen in runs[:6]:
        one = "".join(
            word[a.end() if a else 0 : b.start()] + (b[1] * 2 if b is chosen else b[1])
            for a, b in zip([None, *runs], runs, strict=False)
        )
        one += word[runs[-1].end() :]
        if known(one.lower()):
            return one
    return once
