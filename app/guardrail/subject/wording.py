"""A draft's words as the names of the sections have them: «хоккей» of «хоккейная группа», «суббота» of «выходные».

Only a word that no name has is looked at.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.guardrail.allowed.model import AllowedByKnowledge
from app.guardrail.text.kin import ROOT, akin, root
from app.guardrail.text.lists import Lists
from app.guardrail.text.words import PlacedToken, Text

_LISTS = Lists("app.guardrail.subject", "wording.yaml")
_SAME = {beginning: row for row in _LISTS.rows("same").values() for beginning in row}
"""Beginning of a word -> the beginnings of words that mean the same, with it."""
_SIZES = sorted({len(beginning) for beginning in _SAME}, reverse=True)


def in_names(text: Text, knowledge: AllowedByKnowledge) -> Text:
    """The same text with the keys that the names have for its words."""
    if not knowledge.roots:
        return text
    said = {(t.text, t.key) for t in text.tokens if t.key and not t.quote}
    named = {word: key for word in said if (key := _named(*word, knowledge)) != word[1]}
    if not named:
        return text
    return replace(text, read_as=tuple(_read_as(token, named) for token in text.tokens))


def _read_as(token: PlacedToken, named: Mapping[tuple[str, str], str]) -> PlacedToken:
    key = None if token.quote else named.get((token.text, token.key))
    return token if key is None else token._replace(key=key)


def _named(word: str, key: str, knowledge: AllowedByKnowledge) -> str:
    """The key that the names have for a word with a key."""
    if key in knowledge.index or key[0] == "@":
        return key
    like = [each for each in knowledge.roots.get(root(key)[:ROOT], ()) if akin(key, each)]
    like = like or _alike(word, knowledge)
    return max(like, key=lambda each: _shared(word, each)) if like else key


def _shared(word: str, key: str) -> int:
    """Letters that they begin with alike: «хоккей» is rather the one of the Kazakh twin that is written so."""
    return next(
        (n for n, pair in enumerate(zip(word, key, strict=False)) if pair[0] != pair[1]), min(len(word), len(key))
    )


def _alike(word: str, knowledge: AllowedByKnowledge) -> list[str]:
    """The words of the names that mean the same."""
    row = next((_SAME[word[:size]] for size in _SIZES if word[:size] in _SAME), ())
    begins = {root(beginning)[:ROOT] for beginning in row}
    return [each for begin in begins for each in knowledge.roots.get(begin, ()) if each.startswith(row)]
