"""Backends that speak: each turns a Prompt into a Draft."""

from typing import Protocol

from app.deadline import Deadline
from app.types import Draft, Prompt


class Backend(Protocol):
    """`name` is what `meta.model` says."""

    name: str
    chat: bool
    """Whether it speaks from a chat prompt and may say what nobody wrote; else its text is taken as it is."""

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        """The text for the customer. Raises DeadlinePassed or Unavailable."""
        ...
