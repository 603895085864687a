"""The reply of a turn, typed: its Meta is the one source of the contract's `meta`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from app.types import Action, Ending, Handover, Lack, Language, Tone


def _told(description: str) -> Any:
    """A field's line in OpenAPI and in docs/api.md."""
    return Field(description=description)


@dataclass(frozen=True, slots=True)
class Meta:
    """How an answer came about. A field that is None stands in no reply; more may join, none changes its meaning."""

    model: Annotated[str, _told("what spoke: the model's label in the settings, or `extractive`")]
    processing_ms: Annotated[int, _told("milliseconds from the request's arrival to the answer")]
    kb_used: Annotated[bool, _told("whether the answer rests on a section of the knowledge base")]
    request_id: Annotated[str, _told("the caller's, or the one that was made for it")] = ""
    bot: Annotated[str, _told("the bot that the conversation belongs to")] = ""
    action: Annotated[
        Action,
        _told("`answer`, `ask`, `handover` (a person should go on), `refuse` or `close` (the customer wants no more)"),
    ] = "answer"
    reason: Annotated[str, _told("why it does that, snake_case")] = ""
    flow: Annotated[str, _told("the sales method in use")] = ""
    stage: Annotated[str, _told("its stage after this turn")] = ""
    language: Annotated[Language, _told("the language of the answer: `ru`, `kk` or `en`")] = "ru"
    tone: Annotated[Tone, _told("how the customer sounds: `neutral`, `warm`, `hurried`, `annoyed` or `angry`")] = (
        "neutral"
    )
    kb_version: Annotated[str, _told("version of the knowledge base that was searched")] = ""
    sections: Annotated[tuple[str, ...], _told("ids of the sections that the answer rests on")] = ()
    topic: Annotated[str | None, _told("the policy's topic, if one decided")] = None
    handover: Annotated[Handover | None, _told("with the action `handover`: the packet for the person who goes on")] = (
        None
    )
    guardrail: Annotated[
        tuple[str, ...] | None,
        _told("every draft was refused: names of the checks that spoke; the answer is the fact itself"),
    ] = None
    ending: Annotated[
        Ending | None,
        _told(
            "a model did not simply finish. `length`: cut at its length limit; `deadline`: closed shortly before its"
            " time ran out; both end with a whole sentence. `salvaged`: taken out of broken JSON"
        ),
    ] = None
    degraded: Annotated[
        Lack | None,
        _told(
            "why the knowledge base answered in place of the model. With the flag `degraded`: `gone`: it cannot be"
            " reached or was left alone; `loading`; `late`: no time was left, or no whole sentence had come; `hung`: it"
            " fell silent; `crowded`: too many conversations at once. Without it too: `unusable`: nothing that it wrote"
            " could be used; `resting`: too much of what it wrote could not"
        ),
    ] = None
    timings: Annotated[
        Mapping[str, float] | None,
        _told("with the flag `timings`: milliseconds per stage up to the answer, as `machine_stage_seconds` has them"),
    ] = None
    calls: Annotated[
        int | None, _told("with the flag `timings`: drafts that were written, 2 when the first one was corrected")
    ] = None

    def dump(self) -> dict[str, Any]:
        """As JSON, in the order of the fields."""
        said = {name: value for name in _NAMES if (value := getattr(self, name)) is not None}  # None is not said
        return said | {"handover": asdict(self.handover)} if self.handover is not None else said

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
