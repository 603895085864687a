"""Words that name nothing alone, though they stand in a name: a person, a town, what is done, an everyday word."""

from collections.abc import Sequence
from functools import cache

from app.figures.words import Token, fold, listed, written
from app.language.words import words


def does(text: str, found: Sequence[Token], place: int) -> bool:
    """«Can I set», "to start": a word of a language that writes names with capitals, where something is done."""
    token = found[place]
    leads = place > 0 and found[place - 1].raw in written("acting")
    return token.raw.isascii() and text[token.start].islower() and leads


def everyday(token: Token) -> bool:
    people = listed("people").get(token.folded) is not None
    return people or token.raw in written("everyday") or listed("one").get(token.folded) is not None


def town(text: str, token: Token) -> bool:
    """«In Rostov»: a name of a place or a person with its capital is no form of a name here."""
    return text[token.start].isupper() and token.folded in _people()


@cache
def _people() -> frozenset[str]:
    return frozenset(fold(name) for name in words("ru").called)
