"""What the dialogue remembers of a conversation: part of its snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Language = Literal["ru", "kk", "en"]
Action = Literal["answer", "ask", "handover", "refuse", "close"]


@dataclass(frozen=True, slots=True)
class Pending:
    """The question that the customer has been asked and has not answered. It expires after `ttl` more turns."""

    slot: str
    ttl: int = 2


@dataclass(frozen=True, slots=True)
class DialogueState:
    """What the dialogue remembers of a conversation; stored as JSON inside the snapshot."""

    flow: str = ""
    stage: str = ""
    """Empty before the first turn: the bot's own flow, and its first stage."""
    slots: Mapping[str, str] = field(default_factory=dict)
    pending: Pending | None = None
    asked: Mapping[str, int] = field(default_factory=dict)
    """How often each slot was asked for."""
    said: tuple[str, ...] = ()
    """Names of one-time texts (the greeting, a stage's statement) that were said."""
    switched_from: tuple[str, ...] = ()
    """Flows that led to another one."""
    off_topic: bool = False
    """The last message was."""
    paused: bool = False
    """The customer wants no questions of the flow."""
    wants_person: bool = False
    """For one turn: the model heard the wish for a person where the rules did not."""
    priced: bool = False
    """He asked for a price, and has asked for nothing else since: what he counts now is meant for it."""
    notice_at: int | None = None
    """Unix second at which he was told that nobody is there now."""
    language: Language = "ru"
    wished: Language | None = None
    """The language that he asked to be answered in."""
    lane: str = ""
    """The policy's topic that a person was called for, while the talk stays at it."""
    closed: bool = False
    """The customer refused or said goodbye; the next message re-opens."""
    handed_over: bool = False
    """Whether the mode after this is another than `machine`; what is loaded says what `Snapshot.mode` says."""
    last_action: Action | None = None
    turns: int = 0
    seen_at: float = 0.0
    """Unix seconds of the last turn."""
