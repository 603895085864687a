"""Whether somebody's age is told: what is allowed may hang on it, whatever the question names."""

from collections.abc import Sequence

from app.dialogue.hearing.text import Message, Token, fold
from app.dialogue.resources import load_words

_WORDS = load_words("rules", "words.yaml")
_AGED = frozenset(map(fold, _WORDS["aged"]))
_OLD = frozenset(map(fold, _WORDS["years_old"]))
_YEARS = frozenset(map(fold, _WORDS["years"]))
_DIGITS = 2
"""Of an age in years."""


def tells_age(message: Message) -> bool:
    """«Мне 17», «сыну 12 лет», «19 жастамын», "I'm 17": not «мне 2 лодки»."""
    return any(
        token.text.isdecimal() and len(token.text) <= _DIGITS and _of_age(message.tokens, place)
        for place, token in enumerate(message.tokens)
    )


def _of_age(tokens: Sequence[Token], place: int) -> bool:
    before = tokens[place - 1].text if place else ""
    behind = tokens[place + 1] if place + 1 < len(tokens) else None
    if behind is None or behind.clause != tokens[place].clause:
        return before in _AGED
    return behind.text in _OLD or (before in _AGED and behind.text in _YEARS)
