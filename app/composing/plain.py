"""A section's text as a messenger shows it: plain, whole sentences, no longer than is read on a phone."""

import re

_LIMIT = 500  # characters of one passage that are said: more is not read on a phone
_RULER = re.compile(r"^\|[ \t|:-]+\|\n?", re.MULTILINE)
_ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)
_BULLET = re.compile(r"^[*-][ \t]+", re.MULTILINE)
_MARKUP = re.compile(r"\*\*|__|`|^#+[ \t]*", re.MULTILINE)
_BREAK = re.compile(r"(?<=[.!?…])\s+|\n+")


def shorten(text: str, limit: int = _LIMIT) -> str:
    """Plain text of whole sentences and lines, at most `limit` characters; never less than the first of them."""
    plain = _plain(text)
    if len(plain) <= limit:
        return plain
    end = 0
    for match in _BREAK.finditer(plain):
        if match.start() > limit and end:
            break
        end = match.start()
        if end > limit:
            break
    return plain[: end or len(plain)].rstrip()


def _plain(text: str) -> str:
    """Markdown as a messenger shows it: no marks, table rows as lines, bullets as dots."""
    text = _ROW.sub(lambda row: " — ".join(cell.strip() for cell in row[1].split("|")), _RULER.sub("", text))
    return _MARKUP.sub("", _BULLET.sub("• ", text)).strip()


def sentences(text: str) -> tuple[str, ...]:
    """The sentences and lines of a plain text, in their order."""
    return tuple(each for part in _BREAK.split(text) if (each := part.strip()))
