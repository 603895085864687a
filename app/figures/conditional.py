"""What is granted under a condition, and to some of what is sold: whether it is to this customer, for this thing."""

from collections.abc import Sequence

from app.figures.decided import YesNo
from app.figures.shop.facts import Figure
from app.figures.words import asked_by, folded


def elsewhere_only(grants: Sequence[Figure], said: str) -> YesNo:
    """A no to what is granted to something else: that one is named, where its name says more than what is asked."""
    named = any(not asked_by(word) for word in folded(grants[0].fact.name))
    return YesNo(False, grants[0].fact.name, tuple(s for f in grants for s in f.sections), said, elsewhere=named)
