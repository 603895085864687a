"""The phrase lists of all languages (`phrases/*.yaml`)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from functools import lru_cache
from importlib.resources import files
from typing import Any

from app.dialogue.hearing.lexicon import Label, Lexicon, Match
from app.dialogue.hearing.text import Message, fold
from app.dialogue.resources import LANGUAGES, load_yaml
from app.errors import ConfigError
from app.types import Language

_SLOT = re.compile(r"\{(\w+)\}")


class Vocabulary:
    """Everything that is known about words, in all languages at once: customers mix them in one message."""

    def __init__(self, data: Mapping[Language, Mapping[str, Any]]) -> None:
        phrases: list[tuple[Label, str]] = []
        # A given name is no slip of another word: «Камила» has nothing to do with rudeness.
        real: list[str] = list(_given_names())
        self.numbers: dict[str, int] = {}
        self.labels: dict[tuple[str, str, Language], str] = {}
        for language, content in data.items():
            real += content.get("real_words", [])
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
            for section in ("numbers", "intents", "words", "values"):
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


def _given_names() -> Iterator[str]:
    text = files("app.dialogue.slots").joinpath("names.txt").read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


@lru_cache(maxsize=1)
def _vocabulary() -> Vocabulary:
    return Vocabulary.read()
