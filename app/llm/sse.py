"""Server-sent events: bytes as a network cuts them -> the data of each event (WHATWG HTML, section 9.2.6).

Knows nothing of the network nor of what the data say.
"""

import codecs

_LONGEST = 1 << 20  # characters of one event
_SAID = frozenset({"data", "error"})  # some servers name the field of a failure so


class EventReader:
    """Feed it bytes; it gives the data of the events that they complete. Linear in what is fed."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._line: list[str] = []  # of the line that has not ended
        self._data: list[str] = []  # of the event that has not ended
        self._held = 0
        self._after_return = False
        self._begun = False

    def feed(self, chunk: bytes) -> list[str]:
        """Raises ValueError for an event beyond all measure."""
        return self._read(self._decode(chunk))

    def end(self) -> list[str]:
        """What was left open when the connection ended."""
        return self._read(self._decode(b"", True) + "\n\n")

    def _read(self, text: str) -> list[str]:
        if not self._begun and text:
            text, self._begun = text.removeprefix("\ufeff"), True
        if self._after_return and text.startswith("\n"):
            text, self._after_return = text[1:], False  # the second half of a line's end
        if not text:
            return []
        self._after_return = text.endswith("\r")
        *whole, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        events: list[str] = []
        for part in whole:
            self._held += len(part)
            self._take("".join((*self._line, part)), events)
            self._line.clear()
        self._held += len(rest)
        self._line.append(rest)
        if self._held > _LONGEST:
            raise ValueError("an event without an end")
        return events

    def _take(self, line: str, events: list[str]) -> None:
        if not line:
            if self._data:
                events.append("\n".join(self._data))
            self._data.clear()
            self._held = 0
            return
        field, _, value = line.partition(":")  # a comment has an empty field
        if field in _SAID:
            self._data.append(value.removeprefix(" "))
