"""What he has said of himself, by which a discount is his: «I am a student», and a message later what he wants."""

from dataclasses import replace
from decimal import Decimal

from app.figures.shop.catalogue import Catalogue
from app.figures.sums.granting import calls, telling
from app.figures.talk.held import Basket
from app.figures.wanted import Wanted
from app.figures.words import common, folded

_MOST = 12
"""Words that are remembered,"""
_BRIEF = 4
"""and words of a message that tells an age and little else."""


def remembered(wanted: Wanted, before: Basket, catalogue: Catalogue) -> tuple[Wanted, tuple[str, ...]]:
    """The message with what was said before it, and the words of both that call a discount."""
    known = _calling(catalogue)
    if not known:
        return wanted, ()
    own = tuple(word for word in wanted.affirmed if any(calls(word, other) for other in known))
    met = tuple(dict.fromkeys((*before.met, *own)))[-_MOST:]
    ages = wanted.ages if own or len(wanted.words) <= _BRIEF else ()
    if own and before.focus and not (wanted.named or wanted.asks) and len(wanted.words) <= _BRIEF:
        wanted = replace(wanted, asks=frozenset({"price", "discount"}))  # «and for students?»
    return replace(wanted, affirmed=(*wanted.affirmed, *before.met), ages=_ages(ages, before)), met


def _ages(own: tuple[Decimal, ...], before: Basket) -> tuple[Decimal, ...]:
    return own or before.ages


def _calling(catalogue: Catalogue) -> frozenset[str]:
    """Folded words that call a discount under conditions."""
    held = [figure for figure in catalogue.reductions if figure.fact.conditions]
    words = {word for figure in held for word in telling(figure)}
    words |= {word for figure in held for each in figure.fact.conditions for word in folded(each)}
    return frozenset(word for word in words if word not in common() and not word.isdigit())
