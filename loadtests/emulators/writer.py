"""What goes back to the caller: lines of a stream, or one body, with the counts and times of the call."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadtests.emulators.engine import Run
from loadtests.emulators.golang import marshal, now
from loadtests.emulators.requests import Refused
from loadtests.emulators.wire import Reply


@dataclass(slots=True)
class Timing:
    """Moments in ns of the monotonic clock."""

    began: int = field(default_factory=time.perf_counter_ns)
    loaded: int = 0
    prefill: int = 0
    decode: int = 0


class Writer:
    """Writes an answer as a stream of lines, one a token, or gathers it for a single body."""

    def __init__(self, reply: Reply, model: str, *, stream: bool, generates: bool = False) -> None:
        """`generates`: it is an answer of /api/generate."""
        self.reply = reply
        self.tokens = 0
        self.done = False
        self._model = model
        self._stream = stream
        self._generates = generates
        self._content: list[str] = []
        self._thinking: list[str] = []

    def token(self, content: str = "", *, thinking: str = "") -> None:
        self.tokens += 1
        if self._stream:
            self._line({**self._said(content, thinking), "done": False})
            return
        self._content.append(content)
        self._thinking.append(thinking)

    def raw(self, line: bytes) -> None:
        """Bytes that are no line of the protocol."""
        if self._stream:
            self.reply.chunk(line)
        else:
            self.reply.body(200, line)

    def error(self, text: str) -> None:
        """An error behind tokens: a line of a stream whose status was 200, else the status 500."""
        if not self._stream or not self.reply.started:
            raise Refused(500, text, late=True)
        self.reply.chunk(marshal({"error": text}) + b"\n")
        self.reply.end()

    def end(self) -> None:
        """Ends without the last line; a single body then says that it is not done."""
        if self._stream:
            self.reply.end()
        else:
            self._whole({"done": False})

    def finish(self, reason: str, timing: Timing, run: Run, counts: tuple[int, int] | None = None) -> None:
        """The last line, or the whole body, with the counts and durations (ns); zeros are left out.

        `counts`: tokens read and written, where the model itself has counted them.
        """
        read, written = counts or (len(run.prompt), len(run.output))
        ended = time.perf_counter_ns()
        figures = {
            "total_duration": ended - timing.began,
            "load_duration": timing.loaded - timing.began,
            "prompt_eval_count": read,
            "prompt_eval_duration": timing.decode - timing.prefill,
            "eval_count": written,
            "eval_duration": ended - timing.decode,
        }
        tail = {"done": True, "done_reason": reason, **{name: value for name, value in figures.items() if value}}
        self.done = True
        if self._stream:
            self._line({**self._said("", ""), **tail})
            self.reply.end()
        else:
            self._whole(tail)

    def _whole(self, tail: Mapping[str, Any]) -> None:
        if self.reply.started:  # a raw body has gone out in its place
            return
        said = self._said("".join(self._content), "".join(self._thinking))
        ends = {name: tail[name] for name in ("done", "done_reason") if name in tail}
        context = {"context": [0]} if self._generates else {}  # tokens, which nobody here has
        self.reply.json(200, {"model": self._model, "created_at": now(), **said, **ends, **context, **tail})

    def _said(self, content: str, thinking: str) -> dict[str, Any]:
        return {"response": content} if self._generates else {"message": _message(content, thinking)}

    def _line(self, rest: Mapping[str, Any]) -> None:
        self.reply.chunk(marshal({"model": self._model, "created_at": now(), **rest}) + b"\n")


def _message(content: str, thinking: str) -> dict[str, str]:
    message = {"role": "assistant", "content": content}
    return message | {"thinking": thinking} if thinking else message
