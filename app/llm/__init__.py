"""Backends that speak: each turns a Prompt into a Draft."""

from typing import Protocol, runtime_checkable

from app.deadline import Deadline
from app.types import Draft, ModelState, Prompt
from app.understanding.doubt import ActHeard, ActQuestion


class Backend(Protocol):
    """`name` is what `meta.model` says. It describes itself: nobody else compares names."""

    name: str
    wants_prompt: bool
    """Whether it speaks from a chat prompt; else from the step and its passages alone."""
    inventive: bool
    """Whether it may say what nobody wrote; its drafts carry that as their `origin`."""
    needs_gpu: bool
    """Whether it is of no use where the card fails."""

    def available(self) -> None:
        """Raises ModelUnavailable at once when a call would be in vain now."""
        ...

    async def answer(self, prompt: Prompt, deadline: Deadline) -> Draft:
        """The text for the customer. Raises DeadlinePassed or ModelUnavailable."""
        ...

    def state(self) -> ModelState:
        """What /ready says of it."""
        ...

    async def open(self) -> None:
        """Begins to watch and warm up what it speaks with; returns before that is done."""
        ...

    async def close(self) -> None:
        """Ends all that is running."""
        ...


@runtime_checkable
class Hearing(Protocol):
    """What a backend is that can also say what a message is for."""

    def cannot_hear(self) -> str:
        """Why it had better not be asked now, snake_case; empty when it may."""
        ...

    async def hear(self, question: ActQuestion, seconds: float) -> ActHeard:
        """One short call, within `seconds` and never tried again. Raises nothing but its caller's cancellation."""
        ...
