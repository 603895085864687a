"""Where the sentences and the clauses of a text begin and end.

One splitter for all rooms. A dot within a number, an abbreviation, an address or a list's number ends no sentence. The
end of a line does, unless the sentence plainly runs on: people write without dots. Places are places in the given text.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from app.language.folds import lower
from app.language.words import abbreviations

_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f1e6-\U0001f1ff\U0001f300-\U0001faff"
_END = re.compile(
    "(?<![.!?\u2026\u3002])[.!?\u2026\u3002]+[\"'\u00bb\u201d\u2019)\\]]*(?=\\s|\\Z)"
    "|\n+"
    "|(?<=[!?\u2026])(?=[^\\W\\d_])"  # nothing between a sign and the next word
    "|(?<=[\u0430-\u04ff]\\.)(?=[\u0410-\u042f])"  # nor between a dot and a capital letter
    f"|(?<![{_EMOJI}\ufe0f\u200d])[{_EMOJI}][{_EMOJI}\ufe0f\u200d]*"
)
_BULLET = re.compile("[ \t]{0,8}(?:[\u2022\u00b7*\u2013\u2014-]|\\d{1,2}[.)])\\s")
_NUMBER = re.compile(r"\s*\d{1,2}\Z")
_WORD = re.compile(r"(?:[^\W\d_]{1,3}\.){0,2}[^\W\d_]{1,8}(?:-[^\W\d_]{1,3})?\Z")
_BEHIND = 24  # characters before a dot that may be an abbreviation's
_LONG_LINE = 60  # characters of a line that was broken by its length, not by whoever wrote it
_RUNS_ON = frozenset(",;\u2013\u2014-")
_CUT = re.compile('[,;:()\u00ab\u00bb"\u201c\u201d\n]+|(?<=\\s)[-\u2013\u2014](?=\\s)')


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a text, `start`..`end`, without the spaces around it. `asks`: a question mark ends it."""

    start: int
    end: int
    asks: bool

    def of(self, text: str) -> str:
        """The piece itself."""
        return text[self.start : self.end]


@lru_cache(maxsize=256)
def sentences(text: str) -> tuple[Span, ...]:
    """The sentences of a text in order; every sign of it but spaces is in one of them."""
    found: list[Span] = []
    start = 0
    spoken = looked = 0  # where the last letter or digit stands, and how far the text was looked through for it
    for match in _END.finditer(text):
        spoken, looked = (
            next((at + 1 for at in range(match.start() - 1, looked - 1, -1) if text[at].isalnum()), spoken),
            match.end(),
        )
        if spoken > start and _ends(text, start, match):
            _add(text, start, match.end(), found)
            start = match.end()
    _add(text, start, len(text), found)
    return tuple(found)


@lru_cache(maxsize=256)
def clauses(text: str) -> tuple[Span, ...]:
    """The sentences cut at commas, colons, brackets, quotation marks and dashes; not within a number or a time."""
    found: list[Span] = []
    for sentence in sentences(text):
        start = sentence.start
        for mark in _CUT.finditer(text, sentence.start, sentence.end):
            if text[mark.start() - 1 : mark.start()].isdigit() and text[mark.end() : mark.end() + 1].isdigit():
                continue
            _add(text, start, mark.start(), found)
            start = mark.end()
        _add(text, start, sentence.end, found)
    return tuple(found)


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    """Whether a sentence that began at `start` ends at a sign, a line's end or an emoji."""
    at, after = match.span()
    sign = text[at] if at < after else text[at - 1]
    if sign == "\n":
        return _line_ends(text, start, at, after)
    return sign not in ".\u2026" or _dot_ends(text, start, at if at < after else at - 1, after)


def _line_ends(text: str, start: int, at: int, after: int) -> bool:
    if after - at > 1 or _BULLET.match(text, after):
        return True
    if text[max(start, at - _BEHIND) : at].rstrip(" \t")[-1:] in _RUNS_ON:
        return False
    line = at - max(text.rfind("\n", start, at) + 1, start)
    return line < _LONG_LINE or not text[after : after + 8].lstrip(" \t")[:1].islower()


def _dot_ends(text: str, start: int, at: int, after: int) -> bool:
    following = text[after : after + 4].lstrip(" \t")[:1]
    if following in ("", "\n"):
        return True
    if text[at] == "\u2026" or text[at : at + 2] == "..":
        return not following.islower()
    before = text[max(start, at - _BEHIND) : at]
    if before[-1:].isdigit():  # the number of a list, or one within a sentence
        return not (_NUMBER.fullmatch(before) or following.islower())
    word = _WORD.search(before)
    return word is None or not _shortens(word.group(), before[: word.start()], following)


def _shortens(word: str, before: str, following: str) -> bool:
    """Whether the dot behind a word is an abbreviation's, by the sign that follows."""
    simple, before_names = abbreviations()
    if lower(word) in before_names and not before.rstrip()[-1:].isdigit():
        return True
    if following.isupper():
        return len(word) == 1 and word.isupper()  # an initial
    return lower(word) in simple


def _add(text: str, start: int, end: int, found: list[Span]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        tail = text[max(start, end - 8) : end]
        found.append(Span(start, end, "?" in tail[len(tail.rstrip("?!.\u2026\"'\u00bb\u201d\u2019)]")) :]))
