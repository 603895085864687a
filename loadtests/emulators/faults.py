"""What can go wrong with a model server, each fault asked for by a test for one of its next requests."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

Kind = Literal[
    "delay", "503", "500", "not_loaded", "hang",
    "crash_mid_stream", "cut", "no_done", "hang_mid", "garbage_line", "slow",
    "chinese", "think_leak", "phrase_loop", "repeat_stop", "empty", "invented_price", "text",
    "malformed_json", "malformed_early", "json", "fields",
]  # fmt: skip
KINDS: frozenset[str] = frozenset(get_args(Kind))
ENDINGS = frozenset({"crash_mid_stream", "cut", "no_done", "hang_mid"})
"""Faults that stop a stream after `after_tokens`."""

BUSY = "server busy, please try again.  maximum pending requests exceeded"
CRASHED = (
    "model runner has unexpectedly stopped, this may be due to resource limitations or an internal error, "
    "check ollama server logs for details"
)
CRASHED_MID_STREAM = "an error was encountered while running the model: unexpected EOF"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `seconds` are of the wall clock, whatever the speed; `text` replaces the fault's own words.

    `reset` makes a cut a TCP reset; `fields` are values of a structured answer's other fields.
    """

    kind: Kind
    times: int = 1
    after_tokens: int = 3
    seconds: float = 1.0
    text: str | None = None
    reset: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind!r}; known: {sorted(KINDS)}")
        if self.times < 1 or self.after_tokens < 0 or self.seconds < 0:
            raise ValueError(f"times must be at least 1, after_tokens and seconds not negative: {self!r}")


class FaultQueue:
    """Faults in the order they were asked for; each chat request takes one."""

    def __init__(self) -> None:
        self._queue: deque[Fault] = deque()

    def add(self, faults: list[Mapping[str, Any]]) -> None:
        """Raises ValueError or TypeError for a fault that does not exist; then none is added."""
        self._queue.extend(
            replace(fault, times=1) for fault in [Fault(**entry) for entry in faults] for _ in range(fault.times)
        )

    def take(self) -> Fault | None:
        return self._queue.popleft() if self._queue else None

    def clear(self) -> None:
        self._queue.clear()

    def __len__(self) -> int:
        return len(self._queue)


def spoil_text(fault: Fault | None, answer: str, prompt: str) -> str:
    """The answer's text with a fault of its words; `prompt` is what the model was told."""
    if fault is None:
        return answer
    first, space, rest = answer.partition(" ")
    said = fault.text
    spoilt = {
        "chinese": f"{first} {said or '您好，这个价格很合适'}{space}{rest}",
        "think_leak": f"<think>\n{said or 'Клиент спрашивает, надо ответить по фактам.'}\n</think>\n\n{answer}",
        "phrase_loop": (said or "Мы всегда рады помочь вам. ") * 2000,
        "empty": "",
        "invented_price": f"{answer} {said or f'Это стоит {_price(prompt)} ₸.'}",
        "text": said or "",
    }
    return spoilt.get(fault.kind, answer)


def spoil_content(fault: Fault | None, content: str, answer_end: int) -> str:
    """The raw output with a fault of its form. `answer_end`: where the answer's string ends in it, 0 in plain text."""
    match fault.kind if fault else None:
        case "malformed_json":
            return content[:answer_end] + _words(fault, ', "slots": {"name": }]')
        case "malformed_early":
            return _words(fault, '{"answer": Да, это ') + content[answer_end:]
        case "json":
            return _words(fault, "{}")
    return content


def _words(fault: Fault | None, otherwise: str) -> str:
    return otherwise if fault is None or fault.text is None else fault.text


def _price(prompt: str) -> str:
    """A price that stands nowhere in the prompt."""
    digits = "".join(character for character in prompt if character.isdigit())
    amount = next(amount for amount in range(987_654, 10**6, 7) if str(amount) not in digits)
    return f"{amount // 1000} {amount % 1000:03d}"
