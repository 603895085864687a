"""The reply of a turn, typed: its Meta is the one source of the contract's `meta`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from app.types import Action, Ending, Handover, Language, Tone


@dataclass(frozen=True, slots=True)
class Meta:
    """How an answer came about. A field that is None stands in no reply; more may join, none changes its meaning."""

    model: Annotated[str, Field(description="What spoke: the model's label in the settings, or `extractive`.")]
    processing_ms: Annotated[int, Field(description="Milliseconds from the request's arrival to the answer.")]
    kb_used: Annotated[bool, Field(description="Whether the answer rests on a section of the knowledge base.")]
    request_id: Annotated[str, Field(description="The caller's, or the one made for it.")] = ""
    bot: Annotated[str, Field(description="The bot that the conversation belongs to.")] = ""
    action: Annotated[Action, Field(description="What the answer does.")] = "answer"
    reason: Annotated[str, Field(description="Why it does that, snake_case.")] = ""
    flow: Annotated[str, Field(description="The sales method in use.")] = ""
    stage: Annotated[str, Field(description="Its stage after this turn.")] = ""
    language: Annotated[Language, Field(description="The language of the answer.")] = "ru"
    tone: Annotated[Tone, Field(description="How the customer sounds.")] = "neutral"
    kb_version: Annotated[str, Field(description="Version of the knowledge base that was searched.")] = ""
    sections: Annotated[tuple[str, ...], Field(description="Ids of the sections that the answer rests on.")] = ()
    topic: Annotated[str | None, Field(description="The policy topic that decided, if one did.")] = None
    handover: Annotated[Handover | None, Field(description="With `action: handover`: the packet for a person.")] = None
    guardrail: Annotated[
        tuple[str, ...] | None, Field(description="Checks that refused every draft: the fact itself was said instead.")
    ] = None
    ending: Annotated[Ending | None, Field(description="How the model's text ended, unless whole.")] = None
    timings: Annotated[
        Mapping[str, float] | None, Field(description="Milliseconds by stage, with `flags.timings`.")
    ] = None
    calls: Annotated[int | None, Field(description="Calls of the model, with `flags.timings`.")] = None

    def dump(self) -> dict[str, Any]:
        """As JSON, in the order of the fields."""
        # asdict turns the packet into a dict; what is None is not said
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def load(cls, meta: Mapping[str, Any]) -> "Meta":
        """Of a stored reply, which another release may have written: what this one does not know is left out."""
        return _META.validate_python({name: meta[name] for name in _NAMES if name in meta})


_META = TypeAdapter(Meta)
_NAMES = tuple(field.name for field in fields(Meta))


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes to the caller. `body` is the contract's JSON, kept byte for byte for retries of the same request_id."""

    answer: str
    body: str
    replayed: bool = False

    @classmethod
    def of(cls, answer: str, meta: Meta) -> "Reply":
        """A new one, rendered."""
        return cls(answer, json.dumps({"answer": answer, "meta": meta.dump()}, ensure_ascii=False))

    @property
    def meta(self) -> Meta:
        """Read from the body, so that a retry's is its first try's."""
        return Meta.load(json.loads(self.body)["meta"])
