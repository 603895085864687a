"""What decides a question beside the passages that were found for it: one of the two says it, not both."""

from collections.abc import Sequence, Set

from app.composing.covering import MEANT, costs, of_measure, reckoned
from app.figures.shop.facts import plain
from app.types import Deciding, Passage

_ALONE = frozenset({"not_known"})
"""What is said where nothing else is."""
_CLAIMED = frozenset({"confirmed", "corrected"})
"""His own sum: what it is of was asked and is said."""
_FEW = 2
"""Prices of a section that is about one thing: itself, and from what sum on it is free."""
_SURE = 0.9
"""Probability from which a passage answers whatever the facts say beside it."""
_SUMS = frozenset({"sum", "confirmed", "corrected", "advised"})


def joined(
    deciding: Sequence[Deciding], passages: Sequence[Passage], *, asks_more: bool, queries: Sequence[str] = ()
) -> tuple[tuple[str, ...], tuple[Passage, ...]]:
    """(lines of what decides, passages that are said behind them). `asks_more`: than what is reckoned.

    `queries`: the questions of a message that asks several; each that the facts do not decide keeps its passage.
    """
    sure = [each for each in deciding if each.kind not in _ALONE]
    meant = any(passage.answers is None or passage.answers >= MEANT for passage in passages)
    deciding = sure or ([] if meant else list(deciding))
    if not deciding:
        return (), tuple(passages)
    own = {section for each in deciding for section in each.sections}
    if len(deciding) == 1 and deciding[0].kind == "price" and passages and _tells(passages[0], own, deciding[0]):
        return (), tuple(passages)  # the owner's words hold the price and say what it is for
    if queries:
        return _each(deciding, passages, queries, own)
    if (not asks_more or (len(deciding) == 1 and deciding[0].kind in _CLAIMED)) and any(
        each.kind in _SUMS for each in deciding
    ):
        return tuple(each.said for each in deciding), ()
    others = tuple(passage for passage in passages if passage.section.id not in own)
    surely = bool(others) and (others[0].answers or 0.0) >= _SURE
    answered = len(others) == len(passages) and len(deciding) + len(others) > 1 and not surely
    return tuple(each.said for each in deciding), others[1:] if answered else others


def _each(
    deciding: Sequence[Deciding], passages: Sequence[Passage], queries: Sequence[str], own: Set[str]
) -> tuple[tuple[str, ...], tuple[Passage, ...]]:
    """What the facts say once, and the passage of each question that they do not decide."""
    kept = []
    told = set()
    for passage in passages:
        number = passage.ranks.get("question")
        asked = queries[number - 1] if number else None
        alone = [each for each in deciding if passage.section.id in each.sections]
        if len(alone) == 1 and alone[0].kind == "price" and asked is not None and _tells(passage, own, None):
            told.add(alone[0].said)  # the owner's words hold the price and say what it is for
            kept.append(passage)
        elif (
            asked is not None
            and (not reckoned(asked, deciding) or _of_its_own(passage, asked))
            and (passage.section.id not in own or of_measure(asked))  # a price says nothing of how long it takes
        ):
            kept.append(passage)
    return tuple(each.said for each in deciding if each.said not in told), tuple(kept)


def _tells(passage: Passage, own: Set[str], price: Deciding | None) -> bool:
    """Whether a passage of those sections is about one thing, or all that it prices is asked for: no list else."""
    priced = {fact.name: fact.amount for fact in passage.section.facts if fact.currency}
    said, language = price.said if price is not None else "", passage.section.language
    few = len(priced) <= _FEW or sum(plain(amount, language) in said for amount in priced.values()) > 1
    return passage.section.id in own and few


def _of_its_own(passage: Passage, asked: str) -> bool:
    """Whether a passage surely answers a question that asks no price, though the sum names the same thing."""
    return (passage.answers or 0.0) >= _SURE and not costs(asked)
