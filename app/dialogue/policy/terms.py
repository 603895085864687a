"""Whether a message names money: an amount by itself, or terms, a price that is said to be valid.

What a machine says behind it may not sound like a yes. Said too often it is only dull, so the words of
`terms.yaml` are wide.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from app.dialogue.hearing.text import Message, Token, fold
from app.dialogue.resources import load_words

Terms = Literal["", "figure", "terms"]

_SIGNS = frozenset("₸₽$€£₴₹¥%٪‰")
_BETWEEN = 3  # words from a price's word to its number
_LONG = 3  # figures: a number so long behind «за» is a price, a shorter one may count days


def _words(rows: Sequence[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """(whole words, beginnings), folded."""
    whole = frozenset(fold(word) for word in rows if not word.endswith("*"))
    return whole, tuple(fold(word[:-1]) for word in rows if word.endswith("*"))


_LISTS = {name: _words(rows) for name, rows in load_words("policy", "terms.yaml").items()}


def named(message: Message) -> Terms:
    """ "terms": a price that is said to be valid, or something for nothing; "figure": an amount and no more; or ""."""
    tokens = message.tokens
    amount = _has(tokens, "money") or not _SIGNS.isdisjoint(message.text)
    sum_of_money = amount or _has(tokens, "thousands")
    promised, priced = _has(tokens, "promised"), _has(tokens, "prices")
    if _has(tokens, "free") or _charged(message) or ((promised or priced) and sum_of_money) or (promised and priced):
        return "terms"
    return "figure" if amount else ""


def _has(tokens: Sequence[Token], name: str) -> bool:
    return any(name in _lists_of(token.text) for token in tokens)


def _is(token: Token, name: str) -> bool:
    return name in _lists_of(token.text)


@lru_cache(maxsize=8192)
def _lists_of(word: str) -> frozenset[str]:
    """The names of the lists that a word stands in."""
    return frozenset(name for name, (whole, stems) in _LISTS.items() if word in whole or word.startswith(stems))


def _charged(message: Message) -> bool:
    """«за 1000», «по 1 в месяц», «цена будет 1», «по тысяче», «1000-ға»: what can only be a price."""
    tokens = message.tokens
    for place, token in enumerate(tokens):
        if not (token.text.isdecimal() or _is(token, "thousands")):
            continue
        before = tokens[max(0, place - _BETWEEN) : place]
        after = tokens[place + 1] if place + 1 < len(tokens) else None
        leads = bool(before) and (_is(before[-1], "cues") or _has(before, "prices"))
        if token.text.isdecimal():
            long = len(token.text) >= _LONG
            signed = not _SIGNS.isdisjoint(message.text[token.end : token.end + 2])
            whole = after is None or after.clause != token.clause or after.text.isdecimal()
            if leads and (long or signed or whole or (after and (_is(after, "units") or _is(after, "money")))):
                return True
            if long and after is not None and _is(after, "into"):
                return True
        elif leads:
            return True
    return False
