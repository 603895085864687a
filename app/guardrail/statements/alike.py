"""A word that no section has, as the one that they have for the same deed: «покрасим» is «красим», «рассчитаться» is
«оплатить»."""

from collections.abc import Sequence
from dataclasses import replace

from app.figures.words import fold as sound
from app.guardrail.statements.clauses import Clause, Word, key
from app.guardrail.statements.knowledge import Statements
from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_LISTS = Lists("app.guardrail.statements", "alike.yaml")
_PREFIXES = tuple(sorted(_LISTS.row("prefixes"), key=len, reverse=True))
_DEEDS = tuple(_LISTS.rows("deeds").values())
_LEFT = 5
"""Letters of a word that are left behind its prefix."""


def in_known_words(parts: Sequence[Clause], statements: Statements) -> Sequence[Clause]:
    """Clauses in whose words no section's words are missed for another form of them."""
    if all(statements.has(word.key) for clause in parts for word in clause.words):
        return parts
    return [replace(clause, words=tuple(_known(word, statements) for word in clause.words)) for clause in parts]


def _known(word: Word, statements: Statements) -> Word:
    if statements.has(word.key):
        return word
    text = fold(word.text)
    for row in _DEEDS:
        if text.startswith(row):
            found = statements.beginning(tuple(sound(each) for each in row))
            return replace(word, key=found) if found else word
    for prefix in _PREFIXES:
        if text.startswith(prefix) and len(text) - len(prefix) >= _LEFT:
            left = key(text[len(prefix) :])
            if statements.has(left):
                return replace(word, key=left)
    return word
