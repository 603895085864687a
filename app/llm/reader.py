"""AnswerReader: the value of "answer" out of a JSON object that is still being written.

Knows nothing of the network. What a model writes around the object (a thought, a code fence) is passed over.
"""

import json
import re
from typing import Any

_KEY = re.compile(r'"answer"\s*:\s*"')
_LOOSE = re.compile(r"""["']?answer["']?\s*[:=]\s*["']?""")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "", "f": "", "n": "\n", "r": "", "t": " "}
_HEX = 4
_BLANK = frozenset(" \t\n\r")
_MOST_BLANKS = 40  # in a row; a form that is printed widely has some ten
_SECOND = re.compile(r"\\u[dD][c-fC-F]")
_HALF = re.compile("[\ud800-\udfff]")
_THOUGHT = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)
_TAGS = re.compile(r"</?think>|<\|[^|<>]{0,40}\|>")


class Blanks:
    """Counts blanks in a row outside of JSON strings: a model held to a form can write them for ever."""

    def __init__(self) -> None:
        self._inside = self._escaped = False
        self._row = 0
        self.too_many = False
        """Whether there were more than any form needs; it stays so."""

    def feed(self, piece: str) -> bool:
        """Whether there were too many by now. Linear."""
        for sign in piece:
            if self._inside:
                self._inside = self._escaped or sign != '"'
                self._escaped = sign == "\\" and not self._escaped
            elif sign in _BLANK:
                self._row += 1
                self.too_many = self.too_many or self._row > _MOST_BLANKS
            else:
                self._row, self._inside = 0, sign == '"'
        return self.too_many


class AnswerReader:
    """Feed it pieces of text; `answer` grows with them, and `closed` says that its string has ended."""

    def __init__(self, structured: bool = True) -> None:
        self.structured = structured
        self._raw: list[str] = []
        self._tail = ""  # read, and not yet understood
        self._inside = not structured
        self._answer: list[str] = []
        self.closed = False
        self._blanks = Blanks()

    @property
    def raw(self) -> str:
        """All that was written."""
        return "".join(self._raw)

    @property
    def answer(self) -> str:
        """The answer so far."""
        return "".join(self._answer)

    @property
    def blank(self) -> bool:
        """Whether nothing but blanks comes any more outside of the form's strings."""
        return self._blanks.too_many

    def feed(self, piece: str) -> None:
        self._raw.append(piece)
        if self.structured:
            self._blanks.feed(piece)
        if self.closed:
            return
        if not self.structured:
            self._answer.append(piece)
            return
        self._tail += piece
        if not self._inside:
            found = _KEY.search(_THOUGHT.sub("", self._tail))
            if found is None:
                return
            self._tail = _THOUGHT.sub("", self._tail)[found.end() :]
            self._inside = True
        self._decode()

    def _decode(self) -> None:
        text, place = self._tail, 0
        while place < len(text):
            sign = text[place]
            if sign == '"':
                self.closed = True
                place += 1
                break
            if sign != "\\":
                self._answer.append(sign)
                place += 1
                continue
            length = self._escape(text, place)
            if length == 0:
                break  # the rest of it has not come yet
            place += length
        self._tail = text[place:]

    def _escape(self, text: str, place: int) -> int:
        """Decodes the escape at `place` and returns its length; 0 while it is incomplete."""
        if place + 1 >= len(text):
            return 0
        kind = text[place + 1]
        if kind != "u":
            self._answer.append(_ESCAPES.get(kind, kind))
            return 2
        end = place + 2 + _HEX
        if text[place + 2 : end].lower().startswith(("d8", "d9", "da", "db")):
            second = text[end : end + 2 + _HEX]
            if len(second) < 2 + _HEX and second[:2] == "\\u"[: len(second)]:
                return 0
            if _SECOND.match(second):
                end += 2 + _HEX  # the other half of the pair
        if end > len(text):
            return 0
        try:
            self._answer.append(without_halves(json.loads(f'"{text[place:end]}"')))
        except ValueError:
            return 2  # no number behind it: the letters stand for themselves
        return end - place

    def fields(self) -> dict[str, Any]:
        """The whole object, once it has been written; empty when it is not JSON."""
        raw = _THOUGHT.sub("", self.raw)
        start, end = raw.find("{"), raw.rfind("}")
        try:
            tree = json.loads(raw[start : end + 1])
        except ValueError:
            return {}
        return tree if isinstance(tree, dict) else {}

    def salvaged(self) -> str:
        """The answer of an object that never was one: unquoted, or prose without any braces; else empty."""
        raw = _THOUGHT.sub("", self.raw).strip().strip("`").removeprefix("json").strip()
        if "{" not in raw:
            return raw
        found = _LOOSE.search(raw)
        if found is None:
            return ""
        text = re.split(
            r"""(?:["']|(?<!\s))\s*(?:[,}]\s*)?["']?(?:slots|human)["']?\s*:|(?:["']|(?<!\s))\s*}\s*$""",
            raw[found.end() :],
        )[0]
        return text.replace("\\n", "\n").replace('\\"', '"').strip(" \"',\n")


def without_halves(text: str) -> str:
    """`text` without halves of surrogate pairs: a model may write one, and neither a file nor a message can hold it."""
    return _HALF.sub("", text)


def cleaned(text: str) -> str:
    """`text` without thoughts and template marks that leaked into it."""
    return _TAGS.sub("", _THOUGHT.sub("", text)).strip()
