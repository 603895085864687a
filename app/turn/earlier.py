"""Figures that our earlier answers named, as far as today's facts bear them out: nothing else is called ours."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import lru_cache

from app.language.money import money
from app.language.numerals import numbers
from app.language.sentences import sentences
from app.types import Exchange

REMEMBERED = 6
"""Answers back that figures are remembered from."""
ANSWER = 1500
"""Characters of an answer that are read."""
_LONGEST = 160
"""Characters of a sentence that is said again: a longer one is cut out of no context."""


def named(history: Sequence[Exchange], prices: frozenset[Decimal]) -> frozenset[Decimal]:
    """The amounts of our newest answers that come from those prices; none that a customer, or a person, brought in."""
    said = (
        line for each in history[-REMEMBERED:] if each.source == "machine" for line in figured(each.answer[:ANSWER])
    )
    return frozenset(amount for line in said if borne_out(line, prices) for amount in _read(line)[0])


def figured(answer: str) -> Iterator[str]:
    """The sentences of an answer that state a figure."""
    for span in sentences(answer):
        sentence = " ".join(span.of(answer).split())
        if len(sentence) <= _LONGEST and not span.asks and any(sign.isdigit() for sign in sentence):
            yield sentence


def borne_out(sentence: str, prices: frozenset[Decimal]) -> frozenset[Decimal]:
    """The prices that all amounts of a sentence come from; empty where one of them comes from none."""
    amounts, times = _read(sentence)
    of = {amount: {price for price in prices if price and amount / price in times} for amount in amounts}
    strange = [amount for amount in amounts if not of[amount]]
    sum_ = len(strange) == 1 and 2 * strange[0] == sum(amounts)
    return frozenset().union(*of.values()) if amounts and (not strange or sum_) else frozenset()


@lru_cache(maxsize=1024)
def _read(sentence: str) -> tuple[tuple[Decimal, ...], frozenset[Decimal]]:
    """The amounts of a sentence, and by what it may have multiplied. A history is the same sentences in every turn."""
    amounts = tuple(each.amount for each in money(sentence) if each.currency)
    if not amounts:
        return (), frozenset()
    return amounts, frozenset({Decimal(1), *(Decimal(each.value) for each in numbers(sentence) if each.value > 0)})
