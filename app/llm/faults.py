"""What goes wrong inside a stream of text: loops, a foreign script; and where a text that was cut may end."""

import re

_WINDOW = 400  # characters at the end that are looked at
_RULER = 60  # characters of signs alone: a shorter row underlines something
_LEAD = 16  # characters before a full stop that tell what it ends
_CJK = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_SENTENCE_END = re.compile(r"[.!?…](?=[\s»\")]|\Z)[»\")]*")
_ABBREVIATION = re.compile(
    r"(?:\b(?:тыс|млн|руб|тг|шт|мин|час|ул|г|д|т|е|п)|(?:^|\n)\s{0,8}\d{1,4}|\b[А-ЯЁA-Z])\.\Z", re.IGNORECASE
)


def loops(text: str) -> bool:
    """Whether the end of `text` says the same thing three times in a row (or a few letters twelve times)."""
    tail = text[-_WINDOW:]
    if any(_again(tail, size, 3) and _says(tail, size) for size in range(10, 121)):
        return True
    return any(_again(tail, size, 12 if _says(tail, size) else -(-_RULER // size)) for size in range(1, 10))


def _says(tail: str, size: int) -> bool:
    return any(sign.isalnum() for sign in tail[-size:])


def _again(tail: str, size: int, times: int) -> bool:
    """Whether `tail` ends with the same `size` characters so many times."""
    return len(tail) >= size * times and tail.endswith(tail[-size:] * times)


def foreign(text: str, allowed: str = "") -> bool:
    """Whether `text` holds Chinese, Japanese or Korean signs that are not in `allowed`."""
    return any(sign not in allowed for sign in _CJK.findall(text))


def whole_sentences(text: str) -> str:
    """`text` up to the end of its last whole sentence; empty when it has none.

    «тыс.», «1.» and an initial end nothing, nor does a figure at the very end: «14.» may have begun «14.900».
    A line that was finished counts as a sentence.
    """
    end = 0
    for match in _SENTENCE_END.finditer(text):
        if match.group().startswith(".") and _ABBREVIATION.search(
            text, max(0, match.start() - _LEAD), match.start() + 1
        ):
            continue
        if match.group() == "." and match.end() == len(text) and text[:-1][-1:].isdigit():
            continue
        end = match.end()
    line = text.rfind("\n", end)
    if line > end and text[end:line].strip():
        end = line
    return text[:end].rstrip()
