"""The contract's JSON: what comes in, what goes out."""

from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from app.errors import Code
from app.types import Media, TimeOfDay

_MEDIA: tuple[tuple[str, Media], ...] = (("[image]:", "image"), ("[audio transcript]:", "audio"))
_MAX_MS = 10**14  # the year 5138: beyond it the caller sent something else than milliseconds

Id = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"\S")]
Text = Annotated[str, StringConstraints(min_length=1, pattern=r"\S")]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Message(_Body):
    text: Text = Field(description="The newest message, or `[image]: ...`, or `[audio transcript]: ...`.")
    timestamp_ms: int = Field(default=0, ge=0, le=_MAX_MS)

    def media(self) -> tuple[Media, str]:
        """What kind of message it was, and its text without the prefix that says so."""
        for prefix, kind in _MEDIA:
            if self.text.startswith(prefix):
                return kind, self.text.removeprefix(prefix).strip()
        return "text", self.text


class Context(_Body):
    time_of_day: TimeOfDay | None = None
    timezone: str | None = Field(default=None, max_length=64, examples=["Asia/Almaty"])
    meta: dict[str, Any] = {}

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError("no IANA time zone; send one such as Asia/Almaty, or leave it out") from None
        return value


class ProcessRequest(_Body):
    request_id: Id | None = Field(default=None, description="Idempotency key within the conversation.")
    channel: Annotated[str, StringConstraints(min_length=1, max_length=64)] = "whatsapp"
    session_id: Id
    user_id: Id
    message: Message
    context: Context = Context()
    flow_name: str | None = Field(default=None, max_length=64)


class ObserveRequest(_Body):
    session_id: Id
    user_id: Id
    text: Text
    source: Literal["fallback", "human"]
    request_id: Id | None = None


class ProcessMeta(BaseModel):
    model_config = ConfigDict(extra="allow")

    model: str
    processing_ms: int
    kb_used: bool


class ProcessResponse(BaseModel):
    answer: str
    meta: ProcessMeta


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
