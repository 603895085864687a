"""A message as words: folding, tokens, clauses, and the contacts written in it.

Folding makes one spelling of many: case, «ё», Kazakh letters typed on a Russian keyboard («канша» for «қанша»), Latin
look-alikes inside a Cyrillic word («ценa»), letters held down («приветттт»). Phrase lists are folded the same way.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from app.language.folds import plain
from app.language.scripts import meant

MAX_CHARS = 2000
"""A longer message is read only so far: whoever sends a novel has said what matters before that."""
MAX_WORDS = 400
"""And only so many words of it: so short ones that more fit into MAX_CHARS are no sentences."""

_WORD = re.compile(r"\d+|[^\W\d_]+(?:['’`][^\W\d_]+)*")
_HELD = re.compile(r"(\D)\1{2,}")
# As words that tell no language: a thumb up in a Kazakh conversation leaves it Kazakh.
_SIGNS = {"👍": " ok ", "👌": " ok ", "✅": " ok ", "👎": " nope ", "🙏": " thx ", "👋": " hiya "}
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff\ufe0f\U0001f3fb-\U0001f3ff]")
_CLAUSE = re.compile(r"[,.;:!?…\n()—–«»\"]|\s-\s")

# The separators people put inside a phone number: spaces, dots, brackets, any dash.
_PHONE = re.compile(
    r"(?<![\w+])(?:\+?\s?[78][\s.\-–()]{0,3})?\d{3}[\s.\-–()]{0,3}\d{3}[\s.\-–]{0,3}\d{2}[\s.\-–]{0,3}\d{2}(?!\w)"
)
# A number of another country says which: a plus, its code, and as many digits as such numbers have.
_ABROAD = re.compile(r"(?<![\w+])\+\s?[1-689]\d{0,2}(?:[\s.\-–()]{0,3}\d{1,10}){2,6}(?!\w)")
_ABROAD_DIGITS = range(10, 16)
_FEW_DIGITS = 3  # different ones: a round sum with a plus has no more
_EMAIL = re.compile(
    r"(?<![\w.+-])[A-Za-z0-9](?:[\w.+-]{0,62}[\w+])?@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,18}(?!\w)",
    re.ASCII,
)


class Token(NamedTuple):
    """A word or a number: `text` folded, `raw` as typed, at `start`..`end` of `Message.text`, in clause `clause`."""

    text: str
    raw: str
    start: int
    end: int
    clause: int


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready for matching. `asking` are the clauses that end in a question mark."""

    text: str
    tokens: tuple[Token, ...]
    asking: frozenset[int]


@lru_cache(maxsize=8192)
def fold(word: str) -> str:
    """The one spelling under which a word is compared."""
    return plain(_HELD.sub(r"\1", word.casefold()).replace("'", "").replace("’", "").replace("`", ""))


@lru_cache(maxsize=512)
def read(text: str, names: frozenset[str] = frozenset()) -> Message:
    """Split a message, as it was meant, into folded words. Never raises, whatever the text.

    `names`: the shop's own with Latin letters, lower case, which stay as they are typed.
    """
    # Cut twice: one sign may be normalised to eighteen.
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", meant(text[:MAX_CHARS], names).text)[:MAX_CHARS])
    for sign, word in _SIGNS.items():
        if sign in text:
            text = text.replace(sign, word)
    if text.strip() in {"+", "++", "+++"}:  # in chats here a plus is a yes
        text = " ok "
    tokens: list[Token] = []
    asking: set[int] = set()
    clause, last = 0, 0
    for found in islice(_WORD.finditer(text), MAX_WORDS):
        between = text[last : found.start()]
        if tokens and _CLAUSE.search(between):
            if "?" in between:
                asking.add(clause)
            clause += 1
        last = found.end()
        tokens.append(Token(fold(found.group()), found.group(), found.start(), found.end(), clause))
    if tokens and "?" in text[last:]:
        asking.add(clause)
    return Message(text, tuple(tokens), frozenset(asking))


def without(message: Message, places: frozenset[int]) -> str:
    """The text without the words at these token places and without the punctuation they leave behind."""
    if not places:
        return message.text.strip()
    kept: list[str] = []
    last = 0
    for place, token in enumerate(message.tokens):
        if place in places:
            kept.append(message.text[last : token.start])
            last = token.end
    kept.append(message.text[last:])
    text = re.sub(r"\s+", " ", " ".join(kept))
    text = re.sub(r"(?<![,.!;:)])(?<![,.!;:)] )(?: ?[,.!;:)])+(?= ?[,.!?;:])", "", text)
    return text.strip(" ,.!;:)-—–")


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone number (+7XXXXXXXXXX, or with another country's code) or an email address (lower case), found at
    `start`..`end` of the text."""

    kind: str
    value: str
    start: int
    end: int


def contacts(text: str) -> list[Contact]:
    """Every valid phone number of Kazakhstan or Russia, every one of another country that begins with its code, and
    every email address, in order."""
    emails: list[Contact] = []
    if "@" in text:
        emails = [Contact("email", m.group().lower(), m.start(), m.end()) for m in _EMAIL.finditer(text)]
    found = [*emails]
    for match in _PHONE.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        national = digits[-10:]
        explicit = len(digits) == 11
        # Zones 6 and 7 are Kazakhstan's, 3, 4, 8 and 9 Russia's; without a country code only mobiles are believed.
        believable = national[0] in ("346789" if explicit else "79")
        if digits.isascii() and believable and len(set(national)) > 2 and not _within(emails, match.start()):
            found.append(Contact("phone", "+7" + national, match.start(), match.end()))
    for match in _ABROAD.finditer(text) if "+" in text else ():
        digits = re.sub(r"\D", "", match.group())
        if digits.isascii() and len(digits) in _ABROAD_DIGITS and len(set(digits)) > _FEW_DIGITS:
            found.append(Contact("phone", "+" + digits, match.start(), match.end()))
    return sorted(found, key=lambda contact: contact.start)


def _within(found: Sequence[Contact], place: int) -> bool:
    """Whether one of these, in the order of their places, holds that place."""
    at = bisect_right(found, place, key=lambda contact: contact.start)
    return bool(at) and place < found[at - 1].end
