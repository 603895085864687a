"""A text as chunks between spaces, and which of them are no words: links, addresses, handles, codes."""

import re

from app.language import words

_SPLIT = re.compile(r"(\s+)")
_DOMAINS = frozenset(words.letters()["domains"].split())
_ROMAN = frozenset("IVXLCM")
_CLOSING = ".,!?;:)]}\"'\u00bb"
_OPENING = "([{\"'\u00ab"
_LABEL = re.compile(r"[^\W_]+(?:-+[^\W_]+)*")
TOKEN = re.compile(r"[^\W_]+(?:['\u2019\u02bc`\u2018][^\W_]+)*['\u2019]?")
"""A word, its apostrophes with it: of letters and digits."""
MOST_WORDS = 400
"""More words of a text are not looked at one by one: so many that fit into a message are no sentences."""
LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
CYRILLIC = re.compile("[\u0400-\u052f]")


def split(text: str) -> list[str]:
    """Chunks and the spaces between them by turns; joined they are the text."""
    return _SPLIT.split(text)


def is_address(chunk: str) -> bool:
    """Whether a chunk is a link, an e-mail address, a domain, a handle, a hashtag or a command."""
    if chunk.isalpha():
        return False
    if "://" in chunk or chunk[:4].lower() == "www.":
        return True
    core = chunk.strip(_OPENING + _CLOSING)
    if "@" in core and (core[0] == "@" or _is_domain(core.rpartition("@")[2], 1)):
        return len(core) > 1 and LATIN.search(core) is not None
    if core[:1] in ("#", "/") and core[1:].isalnum():
        return LATIN.search(core) is not None
    return _is_domain(core.partition("/")[0])


def is_roman(word: str) -> bool:
    """Whether a word is a Roman number, or a size or another name of such capitals."""
    return len(word) > 1 and set(word) <= _ROMAN


def _is_domain(host: str, shortest: int = 2) -> bool:
    name, dot, end = host.rpartition(".")
    if not dot or end.lower() not in _DOMAINS or len(name) < shortest:
        return False
    return all(_LABEL.fullmatch(label) for label in name.split("."))
