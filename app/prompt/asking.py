"""What a model is asked of a message that nothing else tells what it is for: the answer's prompt with another end."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

import yaml

from app.prompt.build import PromptBuilder
from app.prompt.rendering import render
from app.types import Ask, ChatMessage, Snapshot
from app.understanding.doubt import OTHER, ActQuestion

_WORDS = 250
"""Tokens of the customer's message that are shown."""


@cache
def meanings() -> Mapping[str, str]:
    """What each act is, as a model is told."""
    found: dict[str, str] = yaml.safe_load((files(__package__) / "acts.yaml").read_text("utf-8"))
    return found


def asking(builder: PromptBuilder, snapshot: Snapshot, ask: Ask, acts: Sequence[str], *, system: str) -> ActQuestion:
    """The question which of `acts` the message is, or none.

    It begins with the `system` text and the history of the answer's prompt: the server reads them once for both.
    """
    told = meanings()
    shown = sorted((act for act in acts if act in told), key=list(told).index)  # in no order that suggests one of them
    history, words = builder.opening(snapshot, ask.text, ask.media, system=system, most=_WORDS)
    said = render("asking.j2", text=words, choices=[(act, told[act]) for act in shown], other=OTHER)
    return ActQuestion(
        system,
        (*history, ChatMessage("user", said)),
        (*(act for act in acts if act in told), OTHER),
        fresh=builder.count(said),
    )
