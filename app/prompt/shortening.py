"""A prompt that the model server has refused as too long, written shorter.

History goes first, the oldest exchange before the others; then passages, the last of their rank first. The system text,
what was reckoned, what is to be said and the customer's words stay whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.prompt.token_count import TokenCounter
from app.types import ChatMessage, Prompt

_SPARE = 0.97  # of the room: one message has more tokens a sign than the next
_PAIR = 2  # messages of an exchange
_FRESH = 3  # messages that no cache holds

LeftOut = Literal["history", "passages", "nothing"]


@dataclass(frozen=True, slots=True)
class Shorter:
    """`prompt` is None where even without both it does not fit."""

    prompt: Prompt | None
    left_out: LeftOut


def shorter(prompt: Prompt, tokens: int, room: int) -> Shorter:
    """The prompt within `room` tokens, if the server has counted `tokens` of it."""
    texts = (prompt.system, *(message.content for message in prompt.messages))
    plain = TokenCounter()
    words = sum(plain.count(text) for text in texts)
    marks = sum(plain.count_message(text) for text in texts) - words  # those are the same in any vocabulary
    counter = TokenCounter(max(1, tokens - marks) / max(1, words))
    most = room * _SPARE - counter.count_message(prompt.system)
    place = len(prompt.messages) - prompt.newest
    history, newest = prompt.messages[:place], prompt.messages[place:]
    free = most - _count(newest, counter)
    if free >= 0:
        return Shorter(_with(prompt, (*_tail(history, free, counter), *newest), counter), "history")
    if prompt.lean is not None:
        for passages in range(prompt.shown - 1, -1, -1):
            messages = (replace(newest[0], content=prompt.lean(passages)), *newest[1:])
            if _count(messages, counter) <= most:
                return Shorter(_with(prompt, messages, counter), "passages")
    return Shorter(None, "nothing")


def _count(messages: Sequence[ChatMessage], counter: TokenCounter) -> int:
    return sum(counter.count_message(message.content) for message in messages)


def _tail(history: tuple[ChatMessage, ...], free: float, counter: TokenCounter) -> tuple[ChatMessage, ...]:
    """The newest exchanges within `free` tokens."""
    place = len(history)
    while place > 0:
        free -= _count(history[max(0, place - _PAIR) : place], counter)
        if free < 0:
            break
        place = max(0, place - _PAIR)
    return history[place:]


def _with(prompt: Prompt, messages: tuple[ChatMessage, ...], counter: TokenCounter) -> Prompt:
    """Counted as the server does: that is what our own count has learned by then."""
    tokens = counter.count_message(prompt.system) + _count(messages, counter)
    return replace(prompt, messages=messages, tokens=tokens, fresh=_count(messages[-_FRESH:], counter))
