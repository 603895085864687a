"""The words of three languages as they stand in the data: forms spelled out, folded, merged by section."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from app.language.quantities.tokens import Folder, Text, tokenise
from app.packaged import packaged

LANGUAGES = ("ru", "kk", "en")
V = TypeVar("V")


class Phrases(Generic[V]):
    """Phrases of one or more words, each with a value; the longest that stands at a place is found."""

    def __init__(self, pairs: Sequence[tuple[tuple[str, ...], V]], *, backwards: bool = False) -> None:
        self._step = -1 if backwards else 1
        self._by_first: dict[str, list[tuple[tuple[str, ...], V]]] = {}
        for words, value in pairs:
            row = words[:: self._step]
            self._by_first.setdefault(row[0], []).append((row[1:], value))
        for rows in self._by_first.values():
            rows.sort(key=lambda row: -len(row[0]))

    def at(self, text: Text, place: int) -> tuple[V, int] | None:
        """The value of the phrase that begins at token `place` (ends there, if backwards), and the place behind it."""
        try:
            rows = self._by_first.get(text.folds[place])
        except IndexError:
            return None
        for rest, value in rows or ():
            where = place + self._step
            for word in rest:
                if text.fold(where) != word:
                    break
                where += self._step
            else:
                return value, where
        return None

    def __contains__(self, fold: str) -> bool:
        return any(not rest for rest, _ in self._by_first.get(fold, ()))

    def get(self, fold: str) -> V | None:
        """The value of a single word."""
        return next((value for rest, value in self._by_first.get(fold, ()) if not rest), None)


class Book:
    """All sections of the data; a section is named as in the files, with dots: `times.days`."""

    def __init__(self) -> None:
        self._pages = {name: _page(name) for name in LANGUAGES}
        self.signs: Mapping[str, Any] = _page("signs")
        pairs = [str(page["fold"]).split() for page in self._pages.values()]
        self.fold = Folder({ord(a): b for row in pairs for a, b in zip(row[::2], row[1::2], strict=True)})

    def section(self, name: str, language: str) -> Any:
        """What a language's file says at `name`; None where it says nothing."""
        found: Any = self._pages[language]
        for key in name.split("."):
            found = (found or {}).get(key)
        return found

    def forms(self, name: str, *languages: str) -> Iterator[tuple[str, str, str]]:
        """(language, key, form) of every form of a section; the key is empty where the section is a plain list."""
        for language in languages or LANGUAGES:
            section = self.section(name, language) or {}
            for key, words in (section if isinstance(section, dict) else {"": section}).items():
                for form in self._spelled(str(words or ""), language):
                    yield language, str(key), form

    def stems(self, name: str) -> frozenset[str]:
        """The words of a section as they stand without an ending."""
        rows = (self.section(name, language) or {} for language in LANGUAGES)
        words = (str(row or "") for each in rows for row in (each.values() if isinstance(each, dict) else (each,)))
        return frozenset(self.fold(word.partition("+")[0]) for row in words for word in row.split())

    def words(self, name: str) -> frozenset[str]:
        """Every single word of a section."""
        return frozenset(form for _, _, form in self.forms(name))

    def table(self, name: str) -> dict[str, str]:
        """form -> key; the language named first in LANGUAGES wins."""
        rows: dict[str, str] = {}
        for _, key, form in self.forms(name):
            rows.setdefault(form, key)
        return rows

    def phrases(self, name: str, *, backwards: bool = False) -> Phrases[str]:
        """Every phrase of a section with its key."""
        return Phrases([(self.split(form), key) for _, key, form in self.forms(name)], backwards=backwards)

    def split(self, phrase: str) -> tuple[str, ...]:
        """The tokens of a phrase whose words `_` joins."""
        return tuple(token.fold for token in tokenise(phrase.replace("_", " "), self.fold).tokens)

    def _spelled(self, words: str, language: str) -> Iterator[str]:
        endings = self._pages[language]["endings"]
        for word in words.split():
            stem, plus, name = word.partition("+")
            for ending in str(endings[name]).split() if plus else ("0",):
                yield self.fold(stem + ("" if ending == "0" else ending))


def _page(name: str) -> dict[str, Any]:
    page: dict[str, Any] = packaged("app.language.quantities", f"{name}.yaml")
    return page


@cache
def book() -> Book:
    """The data, read once."""
    return Book()
