"""Our own token count: the model server cuts an overlong prompt silently, so we must know before it does.

Characters per token of qwen3's vocabulary, measured on chat texts: Russian 2.8, Kazakh 1.6, English 4.7; a digit is a
token of its own.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable
from string import ascii_letters

from app.language.folds import KAZAKH

_RUSSIAN = 2.8
_KAZAKH = 1.6
_ENGLISH = 4.7
_KAZAKH_LETTERS = KAZAKH | {letter.upper() for letter in KAZAKH}
_LATIN_LETTERS = frozenset(ascii_letters)
_KAZAKH_SHARE = 0.04  # of a text's Cyrillic letters: every Kazakh sentence has more, Russian has none
_MESSAGE = 5  # role marks and line ends around each message
_SMOOTHING = 0.1  # weight of the newest observation
_LIMITS = (0.5, 4.0)  # of the factor: a coarse vocabulary comes to 2.3
_STEP = 2.0  # times what the factor is: beyond that one observation among many is at fault, not the count
_DUST = 1e-6  # 56 letters at 2.8 each are 20 tokens, and a hair more in binary fractions
_MARK = 5.5  # a frame's sign and its six letters, which are no word: measured on 300 marks
_RARE = re.compile(r"[^\x00-\x7f\u00a0-\u00bf\u0400-\u04ff\u2010-\u203a\u20b8\u20bd\u2116⟦⟧]")
_RARE_SHARE = 0.03
_FRAME = re.compile(r"⟦(/?)[a-z]{6}(?![a-z])")


def usual(texts: Iterable[str]) -> bool:
    """Whether almost all of their signs are of the scripts that we count by. Others are tokens by the handful, and
    one customer who writes them must not make everybody's prompts seem longer."""
    rare = length = 0
    for text in texts:
        rare += len(_RARE.findall(text))
        length += len(text)
    return rare <= _RARE_SHARE * length


class TokenCounter:
    """Estimates tokens; `calibrate` corrects it by what the server counted."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor

    def count(self, text: str) -> int:
        """Tokens of `text`, rounded up; 0 for an empty one."""
        return math.ceil(self.factor * _estimate(text) - _DUST)

    def room(self, tokens: int) -> int:
        """Characters of the longest text that may have so few tokens."""
        return math.floor(tokens / self.factor * _ENGLISH)

    def count_message(self, text: str) -> int:
        """Tokens of a chat message with its role marks."""
        return self.count(text) + _MESSAGE

    def calibrate(self, counted: int, actual: int, weight: float = _SMOOTHING) -> None:
        """Moves the estimate towards the server's count of a prompt that we counted as `counted`; 1: all the way."""
        if counted <= 0 or actual <= 0:
            return
        low, high = _LIMITS
        if weight < 1:
            high = min(high, _STEP * self.factor)
        self.factor += weight * (min(max(self.factor * actual / counted, low), high) - self.factor)


def _estimate(text: str) -> float:
    """Each sign has its weight, so how often each stands in the text is enough: less work than to walk through it."""
    signs = Counter(text)
    latin = sum(times for sign, times in signs.items() if sign in _LATIN_LETTERS)
    cyrillic = sum(times for sign, times in signs.items() if "\u0400" <= sign <= "\u04ff")
    kazakh = sum(times for sign, times in signs.items() if sign in _KAZAKH_LETTERS)
    plain = sum(times for sign, times in signs.items() if sign.isspace() or (sign.isascii() and not sign.isalnum()))
    alone: float = len(text) - latin - cyrillic - plain  # digits, emoji, signs of other scripts: a token each
    per_cyrillic = _KAZAKH if kazakh > _KAZAKH_SHARE * cyrillic else _RUSSIAN
    per_other = _ENGLISH if latin > cyrillic else per_cyrillic
    for slash in _FRAME.findall(text):
        latin, plain, alone = latin - 6, plain - len(slash), alone - 1 + _MARK
    return alone + latin / _ENGLISH + cyrillic / per_cyrillic + plain / per_other
