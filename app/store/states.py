"""A conversation's DialogueState as it is stored: JSON that the release before reads too.

In memory what the dialogue marks is typed; stored it stands as marks behind the names in `said`, as it always has, so
that a rollback forgets nothing of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, fields
from typing import Any

from pydantic import TypeAdapter

from app.types import DialogueState

_STATE = TypeAdapter(DialogueState)
_NAMES = tuple(field.name for field in fields(DialogueState))
_FLAGS = ("off_topic", "paused", "wants_person", "priced")
_NOTICE = "closed_notice:"  # with the Unix second at which it was said
_WISHED = "wished:"  # with the language to answer in
_LANE = "lane:"  # with the topic that a person was called for
_SWITCHED = "switched:"  # with the flow that led to another one


def stored_form(state: DialogueState) -> dict[str, Any]:
    """As JSON values, the keys in the order of the fields."""
    values = {name: getattr(state, name) for name in _NAMES}  # asdict copies all of it, most of a commit's work
    values |= {"slots": dict(state.slots), "asked": dict(state.asked)}
    values["pending"] = asdict(state.pending) if state.pending else None
    marks = [f"{_SWITCHED}{flow}" for flow in values.pop("switched_from")]
    notice_at = values.pop("notice_at")
    marks += [name for name in _FLAGS if values.pop(name)]
    if wished := values.pop("wished"):
        marks.append(f"{_WISHED}{wished}")
    if lane := values.pop("lane"):
        marks.append(f"{_LANE}{lane}")
    if notice_at is not None:
        marks.append(f"{_NOTICE}{notice_at}")
    return {**values, "said": (*state.said, *marks)}


def of_stored_form(values: Mapping[str, Any]) -> DialogueState:
    """The state of stored values. Keys of a later schema are ignored, missing ones take their default.

    Raises ValueError when they are none.
    """
    said = [str(name) for name in values.get("said", ())]
    notices = _behind(_NOTICE, said)
    typed = {
        "said": tuple(
            name for name in said if name not in _FLAGS and not name.startswith((_NOTICE, _SWITCHED, _WISHED, _LANE))
        ),
        "switched_from": tuple(_behind(_SWITCHED, said)),
        "wished": next(iter(_behind(_WISHED, said)), None),
        "lane": next(iter(_behind(_LANE, said)), ""),
        "notice_at": int(notices[-1]) if notices else None,
        **{name: name in said for name in _FLAGS},
    }
    return _STATE.validate_python({**values, **typed})


def _behind(prefix: str, said: Iterable[str]) -> list[str]:
    return [name.removeprefix(prefix) for name in said if name.startswith(prefix)]
