"""A customer's text inside a prompt: it can say anything, but it cannot open a role or a thinking tag."""

import re

# The template's own marks, thinking switches, and lines that look like a new speaker.
_MARKS = re.compile(r"<\|[^|<>]{0,40}\|>|</?\s*think(?:ing)?\s*>|(?<!\S)/(?:no_)?think\b", re.IGNORECASE)
_ROLE = re.compile(
    r"^(\s*)(system|assistant|user|developer|tool|система|ассистент|пользователь|жүйе)(\s*[:：>])",
    re.IGNORECASE | re.MULTILINE,
)
_FENCE = re.compile(r"^\s*(?:#+(?=\s|$)|#{2,}|={3,}|-{3,}|`{3,})", re.MULTILINE)  # headings of our own blocks
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def sanitise(text: str) -> str:
    """`text` without control and template marks; a line that begins like a speaker's is quoted; idempotent."""
    while (cleaned := _once(text)) != text:  # what is left when a mark is gone may form another
        text = cleaned
    return text


def _once(text: str) -> str:
    text = _MARKS.sub("", _CONTROL.sub("", text))
    return _FENCE.sub("", _ROLE.sub(r"\1«\2»", text)).strip()
