"""What a message was before it was put into words: a sticker, a photo with a caption, a voice, silence, music."""

import re
from collections.abc import Callable, Sequence

from app.reading.lexicon import Rows, rows
from app.reading.message import Heard, SetAside
from app.reading.tokens import Token, tokens
from app.types import Media

_SENTENCE = re.compile(r"(?<=[.!?\u2026])\s+|\n+")
_NOTE = "\u266a"
_UNREAD = 9  # words, at most, of a line that says that nothing could be read
_NOTED = 4  # words, at most, in brackets that are a note
_CREDITS = 10  # words, at most, behind the beginning of a subtitle's credits
_WRAPPED = {"[": "]", "<": ">", "(": ")", "*": "*"}
_QUOTE = re.compile('[\u00ab\u00bb"\u201c\u201d\u201e]')


def heard(text: str, media: Media, asks: Callable[[str], bool]) -> tuple[Heard, str, tuple[SetAside, ...]]:
    """What it was, the customer's own words, and what is a recogniser's. `asks`: whether a person says a sentence."""
    if media == "image":
        return _seen(text.strip(), asks)
    if media == "audio":
        return _spoken(text.strip())
    return _placed(text)


def _placed(text: str) -> tuple[Heard, str, tuple[SetAside, ...]]:
    """A text: one that stands in brackets for a sticker or a file is no text."""
    bare = text.strip()
    if bare and len(bare) < 60 and _WRAPPED.get(bare[0]) == bare[-1]:
        found = [token.word for token in tokens(bare)]
        names = rows("media").at(found, 0) if found else {}
        if names.get("sticker_mark") == len(found):
            return "sticker", "", ()
        if names.get("file_mark") == len(found):
            return "unreadable", "", ()
    return "text", text, ()


def _seen(text: str, asks: Callable[[str], bool]) -> tuple[Heard, str, tuple[SetAside, ...]]:
    found = tokens(text)
    table = rows("media")
    described = (SetAside("description", text),) if text else ()
    if not found:
        return ("sticker" if text else "unreadable"), "", described
    said = [token.word for token in found]
    if "sticker" in table.at(said, 0):
        return "sticker", "", described
    if len(found) <= _UNREAD and any("unreadable" in table.at(said, at) for at in range(len(said))):
        return "unreadable", "", ()
    cut = _caption(text, found, said, table)
    if cut is None:
        cut = _first_person(text, asks)
    caption, before = text[cut:].strip(), text[:cut].strip()
    for at, token in enumerate(found):
        if token.start >= cut and "caption" in table.at(said, at):
            caption = text[found[table.at(said, at)["caption"] - 1].end :].lstrip(" :\u2014-")
        if token.start >= cut:
            break
    return "photo", caption, ((SetAside("description", before),) if before else ())


def _caption(text: str, found: Sequence[Token], said: Sequence[str], table: Rows) -> int | None:
    """Where a label says that the caption begins."""
    for at, token in enumerate(found):
        end = table.at(said, at).get("caption")
        if end and text[found[end - 1].end : found[end - 1].end + 1] == ":":
            return token.start
    return None


def _first_person(text: str, asks: Callable[[str], bool]) -> int:
    """Where the first sentence begins that a recogniser would not say: it never asks, and has nothing of its own."""
    start = 0
    quoted = 0
    for end in (*(match.end() for match in _SENTENCE.finditer(text)), len(text)):
        pieces = _QUOTE.split(text[start:end])
        # What stands in quotation marks is written on the picture.
        if asks(" ".join(pieces[quoted % 2 :: 2])):
            return start
        quoted += len(pieces) - 1
        start = end
    return len(text)


def _spoken(text: str) -> tuple[Heard, str, tuple[SetAside, ...]]:
    found = tokens(text)
    if not found:
        return ("music" if _NOTE in text else "silence"), "", ()
    table = rows("media")
    said = [token.word for token in found]
    names = [table.at(said, at) for at in range(len(said))]
    noted = len(found) <= _NOTED and _WRAPPED.get(text[0]) == text[-1]  # a recogniser's note of a sound
    sung = _NOTE in text and len(found) <= _CREDITS
    unheard = names[0].get("unheard") == len(found)
    start = 0 if noted or sung or unheard else _invented(found, names)
    if start == 0:
        kinds = {name for each in names for name in each}
        alone: Heard = "music" if "music" in kinds or _NOTE in text else "silence"
        return ("unreadable" if "unheard" in kinds else alone), "", (SetAside("noise", text),)
    if start < len(found):
        at = found[start].start
        own = text[:at].rstrip(" [(*" + _NOTE)
        return "voice", own, (SetAside("noise", text[at:]),)
    return "voice", text, ()


def _invented(found: Sequence[Token], names: Sequence[dict[str, int]]) -> int:
    """From which word on a transcript is nothing but what recognisers say of silence."""
    count = len(found)
    to_end = [False] * count + [True]
    first = count
    for at in range(count - 1, -1, -1):
        ends = [end for name, end in names[at].items() if name in ("noise", "music") and to_end[end]]
        credits_ = "credits" in names[at] and count - at <= _CREDITS
        # One word alone may be the last of a sentence of his.
        to_end[at] = credits_ or any(end - at > 1 or found[at].cut == 2 for end in ends)
        if to_end[at]:
            first = at
    return first
