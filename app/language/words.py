"""The words and letters of languages, read once from this package's YAML; no word stands in the code."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from app.packaged import packaged


@dataclass(frozen=True, slots=True)
class Words:
    """What is known of one language, in lower case.

    `own` tell the language, `shared` tell none, `spelt` are words as they are typed with Latin letters and what they
    mean, `common` are words that texts use but that tell less, `names` belong to no language; `called`, which are among
    the shared ones, are the names of people and places, `people` those of people alone.
    """

    own: frozenset[str]
    shared: frozenset[str]
    spelt: Mapping[str, str]
    common: frozenset[str]
    names: frozenset[str]
    called: frozenset[str]
    people: frozenset[str]

    def know(self, word: str) -> bool:
        return word in self.own or word in self.common or word in self.shared


@dataclass(frozen=True, slots=True)
class Other:
    """A language that is heard but not spoken. `answer` is the language to answer in, empty for the conversation's.

    `letters` none of the others has; `signs` are rows of letters that hint at it.
    """

    answer: str
    letters: frozenset[str]
    words: frozenset[str]
    signs: tuple[str, ...]


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = packaged("app.language", "words", name)
    return data


@lru_cache(maxsize=1)
def letters() -> Mapping[str, Any]:
    """`words/letters.yaml`: look-alikes, keyboards, the habits of Latin letters."""
    return _read("letters.yaml")


@lru_cache(maxsize=1)
def counted() -> Mapping[str, Mapping[str, Any]]:
    """`letters.json`: `tables` (language to letters to -10 ln P) and `words` (language to its most used words)."""
    data: dict[str, dict[str, Any]] = json.loads(files("app.language").joinpath("letters.json").read_text("utf-8"))
    return data


@lru_cache(maxsize=8)
def words(language: str) -> Words:
    """The words of "ru", "kk" or "en"."""
    data = _read(f"{language}.yaml")
    split = {
        name: frozenset(str(data.get(name, "")).split()) for name in ("own", "shared", "names", "people", "places")
    }
    spelt = dict(pair.split("=", 1) for pair in str(data.get("spelt", "")).split())
    common = frozenset(counted()["words"][language].split()) | frozenset(str(data.get("seen", "")).split())
    called = split["people"] | split["places"]
    return Words(split["own"], split["shared"] | called, spelt, common, split["names"], called, split["people"])


@lru_cache(maxsize=1)
def others() -> Mapping[str, Other]:
    """Languages that are heard but not spoken, by their ISO 639-1 code."""
    data = _read("others.yaml")
    return {
        name: Other(
            entry["answer"],
            frozenset(entry["letters"]),
            frozenset(entry["words"].split()),
            tuple(entry.get("signs", ())),
        )
        for name, entry in data.items()
        if name != "scripts"
    }


@lru_cache(maxsize=1)
def abbreviations() -> tuple[frozenset[str], frozenset[str]]:
    """Words whose dot ends no sentence, in lower case: before small letters, and before names."""
    data = _read("sentences.yaml")
    return frozenset(data["abbreviations"].split()), frozenset(data["before_names"].split())


@lru_cache(maxsize=1)
def short() -> frozenset[str]:
    """All abbreviations: they tell no language."""
    return frozenset().union(*abbreviations())


@lru_cache(maxsize=1)
def questions() -> Mapping[str, frozenset[str]]:
    """`words/questions.yaml`: "empty", "asks", "refers" and "joins", of all languages at once.

    Kazakh words stand there as they are typed without Kazakh letters too.
    """
    typed = str.maketrans(letters()["unlettered"])
    return {
        name: frozenset((*row.split(), *row.translate(typed).split())) for name, row in _read("questions.yaml").items()
    }


@lru_cache(maxsize=1)
def turkic() -> frozenset[str]:
    """Kazakh letters that its neighbours have too."""
    return frozenset(letters()["turkic"])


@lru_cache(maxsize=1)
def borrowed() -> frozenset[str]:
    """Letters that Kazakh has in borrowed words alone."""
    return frozenset(letters()["borrowed"])


@lru_cache(maxsize=1)
def ukrainian() -> frozenset[str]:
    """Kazakh letters that Ukrainian has too."""
    return frozenset(letters()["ukrainian"])


@lru_cache(maxsize=1)
def scripts() -> Mapping[str, str]:
    """Languages whose script alone tells: their code to the classes of a regular expression."""
    return {name: "".join(ranges) for name, ranges in _read("others.yaml")["scripts"].items()}
