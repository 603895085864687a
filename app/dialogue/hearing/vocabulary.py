"""The phrase lists of all languages (`phrases/*.yaml`), and the language of a message."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

from app.dialogue.hearing.lexicon import Label, Lexicon, Match
from app.dialogue.hearing.text import Message, fold
from app.dialogue.resources import LANGUAGES, load_yaml
from app.errors import ConfigError
from app.language.folds import KAZAKH
from app.types import HeardLanguage, Language

_SLOT = re.compile(r"\{(\w+)\}")

_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_LATIN = re.compile(r"[A-Za-z]")


class Vocabulary:
    """Everything that is known about words, in all languages at once: customers mix them in one message."""

    def __init__(self, data: Mapping[Language, Mapping[str, Any]]) -> None:
        phrases: list[tuple[Label, str]] = []
        # A given name is no slip of another word: «Камила» has nothing to do with rudeness.
        real: list[str] = list(_given_names())
        self.numbers: dict[str, int] = {}
        self.labels: dict[tuple[str, str, Language], str] = {}
        self.markers: dict[Language, frozenset[str]] = {}
        for language, content in data.items():
            real += content.get("real_words", [])
            self.markers[language] = frozenset(fold(str(word)) for word in content["markers"])
            self.numbers |= {fold(word): number for word, number in content["numbers"].items()}
            for kind, section in (("intent", "intents"), ("word", "words")):
                for name, rows in content[section].items():
                    self._check(f"phrases/{language}.yaml: {name}", [name, *rows])
                    phrases += [((kind, name, ""), str(row)) for row in rows]
            for slot, values in content["values"].items():
                for value, entry in values.items():
                    self.labels[slot, value, language] = entry["label"]
                    phrases += [(("value", slot, value), str(row)) for row in entry["phrases"]]
        self._own: Lexicon | None = None
        try:
            self.lexicon = Lexicon(phrases, real)
        except ValueError as error:
            raise ConfigError(f"phrases: {error}") from error

    @staticmethod
    def _check(place: str, rows: list[object]) -> None:
        for row in rows:
            if isinstance(row, bool):  # YAML reads a bare yes, no, on, off as true or false
                raise ConfigError(f"{place}: {row} is no phrase; quote the words yes, no, on and off")

    @classmethod
    def load(cls) -> "Vocabulary":
        """`phrases/*.yaml`, read once for all bots of the process. Raises ConfigError."""
        return _vocabulary()

    @classmethod
    def read(cls) -> "Vocabulary":
        """Read `phrases/*.yaml`. Raises ConfigError."""
        data = {language: load_yaml("phrases", f"{language}.yaml") for language in LANGUAGES}
        for language, content in data.items():
            for section in ("markers", "numbers", "intents", "words", "values"):
                if not content.get(section):
                    raise ConfigError(
                        f"phrases/{language}.yaml: `{section}` is missing; copy its shape from phrases/ru.yaml"
                    )
        return cls(data)

    def extended(self, phrases: Sequence[tuple[Label, str]]) -> "Vocabulary":
        """This vocabulary with a bot's own phrases beside it; what is compiled already is shared."""
        if not phrases:
            return self
        extended = copy(self)
        extended._own = Lexicon(phrases, base=self.lexicon)
        return extended

    def find(self, message: Message) -> list[Match]:
        found = self.lexicon.find(message.tokens)
        if self._own is not None:
            found += self._own.find(message.tokens)
        return found

    @cached_property
    def value_slots(self) -> frozenset[str]:
        """The slots that have a list of known values."""
        return frozenset(slot for slot, _, _ in self.labels)

    def label(self, slot: str, value: str, language: Language) -> str:
        """How a slot's value is called in a language; a free text is its own label."""
        return ", ".join(self.labels.get((slot, part, language), part) for part in value.split(", "))

    def filled(self, template: str, slots: Mapping[str, str], language: Language) -> str:
        """A search with the customer's own troubles and wishes in it: `{pain_point}` is what that slot holds."""

        def value(match: re.Match[str]) -> str:
            told = slots.get(match.group(1), "")
            return "" if told in ("yes", "no", "none") else self.label(match.group(1), told, language)

        return " ".join(_SLOT.sub(value, template).split()).rstrip(" :")

    def lists(self, slot: str, value: str) -> bool:
        """Whether a value is one of the slot's known ones, or several of them."""
        return all((slot, part, LANGUAGES[0]) in self.labels for part in value.split(", "))

    def language(
        self, message: Message, default: Language, skip: Collection[int] = ()
    ) -> tuple[Language, HeardLanguage]:
        """(the language of a message, the same or "mixed" where words of two languages stand in it).

        `default` (the conversation's) where it does not tell; words at the places `skip` are no evidence.
        """
        score: dict[Language, float] = dict.fromkeys(LANGUAGES, 0)
        cyrillic = latin = 0
        for place, token in enumerate(message.tokens):
            if place in skip:
                continue
            for language, markers in self.markers.items():
                score[language] += token.text in markers
            if _CYRILLIC.search(token.raw):
                cyrillic += 1
                # A Kazakh letter outside a name is proof; a name («Әсель») alone is not.
                if not KAZAKH.isdisjoint(token.raw.lower()):
                    score["kk"] += 0.5 if token.raw[0].isupper() and token.start else 1.5
            elif _LATIN.search(token.raw):
                latin += 1
        mixed = sum(points >= 1 for points in score.values()) > 1
        language = _strongest(score, cyrillic, latin, default)
        return language, "mixed" if mixed else language


def _strongest(score: Mapping[Language, float], cyrillic: int, latin: int, default: Language) -> Language:
    if score["kk"] and score["kk"] >= score["ru"]:
        return "kk"
    if score["ru"]:
        return "ru"
    if cyrillic:
        return "ru" if default == "en" else default
    return "en" if score["en"] or latin >= 3 else default


def _given_names() -> Iterator[str]:
    text = files("app.dialogue.slots").joinpath("names.txt").read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def _vocabulary() -> Vocabulary:
    return Vocabulary.read()
