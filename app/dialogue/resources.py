"""What the package holds as YAML: its files, and the texts that the machine says in each language (`texts/*.yaml`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol, get_args

import yaml

from app.errors import ConfigError
from app.packaged import parsed
from app.types import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)


class Readable(Protocol):
    def read_text(self, encoding: str) -> str: ...


def load_yaml(*path: str) -> dict[str, Any]:
    """A mapping from a YAML file of this package. Raises ConfigError that names the file."""
    return read_yaml(files("app.dialogue").joinpath(*path), "/".join(path))


def load_words(*path: str) -> dict[str, tuple[str, ...]]:
    """Lists of words from a YAML file of this package, by their names. Raises ConfigError that names the file."""
    return {name: tuple(rows) for name, rows in load_yaml(*path).items()}


def read_yaml(file: Readable | Path, name: str) -> dict[str, Any]:
    """A mapping from a YAML file; an empty one is empty. Raises ConfigError that calls the file `name`."""
    try:
        data = parsed(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{name}: cannot be read as YAML ({error}); correct the file") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{name}: holds no mapping; write `key: value` lines")
    return data


@dataclass(frozen=True)
class Texts:
    """What the machine says in one language."""

    language: Language
    data: Mapping[str, Any]

    def pick(self, name: str, turn: int, unlike: str = "") -> str:
        """One of the variants, by the turn's number; not one that `unlike` (the last answer) holds, if it can."""
        variants = self.data[name]
        if isinstance(variants, str):
            return variants
        ordered: list[str] = [variants[(turn + i) % len(variants)] for i in range(len(variants))]
        return next((text for text in ordered if text not in unlike), ordered[0])

    def has(self, name: str) -> bool:
        return name in self.data

    def with_own(self, own: Mapping[str, Any]) -> "Texts":
        """These texts with a bot's own ones in their place; a part of a mapping replaces that part."""
        merged = {
            name: {**self.data[name], **text} if isinstance(text, Mapping) and name in self.data else text
            for name, text in own.items()
        }
        return Texts(self.language, {**self.data, **merged}) if own else self


@lru_cache(maxsize=1)
def load_texts() -> Mapping[Language, Texts]:
    """Read `texts/*.yaml`: every language must say the same things. Raises ConfigError."""
    texts = {language: Texts(language, load_yaml("texts", f"{language}.yaml")) for language in LANGUAGES}
    for language, own in texts.items():
        missing = sorted(set(texts["ru"].data) - set(own.data))
        if missing:
            raise ConfigError(f"texts/{language}.yaml: lacks {', '.join(missing)}; translate them from texts/ru.yaml")
    return texts
