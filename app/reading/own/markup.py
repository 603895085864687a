"""What web forms and editors leave in a text: tags and entities."""

import re
from html.entities import html5

_ENTITY = re.compile(r"&(?:(?:amp|#38);)*(?:#(\d{2,7})|#[xX]([0-9a-fA-F]{2,6})|([A-Za-z]{2,10}));")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]{0,9})(?:[ /][^<>]{0,300})?>")
_BLOCKS = frozenset("br p div li tr ul ol table h1 h2 h3 h4 h5 h6 hr blockquote section article".split())
_INLINE = frozenset(
    "b i u s em strong span a font small big sub sup td th tbody thead html body head img code pre".split()
)


def plain(text: str) -> str:
    """A text without tags, its entities as the signs that they stand for. A tag of a block is a line's end."""
    if "&" in text:
        text = _ENTITY.sub(_sign, text)
    return _TAG.sub(_untagged, text) if "<" in text else text


def _sign(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        sign = html5.get(f"{name};", "")
    else:
        code = int(decimal) if decimal else int(hexadecimal, 16)
        sign = chr(code) if 32 <= code < 0xD800 or 0xE000 <= code < 0x110000 else ""
    # A sign that could make another entity with what stands around it stays as it is written.
    return match.group() if len(sign) != 1 or (sign.isascii() and (sign.isalnum() or sign in "#;")) else sign


def _untagged(match: re.Match[str]) -> str:
    name = match.group(2).lower()
    if name in _BLOCKS:
        return "\n"
    return "" if name in _INLINE else match.group()
