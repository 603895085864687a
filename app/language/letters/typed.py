"""Which words of a text were typed with another layout or with Latin letters, and what they were meant to be.

Each way of reading a chunk has a cost: how unlikely its letters are in that language, a known word being cheaper. What
the other chunks of the text say counts too: one keyboard and one habit seldom change within a message. A name and an
English word stay as they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from app.language import words
from app.language.folds import lower
from app.language.letters import latin
from app.language.letters.chunks import CYRILLIC, LATIN, TOKEN, is_address, is_roman, split
from app.language.letters.costs import LANGUAGES, is_english, known_as, latin_word_cost
from app.language.letters.layouts import CLIP, LEAST, SHARE, clipped, switched
from app.language.letters.ngrams import known_cost, new_cost

_LEAN = 100  # what the others may say of which language is meant
_AGAINST = 400  # what they may say against it: an English sentence keeps its strange words
_AMONG = 26  # what a Latin word among Cyrillic ones must be better by, besides
_CAPITAL = 40  # and one with a capital amid small letters: a name
_DIGITS = frozenset("46")


@dataclass(frozen=True, slots=True)
class Typed:
    """The text, and which of "layout" and "latin" changed it."""

    text: str
    done: tuple[str, ...]


def read(text: str, own: frozenset[str] = frozenset()) -> Typed:
    """`text` with such words as they were meant; those of `own`, the shop's names in lower case, stay as they are."""
    if text.isascii() and not LATIN.search(text):
        return Typed(text, ())
    parts = split(text)
    places = [place for place in range(0, len(parts), 2) if parts[place] and not is_address(parts[place])]
    done = []
    if switched(parts, places, own):
        done.append("layout")
    if _latin(parts, places, own):
        done.append("latin")
    return Typed("".join(parts), tuple(done)) if done else Typed(text, ())


@dataclass(frozen=True, slots=True)
class _Word:
    place: int
    start: int
    end: int
    low: str
    raw: str
    english: bool
    gains: tuple[int, ...]
    known: tuple[bool, ...]

    @property
    def says(self) -> float:
        """What it says for the others; a name says nothing."""
        if self.english and not any(self.known) and self.low in words.words("en").names:
            return 0
        return clipped(max(self.gains))


def _latin(parts: list[str], places: Sequence[int], own: frozenset[str]) -> bool:
    found: list[_Word] = []
    cyrillic = 0
    for place in places:
        if CYRILLIC.search(parts[place]):
            cyrillic += 1
            continue
        for match in TOKEN.finditer(parts[place]):
            word = _read(place, match.start(), match.end(), match.group())
            if word is not None:
                found.append(word)
    if not found or _is_foreign([word.low for word in found]):
        return False
    message = _Message.of(found, cyrillic > 0)
    names = _beside_names(found)
    changed = False
    for word in reversed(found):
        if (own and word.low in own) or word in names:
            continue
        meant = _meant(word, message)
        if meant is not None:
            chunk = parts[word.place]
            parts[word.place] = chunk[: word.start] + _cased(meant, word.raw) + chunk[word.end :]
            changed = True
    return changed


@dataclass(frozen=True, slots=True)
class _Message:
    """What all Latin words of a text say together: `best` of any of our languages being meant, `lean` to the first."""

    best: float
    lean: float
    capitals: bool
    among_cyrillic: bool

    @classmethod
    def of(cls, found: Sequence[_Word], among_cyrillic: bool) -> "_Message":
        best = sum(word.says for word in found)
        lean = sum(clipped(word.gains[0] - word.gains[1]) for word in found)
        return cls(best, lean, sum(word.raw[0].isupper() for word in found) * 2 > len(found), among_cyrillic)


@lru_cache(maxsize=8192)
def _gains(low: str) -> tuple[bool, tuple[int, ...], tuple[bool, ...]]:
    english = is_english(low)
    bare = low.translate({ord(digit): None for digit in _DIGITS})
    typed = known_cost(low) if english else new_cost("en", bare) + CLIP * (len(low) - len(bare))
    known = tuple(known_as(low, language) for language in LANGUAGES)
    return english, tuple(typed - latin_word_cost(low, language) for language in LANGUAGES), known


def _read(place: int, start: int, end: int, raw: str) -> _Word | None:
    low = lower(raw)
    if not LATIN.search(low) or len(low) > 40 or is_roman(raw):
        return None
    digits = {each for each in low if each.isdigit()}
    if digits and (not digits <= _DIGITS or len(low) < 3 or low[-1].isdigit()):
        return None
    english, gains, known = _gains(low)
    return _Word(place, start, end, low, raw, english, gains, known)


def _is_foreign(found: Sequence[str]) -> bool:
    """Whether the words are of another language that is written with Latin letters."""
    others = words.others().values()
    spelt = [words.words(language).spelt for language in LANGUAGES]
    plain = [word for word in found if not is_english(word) and not any(word in each for each in spelt)]
    listed = sum(any(word in other.words for other in others) for word in plain)
    return listed > 0 and listed * 5 >= len(found) * 2


def _beside_names(found: Sequence[_Word]) -> frozenset[_Word]:
    """Words that are names and stand behind one that can be nothing else: the second half of «iPhone Pro»."""
    beside: set[_Word] = set()
    names = words.words("en").names
    for before, word in pairwise(found):
        sure = before.low in names and not any(before.known)
        if word.low in names and (sure or before in beside):
            beside.add(word)
    return frozenset(beside)


def _meant(word: _Word, message: _Message) -> str | None:
    if word.english and (message.among_cyrillic or not any(word.known)):
        return None
    if len(word.low) == 1 and message.among_cyrillic:
        return None
    others = message.best - word.says
    lean = clipped(word.gains[0] - word.gains[1], -CLIP * 4, CLIP * 4)
    lean += clipped(message.lean - clipped(word.gains[0] - word.gains[1]), -_LEAN, _LEAN)
    n = 0 if lean >= 0 else 1
    language, known = LANGUAGES[n], word.known[n]
    if word.english and not known:
        return None
    alone = message.among_cyrillic and not known  # a strange word among Cyrillic ones answers for itself
    score = word.gains[n] + clipped(SHARE * others, -_AGAINST, 0 if alone else CLIP)
    if known:
        needed = LEAST * 2 if others < 0 else 0
        # A place or a person's name belongs to no language: an English sentence keeps it.
        if others < 0 and latin.cyrillic(word.low, language) in words.words("ru").shared:
            return None
    else:
        needed = LEAST + (_AMONG if message.among_cyrillic else 0)
        if word.raw[0].isupper() and not message.capitals and (word.place or word.start):
            needed += _CAPITAL
    return latin.cyrillic(word.low, language) if score > needed else None


def _cased(meant: str, raw: str) -> str:
    if raw.isupper() and len(raw) > 1:
        return meant.upper()
    return meant[:1].upper() + meant[1:] if raw[:1].isupper() else meant
