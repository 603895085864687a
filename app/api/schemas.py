"""The contract's JSON: what comes in, what goes out."""

import json
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator

from app.errors import Code
from app.reading.prefix import split_media
from app.turn.reply import Meta
from app.types import Media, TimeOfDay

_META_BYTES = 16 << 10
_META_LEVELS = 16
_MAX_MS = 10**14  # the year 5138: beyond it the caller sent something else than milliseconds

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]


def _whole(text: Any) -> Any:
    """A text without halves of signs: programs cut an emoji in two, and one half cannot be written in UTF-8."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(text, str) else text


# Not so for an id: two that differ in such a half would become one, and its customer see another's conversation.
Text = Annotated[str, BeforeValidator(_whole), StringConstraints(min_length=1, pattern=r"\S")]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class MessageBody(_Body):
    text: Text = Field(description="The newest message, or `[image]: ...`, or `[audio transcript]: ...`.")
    timestamp_ms: int = Field(default=0, ge=0, le=_MAX_MS)

    def media(self) -> tuple[Media, str]:
        """What kind of message it was, and its text without the prefix that says so."""
        return split_media(self.text)


class ContextBody(_Body):
    time_of_day: TimeOfDay | None = None
    timezone: str | None = Field(default=None, max_length=64, examples=["Asia/Almaty"])
    meta: dict[str, Any] = Field(default={}, description="The caller's own: at most 16 KB of JSON, 16 levels deep.")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError("no IANA time zone; send one such as Asia/Almaty, or leave it out") from None
        return value

    @field_validator("meta")
    @classmethod
    def _small(cls, value: dict[str, Any]) -> dict[str, Any]:
        if _deeper(value, _META_LEVELS):
            raise ValueError(f"is nested deeper than {_META_LEVELS} levels; send less")
        if (size := len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))) > _META_BYTES:
            raise ValueError(f"has {size} bytes as JSON; send at most {_META_BYTES}")
        return value


def _deeper(value: Any, levels: int) -> bool:
    """Whether a JSON value holds more than `levels` objects and lists inside each other."""
    inner = [value]
    for _ in range(levels):
        inner = [
            each
            for outer in inner
            for each in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(each, dict | list)
        ]
        if not inner:
            return False
    return True


class ProcessRequest(_Body):
    request_id: Id | None = Field(default=None, description="Idempotency key within the conversation.")
    channel: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "whatsapp"
    session_id: Id
    user_id: Id
    message: MessageBody
    context: ContextBody = ContextBody()
    flow_name: str | None = Field(default=None, max_length=64)


class ObserveRequest(_Body):
    session_id: Id
    user_id: Id
    text: Text
    source: Literal["fallback", "human"]
    request_id: Id | None = None


class ProcessResponse(BaseModel):
    answer: str
    meta: Meta


class ObserveResponse(BaseModel):
    status: Literal["observed"] = "observed"
    replaced: bool = Field(description="Whether it took the place of a turn's undelivered answer.")


class Health(BaseModel):
    status: Literal["ok"] = "ok"
    model: str


class Part(BaseModel):
    ok: bool
    level: Literal["ok", "warning", "error"]
    detail: str
    fix: str = ""


class Ready(BaseModel):
    ready: bool
    parts: dict[str, Part]


class KnowledgeInUse(BaseModel):
    version: str
    folder: str = Field(description="Name of the folder that it was read from, links resolved.")
    trouble: str = Field(description="Why what was published since is not in use; empty while all is well.")


class Version(BaseModel):
    version: str
    schema_version: int
    kb_version: str
    knowledge: dict[str, KnowledgeInUse] = Field(description="By bot.")
    python: str


class ErrorBody(BaseModel):
    code: Code
    message: str


class ErrorEnvelope(BaseModel):
    error: ErrorBody
