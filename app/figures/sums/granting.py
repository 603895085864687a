"""Which discounts a customer's words call: by their conditions in full, or by the words that their sections go by."""

from collections.abc import Sequence
from decimal import Decimal
from functools import cache

from app.figures.shop.catalogue import Catalogue
from app.figures.shop.facts import Figure
from app.figures.words import asked_by, common, fold, folded, listed, matches, same, tokens, written
from app.language.numerals import numbers

_STEM = 5
"""Letters that words of one person have in common: «student», «students'»."""
_ENDING = 4
"""and the most that stand behind them in either."""


def called_by(catalogue: Catalogue, words: Sequence[str]) -> frozenset[Figure]:
    """The figures under conditions that these (folded) words are about, all of them met or not."""
    return frozenset(f for f in catalogue.reductions if f.fact.conditions and _about(f, words))


def granted_by(catalogue: Catalogue, words: Sequence[str], ages: Sequence[Decimal] = ()) -> frozenset[Figure]:
    """Those of them whose conditions nothing that was told is against."""
    return frozenset(f for f in called_by(catalogue, words) if not refused(f, ages))


def refused(figure: Figure, ages: Sequence[Decimal]) -> bool:
    """Whether none of the ages that were told is within the bounds of its conditions."""
    bounds = [ages_of(condition) for condition in figure.fact.conditions]
    return bool(ages) and any(not any(_within(age, *bound) for age in ages) for bound in bounds)


def ages_of(text: str) -> tuple[Decimal | None, Decimal | None]:
    """(from which age, up to which) a condition holds, both included; None where it says none."""
    found = tokens(text)
    low: Decimal | None = None
    high: Decimal | None = None
    for number in numbers(text):
        behind = next((token for token in found if token.start >= number.end), None)
        aged = behind is not None and listed("ages").get(behind.folded) is not None
        ahead = next((token for token in reversed(found) if token.end <= number.start), None)
        if not aged or ahead is None:
            continue
        if number.bound == "at_most" or listed("upto").get(ahead.folded) is not None:
            high = number.value
        elif (
            number.bound == "at_least" or listed("from").get(ahead.folded) is not None or ahead.raw in written("hours")
        ):
            low = number.value
    return low, high


def _within(age: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or age >= low) and (high is None or age <= high)


def telling(figure: Figure) -> tuple[str, ...]:
    """Folded words that say which discount is meant."""
    return _telling(figure)


@cache
def _telling(figure: Figure) -> tuple[str, ...]:
    if not figure.called:
        return ()
    own = (word for word in folded(figure.fact.name) if not _empty(word))
    return tuple(dict.fromkeys((*figure.called, *own)))


def _empty(word: str) -> bool:
    known = word in common() or word.isdigit() or bool(asked_by(word)) or word in {fold(w) for w in written("seconds")}
    return known or listed("percent").get(word) is not None


def _about(figure: Figure, words: Sequence[str]) -> bool:
    if all(matches(condition, words) for condition in figure.fact.conditions):
        return True
    return any(calls(word, other) for other in _telling(figure) for word in words)


def calls(word: str, other: str) -> bool:
    """Whether two folded words are of one person: forms of one word, or made of one stem."""
    if same(word, other):
        return True
    alike = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return alike >= _STEM and max(len(word), len(other)) - alike <= _ENDING and alike >= len(other) - 2


def from_second(figure: Figure) -> bool:
    """Whether it holds from the second one on, as its conditions say."""
    return any(word in written("seconds") for each in figure.fact.conditions for word in each.lower().split()[:2])
