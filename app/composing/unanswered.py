"""What is said of the questions of a message that nothing answers: each by its own words, as far as it can be named."""

import re
from collections.abc import Sequence

from app.composing.covering import stocked, wanted
from app.composing.fitting import folded
from app.language.folds import letters
from app.language.words import questions
from app.types import Language, Step

_WORDS = 9
"""Words of a question that are repeated; of a longer one the first."""
_NAMING = 4
"""Letters of a word that says what a question is about."""
_PLAIN = re.compile(r"(?:[^\W\d_]+|[0-9]{1,3})(?:-[^\W\d_]+)*,?")
_NUMBERED = re.compile(r"^\s*[0-9]{1,2}\s*[).]\s*")
"""A point of a list."""
_ENDS = frozenset("?,.;\n")
_MOST = 3
_SIGNS: dict[Language, tuple[str, str]] = {"en": ("\u201c", "\u201d")}
_OTHERS = ("\u00ab", "\u00bb")


def of_the_rest(left: Sequence[str], text: str, step: Step) -> str | None:
    """A sentence on the questions that are left of a message's `text`; None where none is, or nothing is to be said."""
    if not left or step.rest is None:
        return None
    named = [about for each in left[:_MOST] if (about := step.named.get(each) or quoted(each, text))]
    before, behind = _SIGNS.get(step.language, _OTHERS)
    about = ", ".join(f"{before}{each}{behind}" for each in dict.fromkeys(named))
    if not about or len(named) < min(len(left), _MOST):
        return step.rest
    said = step.rest_of if len(set(named)) == 1 else step.rest_of_several
    return said.format(about=about) if said else step.rest


def quoted(question: str, text: str = "") -> str | None:
    """A question as an answer names it, a long one by its first words; None where it is none to be repeated.

    So is one of more than plain words, and one that neither asks by a word nor is a clause of the message up to its
    mark: it may be half a remark.
    """
    words = _NUMBERED.sub("", question).rstrip("?!. ").replace("(", "").replace(")", "").split()
    while words and letters(words[0].rstrip(",")) in questions()["opens"]:
        words = words[1:]
    known = questions()["asks"] | questions()["starts"] | questions()["which"]
    core = " ".join(words)
    asked = _whole(core, text) or not known.isdisjoint(folded(question)) or stocked(question) is not None
    named = any(len(word) >= _NAMING for word in wanted(question))
    if not (named and asked and len(words) > 1 and all(_PLAIN.fullmatch(word) for word in words[:_WORDS])):
        return None
    return core if len(words) <= _WORDS else " ".join(words[:_WORDS]).rstrip(",") + "\u2026"


def _whole(core: str, text: str) -> bool:
    """Whether the words stand in the message up to a mark or its end: who ends with a question leaves its mark out."""
    at = text.find(core)
    behind = text[at + len(core) :].lstrip(" )!") if at >= 0 else None
    return behind is not None and (not behind or behind[0] in _ENDS)
