"""What a chunk of text costs as one of a language: how unlikely its letters are, a known word being cheaper."""

from functools import lru_cache

from app.language import words
from app.language.folds import letters
from app.language.letters import latin
from app.language.letters.chunks import TOKEN
from app.language.letters.ngrams import known_cost, new_cost

LANGUAGES = ("ru", "kk")
"""Those that are written with letters of another alphabet or layout."""
_SIGN = 24  # a sign within a word
_EDGE = 8  # a sign at its edge
_MOST = 600  # the cost of a word, however odd


def words_of(chunk: str) -> list[str]:
    """Its words, folded as the lists are."""
    return [letters(word) for word in TOKEN.findall(chunk)]


def knows(way: str) -> bool:
    """Whether any word of a chunk is a Russian or a Kazakh one."""
    return any(words.words(language).know(word) for word in words_of(way) for language in LANGUAGES)


def _stands(word: str) -> bool:
    if is_english(word) or word in words.short():
        return True
    return any(words.words(each).know(word) or word in words.words(each).spelt for each in LANGUAGES)


def is_known(chunk: str) -> bool:
    """Whether every word of a chunk means something as it stands."""
    return all(map(_stands, words_of(chunk)))


def is_english(word: str) -> bool:
    """Whether a word is an English one, or a name of no language."""
    en = words.words("en")
    return word in en.own or word in en.names or word in en.common


def _word_cost(word: str, language: str) -> int:
    if language == "kk_plain":
        return new_cost(language, word)
    known = is_english(word) if language == "en" else words.words(language).know(word)
    return known_cost(word) if known else new_cost(language, word)


def chunk_cost(chunk: str, language: str) -> int:
    """In tenths of nats, by the table and the words of `language`; the signs of the chunk cost too."""
    found = words_of(chunk)
    signs = len(chunk) - sum(map(len, found))
    inner = len(chunk.strip(".,!?;:()[]{}\"'\u00ab\u00bb-")) - sum(map(len, found))
    return (
        sum(min(_word_cost(word, language), _MOST) for word in found) + _SIGN * max(0, inner) + _EDGE * (signs - inner)
    )


def as_typed(chunk: str) -> int:
    """The cost of a Latin chunk that was typed as it was meant: English, or Russian or Kazakh with Latin letters."""
    return min(chunk_cost(chunk, "en"), _latin_cost(chunk, "ru"), _latin_cost(chunk, "kk"))


def _latin_cost(chunk: str, language: str) -> int:
    found = words_of(chunk)
    signs = len(chunk) - sum(map(len, found))
    return sum(min(latin_word_cost(word, language), _MOST) for word in found) + _EDGE * signs


def known_as(word: str, language: str) -> bool:
    """Whether a Latin word is a known one. A name is, where the language has such a word, not where texts name it."""
    found = latin.known(word, language)
    if found is None or word not in words.words("en").names:
        return found is not None
    known = words.words(language)
    return found in known.own or found in known.shared or word in known.spelt


@lru_cache(maxsize=16384)
def latin_word_cost(word: str, language: str) -> int:
    """The cost of a Latin word as one of Russian or Kazakh."""
    return known_cost(word) if known_as(word, language) else new_cost(f"{language}_latin", word)
