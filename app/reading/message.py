"""What reading a message gives."""

from dataclasses import dataclass
from typing import Literal

Mood = Literal["told", "asked", "wished", "rejected", "exclaimed", "greeted"]
Aside = Literal["quote", "forward", "paste", "link", "echo", "signature", "description", "noise"]
"""Why a part is not the customer's own: it answers to something, comes from elsewhere, was copied out of a chat, is an
address, is our own answer sent back, stands under a letter, is a recogniser's description, or its invention.
"""
Heard = Literal["text", "sticker", "photo", "voice", "silence", "music", "unreadable"]
"""What the message really was: a voice message may hold no voice, a picture may be a sticker."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """What was set aside. `hint`: the host of a link, the speaker of a pasted line; else empty."""

    kind: Aside
    text: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Clause:
    """`start`..`end` of `Message.own`, which `text` repeats. `rejected`: the words that a rejection does not want."""

    start: int
    end: int
    text: str
    mood: Mood
    rejected: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """`own` is what the customer says himself, line by line; every word of it stands in one clause, in order."""

    own: str
    aside: tuple[SetAside, ...]
    media: Heard
    clauses: tuple[Clause, ...]
