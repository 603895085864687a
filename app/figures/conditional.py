"""What is granted under a condition, and to some of what is sold: whether it is to this customer, for this thing."""

from collections.abc import Sequence

from app.figures.case import Case
from app.figures.decided import YesNo
from app.figures.saying import figure_said
from app.figures.shop.facts import Figure
from app.figures.sums.granting import called_by, granted_by, refused
from app.figures.words import asked_by, common, folded, same

_STEM = 6
"""Letters that words of one person begin with."""


def denied(case: Case) -> list[YesNo]:
    """A no to the discount that he calls, where it is none on what he means, or he is none of those whose it is."""
    asked, catalogue = case.wanted, case.catalogue
    offers = case.named or case.tied or case.focus
    called = called_by(catalogue, asked.affirmed)
    if not called or not offers:
        return []
    granted = granted_by(catalogue, asked.affirmed, asked.ages)
    if any(catalogue.applies(figure, offer) for figure in granted for offer in offers):
        return []
    ordered = [figure for figure in catalogue.reductions if figure in called]
    said = [figure for figure in ordered if "discount" in asked.asks or _by_condition(figure, asked.words)]
    figure = next((f for f in said if not refused(f, asked.ages)), said[0] if said else None)
    if figure is None:
        return []
    sentence = figure.ruled(case.language) or figure_said(figure, case.language)
    return [YesNo(False, figure.fact.name, figure.sections, sentence)]


def _by_condition(figure: Figure, words: Sequence[str]) -> bool:
    """Whether a word of the message is one of the condition itself, and not only what its section is found by."""
    own = [word for each in figure.fact.conditions for word in folded(each)]
    own = [word for word in own if word not in common() and not word.isdigit()]
    return any(
        same(word, other) or word[:_STEM] == other[:_STEM] for word in words for other in own if len(other) > _STEM
    )


def elsewhere_only(grants: Sequence[Figure], said: str) -> YesNo:
    """A no to what is granted to something else: that one is named, where its name says more than what is asked."""
    named = any(not asked_by(word) for word in folded(grants[0].fact.name))
    return YesNo(False, grants[0].fact.name, tuple(s for f in grants for s in f.sections), said, elsewhere=named)
