"""Where the sentences of a text begin and end."""

import re
from functools import lru_cache

from app.guardrail.text.folding import fold
from app.guardrail.text.lists import Lists

_ABBREVIATIONS = Lists("app.guardrail.text", "sentences.yaml").words("abbreviations")


@lru_cache(maxsize=64)
def spans(text: str) -> list[tuple[int, int]]:
    """Sentences as character spans without surrounding space. An abbreviation's dot or a soft line break ends none."""
    folded = fold(text)
    found: list[tuple[int, int]] = []
    start = 0
    for match in _END.finditer(folded):
        if _ends(folded, text, match):
            _add(text, start, match.end(), found)
            start = match.end()
    _add(text, start, len(text), found)
    return found


_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'»)\]]*(?=\s|$)|\n+")
_BULLET = re.compile(r"\s{0,20}(?:[•*-]|\d{1,2}[.)])\s")


def _ends(folded: str, text: str, match: re.Match[str]) -> bool:
    mark = folded[match.start()]
    after = match.end()
    if mark == "\n":
        before = folded[max(0, match.start() - 20) : match.start()].rstrip(" ")[-1:]
        rest = text[after : after + 20].lstrip(" ")
        if _BULLET.match(text, after):
            return True
        return not (before in ",;—–" or rest[:1].islower())
    if mark == "." and match.end() - match.start() == 1:
        tail = folded[max(0, match.start() - 12) : match.start()].rpartition("\n")[2]
        last = _LAST_WORD.search(tail)
        following = text[after : after + 3].lstrip(" ")[:1]
        if last and last.group() in _ABBREVIATIONS and not following.isupper() and following not in ("", "\n"):
            return False
        if last is None and tail[-2:].strip().isdigit() and tail.strip() in _list_heads(tail):
            return False
    return True


def _list_heads(tail: str) -> tuple[str, ...]:
    """«1.» at the start of a line numbers a list: its dot ends no sentence."""
    stripped = tail.strip()
    return (stripped,) if len(stripped) <= 2 and stripped.isdigit() else ()


_LAST_WORD = re.compile(r"(?<![^\W\d_])[^\W\d_]+$")


def _add(text: str, start: int, end: int, found: list[tuple[int, int]]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        found.append((start, end))
