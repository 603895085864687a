"""What the shop calls its things in other languages: read in a customer's text, said in an answer."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import Annotated

from pydantic import BeforeValidator

from app.errors import ConfigError
from app.figures.words import LANGUAGES, Token, Words, data, listed, same, tokens
from app.knowledge.shops import Words as Said
from app.knowledge.whereabouts import is_name
from app.types import Language

_MOST = 2_000
"""Names of one shop that are known."""
_TELLING = 5
"""Letters of a word that tells one name from others."""
_WITHIN = 2
"""Other words between the first word of a name and its noun."""
_BETWEEN = frozenset(" \u00a0-\u2011\u00ab\u00bb\"'\u201c\u201d")
"""What may stand between two words of one name."""

Spoken = Mapping[str, Mapping[Language, Sequence[str]]]
"""The shop's own name -> what it is called in a language: the first is said, all of them are understood."""


def _listed(value: object) -> object:
    """One name is a list of one."""
    if not isinstance(value, dict):
        return value
    return {
        own: {language: [name] if isinstance(name, str) else name for language, name in spoken.items()}
        if isinstance(spoken, dict)
        else spoken
        for own, spoken in value.items()
    }


Named = Annotated[dict[Said, dict[Language, tuple[Said, ...]]], BeforeValidator(_listed)]
"""As an owner writes it in a file."""


def together(files: Iterable[tuple[str, Spoken]]) -> Spoken:
    """Of all files, each with its name. Raises ConfigError where two call one thing otherwise."""
    names: dict[str, dict[Language, Sequence[str]]] = {}
    for file, told in files:
        for own, spoken in told.items():
            known = names.setdefault(own, {})
            for language, others in spoken.items():
                if not others or known.setdefault(language, others) != others:
                    raise ConfigError(f"{file}: names: {own!r} has no name or two in {language!r}; say it once")
    return names


def with_names(content: str, names: Spoken) -> str:
    """The digest of a base that names its things in one language is that of the rest."""
    said = sorted((own, sorted(spoken.items())) for own, spoken in names.items())
    return hashlib.sha256(f"{content}{said}".encode()).hexdigest() if names else content


def _general() -> Spoken:
    """What everybody counts, in the words of each language: days, people, pieces."""
    words = {language: data(language)["units"] for language in LANGUAGES}
    first = {key: {language: str(words[language][key]).split()[0] for language in LANGUAGES} for key in words["ru"]}
    return {spoken["ru"]: {language: (name,) for language, name in spoken.items()} for spoken in first.values()}


class ThingNames:
    """Both ways between the shop's own names and those of other languages. Immutable after construction."""

    def __init__(self, names: Spoken) -> None:
        own_names = dict(list(names.items())[:_MOST])
        self._said = {**_general(), **own_names}
        self.spoken = frozenset(name for own, said in own_names.items() for name in (own, *chain(*said.values())))
        """All names of all languages, as they are written."""
        self._first = Words()
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for own, spoken in own_names.items():
            for other in (name for given in spoken.values() for name in given):
                words = tuple(token.folded for token in tokens(other))
                if words and words != tuple(token.folded for token in tokens(own)):
                    self._first.add(words[0], words[0])
                    self._by_first.setdefault(words[0], []).append((words, own))
        for held in self._by_first.values():
            held.sort(key=lambda each: -len(each[0]))
        self._parts = self._told_by_a_part()

    def _told_by_a_part(self) -> Mapping[str, tuple[str, str]]:
        """A word that only one thing's names hold -> (the noun that ends the name of several, the shop's own name)."""
        rows = [(words, own) for held in self._by_first.values() for words, own in held]
        nouns = {noun: {own for words, own in rows if words[-1] == noun} for noun in {words[-1] for words, _ in rows}}
        holders: dict[str, set[str]] = {}
        for words, own in rows:
            for word in words:
                holders.setdefault(word, set()).add(own)
        return {
            words[0]: (words[-1], own)
            for words, own in rows
            if len(words) > 1
            and len(words[0]) >= _TELLING
            and listed("ordinals").get(words[0]) is None
            and len(nouns[words[-1]]) > 1
            and len(holders[words[0]]) == 1
        }

    def said(self, text: str, language: Language) -> str:
        """The text with the shop's own names as that language has them."""
        known = self._patterns.get(language)
        return known.sub(lambda match: self._said[match[0]][language][0], text) if known is not None else text

    def understood(self, text: str) -> str:
        """A customer's text with the names of other languages as the shop has them. Linear in the text."""
        if not self._by_first:
            return text
        found, pieces, last, place = tokens(text), list[str](), 0, 0
        while place < len(found):
            words, own = self._named(text, found, place)
            if words:
                pieces += (text[last : found[place].start], own)
                last = found[place + words - 1].end
            place += words or 1
        return "".join((*pieces, text[last:]))

    def _named(self, text: str, found: Sequence[Token], place: int) -> tuple[int, str]:
        """How many words from `place` on are a name, and the shop's own for it; 0 where they are none."""
        first = self._first.get(found[place].folded)
        if first is not None and found[place].folded != first and is_name(found[place].raw):
            return 0, ""  # «in Taraz»: a town is no form of a thing
        for words, own in self._by_first[first] if first is not None else ():
            here = found[place : place + len(words)]
            if len(here) == len(words) and all(
                (token.folded == word or same(token.folded, word))
                and (n == 0 or _BETWEEN.issuperset(text[here[n - 1].end : token.start]))
                for n, (token, word) in enumerate(zip(here, words, strict=True))
            ):
                return len(words), own
        return self._by_part(text, found, place)

    def _by_part(self, text: str, found: Sequence[Token], place: int) -> tuple[int, str]:
        """«The shifts and salary module»: the word that begins only one name, and a little further the noun that ends
        it and others."""
        noun, own = self._parts.get(found[place].folded, ("", ""))
        for behind in range(place + 1, min(len(found), place + 2 + _WITHIN)) if noun else ():
            if not _BETWEEN.issuperset(text[found[behind - 1].end : found[behind].start]):
                break
            if same(found[behind].folded, noun):
                return behind + 1 - place, own
        return 0, ""

    @cached_property
    def _patterns(self) -> Mapping[Language, re.Pattern[str]]:
        found: dict[Language, list[str]] = {}
        for own, spoken in self._said.items():
            for language in spoken:
                found.setdefault(language, []).append(own)
        return {
            language: re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, sorted(names, key=len, reverse=True)))})(?!\w)")
            for language, names in found.items()
        }
