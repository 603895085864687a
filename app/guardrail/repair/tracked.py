"""A text under repair that remembers where each of its characters came from."""

import re
from collections.abc import Callable


class Tracked:
    """`text` as repaired so far; `origin(place)` is a place in the text it was made from."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._origins = list(range(len(text) + 1))

    def origin(self, place: int) -> int:
        """Where a place of the repaired text was in the draft."""
        return self._origins[max(0, min(place, len(self._origins) - 1))]

    def edit(self, edits: list[tuple[int, int, str]]) -> bool:
        """Replace spans (in order, not overlapping). Returns whether anything changed."""
        if not any(self.text[a:b] != new for a, b, new in edits):
            return False
        pieces: list[str] = []
        origins: list[int] = []
        last = 0
        for a, b, new in edits:
            pieces += [self.text[last:a], new]
            origins += self._origins[last:a]
            origins += [self._origins[a]] * len(new)
            last = b
        pieces.append(self.text[last:])
        origins += self._origins[last:]
        self.text = "".join(pieces)
        self._origins = origins
        return True

    def sub(self, pattern: re.Pattern[str], new: str | Callable[[re.Match[str]], str]) -> bool:
        """`re.sub` that keeps the places."""
        edits = [(m.start(), m.end(), new if isinstance(new, str) else new(m)) for m in pattern.finditer(self.text)]
        return bool(edits) and self.edit(edits)

    def cut(self, start: int, end: int) -> bool:
        return self.edit([(start, end, "")]) if start < end else False
