"""A short or anaphoric message ("and how much?") means little alone: it is searched with the previous user turn."""

from collections.abc import Sequence
from functools import lru_cache

from app.knowledge.text import words
from app.knowledge.wordlists import is_number, listed
from app.language.words import questions

_SHORT = 3  # words up to which a message leans on the one before
_MAX_ANAPHORIC = 6  # a longer message says enough by itself, pronoun or not
_REPEAT = 3  # how often the message stands beside the one before, so that it weighs more


def in_context(text: str, previous: str | None) -> str:
    """The text to search: `text`, with `previous` before it where `text` leans on it."""
    if not previous or not leans_on_context(text):
        return text
    return " ".join((previous, *(text,) * _REPEAT))


def leans_on_context(text: str) -> bool:
    """True for "how much?", "and for a year?", "has it a warranty?": few words, no content, a pronoun in few words."""
    found = words(text)
    fillers, anaphora = listed("fillers"), listed("anaphora")
    if len(found) <= _SHORT or all(word in fillers or word in anaphora for word in found):
        return True
    anaphoric = found[0] in listed("openers") or any(word in anaphora for word in found)
    return anaphoric and len(found) <= _MAX_ANAPHORIC


def points_back(text: str) -> bool:
    """Whether a word of it means something that was said before."""
    return not listed("anaphora").isdisjoint(words(text))


def names_nothing(text: str) -> bool:
    """True for a question without a thing of its own: «for how long?», «and the term?», «how much is it?»."""
    nothing = questions()["light"] | listed("time") | listed("price")
    return all(word in nothing for word in content_words(text))


@lru_cache(maxsize=256)
def content_words(text: str) -> tuple[str, ...]:
    """The words that say what a message is about, in their order: no pronouns, conjunctions, "can I", no numbers.

    Nor "weeks" of "for two weeks", where something else is asked of; "for a year?" asks of the year. Where nothing else
    is left the words that ask for a price; empty for "so what?".
    """
    said = words(text)
    found = [word for word in dict.fromkeys(said) if not (_leans(word) or is_number(word))]
    fillers, price = listed("fillers"), listed("price")
    content = tuple(word for word in found if word not in fillers)
    spans = _spans(said)
    return tuple(word for word in content if word not in spans) or content or tuple(w for w in found if w in price)


def _spans(said: Sequence[str]) -> frozenset[str]:
    """The parts of the calendar that stand behind a number, and nowhere by themselves."""
    time = listed("time")
    behind = [(word, place > 0 and is_number(said[place - 1])) for place, word in enumerate(said) if word in time]
    return frozenset(word for word, _ in behind) - {word for word, counted in behind if not counted}


def _leans(word: str) -> bool:
    return word in listed("anaphora") or word in listed("openers")
