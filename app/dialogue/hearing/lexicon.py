"""Phrases in a message: exact words, stems, gaps and one-letter typos, without a regular expression per phrase.

A pattern is a row of words: `сколько ст*` (a stem), `цена|прайс` (either), `#` (a number), `чем .. лучше` (up to three
words between), `^ да` (the message begins here), `подумаю $` (it ends here), `дорого!` (no other word is a typo of it).
Every word of every pattern is looked up once per message, so the cost does not grow with the number of phrases.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from app.dialogue.hearing.text import Token, fold

TYPO_WORD = 5
"""From this length on a word may hold one wrong, missing, doubled or swapped letter."""
TYPO_STEM = 6
GAP = 3
"""At most this many words stand in for `..`."""

_NUMBER = "#"
_GAP = ".."
_GUESSED_NEVER = ("legal", "medical", "emergency")
"""Intents whose words are met letter by letter: «садится» is no slip of «судится»."""

Label = tuple[str, str, str]
"""(kind, name, value): ("intent", "price", ""), ("value", "business_type", "grocery"), ("word", "yes", "")."""


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found at tokens `start`..`end` (exclusive)."""

    label: Label
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Pattern:
    label: Label
    parts: tuple[frozenset[str] | None, ...]
    """Per word the atoms it may be; None is a gap."""
    first: bool
    last: bool


class Lexicon:
    """All phrases of all languages, compiled once. `base` holds further words that are no typos of this one's."""

    def __init__(
        self, phrases: Iterable[tuple[Label, str]], real_words: Iterable[str] = (), base: "Lexicon | None" = None
    ) -> None:
        self._base = base
        self._words: set[str] = set()
        self._exact: set[str] = set()
        self._stems: set[str] = set()
        self._exact_stems: set[str] = set()
        self._by_first: dict[str, list[_Pattern]] = defaultdict(list)
        for label, phrase in phrases:
            pattern = self._compile(label, phrase)
            opening = pattern.parts[0]
            if opening is None:
                raise ValueError(f"the phrase {phrase!r} begins with a gap: begin it with a word")
            for atom in opening:
                self._by_first[atom].append(pattern)
        self._real = {fold(word) for word in real_words}
        self._near_words = _deletions(word for word in self._words if len(word) >= TYPO_WORD)
        self._near_stems = _deletions(stem for stem in self._stems if len(stem) >= TYPO_STEM)
        self._longest_stem = max(map(len, self._stems | self._exact_stems), default=0)
        self.atoms = lru_cache(maxsize=16384)(self._atoms)

    def _compile(self, label: Label, phrase: str) -> _Pattern:
        words = phrase.split()
        first, last = words[:1] == ["^"], words[-1:] == ["$"]
        parts: list[frozenset[str] | None] = []
        exact = label[0] == "intent" and label[1].startswith(_GUESSED_NEVER)
        for word in words[first : len(words) - last]:
            parts.append(None if word == _GAP else frozenset(self._atom(option, exact) for option in word.split("|")))
        if not parts:
            raise ValueError(f"the phrase {phrase!r} holds no word")
        return _Pattern(label, tuple(parts), first, last)

    def _atom(self, option: str, exact: bool) -> str:
        if option == _NUMBER:
            return _NUMBER
        if option.endswith("*"):
            stem = fold(option[:-1])
            if exact:
                self._exact_stems.add(stem)
                return stem + "*!"
            self._stems.add(stem)
            return stem + "*"
        if exact or option.endswith("!"):
            word = fold(option.removesuffix("!"))
            self._exact.add(word)
            return word + "!"
        word = fold(option)
        self._words.add(word)
        return word

    def _atoms(self, word: str) -> frozenset[str]:
        if word.isdecimal():
            return frozenset({_NUMBER, word})
        found = {word} if word in self._words else set()
        if word in self._exact:
            found.add(word + "!")
        # A word that means something as it stands is not a typo of another one: «столько» is not «сколько».
        settled = bool(found) or len(word) < TYPO_WORD - 1 or self.knows(word)
        lengths = range(1, min(len(word), self._longest_stem) + 1)
        found.update(word[:n] + "*" for n in lengths if word[:n] in self._stems)
        found.update(word[:n] + "*!" for n in lengths if word[:n] in self._exact_stems)
        if settled:
            return frozenset(found)
        for candidate in _candidates(word, self._near_words):
            # A prefix makes another word («доплата», «сделать»): the first letter may be wrong, not gone or added.
            same_start = word[0] == candidate[0] or len(word) == len(candidate) > TYPO_WORD
            if same_start and OSA.distance(word, candidate, score_cutoff=1) <= 1:
                found.add(candidate)
        for n in range(TYPO_STEM - 1, min(len(word), self._longest_stem + 1) + 1):
            start = word[:n]
            for stem in _candidates(start, self._near_stems):
                # Both ends must agree, or every word that shares five letters would be a typo of the stem.
                if start[0] == stem[0] and start[-1] == stem[-1] and OSA.distance(start, stem, score_cutoff=1) <= 1:
                    found.add(stem + "*")
        return frozenset(found)

    def knows(self, word: str) -> bool:
        """Whether a folded word means something as it stands."""
        own = word in self._words or word in self._exact or word in self._real
        return own or (self._base is not None and self._base.knows(word))

    def find(self, tokens: Sequence[Token]) -> list[Match]:
        """Every phrase in the message, in order of place."""
        rows = [self.atoms(token.text) for token in tokens]
        said = frozenset[str]().union(*rows)
        possible = {atom: _possible(self._by_first[atom], said) for atom in said if atom in self._by_first}
        matches: list[Match] = []
        for place, row in enumerate(rows):
            for atom in row:
                for pattern in possible.get(atom, ()):
                    if pattern.first and place:
                        continue
                    end = _match(pattern.parts, 1, rows, place + 1, last=pattern.last)
                    if end is not None:
                        matches.append(Match(pattern.label, place, end))
        matches.sort(key=lambda match: (match.start, match.end, match.label))
        return matches


def _possible(patterns: Sequence[_Pattern], said: frozenset[str]) -> list[_Pattern]:
    """The patterns of which each word stands somewhere in the message."""
    return [
        pattern
        for pattern in patterns
        if len(pattern.parts) == 1 or not any(part and part.isdisjoint(said) for part in pattern.parts)
    ]


def _match(
    parts: Sequence[frozenset[str] | None], part: int, rows: Sequence[frozenset[str]], place: int, *, last: bool
) -> int | None:
    """The token place behind the pattern's rest, or None. `last`: only the message's end will do."""
    while part < len(parts):
        wanted = parts[part]
        if wanted is None:
            return _behind_gap(parts, part + 1, rows, place, last=last)
        if place >= len(rows) or wanted.isdisjoint(rows[place]):
            return None
        part, place = part + 1, place + 1
    return None if last and place < len(rows) else place


def _behind_gap(
    parts: Sequence[frozenset[str] | None], part: int, rows: Sequence[frozenset[str]], place: int, *, last: bool
) -> int | None:
    following = parts[part] if part < len(parts) else None
    for begin in range(place, place + GAP + 1):
        if following is not None and (begin >= len(rows) or following.isdisjoint(rows[begin])):
            continue
        end = _match(parts, part, rows, begin, last=last)
        if end is not None:
            return end
    return None


def _deletions(words: Iterable[str]) -> dict[str, list[str]]:
    """Every word under itself and under itself with one letter gone: words one typo apart share such a key."""
    index: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for key in {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}:
            index[key].append(word)
    return dict(index)


def _candidates(word: str, index: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    for key in {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}:
        found.update(index.get(key, ()))
    return found
