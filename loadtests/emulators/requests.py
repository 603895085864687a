"""What the server accepts: the checks of a request's body, with the server's own words for what it refuses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from loadtests.emulators.engine import LOAD_OPTIONS
from loadtests.emulators.golang import duration_s

_INTEGERS = frozenset(
    "num_ctx num_batch num_gpu num_thread main_gpu num_predict num_keep top_k seed repeat_last_n".split()
)
_FLOATS = frozenset("temperature top_p min_p typical_p repeat_penalty presence_penalty frequency_penalty".split())
_BOOLEANS = frozenset({"use_mmap"})
_KEEP_ALIVE_S = 300.0
_TYPES = frozenset("object array string number integer boolean null".split())
_COMPLAINTS = {
    "Expecting property name": "looking for beginning of object key string",
    "Illegal trailing comma": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Expecting ','": "after object key:value pair",
    "Extra data": "after top-level value",
}
"""Go's words for what Python's decoder complains of, by the beginning of Python's."""


class Refused(Exception):
    """A request that is answered with an error: its status and its words."""

    def __init__(self, status: int, error: str, *, late: bool = False) -> None:
        """`late`: by the runner; where a stream was asked for it is written as one."""
        super().__init__(error)
        self.status = status
        self.error = error
        self.late = late


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked body of /api/chat. `format` is what the runner checks: see schema_of."""

    model: str
    messages: tuple[Mapping[str, Any], ...]
    options: Mapping[str, Any]
    stream: bool
    think: bool
    format: Any
    keep_alive_s: float
    truncate: bool = True
    shift: bool = True

    def load_options(self, num_ctx: int) -> dict[str, Any]:
        """The options the model is loaded with; `num_ctx` is the server's default."""
        defaults = {"num_ctx": num_ctx, "num_batch": 512, "num_gpu": -1, "num_thread": 0, "use_mmap": None}
        return {name: self.options.get(name, defaults.get(name, 0)) for name in LOAD_OPTIONS} | {"shift": self.shift}

    def limit(self, num_ctx: int) -> int:
        """The most tokens of an answer."""
        wanted = int(self.options.get("num_predict", -1))
        return wanted if wanted > 0 else num_ctx


def parse_object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body. Raises Refused."""
    if not body.strip():
        raise Refused(400, "missing request body")
    try:
        value = json.loads(body)
    except ValueError as error:
        raise Refused(400, _complaint(body, error)) from None
    if not isinstance(value, dict):
        raise Refused(400, f"json: cannot unmarshal {_kind(value)} into Go value of type api.ChatRequest")
    return value


def parse_chat(body: bytes) -> ChatRequest:
    """Raises Refused."""
    value = parse_object(body)
    messages = value.get("messages") or []
    if not isinstance(messages, list) or not all(isinstance(message, dict) for message in messages):
        wrong = messages if not isinstance(messages, list) else next(m for m in messages if not isinstance(m, dict))
        kind = "[]api.Message" if wrong is messages else "api.Message"
        raise Refused(
            400, f"json: cannot unmarshal {_kind(wrong)} into Go struct field ChatRequest.messages of type {kind}"
        )
    for message in messages:
        if (content := message.get("content")) is not None and not isinstance(content, str):
            raise Refused(
                400,
                f"json: cannot unmarshal {_kind(content)} into Go struct field ChatRequest.messages.content"
                " of type string",
            )
    model = value.get("model") or ""
    if not isinstance(model, str):
        raise Refused(
            400, f"json: cannot unmarshal {_kind(model)} into Go struct field ChatRequest.model of type string"
        )
    if not model:
        raise Refused(400, "model is required")
    return ChatRequest(
        model,
        tuple(messages),
        _options(value.get("options")),
        value.get("stream") is not False,
        value.get("think") is not False,
        value.get("format"),
        _keep_alive_s(value.get("keep_alive")),
        value.get("truncate") is not False,
        value.get("shift") is not False,
    )


def _options(value: Any) -> Mapping[str, Any]:
    """The options with their types checked; unknown ones are ignored, as the server does."""
    options = value or {}
    if not isinstance(options, dict):
        raise Refused(
            400,
            f"json: cannot unmarshal {_kind(options)} into Go struct field ChatRequest.options"
            " of type map[string]interface {}",
        )
    for name, entry in options.items():
        number = isinstance(entry, int | float) and not isinstance(entry, bool)
        if entry is None:
            continue
        if name in _INTEGERS and not number:
            raise Refused(500, f'option "{name}" must be of type integer')
        if name in _FLOATS and not number:
            raise Refused(500, f'option "{name}" must be of type float32')
        if name in _BOOLEANS and not isinstance(entry, bool):
            raise Refused(500, f'option "{name}" must be of type boolean')
        if name == "stop" and not isinstance(entry, list):
            raise Refused(500, 'option "stop" must be of type array')
    return {name: int(entry) if name in _INTEGERS else entry for name, entry in options.items() if entry is not None}


def schema_of(value: Any) -> Mapping[str, Any] | None:
    """The form that an answer must have, None for free text. Raises Refused, as the runner does."""
    if value in (None, ""):
        return None
    if value == "json":
        return {}
    if not isinstance(value, dict):
        said = json.dumps(json.dumps(value, ensure_ascii=False), ensure_ascii=False)
        raise Refused(500, f'invalid format: {said}; expected "json" or a valid JSON Schema object', late=True)
    if wrong := _unknown_type(value, "#"):
        message = f"Field 'json_schema': \"json_schema\": JSON schema conversion failed:\nJSON schema error at {wrong}"
        raise refused_by_llama(message, "invalid_request_error")
    return value


def refused_by_llama(message: str, kind: str, **more: int) -> Refused:
    """A 400 of llama.cpp's own: the front hands its JSON on as text."""
    inside = {"error": {"code": 400, "message": message, "type": kind, **more}}
    return Refused(400, json.dumps(inside, ensure_ascii=False, separators=(",", ":")), late=True)


def _unknown_type(schema: Any, place: str) -> str:
    """Where a schema names a type that there is not, and which; empty where it does not."""
    if not isinstance(schema, dict):
        return ""
    kind = schema.get("type")
    if isinstance(kind, str) and kind not in _TYPES:
        return f"{place}: unrecognized type {kind}"
    inside = schema.get("properties")
    parts = [(f"{place}/properties/{name}", each) for name, each in inside.items()] if isinstance(inside, dict) else []
    parts += [(f"{place}/items", schema["items"])] if "items" in schema else []
    return next((found for path, each in parts if (found := _unknown_type(each, path))), "")


def _keep_alive_s(value: Any) -> float:
    try:
        return _KEEP_ALIVE_S if value is None else duration_s(value)
    except ValueError as error:
        raise Refused(400, str(error)) from None


def _kind(value: object) -> str:
    """Go's name for a kind of JSON value."""
    kinds = {str: "string", bool: "bool", int: "number", float: "number", list: "array", dict: "object"}
    return kinds.get(type(value), "null")


def _complaint(body: bytes, error: ValueError) -> str:
    """What Go's decoder says of a broken body."""
    if isinstance(error, UnicodeDecodeError):
        return "invalid character 'ï' looking for beginning of value"
    text = body.decode()
    place = getattr(error, "pos", len(text))
    if place >= len(text):
        return "unexpected EOF"
    said = getattr(error, "msg", "")
    where = next(
        (go for python, go in _COMPLAINTS.items() if said.startswith(python)), "looking for beginning of value"
    )
    return f"invalid character '{text[place]}' {where}"
