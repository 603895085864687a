"""A text in one spelling: lower case, one letter for «ё» and each Kazakh letter, one script within a word.

Folding keeps every character's place (one letter becomes one letter), so a finding's place is a place in the text.
"""

import re
from functools import lru_cache

from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.text", "folding.yaml")
KAZAKH = _LISTS.word("kazakh")
"""Letters that Russian has not."""
_TABLE = str.maketrans(
    {
        **dict(zip(*_LISTS.pair("plain"), strict=True)),
        **{chr(code): " " for code in (0xA0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000, 9, 13)},
        "’": "'",
        "ʼ": "'",
        "`": "'",
        "٫": ",",
        "−": "-",
        "‐": "-",
        "‑": "-",
        "‒": "–",
        "“": "»",
        "”": "»",
        "„": "«",
        '"': '"',
    }
)
_LATIN, _CYRILLIC = _LISTS.pair("alike")
_TO_CYRILLIC = str.maketrans(_LATIN, _CYRILLIC)
_TO_LATIN = str.maketrans(_CYRILLIC, _LATIN)
_MIXED = re.compile("[a-z][\u0430-\u044f]|[\u0430-\u044f][a-z]")
_LETTERS_RUN = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Lower case, one letter for «ё» and each Kazakh letter, plain spaces, look-alikes in one script; same length."""
    low = text.lower()
    if len(low) != len(text):
        low = "".join(c if len(c.lower()) != 1 else c.lower() for c in text)
    low = low.translate(_TABLE)
    return _LETTERS_RUN.sub(_one_script, low) if _MIXED.search(low) else low


folded = lru_cache(maxsize=16384)(fold.__wrapped__)
"""The same of one word: words come again, whole texts seldom do."""


def _one_script(match: re.Match[str]) -> str:
    word = match.group()
    if not _MIXED.search(word):
        return word
    latin = sum("a" <= c <= "z" for c in word)
    return word.translate(_TO_LATIN if latin * 2 > len(word) else _TO_CYRILLIC)


_LETTERS = dict(zip(*_LISTS.pair("sounds"), strict=True))
_PAIRS = tuple((latin, letter) for latin, (letter,) in _LISTS.rows("pairs").items())


@lru_cache(maxsize=4096)
def cyrillic(word: str) -> str:
    """A Latin word in Russian letters: `rost` is «рост»."""
    for latin, letter in _PAIRS:
        word = word.replace(latin, letter)
    return "".join(_LETTERS.get(c, c) for c in word)
