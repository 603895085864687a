"""Names of places and people in a question: «do you deliver to Taraz» asks of deliveries, wherever Taraz is.

A section's own questions name a town as an example («we are in Aktau, can you connect us?»), and who asks something
else from there would be answered with it; where none names the town, it is a word that nothing holds.
"""

import re
from functools import lru_cache
from itertools import product

from app.knowledge.text import normalise, words
from app.language.letters.latin import cyrillic
from app.language.words import words as of_language
from app.packaged import packaged

_WORD = re.compile(r"[^\W\d_]+")
_LATIN = ("ru", "kk")
"""Whose habits of Latin letters are tried."""
_LONGEST = 20
"""Letters of a word that may be a name."""


def without_names(text: str) -> str:
    """The text without the names of places and people in it, in whatever form; as it is where there is none."""
    return _WORD.sub(lambda match: "" if is_name(match[0]) else match[0], text)


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
    names = {each for said in of_language("ru").people for each in words(said)}
    whole = (f"{name}{ending}" for name, ending in product(names, ("", *data["whole"])))
    falls = {*data["cut"], *data["soft"]}
    cut = (f"{name[:-1]}{ending}" for name, ending in product(names, data["cut"]) if name[-1] in falls)
    return frozenset((*whole, *cut))
