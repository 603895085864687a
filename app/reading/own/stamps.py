"""Stamps of copied chats: who said it and when, in the formats of messengers' exports and copies.

[12.05.2026, 14:03] Name: text        [5/12/26, 2:03 PM] Name: text        12.05.2026, 14:03 - Name: text
14:03 Name: text                      Name, [12 May 2026 14:03]:           (the text in the next lines)
"""

import re
from dataclasses import dataclass

from app.reading.lexicon import listed
from app.reading.tokens import fold

_MOST = 48  # characters of a stamp, and of a name
_TIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_INSIDE = re.compile(r"[\d\s.,:/\u202f-]|[^\W\d_]+")
_LEADING = re.compile(
    r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? )?\d{1,2}:\d{2}(?::\d{2})?(?:[ \u202f]?[AaPp][Mm])?(?: [-\u2013])? "
)
_NAME = re.compile(r"[^\d\W]|\+\d")
_DASHES = (" - ", " \u2013 ")
_CLOCK = 11  # characters of a time alone: «02:03:11 PM»


@dataclass(frozen=True, slots=True)
class Stamp:
    """`text` is what follows on the line. `sure`: it has a date or brackets, so one alone is a stamp. `below`: the text
    stands in the next lines.
    """

    name: str
    text: str
    sure: bool
    below: bool = False


def stamp(line: str) -> Stamp | None:
    """The stamp that a line begins with, if it does."""
    if line.startswith("["):
        end = line.find("]", 1, _MOST)
        if end > 0 and _is_stamp(line[1:end]):
            return _named(line[end + 1 :].lstrip(), sure=True)
        return None
    for dash in _DASHES:
        at = line.find(dash, 1, _MOST)
        if at > 0 and _is_stamp(line[:at]) and len(line[:at]) > _CLOCK:
            return _named(line[at + 3 :], sure=True)
    leading = _LEADING.match(line)
    if leading:
        return _named(line[leading.end() :], sure=False)
    at = line.find(", [", 1, _MOST)
    if at > 0:
        end = line.find("]", at, at + _MOST)
        if end > 0 and _is_stamp(line[at + 3 : end]) and _NAME.match(line):
            text = line[end + 1 :].lstrip(": ")
            return Stamp(line[:at].strip(), text, sure=True, below=not text)
    return None


def _named(rest: str, *, sure: bool) -> Stamp | None:
    end = rest.find(":", 1, _MOST)
    if end < 0 or not _NAME.match(rest) or rest[end + 1 : end + 2].isalnum() or len(rest[:end].split()) > 5:
        return None
    return Stamp(rest[:end].strip(), rest[end + 1 :].strip(), sure=sure)


def _is_stamp(text: str) -> bool:
    if not _TIME.search(text):
        return False
    words = [piece for piece in _INSIDE.findall(text) if piece[0].isalpha()]
    signs = _INSIDE.sub("", text)
    months = listed("layout", "calendar")
    return not signs and all(any(fold(word).startswith(month) for month in months) for word in words)
