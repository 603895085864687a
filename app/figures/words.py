"""Words without their spelling: one skeleton for every alphabet, and one word for all its forms."""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cache, lru_cache
from itertools import product as combinations
from types import MappingProxyType
from typing import Any, NamedTuple, get_args

from app.packaged import packaged
from app.types import Language

LANGUAGES: tuple[Language, ...] = get_args(Language)
_WORD = re.compile(r"[^\W\d_]+|\d+")
_DOUBLED = re.compile(r"(.)\1+", re.DOTALL)
_LONGEST = 40  # letters of a word that is looked at
_SHORTEST_STEM = 3
_STEM_STEPS = 3  # letters that an ending may share with the ending of another form
_STEM_SHARE = 0.5
_JOINED = -1  # the paradigm of endings that are joined of several
MET = 1024
"""Words of customers whose meaning is remembered."""
_MEASURED = 2  # words within which what is counted stands behind the word that asks how many
_SHORT_ENDING = 3  # letters of an ending behind the shortest stem


class Token(NamedTuple):
    """A run of letters or of digits; `start` and `end` are places in the text."""

    start: int
    end: int
    raw: str
    """In lower case."""
    folded: str

    @property
    def number(self) -> bool:
        return self.raw.isdigit()


@cache
def _read(name: str) -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = packaged("app.figures", *name.split("/"))
    return loaded


def data(language: Language) -> Mapping[str, Any]:
    """The language's words: `words/<language>.yaml`."""
    return _read(f"words/{language}.yaml")


def signs() -> Mapping[str, Any]:
    """Letters and how amounts are written: `letters.yaml`."""
    return _read("letters.yaml")


@cache
def _tables() -> tuple[dict[int, int], dict[int, str], tuple[tuple[str, str], ...], frozenset[str]]:
    known = signs()
    letters = str.maketrans(known["letters"])
    looks = str.maketrans(known["lookalikes"]["from"], known["lookalikes"]["to"])
    return looks, letters, tuple((old, new) for old, new in known["digraphs"]), frozenset(known["letters"])


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """The skeleton of one word in lower or upper case: the same for both alphabets, doubled letters made one."""
    looks, letters, digraphs, cyrillic = _tables()
    word = word.lower()[:_LONGEST]
    if word.isdigit():
        return word
    if not cyrillic.isdisjoint(word):
        word = word.translate(looks)
    word = word.translate(letters)
    for old, new in digraphs:
        word = word.replace(old, new)
    return _DOUBLED.sub(r"\1", word)


@lru_cache(maxsize=512)
def tokens(text: str) -> tuple[Token, ...]:
    """The words and numbers of a text, in order."""
    return tuple(Token(found.start(), found.end(), found[0].lower(), fold(found[0])) for found in _WORD.finditer(text))


_MARKS = frozenset(".!?;,:\n")


def segments(text: str, found: Sequence[Token]) -> Sequence[tuple[int, int]]:
    """[first, last) places of the words between two marks, or between words that turn from one thing to another."""
    return _of_all(text) if found is tokens(text) else _segments(text, found)


@lru_cache(maxsize=512)
def _of_all(text: str) -> tuple[tuple[int, int], ...]:
    """Of all words of a text, whose segments are asked for again and again."""
    return tuple(_segments(text, tokens(text)))


def _segments(text: str, found: Sequence[Token]) -> list[tuple[int, int]]:
    turning = written("turning")
    parts: list[tuple[int, int]] = []
    begun = 0
    for place, token in enumerate(found):
        between = text[found[place - 1].end : token.start] if place else ""
        if place > begun and (token.raw in turning or not _MARKS.isdisjoint(between)):
            parts.append((begun, place))
            begun = place
    return [*parts, (begun, len(found))] if found else []


@cache
def written(name: str) -> frozenset[str]:
    """Words as they are written: folded, «but» of one language is «not» of another."""
    return frozenset(word for language in LANGUAGES for word in str(data(language)[name]).split())


def folded(text: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in _WORD.findall(text))


@cache
def _endings() -> Mapping[str, frozenset[int]]:
    """Ending -> the paradigms that have it; an ending is folded as words are."""
    rows: list[tuple[int, set[str]]] = []
    for language in LANGUAGES:
        known = data(language)
        for row in known.get("paradigms", ()):
            rows.append((len(rows), {_ending(part) for part in row.split()}))
        if suffixes := known.get("suffixes"):
            parts = [[_ending(part) for part in row.split()] for row in suffixes]
            rows.append((_JOINED, {"".join(chosen) for chosen in combinations(*parts)}))
    found: dict[str, set[int]] = {}
    for number, row in rows:
        for ending in row:
            found.setdefault(ending, set()).add(number)
    return MappingProxyType({ending: frozenset(numbers) for ending, numbers in found.items()})


def _ending(part: str) -> str:
    return "" if part == "-" else fold(part)


@lru_cache(maxsize=65536)
def same(one: str, other: str) -> bool:
    """Whether two folded words are one word in two forms: a common stem, and endings of one paradigm."""
    if one == other:
        return True
    if one[:_SHORTEST_STEM] != other[:_SHORTEST_STEM] or one.isdigit() or other.isdigit():
        return False
    common = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    least = max(_SHORTEST_STEM, int(_STEM_SHARE * max(len(one), len(other))), common - _STEM_STEPS)
    endings = _endings()
    nothing: frozenset[int] = frozenset()
    for cut in range(common, least - 1, -1):
        shared = endings.get(one[cut:], nothing) & endings.get(other[cut:], nothing)
        if cut == _SHORTEST_STEM and max(len(one), len(other)) - cut > _SHORT_ENDING:
            continue
        if cut == _SHORTEST_STEM and min(len(one), len(other)) > cut:
            shared -= {_JOINED}  # so short a stem with two of so many endings is chance
        if shared:
            return True
    return False


class Words(set[str]):
    """Folded words, asked for one in any form. Values are what they stand for; of two equal words the first counts.

    As a set it holds the words just as they are.
    """

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._by_root: dict[str, list[tuple[str, str]]] = {}
        self._exact: dict[str, str] = {}
        self.get = lru_cache(maxsize=MET)(self._meant)  # a word is asked for again and again while a text is read
        """What a folded word stands for, in whatever form."""
        for word, value in pairs:
            self.add(word, value)

    def add(self, word: str, value: str = "") -> None:
        if word and word not in self._exact:
            super().add(word)
            self._exact[word] = value
            self._by_root.setdefault(word[:_SHORTEST_STEM], []).append((word, value))
            self.get.cache_clear()

    def _meant(self, word: str) -> str | None:
        if (value := self._exact.get(word)) is not None:
            return value
        near = self._by_root.get(word[:_SHORTEST_STEM], ()) if len(word) >= _SHORTEST_STEM else ()
        for key, value in near:
            if same(word, key):
                return value
        return None

    def words_of(self, value: str) -> tuple[str, ...]:
        """The words that stand for a value."""
        return tuple(word for word, held in self._exact.items() if held == value)


@cache
def listed(name: str) -> Words:
    """The words under `name` of all languages: a customer mixes them. A mapping's words stand for its keys."""
    pairs: list[tuple[str, str]] = []
    for language in LANGUAGES:
        held = data(language).get(name, "")
        rows = held.items() if isinstance(held, Mapping) else [(name, held)]
        pairs += [(fold(str(word)), str(key)) for key, words in rows for word in str(words).split()]
    return Words(pairs)


@cache
def common() -> frozenset[str]:
    """Words that name nothing that is sold, each in the forms that it is written in."""
    return frozenset(fold(word) for language in LANGUAGES for word in str(data(language)["common"]).split())


@cache
def asks() -> Mapping[str, Words]:
    """What is asked for -> the words that ask for it, in any form; those written with "=" in this one alone."""
    kinds = dict.fromkeys(kind for language in LANGUAGES for kind in data(language)["asks"])
    return MappingProxyType(
        {kind: Words((fold(word), kind) for word in _asking(kind) if word[0] != "=") for kind in kinds}
    )


@cache
def _exactly() -> Mapping[str, frozenset[str]]:
    return {kind: frozenset(fold(word[1:]) for word in _asking(kind) if word[0] == "=") for kind in asks()}


def _asking(kind: str) -> list[str]:
    return [word for language in LANGUAGES for word in str(data(language)["asks"].get(kind, "")).split()]


@lru_cache(maxsize=16384)
def asked_by(word: str) -> tuple[str, ...]:
    """What a folded word asks for."""
    return tuple(kind for kind, words in asks().items() if words.get(word) is not None or word in _exactly()[kind])


def asked(words: Sequence[str]) -> frozenset[str]:
    """What folded words ask for, in their order. "How much time does it take?" asks for a measure and for no price."""
    kinds: set[str] = set()
    for place, word in enumerate(words):
        found = asked_by(word)
        if "price" in found and _measures(words, place):
            found = tuple("measure" if kind == "price" else kind for kind in found)
        kinds.update(found)
    return frozenset(kinds)


def _measures(words: Sequence[str], place: int) -> bool:
    """Whether the word at a place asks how many, of what is measured or at what hour."""
    if words[place] not in listed("counts"):
        return False
    behind = words[place + 1 : place + 1 + _MEASURED]
    return (place > 0 and words[place - 1] in listed("hours")) or not listed("measures").isdisjoint(behind)


@cache
def collective() -> Mapping[str, Decimal]:
    """Folded words that count people by themselves."""
    return MappingProxyType(
        {fold(word): Decimal(n) for known in map(data, LANGUAGES) for word, n in known["collective"].items()}
    )


@cache
def adjectives() -> tuple[str, ...]:
    """Endings of adjectives, as they are written."""
    return tuple(ending for language in LANGUAGES for ending in str(data(language)["adjectives"]).split())


def matches(phrase: str, words: Iterable[str]) -> bool:
    """Whether all words of a phrase that say something stand among `words`, in any form."""
    wanted = [fold(w.raw) for w in tokens(phrase) if w.folded not in common()]
    among = tuple(words)
    return bool(wanted) and all(any(same(w, other) for other in among) for w in wanted)


def chooses(words: Sequence[str]) -> bool:
    """Whether folded words ask which one fits, of whatever."""
    if any(word in listed("advising") for word in words):
        return True
    return any(not which.isdisjoint(words) and not needs.isdisjoint(words) for which, needs in _choosing())


@cache
def _choosing() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Words for «which», and for needing it, of each language: «not» of one is «what» of another."""
    rows = (data(language) for language in LANGUAGES)
    return tuple((_folded(row, "choosing"), _folded(row, "suiting", "needing")) for row in rows)


def _folded(row: Mapping[str, Any], *names: str) -> frozenset[str]:
    return frozenset(fold(word) for name in names for word in str(row[name]).split())
