"""Which words of a text were typed with another layout or with Latin letters, and what they were meant to be.

Each way of reading a chunk has a cost: how unlikely its letters are in that language, a known word being cheaper. What
the other chunks of the text say counts too: one keyboard and one habit seldom change within a message. A name and an
English word stay as they are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from app.language import words
from app.language.folds import lower
from app.language.letters import latin
from app.language.letters.chunks import CYRILLIC, LATIN, MOST_WORDS, TOKEN, is_address, is_roman, split
from app.language.letters.costs import LANGUAGES, is_english, known_as, latin_word_cost
from app.language.letters.layouts import CLIP, LEAST, SHARE, clipped, switched
from app.language.letters.ngrams import known_cost, new_cost

_LEAN = 100  # what the others may say of which language is meant
_AGAINST = 400  # what they may say against it: an English sentence keeps its strange words
_AMONG = 26  # what a Latin word among Cyrillic ones must be better by, besides
_UNTOLD = 45  # what unknown words must be better by where no word tells the language
_LONGEST = 40
_NEAR = 4  # parts: a number may stand within a name
_ENDS = frozenset(".!?\u2026")
_DIGITS = frozenset("46")


@dataclass(frozen=True, slots=True)
class Typed:
    """The text, and which of "layout" and "latin" changed it."""

    text: str
    done: tuple[str, ...]


def read(text: str, own: frozenset[str] = frozenset()) -> Typed:
    """`text` with such words as they were meant; those of `own`, the shop's names in lower case, stay as they are.

    So are those behind the first MOST_WORDS: who writes so much has shown his habit before, and is not read that far.
    """
    if text.isascii() and not LATIN.search(text):
        return Typed(text, ())
    parts = split(text)
    chunks = range(0, min(len(parts), 2 * MOST_WORDS), 2)
    places = [place for place in chunks if parts[place] and not is_address(parts[place])]
    done = []
    if switched(parts, places, own):
        done.append("layout")
    if _latin(parts, places, own):
        done.append("latin")
    return Typed("".join(parts), tuple(done)) if done else Typed(text, ())


@dataclass(frozen=True, slots=True)
class _Word:
    """A Latin word at `start`..`end` of a chunk; `ahead`: a sentence begins with it.

    Per language of ours: what it gains by being a word of it, whether it is `known` there, and whether it `tells` it.
    """

    place: int
    start: int
    end: int
    raw: str
    low: str
    ahead: bool
    english: bool
    gains: tuple[int, ...]
    known: tuple[bool, ...]
    tells: tuple[bool, ...]

    @property
    def says(self) -> float:
        """What it says for the others; a name says nothing."""
        if self.english and not any(self.known) and self.low in words.words("en").names:
            return 0
        return clipped(max(self.gains))

    @property
    def leans(self) -> int:
        return self.gains[0] - self.gains[1]


@dataclass(frozen=True, slots=True)
class _Message:
    """What all Latin words of a text say together: `best` of any of our languages being meant, `leans` to the first.

    `told`: one of them tells the language. `titled` and `shouted`: capitals mean nothing here.
    """

    best: float
    leans: float
    told: bool
    titled: bool
    shouted: bool
    among_cyrillic: bool


def _latin(parts: list[str], places: Sequence[int], own: frozenset[str]) -> bool:
    found: list[_Word] = []
    cyrillic, ahead = False, True
    for place in places:
        if CYRILLIC.search(parts[place]):
            cyrillic = True
        else:
            for match in islice(TOKEN.finditer(parts[place]), MOST_WORDS - len(found)):
                word = _read(place, match, ahead and match.start() <= 1)
                found += [word] if word is not None else []
        ahead = parts[place][-1] in _ENDS or "\n" in parts[place + 1 : place + 2]
    if not found or _is_foreign([word.low for word in found]):
        return False
    message = _Message(
        sum(word.says for word in found),
        sum(clipped(word.leans) for word in found),
        any(not word.english and (any(word.tells) or _is_common(word)) for word in found),
        sum(word.raw[0].isupper() for word in found) * 2 > len(found),
        all(word.raw.isupper() for word in found),
        cyrillic,
    )
    written: list[tuple[_Word, str]] = []
    before: _Word | None = None  # the word before, if it is a name that stays
    for word in found:
        meant = None if word.low in own or _goes_on(word, before) else _meant(word, message)
        if meant is not None:
            written.append((word, _cased(meant, word.raw)))
        before = word if meant is None and (word.raw[0].isupper() or _is_name(word)) else None
    for word, meant in reversed(written):
        chunk = parts[word.place]
        parts[word.place] = chunk[: word.start] + meant + chunk[word.end :]
    return bool(written)


@lru_cache(maxsize=8192)
def _read_word(low: str) -> tuple[bool, tuple[int, ...], tuple[bool, ...], tuple[bool, ...]]:
    english = is_english(low)
    bare = low.translate({ord(digit): None for digit in _DIGITS})
    typed = known_cost(low) if english else new_cost("en", bare) + CLIP * (len(low) - len(bare))
    known = tuple(known_as(low, language) for language in LANGUAGES)
    tells = tuple(
        is_known and (low in words.words(language).spelt or latin.cyrillic(low, language) in words.words(language).own)
        for language, is_known in zip(LANGUAGES, known, strict=True)
    )
    return english, tuple(typed - latin_word_cost(low, language) for language in LANGUAGES), known, tells


def _read(place: int, match: re.Match[str], ahead: bool) -> _Word | None:
    raw, low = match.group(), lower(match.group())
    if not LATIN.search(low) or len(low) > _LONGEST or is_roman(raw):
        return None
    digits = {each for each in low if each.isdigit()}
    if digits and (not digits <= _DIGITS or len(low) < 3 or low[-1].isdigit()):
        return None
    return _Word(place, match.start(), match.end(), raw, low, ahead, *_read_word(low))


def _is_foreign(found: Sequence[str]) -> bool:
    """Whether the words are of another language that is written with Latin letters."""
    others = words.others().values()
    spelt = [words.words(language).spelt for language in LANGUAGES]
    plain = [word for word in found if not is_english(word) and not any(word in each for each in spelt)]
    listed = sum(any(word in other.words for other in others) for word in plain)
    return listed > 0 and listed * 5 >= len(found) * 2


def _is_name(word: _Word) -> bool:
    return word.low in words.words("en").names


def _is_common(word: _Word) -> bool:
    """Whether it is a word of ours with small letters, not a name."""
    return any(word.known[n] and not _is_person(word, n) for n in range(len(LANGUAGES))) and word.raw.islower()


def _is_person(word: _Word, n: int) -> bool:
    return word.known[n] and latin.cyrillic(word.low, LANGUAGES[n]) in words.words("ru").called


def _goes_on(word: _Word, before: _Word | None) -> bool:
    """Whether a word is the second half of a name: «iPhone Pro», «Air Astana»."""
    if before is None or word.place > before.place + _NEAR:
        return False
    return _is_name(word) or (word.raw[0].isupper() and not word.raw.isupper() and not any(word.tells))


def _meant(word: _Word, message: _Message) -> str | None:
    """What a Latin word was meant to be; None: what it is."""
    leans = clipped(word.leans, -CLIP * 4, CLIP * 4) + clipped(message.leans - clipped(word.leans), -_LEAN, _LEAN)
    n = 0 if leans >= 0 else 1
    known, others = word.known[n], message.best - word.says
    if word.english and (message.among_cyrillic or not known):
        return None
    if message.among_cyrillic and len(word.low) == 1:
        return None
    if not message.told and (word.english or _is_person(word, n)):
        return None
    # What both languages share, an English sentence has too.
    if others < 0 and latin.cyrillic(word.low, LANGUAGES[n]) in words.words("ru").shared:
        return None
    if not known and _is_somebodys(word, message):
        return None
    # A strange word among Cyrillic ones answers for itself.
    most = 0 if message.among_cyrillic and not known else CLIP
    score = word.gains[n] + clipped(SHARE * others, -_AGAINST, most)
    return latin.cyrillic(word.low, LANGUAGES[n]) if score > _needed(known, others, message) else None


def _is_somebodys(word: _Word, message: _Message) -> bool:
    """Whether a word that nobody knows has capitals that make it a name or an abbreviation."""
    if word.raw.isupper() and len(word.raw) > 1:
        return not (message.shouted and message.told)
    if not word.raw[0].isupper():
        return False
    return not message.told or not (word.ahead or message.titled)


def _needed(known: bool, others: float, message: _Message) -> int:
    """What a word must gain to be one of ours."""
    if known:
        return LEAST * 2 if others < 0 else 0
    return (LEAST if message.told else _UNTOLD) + (_AMONG if message.among_cyrillic else 0)


def _cased(meant: str, raw: str) -> str:
    if raw.isupper() and len(raw) > 1:
        return meant.upper()
    return meant[:1].upper() + meant[1:] if raw[:1].isupper() else meant
