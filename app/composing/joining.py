"""What decides a question beside the passages that were found for it: one of the two says it, not both."""

from collections.abc import Sequence

from app.types import Deciding, Passage

_ALONE = frozenset({"not_known"})
"""What is said where nothing else is."""
_CLAIMED = frozenset({"confirmed", "corrected"})
"""His own sum: what it is of was asked and is said."""
_SUMS = frozenset({"sum", "confirmed", "corrected", "advised"})


def joined(
    deciding: Sequence[Deciding], passages: Sequence[Passage], *, asks_more: bool, questions: int = 1
) -> tuple[tuple[str, ...], tuple[Passage, ...]]:
    """(lines of what decides, passages that are said behind them). `asks_more`: than what is reckoned."""
    if len(deciding) > 1 or passages:
        deciding = [each for each in deciding if each.kind not in _ALONE or not passages] or []
    if not deciding:
        return (), tuple(passages)
    own = {section for each in deciding for section in each.sections}
    if len(deciding) == 1 and deciding[0].kind == "price" and passages and passages[0].section.id in own:
        return (), tuple(passages)  # the owner's words hold the price and say what it is for
    if (not asks_more or (len(deciding) == 1 and deciding[0].kind in _CLAIMED)) and any(
        each.kind in _SUMS for each in deciding
    ):
        return tuple(each.said for each in deciding), ()
    # Of a message of several questions the others keep their passages.
    others = tuple(passage for passage in passages if passage.section.id not in own)
    answered = len(others) == len(passages) and len(deciding) + len(others) > questions
    return tuple(each.said for each in deciding), others[1:] if answered else others
