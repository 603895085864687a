"""Names that a question holds and nothing of ours does: no section says yes or no to them, whatever lies near."""

import re
from functools import lru_cache
from itertools import islice
from typing import Any

from app.guardrail import KnownWords
from app.knowledge.whereabouts import is_name
from app.language.folds import letters
from app.packaged import packaged
from app.types import Deciding, Step

_NAMES = re.compile(
    r"(?<![\w@./:-])[A-Za-z][A-Za-z0-9]{2,39}(?:[ -](?=[A-Za-z]{0,9}[0-9])[A-Za-z0-9]{1,19})?(?![\w@]|\.\w|://)"
)
"""A name in Latin letters, perhaps with a model's number behind it."""
_WORD = re.compile(r"[A-Za-z]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_FEW = 3
"""Letters from which a text is not written in Latin ones."""
_CLAUSE = re.compile(r"(?:[^.,!?;\n]|[.,](?=\w))+[.,!?;]*")
_MODEL = 2
"""Letters that may stand in a model's number."""
_MOST = 2
_READ = 1000
"""Characters of a message."""
_REASONS = frozenset({"feature", "payment", "comparison", "objection_have"})


def unnamed(step: Step, known: KnownWords) -> tuple[Deciding, ...]:
    """That we know nothing of what he asks by name; nothing where he asks nothing, or names only what is known."""
    if step.reason not in _REASONS or step.action != "answer":
        return ()
    names = tuple(islice(strange(step, known), _MOST))
    return (Deciding("unnamed", _words()["said"][step.language].format(name=", ".join(names))),) if names else ()


def strange(step: Step, known: KnownWords) -> tuple[str, ...]:
    """The names of a search that nothing of ours holds, each as it was written: «Orbita X200» is one."""
    query = (step.query or "")[:_READ]
    cyrillic = len(_CYRILLIC.findall(query)) >= _FEW
    found: dict[str, None] = {}
    for clause in _CLAUSE.findall(query):
        for match in _NAMES.finditer(clause):
            # In a text of Latin letters a capital within the sentence tells a name.
            told = cyrillic or (step.language == "en" and match[0][0].isupper() and clause[: match.start()].strip())
            words = _WORD.findall(match[0])
            usual = any(letters(word) in _words()["common"] or is_name(word) for word in words)  # who or where he is
            # The letters of a model's number begin many a word.
            if told and not usual and not any(known.holds(word) for word in words if len(word) > _MODEL):
                found[match[0]] = None
    return tuple(found)


@lru_cache(maxsize=1)
def _words() -> dict[str, Any]:
    read: dict[str, Any] = packaged("app.turn", "unnamed.yaml")
    return read
