"""Writing: one answer while its stream is read, and what may be made of it when it ends in any way."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from app.llm.client import Piece, Usage
from app.llm.faults import foreign, loops, whole_sentences
from app.llm.reader import AnswerReader, cleaned, without_halves
from app.types import Aside, Ending

_STEP = 24  # characters between two looks at what is being written
_FIELD_CHARS = 120  # a slot's value that is longer is no value


TEXT_FAULTS = frozenset({"loop", "foreign", "malformed", "empty"})
"""Kinds of Spoiled that the text alone is to blame for: a customer may have asked for it."""


class Spoiled(Exception):
    """What was written cannot be given to anybody. `kind`: loop, foreign, malformed, empty, no_done."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Writing:
    """Reads a stream's pieces. `known` is what the prompt says: its foreign signs may be said again."""

    def __init__(self, *, structured: bool, known: str) -> None:
        self._reader = AnswerReader(structured)
        self._known = known
        self._looked_at = 0
        self.started = self._heard_at = time.monotonic()
        self.first_token_at: float | None = None
        self.whole_at: float | None = None
        self.pieces = 0
        self.usage: Usage | None = None

    @property
    def closed(self) -> bool:
        """Whether the answer's string has ended."""
        return self._reader.closed

    def silent_s(self) -> float:
        """Seconds since its last piece, or since it was asked."""
        return time.monotonic() - self._heard_at

    async def read(self, pieces: AsyncIterator[Piece], heard: Callable[[], None] = lambda: None) -> None:
        """Until the answer is whole or the stream ends; `heard` is told of each piece.

        Raises Spoiled as soon as it goes wrong, and CallFailed.
        """
        async for piece in pieces:
            now = self._heard_at = time.monotonic()
            heard()
            if self.first_token_at is None:
                self.first_token_at = now
            self._take(piece)
            if self._reader.blank and not self._reader.closed:
                raise Spoiled("loop")
            if self._reader.closed or piece.usage is not None:
                self.whole_at = now
                self._look()
                return
            if len(self._reader.answer) - self._looked_at >= _STEP:
                self._look()
        raise Spoiled("no_done")

    async def read_on(self, pieces: AsyncIterator[Piece]) -> Aside:
        """What stands behind the answer; empty when it is not what was asked for."""
        async for piece in pieces:
            self._take(piece)
            if piece.usage is not None or self._reader.blank:
                break
        fields = self._reader.fields()
        told = fields.get("slots")
        slots = told.items() if isinstance(told, dict) else ()
        return Aside(
            {
                str(name): heard
                for name, value in slots
                if isinstance(value, str) and 0 < len(heard := without_halves(value).strip()) <= _FIELD_CHARS
            },
            human=fields.get("human") is True,
        )

    def result(self) -> tuple[str, Ending]:
        """The text and how it ended, once `read` has returned. Raises Spoiled."""
        text = cleaned(self._reader.answer)
        ending: Ending = "ok"
        cut = self.usage is not None and self.usage.finished == "length"
        if cut and not self._reader.closed:
            text, ending = whole_sentences(text), "length"
        elif not self._reader.closed and self._reader.structured:
            text, ending = cleaned(self._reader.salvaged() or self._reader.answer), "salvaged"
        if not text:
            raise Spoiled("empty" if self._reader.closed else "malformed")
        if foreign(text, self._known):
            raise Spoiled("foreign")
        return text, ending

    def begun(self) -> str:
        """The whole sentences that were written before time ran out; empty when there are none."""
        text = whole_sentences(cleaned(self._reader.answer))
        return "" if foreign(text, self._known) or loops(text) else text

    def _take(self, piece: Piece) -> None:
        if piece.text:
            self.pieces += 1
            self._reader.feed(piece.text)
        self.usage = piece.usage or self.usage

    def _look(self) -> None:
        text = self._reader.answer
        self._looked_at = len(text)
        if loops(text):
            raise Spoiled("loop")
        if foreign(cleaned(text), self._known):
            raise Spoiled("foreign")


def schema(wanted: tuple[str, ...]) -> dict[str, Any]:
    """The JSON a model writes: `answer` first, so that it can go out while the rest is being written."""
    slots = {name: {"type": "string"} for name in wanted}
    properties: dict[str, Any] = {"answer": {"type": "string"}}
    if slots:
        properties["slots"] = {"type": "object", "properties": slots}
    properties["human"] = {"type": "boolean"}
    return {"type": "object", "properties": properties, "required": list(properties)}
