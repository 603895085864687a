"""What is written and read in OpenAI's protocol, as pure functions: a call, a chunk, a refusal, a list of models.

Lenient in what it reads: whatever has another shape than the protocol's says nothing, and only what is no JSON object
is an error. Of a server's own words a kind is taken and nothing else.
"""

import difflib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from app.llm.client import CallFailed, Piece, Usage

OURS = frozenset({"model", "messages", "stream", "stream_options", "response_format"})
"""Fields of a call that nobody else may set."""
_KNOWN = ("temperature", "top_p", "presence_penalty", "frequency_penalty", "seed")  # the protocol has no other sampling
_KINDS = {
    401: "forbidden", 402: "forbidden", 403: "forbidden", 404: "no_model",
    429: "limited", 502: "busy", 503: "busy", 504: "busy", 529: "busy",
}  # fmt: skip
_CODES = {
    "model_not_found": "no_model", "notfounderror": "no_model", "invalid_api_key": "forbidden",
    "authentication_error": "forbidden", "insufficient_quota": "forbidden", "overloaded_error": "busy",
}  # fmt: skip
_CUT = frozenset({"length", "max_tokens", "content_filter"})  # endings in mid-sentence
_SHOWN = 8  # models that are named to an operator
_NAME = re.compile(r"[!-~]{1,100}")


def root_of(host: str) -> str:
    """The base URL: `host` as it is where it has a path, else its /v1."""
    host = host.rstrip("/")
    return host if urlsplit(host).path else f"{host}/v1"


def body_of(
    model: str,
    chat: Sequence[Mapping[str, str]],
    schema: dict[str, Any] | None,
    options: Mapping[str, Any],
    extra: Mapping[str, Any],
) -> dict[str, Any]:
    """A call. `extra` is laid over the sampling; a field of it that is None is not sent at all."""
    fields = {name: options[name] for name in _KNOWN if name in options}
    fields["max_tokens"] = options["num_predict"]
    sent = {name: value for name, value in {**fields, **extra}.items() if value is not None and name not in OURS}
    sent |= {"model": model, "messages": list(chat), "stream": True, "stream_options": {"include_usage": True}}
    if schema is not None:
        form = {"name": "reply", "schema": closed(schema), "strict": strict(schema)}
        sent["response_format"] = {"type": "json_schema", "json_schema": form}
    return sent


def closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, whose objects have no other properties than those it names."""
    if schema.get("type") != "object":
        return schema
    inside = {name: closed(each) for name, each in schema["properties"].items()}
    return {**schema, "properties": inside, "additionalProperties": False}


def strict(schema: dict[str, Any]) -> bool:
    """Whether strict mode takes it: every property of every object must be required."""
    if schema.get("type") != "object":
        return True
    inside = schema["properties"]
    return set(inside) == set(schema.get("required", ())) and all(map(strict, inside.values()))


@dataclass(frozen=True, slots=True)
class Told:
    """What one event of a stream says."""

    text: str = ""
    finished: str = ""
    """`stop` or `length`; empty: not finished."""
    usage: Usage | None = None
    failure: str = ""
    """The kind of a failure."""


def told(data: str) -> Told:
    """The event. Raises ValueError for what is no JSON object."""
    try:
        chunk = json.loads(data)
    except RecursionError:
        raise ValueError("nested beyond all measure") from None
    if not isinstance(chunk, dict):
        raise ValueError("no object")
    if chunk.get("error"):
        return Told(failure=_kind_in(chunk["error"]) or "stream_error")
    choices = chunk.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    choice = choice if isinstance(choice, dict) else {}
    said = choice.get("delta") or choice.get("message")  # a message: the server does not stream
    text = said.get("content") if isinstance(said, dict) else None
    reason = choice.get("finish_reason")
    finished = ("length" if reason in _CUT else "stop") if isinstance(reason, str) and reason else ""
    return Told(text if isinstance(text, str) else "", finished, _usage(chunk))


class Answer:
    """The pieces of one answer out of its events: its words, then one that ends it."""

    def __init__(self) -> None:
        self.finished = ""
        """How the model ended; empty: it writes."""
        self.ended = False
        """Whether all that is known of the answer has been told."""
        self._usage: Usage | None = None

    def take(self, data: str) -> list[Piece]:
        """Raises CallFailed for a failure in mid-stream, ValueError for what is no JSON object."""
        if self.ended:
            return []
        if data.strip() == "[DONE]":
            self.finished = self.finished or "stop"
            return self.over()
        event = told(data)
        if event.failure:
            raise CallFailed(event.failure, "in mid-stream")
        self.finished = event.finished or self.finished
        self._usage = event.usage or self._usage
        end = self.over() if self._usage is not None else []
        return [Piece(event.text), *end] if event.text else end

    def over(self) -> list[Piece]:
        """The piece that ends it, once: nothing where the model has not finished."""
        if self.ended or not self.finished:
            return []
        self.ended = True
        return [Piece("", replace(self._usage or Usage(), finished=self.finished))]


def _usage(chunk: Mapping[str, Any]) -> Usage | None:
    counted = chunk.get("usage")
    if not isinstance(counted, dict):
        return None
    timings = chunk.get("timings")  # llama.cpp's own
    read_ms = timings.get("prompt_ms") if isinstance(timings, dict) else None
    return Usage(
        prompt_tokens=_count(counted.get("prompt_tokens")),
        prefill_s=read_ms / 1000 if isinstance(read_ms, int | float) and math.isfinite(read_ms) else 0.0,
        answer_tokens=_count(counted.get("completion_tokens")),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 1 << 40 else 0


def kind_of(status: int, body: bytes) -> str:
    """What a refusal comes to, from its status and, where they say more, its code or type."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        said = None
    inside = (said.get("error") or said) if isinstance(said, dict) else None
    by_status = _KINDS.get(status) or ("server_error" if status >= 500 else "rejected")
    named = _code_in(inside)
    return named if named and by_status in ("rejected", "limited", "server_error") else by_status


def _code_in(error: object) -> str:
    if not isinstance(error, dict):
        return ""
    words = [str(error.get(name)).lower() for name in ("code", "type") if isinstance(error.get(name), str)]
    return next((_CODES[word] for word in words if word in _CODES), "")


def _kind_in(error: object) -> str:
    """Of a failure in mid-stream; empty when it says no more than that."""
    code = error.get("code") if isinstance(error, dict) else None
    status = (
        code
        if isinstance(code, int)
        else int(code)
        if isinstance(code, str) and re.fullmatch("[45]\\d\\d", code)
        else 0
    )
    return _code_in(error) or _KINDS.get(status, "")


def seconds_of(retry_after: str | None, now: datetime) -> float:
    """A Retry-After header, which is a number of seconds or a date; 0 when it is neither."""
    if not retry_after:
        return 0.0
    if re.fullmatch(r"\d{1,6}(\.\d{1,3})?", retry_after.strip()):
        return float(retry_after)
    try:
        return max(0.0, (parsedate_to_datetime(retry_after).astimezone(UTC) - now).total_seconds())
    except (ValueError, OverflowError):
        return 0.0


def models_of(body: object) -> dict[str, int]:
    """The names of a list of models, each with the tokens it holds, 0 where that is not said. Raises ValueError."""
    listed = body.get("data") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise ValueError("no list of models")
    each = [entry for entry in listed if isinstance(entry, dict) and isinstance(entry.get("id"), str)]
    return {entry["id"]: _holds(entry) for entry in each}


def _holds(entry: Mapping[str, Any]) -> int:
    meta = entry.get("meta")  # llama.cpp's own; the other is vLLM's
    return _count(entry.get("max_model_len")) or _count(meta.get("n_ctx") if isinstance(meta, dict) else None)


def nearest(known: Sequence[str], wanted: str) -> tuple[str, ...]:
    """Names to show to an operator, the most alike first; what is no plain name is left out."""
    plain = [name for name in known if _NAME.fullmatch(name)][:500]
    alike = difflib.get_close_matches(wanted, plain, n=_SHOWN, cutoff=0.4)
    rest = [name for name in plain if name not in alike]
    shown = (*alike, *rest)[:_SHOWN]
    return (*shown, f"and {len(known) - len(shown)} more") if len(known) > len(shown) else tuple(shown)
