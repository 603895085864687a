"""The chat template of qwen3, and what the model server does with a prompt that is too long."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from loadtests.emulators.tokens import Tokens, tokenise

Tokenise = Callable[[str], Tokens]
ROLES = frozenset({"system", "user", "assistant", "tool"})
_START, _END = "<|im_start|>", "<|im_end|>"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt as the model sees it. `user` is the last user message as far as it was not cut away."""

    tokens: Tokens
    user: str
    truncated: bool


class TooLong(Exception):
    """A prompt of `tokens` that may not be cut."""

    def __init__(self, tokens: int) -> None:
        super().__init__(f"{tokens} tokens")
        self.tokens = tokens


def render(
    messages: Sequence[Mapping[str, Any]],
    *,
    think: bool,
    num_ctx: int,
    num_keep: int = 4,
    cut: bool = True,
    tokenise: Tokenise = tokenise,
) -> Rendered:
    """The prompt of `messages` within `num_ctx` tokens: first the oldest turns go, then its middle, so that half of the
    context is left. Raises TooLong where it may not be `cut`.

    An assistant's message that stands last is open: the model goes on from it. Unknown roles vanish.
    """
    messages = [message for message in messages if message.get("role") in ROLES]
    system = "\n\n".join(_content(message) for message in messages if message.get("role") == "system")
    turns = _merged([message for message in messages if message.get("role") != "system"])
    kept = turns
    tokens = _tokens(system, kept, think, tokenise)
    if len(tokens) > num_ctx and not cut:
        raise TooLong(len(tokens))
    while len(tokens) > num_ctx and len(kept) > 1:
        kept = kept[1:]
        tokens = _tokens(system, kept, think, tokenise)
    truncated = len(kept) < len(turns)
    if len(tokens) > num_ctx:
        keep = min(num_keep, num_ctx) if num_keep >= 0 else 0
        tokens = tokens[:keep] + tokens[len(tokens) - (num_ctx - keep) // 2 :]
        truncated = True
    return Rendered(tokens, _last_user(tokens), truncated)


def _content(message: Mapping[str, Any]) -> str:
    content = message.get("content")
    return content if isinstance(content, str) else ""


def _merged(messages: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """(role, text) of each turn; neighbours of one role are one turn, as the server joins them."""
    grouped = groupby(messages, key=lambda message: str(message.get("role", "")))
    return [(role, "\n\n".join(map(_content, group))) for role, group in grouped]


def _tokens(system: str, turns: Sequence[tuple[str, str]], think: bool, tokenise: Tokenise) -> Tokens:
    """Every system message stands at the top, wherever the caller put it."""
    tokens: list[str] = [*_message("system", f"\n{system}", tokenise)] if system else []
    last = max((place for place, (role, _) in enumerate(turns) if role == "user"), default=-1)
    for place, (role, text) in enumerate(turns):
        # The mark stands in the last user message only: the same message without it is in the next prompt's history.
        mark = (" /think" if think else " /no_think",) if place == last else ()
        tokens += _message(role, text, tokenise, mark)
    if turns and turns[-1][0] == "assistant":
        return tuple(tokens[:-2])  # without its end
    tokens += (_START, "assistant", "\n")
    return (*tokens, *(() if think else ("<think>", "\n\n", "</think>", "\n\n")))


def _message(role: str, text: str, tokenise: Tokenise, mark: Tokens = ()) -> Tokens:
    return (_START, role, "\n", *tokenise(text), *mark, _END, "\n")


def _last_user(tokens: Tokens) -> str:
    """The text of the last user turn, or what the cut has left of it."""
    text = "".join(tokens)
    before, mark, user = text.rpartition(f"{_START}user\n")
    body = user if mark else before
    for end in (" /no_think", " /think", _END):
        body = body.split(f"{end}{_END}" if end != _END else end)[0]
    return body
