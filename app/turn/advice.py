"""What kind of word a customer wants on a thing that he names: advice, a comparison, a price."""

from collections.abc import Mapping
from functools import lru_cache

from app.composing.covering import asks, costs
from app.composing.fitting import folded
from app.figures.words import asked_by, chooses, fold, listed
from app.knowledge.wordlists import listed as particles
from app.language.words import questions
from app.packaged import packaged

_PRICES = frozenset({"price", "sum"})


def advises(text: str) -> bool:
    """Whether it asks for the difference, which one suits, or whether a thing is needed."""
    worth = suits(text) or not _words()["worth"].isdisjoint(folded(text))
    return compares(text) or (worth and asking(text))


def compares(text: str) -> bool:
    """Whether it asks which of several is the one, or how they differ."""
    weighed = not _words()["better"].isdisjoint(folded(text)) and not questions()["either"].isdisjoint(folded(text))
    return weighed or differs(text) or chooses([fold(word) for word in folded(text)])


def differs(text: str) -> bool:
    """Whether it asks how things differ, whatever they cost."""
    return any("difference" in asked_by(fold(word)) for word in folded(text))


def suits(text: str) -> bool:
    """Whether it asks if a thing will do, perhaps one of his own."""
    return any(fold(word) in listed("suiting") for word in folded(text))


def asking(text: str) -> bool:
    return asks(text) or not (questions()["starts"] | particles("particles")).isdisjoint(folded(text))


def of_price(text: str) -> bool:
    """Whether a question asks what something costs, or for a sum."""
    said = [fold(word) for word in folded(text)]
    words = [word for ahead, word in zip(["", *said], said, strict=False) if ahead not in listed("except")]
    text = " ".join(words) if len(words) < len(said) else text  # «what is the difference, except the price?»
    cheaper = any(word in listed("comparative") for word in words)  # «which of the two is cheaper?»
    return cheaper or costs(text) or any(kind in _PRICES for word in words for kind in asked_by(word))


@lru_cache(maxsize=1)
def _words() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(folded(row)) for name, row in packaged("app.turn", "advice.yaml").items()}
