"""Names of places and people in a question: «do you deliver to Taraz» asks of deliveries, wherever Taraz is.

A section's own questions name a town as an example («we are in Aktau, can you connect us?»), and who asks something
else from there would be answered with it; where none names the town, it is a word that nothing holds.
"""

import re
from functools import lru_cache
from itertools import product

from app.knowledge.text import normalise, words
from app.knowledge.wordlists import listed
from app.language.letters.latin import cyrillic
from app.language.words import words as of_language
from app.packaged import packaged

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = ("ru", "kk")
"""Whose habits of Latin letters are tried."""
_BETWEEN = 3
"""Words from "before" to the day."""
_TIME = 5
"""Letters of a part of the calendar that may have another ending."""
_LONGEST = 20
"""Letters of a word that may be a name."""


def without_names(text: str) -> str:
    """The text without the names of places and people in it, in whatever form; as it is where there is none."""
    return _WORD.sub(lambda match: "" if is_name(match[0]) else match[0], text)


def without_dates(text: str) -> str:
    """The text without the words that only say by when: "can you bring it before the weekend" asks of bringing."""
    said = list(_WORD.finditer(text))
    low = normalise(text)  # place for place
    spelt = [low[match.start() : match.end()] for match in said]
    gone: set[int] = set()
    for place, word in enumerate(spelt):
        if word in listed("by_when"):
            near = [*range(place + 1, min(place + 1 + _BETWEEN, len(said))), *range(max(0, place - 1), place)]
            at = next((n for n in near if _is_time(spelt[n])), None)
            gone |= set(range(min(place, at), max(place, at) + 1)) if at is not None else set()
    kept = [text[m.start() : m.end()] for n, m in enumerate(said) if n not in gone]
    return " ".join(kept) if gone else text


def _is_time(word: str) -> bool:
    return word in listed("time") or word.startswith(_stems_of_time())


@lru_cache(maxsize=1)
def _stems_of_time() -> tuple[str, ...]:
    return tuple(known[:-1] for known in listed("time") if len(known) >= _TIME)


@lru_cache(maxsize=4096)
def is_name(word: str) -> bool:
    """Whether a word, in Cyrillic or Latin letters, is a name of a place or a person in some form."""
    if len(word) > _LONGEST:
        return False
    spelt = [cyrillic(word.lower(), language) for language in _LATIN] if word.isascii() else [word]
    return any(normalise(each) in _forms() for each in spelt)


@lru_cache(maxsize=1)
def _forms() -> frozenset[str]:
    """All forms of all names, as the search spells them."""
    data = {kind: words(text) for kind, text in packaged("app.knowledge", "whereabouts.yaml").items()}
    names = {each for said in of_language("ru").called for each in words(said)}
    whole = (f"{name}{ending}" for name, ending in product(names, ("", *data["whole"])))
    falls = {*data["cut"], *data["soft"]}
    cut = (f"{name[:-1]}{ending}" for name, ending in product(names, data["cut"]) if name[-1] in falls)
    return frozenset((*whole, *cut))
