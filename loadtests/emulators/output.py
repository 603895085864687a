"""What the emulated model will say to a prompt, whatever fault is in its words or its form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loadtests.emulators import answers, faults
from loadtests.emulators.faults import Fault
from loadtests.emulators.prompt import Rendered, Tokenise
from loadtests.emulators.requests import ChatRequest
from loadtests.emulators.tokens import Tokens

Schema = Mapping[str, Any] | None
_REPEATS = 40  # identical chunks of a stream that the server gives up on


@dataclass(frozen=True, slots=True)
class Output:
    """What the model will say: thoughts, then content; `stopped` tells how the content ends."""

    thoughts: Tokens
    content: Tokens
    stopped: str


@dataclass(frozen=True, slots=True)
class Told:
    """What it was asked. `fields`: values of a structured answer's other fields, by name."""

    chat: ChatRequest
    schema: Schema
    prompt: Rendered
    fault: Fault | None
    fields: Mapping[str, Any]
    says: str | None = None
    """What the model answers whatever it is asked."""


def output_of(told: Told, limit: int, answer_tokens: int | None, written: str | None, tokenise: Tokenise) -> Output:
    """At most `limit` tokens. `written`: what a person wrote in its place."""
    chat, schema, prompt, fault = told.chat, told.schema, told.prompt, told.fault
    composed = told.says or answers.compose(_turn(chat, prompt), answer_tokens, _said(chat))
    answer = faults.spoil_text(fault, composed, "".join(prompt.tokens))
    content, end = answer.removeprefix(_begun(chat)), 0
    if schema is not None:
        fields = {**answers.chosen(schema, prompt.user), **told.fields, **(fault.fields if fault else {})}
        content, end = answers.structured(schema, answer, fields)
    content = faults.spoil_content(fault, content, end) if written is None else written
    pieces, stopped = tokenise(_until(content, chat.options.get("stop") or ())), "stop"
    if fault and fault.kind == "repeat_stop":
        pieces = (*pieces[: fault.after_tokens], *(fault.text or " да",) * _REPEATS)
        stopped = "silently"
    thoughts = tokenise(answers.THOUGHT)[:limit] if chat.think else ()
    if len(thoughts) + len(pieces) > limit:
        pieces, stopped = pieces[: limit - len(thoughts)], "length"
    return Output(thoughts, pieces, stopped)


def _said(chat: ChatRequest) -> list[str]:
    """Its answers so far; one that stands last is being written."""
    messages = chat.messages[: -1 if _begun(chat) else None]
    return [str(message.get("content")) for message in messages if message.get("role") == "assistant"]


def _begun(chat: ChatRequest) -> str:
    """What stands of the answer already."""
    last = chat.messages[-1]
    return str(last.get("content") or "") if last.get("role") == "assistant" else ""


def _until(content: str, stops: Sequence[str]) -> str:
    """`content` before the first of what it must stop at."""
    places = [place for stop in stops if stop and (place := content.find(stop)) >= 0]
    return content[: min(places)] if places else content


def _turn(chat: ChatRequest, prompt: Rendered) -> str:
    """The last message that holds facts: a demand for a correction stands behind it."""
    if "# Факты" in prompt.user:
        return prompt.user
    texts = [str(message.get("content")) for message in chat.messages if message.get("role") == "user"]
    return next((text for text in reversed(texts) if "# Факты" in text), prompt.user)
