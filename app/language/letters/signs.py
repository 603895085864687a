"""Signs as they were meant: entities resolved, nothing unseen, one kind of space, styled letters and digits plain."""

import html
import re
import unicodedata
from functools import lru_cache

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_PASSES = 3  # what passed through several pages was escaped by each
_LINE_ENDS = re.compile(r"\r\n?|[\v\f\x1c-\x1e\x85\u2028\u2029]")
_BLANK = frozenset("\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u20e3\u2800\u3164\uffa0")
_STYLES = frozenset(("<wide>", "<narrow>", "<font>", "<circle>"))
_LIGATURES = ("\ufb00", "\ufb06")
_ACCENT = re.compile("[\u0300-\u036f]")
_JOINER = "\u200d"
_UNJOINING = re.compile("\u200d(?![\u2600-\u27bf\U0001f300-\U0001faff])")  # that holds no emoji of several together


def without_entities(text: str) -> str:
    """`&nbsp;`, `&#1094;`, `&amp;quot;` as the signs that they stand for; a name without its semicolon is text."""
    for _ in range(_PASSES):
        if "&" not in text or text == (text := _ENTITY.sub(_resolved, text)):
            break
    return text


def _resolved(match: re.Match[str]) -> str:
    return html.unescape(match.group())


def plain_signs(text: str) -> str:
    """`text` with line ends and spaces of one kind each, nothing unseen, and wide, styled and circled signs plain.

    Accents that make no letter of their own (a stress mark, a heap of marks) are dropped.
    """
    if text.isascii():
        return _LINE_ENDS.sub("\n", text) if text.isprintable() else _controls(text)
    text = unicodedata.normalize("NFC", _controls(text))
    return _UNJOINING.sub("", _ACCENT.sub("", text))


def _controls(text: str) -> str:
    text = _LINE_ENDS.sub("\n", text)
    changed = {ord(sign): plain for sign in set(text) if (plain := _plain(sign)) != sign}
    return text.translate(changed) if changed else text


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    if sign in "\n\t" or " " <= sign <= "~" or sign == _JOINER:
        return sign
    category = unicodedata.category(sign)
    if category in ("Cc", "Cf", "Cs", "Co") or sign in _BLANK or _selects(sign):
        return ""
    if category == "Zs":
        return " "
    if category == "Nd":
        return str(unicodedata.decimal(sign))
    kind = unicodedata.decomposition(sign).partition(" ")[0]
    if kind in _STYLES or _LIGATURES[0] <= sign <= _LIGATURES[1]:
        return unicodedata.normalize("NFKC", sign)
    return sign


def _selects(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"
